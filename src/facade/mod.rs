//! What other logging interfaces see.

mod macros;

#[cfg(feature = "log")]
mod log;
#[cfg(feature = "log")]
mod text;
#[cfg(feature = "tracing")]
pub mod tracing;

use crate::config::Builder;
use crate::engine::{self, Guard};
use crate::error::StartError;

/// Starts the global engine as the environment says: `RUST_LOG`, `RIPSAW_FORMAT`, standard error.
///
/// ```
/// let guard = ripsaw::init()?;
/// ripsaw::warn!(retry = 2, "upstream slow");
/// # guard.shutdown(std::time::Duration::from_secs(1));
/// # Ok::<(), ripsaw::StartError>(())
/// ```
///
/// # Errors
/// See [`StartError`].
pub fn init() -> Result<Guard, StartError> {
    Builder::from_env().start()
}

/// Describes an engine: the same as [`Builder::new`].
pub fn builder() -> Builder {
    Builder::new()
}

impl Builder {
    /// Starts the engine that all threads log into, and makes it the destination of the `log` crate's macros.
    ///
    /// # Errors
    /// [`StartError::AlreadyStarted`] if there is a running one; otherwise what is wrong with a setting, a sink or the
    /// system. No engine runs after a start that fails; files of routes that could be opened are there.
    pub fn start(self) -> Result<Guard, StartError> {
        let log_facade = self.engine.log_facade;
        let guard = engine::start_global(self)?;
        if log_facade {
            install_log();
        }
        Ok(guard)
    }
}

/// Makes this the destination of the `log` crate's macros, unless the process has chosen another.
#[cfg(feature = "log")]
fn install_log() {
    log::install();
}

/// Without the feature `log` there is nothing to install.
#[cfg(not(feature = "log"))]
fn install_log() {}
