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

/// Starts the global engine as the environment says: `RUST_LOG` (INFO without it), `RIPSAW_FORMAT`, standard error. For other
/// levels without it see [`Builder::from_env_or`].
///
/// ```
/// let guard = ripsaw::init()?;
/// ripsaw::warn!(retry = 2, "upstream slow");
/// # guard.shutdown(std::time::Duration::from_secs(1));
/// # Ok::<(), ripsaw::StartError>(())
/// ```
///
/// # Errors
/// See [`StartError`]. Also a `RUST_LOG` that cannot be understood, or that filters messages, spans or their fields, is one:
/// other loggers say so and go on.
pub fn init() -> Result<Guard, StartError> {
    Builder::from_env().start()
}

/// Describes an engine: the same as [`Builder::new`].
pub fn builder() -> Builder {
    Builder::new()
}

impl Builder {
    /// The same as [`Builder::from_env`], with these thresholds where `RUST_LOG` is not set or empty: what
    /// `default_filter_or` is for `env_logger`.
    ///
    /// ```
    /// let builder = ripsaw::Builder::from_env_or("info,shop::db=debug");
    /// # let guard = builder.sink(ripsaw::sink::Null::new()).start_local()?;
    /// # let unset = std::env::var_os("RUST_LOG").is_none();
    /// # assert!(!unset || guard.handle().levels().to_string() == "info,shop::db=debug");
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    pub fn from_env_or(directives: &str) -> Builder {
        let builder = Builder::from_env();
        match std::env::var_os("RUST_LOG").is_none_or(|text| text.is_empty()) {
            true => builder.filter(directives),
            false => builder,
        }
    }

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
