//! What can go wrong outside a log call. A log call itself never fails.

use std::fmt;
use std::io;
use std::path::Path;

/// Why an engine did not start. Its `Debug` is its `Display`, for `main` functions that return it.
#[non_exhaustive]
pub enum StartError {
    /// The process has a running engine already; only one can be the global one.
    AlreadyStarted,
    /// A setting is wrong.
    Config(ConfigError),
    /// The arena could not be mapped.
    Arena {
        /// Bytes asked for.
        bytes: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The writer's thread could not be started.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::AlreadyStarted => f.write_str(
                "ripsaw is already started in this process: keep the first guard, or use start_local() for a second engine",
            ),
            StartError::Config(e) => e.fmt(f),
            StartError::Arena { bytes, source } => {
                write!(f, "cannot map {bytes} bytes for the arena: {source}; choose a smaller arena_bytes")
            }
            StartError::Thread(e) => write!(f, "cannot start the writer's thread: {e}"),
        }
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StartError::AlreadyStarted => None,
            StartError::Config(e) => Some(e),
            StartError::Arena { source, .. } | StartError::Thread(source) => Some(source),
        }
    }
}

impl From<ConfigError> for StartError {
    fn from(e: ConfigError) -> Self {
        StartError::Config(e)
    }
}

/// A setting that cannot be used: which one, its value, and what would be right. Its `Debug` is its `Display`.
pub struct ConfigError {
    field: &'static str,
    value: String,
    remedy: String,
}

impl ConfigError {
    pub(crate) fn new(
        field: &'static str,
        value: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        ConfigError { field, value: value.into(), remedy: remedy.into() }
    }
    /// The setting's name.
    pub fn field(&self) -> &str {
        self.field
    }
    /// What to write instead, or what went wrong.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
    /// What to do about a path for which the system reported this.
    pub(crate) fn remedy_of_path(kind: io::ErrorKind) -> &'static str {
        use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
        match kind {
            NotFound | NotADirectory | PermissionDenied | ReadOnlyFilesystem => {
                "its folder must exist and be writable"
            }
            _ => "choose another path",
        }
    }
    /// Why a file cannot be appended to.
    pub(crate) fn of_file(path: &Path, e: &io::Error) -> Self {
        let (shown, said) = (path.display().to_string(), e.to_string());
        let cause = said.strip_prefix(&format!("{shown}: ")).unwrap_or(&said);
        let remedy = ConfigError::remedy_of_path(e.kind());
        ConfigError::new("file", shown.as_str(), format!("cannot be opened: {cause}; {remedy}"))
    }
    /// The same, and whose setting it is.
    pub(crate) fn of_route(self, route: &str) -> Self {
        ConfigError { remedy: format!("{} (route {route})", self.remedy), ..self }
    }
    pub(crate) fn of_field(self, field: &'static str) -> Self {
        ConfigError { field, ..self }
    }
    /// The value that was given.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}: {}", self.field, self.value, self.remedy)
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

/// Why a flush did not cover everything. Its `Debug` is its `Display`, for `main` functions that return it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlushError {
    /// The deadline passed first; the records are still on their way.
    Timeout,
    /// A sink failed; its records are kept or counted as lost, see the statistics.
    Sink,
    /// Called from the writer's own thread (a sink or a format), which cannot wait for itself.
    OnWriter,
    /// No engine runs.
    NotStarted,
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FlushError::Timeout => "the flush did not finish within its deadline",
            FlushError::Sink => "a sink failed to write or flush",
            FlushError::OnWriter => "flush was called from the writer's thread",
            FlushError::NotStarted => "no engine is started",
        })
    }
}

impl fmt::Debug for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for FlushError {}
