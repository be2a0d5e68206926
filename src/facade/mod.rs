//! What other logging interfaces see.

mod macros;

#[cfg(feature = "log")]
mod log;

/// Makes this the destination of the `log` crate's macros, unless the process has chosen another.
#[cfg(feature = "log")]
pub(crate) fn install_log() {
    log::install();
}

/// Without the feature `log` there is nothing to install.
#[cfg(not(feature = "log"))]
pub(crate) fn install_log() {}
