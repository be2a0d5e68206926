//! Work beside an engine: threads of its own, and of what follows it from outside, as a source of configurations.

use super::Handle;
use crate::os::without_signals;
use crate::writer::Phase;
use std::io;
use std::thread::JoinHandle;

/// Starts a thread of the engine's own, on which no handler of the program's runs.
pub(super) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    without_signals(|| std::thread::Builder::new().name(name.to_owned()).spawn(work))
}

impl Handle {
    /// Whether the engine has been shut down: what is logged is written synchronously then, and a reload has no use.
    ///
    /// ```
    /// let guard = ripsaw::builder().sink(ripsaw::sink::Null::new()).start_local()?;
    /// let handle = guard.handle();
    /// assert!(!handle.is_stopped());
    /// drop(guard);
    /// assert!(handle.is_stopped());
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    pub fn is_stopped(&self) -> bool {
        self.engine.here().control.phase() == Phase::Stopped
    }

    /// Starts a thread of this name as the engine starts its own: with all asynchronous signals blocked, so that no handler of
    /// the program's runs on it. It is for what serves the engine from outside of this crate, as a source of configurations.
    /// A name of more than 15 bytes is cut by Linux. The thread is not attached, and not ended with the engine: it looks at
    /// [`Handle::is_stopped`]. A forked child does not have it, and must not join it.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn spawn_beside(
        &self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        spawn(name, work)
    }
}
