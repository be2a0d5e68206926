//! What users hold of an engine.

use super::Engine;
use crate::callsite;
use crate::config::{Builder, Levels, Pipeline};
use crate::error::{ConfigError, FlushError};
use crate::lane::Attached;
use crate::meta::{LevelFilter, Metadata};
use crate::sink::Durability;
use crate::stats::Stats;
use crate::writer::Phase;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long dropping a [`Guard`] waits for the sinks.
const DROP_DEADLINE: Duration = Duration::from_secs(5);

/// Speaks to a running engine. Cheap to clone; sendable between threads.
#[derive(Clone)]
pub struct Handle {
    pub(super) engine: Arc<Engine>,
}

impl Handle {
    /// Sets the threshold of all targets that have none of their own. When this returns, every call that begins
    /// afterwards is decided by it.
    ///
    /// ```
    /// # let guard = ripsaw::builder().sink(ripsaw::sink::Null::new()).start_local().unwrap();
    /// guard.handle().set_level(ripsaw::Level::Debug);
    /// ```
    pub fn set_level(&self, level: impl Into<LevelFilter>) {
        let level = level.into();
        self.update_levels(|old| old.clone().with_default(level));
    }

    /// Replaces all thresholds, in the syntax of `RUST_LOG`.
    ///
    /// # Errors
    /// If a directive cannot be understood: nothing has changed then.
    pub fn set_filter(&self, directives: &str) -> Result<(), ConfigError> {
        self.set_levels(directives.parse()?);
        Ok(())
    }

    /// The thresholds in force.
    pub fn levels(&self) -> Levels {
        (*self.engine.current.load().levels).clone()
    }

    /// Replaces all thresholds by such as were put together elsewhere.
    pub fn set_levels(&self, levels: Levels) {
        self.update_levels(|_| levels.clone());
    }

    /// In one step, so that of two concurrent changes neither undoes the other's part.
    fn update_levels(&self, change: impl Fn(&Levels) -> Levels) {
        self.engine.change(|old| Pipeline { levels: Arc::new(change(&old.levels)), ..old.clone() });
    }

    /// Replaces levels, formats and sinks while producers run. The builder describes all of them anew: one without a sink
    /// means standard error, not the sinks of before. Levels that were set by [`Handle::set_level`] and
    /// [`Handle::set_filter`] give way to the builder's; [overrides](Handle::override_level) stay. Settings that are fixed at the
    /// start are not looked at: arena and blocks, overflow, clock, `max_delay`, `manual`, and what flushes by itself. Records that the writer has taken go to the
    /// old sinks; all others are processed by the new configuration and go to the new ones, also those whose calls came
    /// before: [flush](Handle::flush) first where that matters. None is lost or written twice.
    ///
    /// # Errors
    /// If a setting is wrong or a sink cannot be opened: nothing has changed then.
    pub fn reload(&self, builder: Builder) -> Result<(), ConfigError> {
        let pipeline = builder.settings.compile()?;
        self.engine.change(|old| Pipeline { overrides: old.overrides.clone(), ..pipeline.clone() });
        self.engine.here().front.wake();
        Ok(())
    }

    /// [`Handle::reload`] with what a TOML document says; see [`Document`](crate::Document). It is taken alone: processors,
    /// routes and levels that were added in code at the start are gone then. What must hold in any case, as a
    /// [`Redact`](crate::process::Redact), belongs in the document, or is added by [`Handle::reload_toml_with`].
    ///
    /// # Errors
    /// Everything that is wrong with the document, or the sink that cannot be opened. Then nothing has changed, and the
    /// stream has one ERROR `configuration refused` of the target `ripsaw`, which says how many errors there are (`errors`)
    /// and the first of them (`first`). After a success it has an INFO `configuration reloaded` with the new `levels` and the
    /// number of `routes`, if the new levels let it pass.
    #[cfg(feature = "toml")]
    pub fn reload_toml(&self, text: &str) -> Result<(), crate::config::FileError> {
        self.reload_toml_with(text, |builder| builder)
    }

    /// The same with what `add` adds to the document in code.
    ///
    /// # Errors
    /// As for [`Handle::reload_toml`].
    #[cfg(feature = "toml")]
    pub fn reload_toml_with(
        &self,
        text: &str,
        add: impl FnOnce(Builder) -> Builder,
    ) -> Result<(), crate::config::FileError> {
        let document = crate::config::Document::parse(text);
        let result = match document {
            Ok(document) => self.reload(add(document.told().builder())).map_err(Into::into),
            Err(errors) => Err(errors.into()),
        };
        match &result {
            Ok(()) => self.tell_reloaded(),
            Err(error) => self.tell_refused(error),
        }
        result
    }

    /// The same with a file of at most 1 MiB; one that cannot be read, or is no regular file, is refused as one that is wrong.
    ///
    /// # Errors
    /// As for [`Handle::reload_toml`], and if the file cannot be read.
    #[cfg(feature = "toml")]
    pub fn reload_toml_file(
        &self,
        path: impl AsRef<std::path::Path>,
    ) -> Result<(), crate::config::FileError> {
        self.reload_toml_file_with(path, |builder| builder)
    }

    /// The same with what `add` adds to the document in code.
    ///
    /// # Errors
    /// As for [`Handle::reload_toml_file`].
    #[cfg(feature = "toml")]
    pub fn reload_toml_file_with(
        &self,
        path: impl AsRef<std::path::Path>,
        add: impl FnOnce(Builder) -> Builder,
    ) -> Result<(), crate::config::FileError> {
        match crate::os::read_text(path.as_ref(), crate::config::MAX_BYTES) {
            Ok(text) => self.reload_toml_with(&text, add),
            Err(source) => {
                let path = path.as_ref().to_owned();
                let error = crate::config::FileError::Read { path, source };
                self.tell_refused(&error);
                Err(error)
            }
        }
    }

    #[cfg(feature = "toml")]
    fn tell_reloaded(&self) {
        let pipeline = self.engine.current.load();
        let _attached = self.attach();
        callsite::Logger::new("ripsaw")
            .event(crate::meta::Level::Info, "configuration reloaded")
            .field("levels", pipeline.levels.to_string())
            .field("routes", pipeline.outputs.len())
            .emit();
    }

    #[cfg(feature = "toml")]
    fn tell_refused(&self, error: &crate::config::FileError) {
        use crate::config::FileError;
        let (count, first) = match error {
            FileError::Document(errors) => {
                let errors = errors.errors();
                (errors.len(), errors.first().map(ToString::to_string).unwrap_or_default())
            }
            other => (1, other.to_string()),
        };
        let _attached = self.attach();
        callsite::Logger::new("ripsaw")
            .event(crate::meta::Level::Error, "configuration refused")
            .field("errors", count)
            .field("first", first.as_str())
            .emit();
    }

    /// Waits until all records whose calls happened before this one were handed to the operating system.
    ///
    /// # Errors
    /// [`FlushError::Timeout`] when the deadline passes first, [`FlushError::Sink`] if a sink is failing then.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.engine.here().flush(timeout, Durability::Handed)
    }

    /// Like [`Handle::flush`], and waits until the device has them too.
    ///
    /// # Errors
    /// As for [`Handle::flush`]. If a device fails, [`FlushError::Sink`] comes at once: records of before may never reach it,
    /// whatever a later call says of later records.
    pub fn flush_durable(&self, timeout: Duration) -> Result<(), FlushError> {
        self.engine.here().flush(timeout, Durability::Synced)
    }

    /// One round of the writer on the calling thread; returns how many records it took. Repeat until zero. This is what
    /// drains an engine that was started with [`Builder::manual`].
    pub fn pump(&self) -> usize {
        let engine = self.engine.here();
        if crate::lane::WriterScope::is_active() || engine.is_copy() {
            return 0;
        }
        loop {
            let Some(progress) = engine.pass(None) else { return 0 };
            if progress.taken > 0 || !progress.again {
                return progress.taken;
            }
        }
    }

    /// A snapshot of the counters.
    pub fn stats(&self) -> Stats {
        self.engine.here().stats()
    }

    /// Lets the calling thread log into this engine, instead of the global one, until the result is dropped.
    pub fn attach(&self) -> Attached {
        Attached::new(self.engine.here().front.clone())
    }

    /// The statements of which [`Builder::sample`] suppressed calls, and how many: in the whole process, since its beginning.
    pub fn suppressed(&self) -> Vec<(&'static Metadata, u64)> {
        callsite::suppressed()
    }

    /// A logger with this name.
    pub fn logger(&self, name: impl Into<String>) -> callsite::Logger {
        callsite::Logger::new(name)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("engine", &self.engine).finish()
    }
}

/// Keeps an engine running; dropping it shuts the engine down with a deadline of 5 seconds.
///
/// The global engine is correct without it: what is on its way is written at exit in any case (unless that was
/// switched off), and what is logged after the shutdown is written synchronously.
#[derive(Debug)]
#[must_use = "dropping the guard at once shuts the engine down; bind it to a name"]
pub struct Guard {
    pub(super) handle: Handle,
    pub(super) global: bool,
}

impl Guard {
    /// A handle for other places.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Lets the calling thread log into this engine. See [`Handle::attach`].
    pub fn attach(&self) -> Attached {
        self.handle.attach()
    }

    /// Drains and stops the writer, for at most `timeout`; what the sinks did not take by then is counted as lost.
    pub fn shutdown(self, timeout: Duration) -> ShutdownReport {
        self.stop(timeout)
    }

    fn stop(&self, timeout: Duration) -> ShutdownReport {
        let unflushed = self.handle.engine.here().shutdown(timeout);
        let stats = self.handle.stats();
        // A writer that is still inside a sink has not counted its losses.
        let dropped = stats.dropped().max(unflushed);
        ShutdownReport { written: stats.written, dropped, unflushed }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.handle.engine.here().control.phase() == Phase::Running {
            self.stop(DROP_DEADLINE);
        }
        if !self.global {
            callsite::retract(Arc::as_ptr(&self.handle.engine).cast());
        }
    }
}

/// What a shutdown left behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Records that at least one sink took since the start.
    pub written: u64,
    /// Records that were dropped since the start, those below included.
    pub dropped: u64,
    /// Records that no sink had taken when the deadline passed: they are lost. Only if the writer itself was still inside a
    /// write of a lone file 0.3 s later are those unknown that it had not taken.
    pub unflushed: u64,
}
