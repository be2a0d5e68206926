//! A configuration file that is looked at again and again.

use super::Handle;
use super::beside::spawn;
use super::signals::HangupWatch;
use crate::config::Builder;
use crate::sync::caught;
use crate::writer::Phase;
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// A file that was written less than this ago may be written again without another time: file systems count in steps.
const UNSURE: Duration = Duration::from_secs(3);

/// How often a thread looks whether there was a SIGHUP.
const HANGUP_INTERVAL: Duration = Duration::from_millis(200);

/// Keeps looking at a file, or for a signal; dropping it ends that, at once unless a reload is under way. See
/// [`Handle::watch_toml`] and [`Handle::reload_toml_on_hangup`].
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct Watch {
    /// Nothing is sent: that it is gone is the message.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    process: u32,
    /// Also when the thread has ended with the engine, SIGHUP must not end the process.
    hangups: Option<Arc<HangupWatch>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        // A forked child does not have the thread.
        if let Some(thread) = self.thread.take().filter(|_| std::process::id() == self.process) {
            // A panic in it was reported by its hook.
            drop(thread.join());
        }
    }
}

impl Handle {
    /// Reloads from a file whenever its content changes, looking each `interval` (one second is a good choice; at least
    /// 10 ms) from a thread of its own. The engine keeps what it has until then; begin with
    /// [`Builder::from_toml_file`](crate::Builder::from_toml_file).
    ///
    /// What counts is the content behind the path, however it gets there: written in place, renamed over, or behind a
    /// symbolic link that is swapped, as Kubernetes does. A content is taken when two looks in a row find it, so that a file
    /// that is just being written is left alone. One that is wrong changes nothing and is told once, as by
    /// [`Handle::reload_toml`]; so is a file that cannot be read. The watch ends with the engine, or when the result is
    /// dropped. While the file does not change, a look is one system call.
    ///
    /// The document is taken alone: what was added in code at the start is gone after a reload, unless
    /// [`Handle::watch_toml_with`] adds it again.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn watch_toml(&self, path: impl Into<PathBuf>, interval: Duration) -> io::Result<Watch> {
        self.watch_toml_with(path, interval, |builder| builder)
    }

    /// The same with what `add` adds to each document in code, as processors that must hold in any case. It is called on
    /// the watching thread.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn watch_toml_with(
        &self,
        path: impl Into<PathBuf>,
        interval: Duration,
        add: impl Fn(Builder) -> Builder + Send + 'static,
    ) -> io::Result<Watch> {
        let mut watched = Watched::new(path.into());
        self.watch(interval.max(Duration::from_millis(10)), move |handle| {
            watched.look(handle, &add)
        })
    }

    /// Reloads from a file on each SIGHUP, within a fifth of a second, whether or not the file has changed: files that are written
    /// to are opened anew, as `logrotate` expects. A file that is wrong changes nothing and is told as by
    /// [`Handle::reload_toml_file`]. As long as the result lives, SIGHUP no longer ends the process; a handler that the program
    /// has installed before is called as well, and signals that came while a reload was under way count as one. Once it is
    /// dropped, SIGHUP does what it did before. Also a process that was started by `nohup`, which ignores SIGHUP, follows it.
    ///
    /// The document is taken alone, unless [`Handle::reload_toml_on_hangup_with`] adds to it.
    ///
    /// # Errors
    /// If the handler cannot be installed or the thread not be started.
    pub fn reload_toml_on_hangup(&self, path: impl Into<PathBuf>) -> io::Result<Watch> {
        self.reload_toml_on_hangup_with(path, |builder| builder)
    }

    /// The same with what `add` adds to each document in code. It is called on the watching thread.
    ///
    /// # Errors
    /// As for [`Handle::reload_toml_on_hangup`].
    pub fn reload_toml_on_hangup_with(
        &self,
        path: impl Into<PathBuf>,
        add: impl Fn(Builder) -> Builder + Send + 'static,
    ) -> io::Result<Watch> {
        let (path, hangups) = (path.into(), Arc::new(HangupWatch::begin()?));
        let (mut seen, counted) = (hangups.count(), hangups.clone());
        let mut watch = self.watch(HANGUP_INTERVAL, move |handle| {
            let count = counted.count();
            if std::mem::replace(&mut seen, count) != count {
                // It has been told.
                let _ = handle.reload_toml_file_with(&path, &add);
            }
        })?;
        watch.hangups = Some(hangups);
        Ok(watch)
    }

    /// Has a thread call `look` again and again, until the engine ends or the result is dropped.
    fn watch(
        &self,
        interval: Duration,
        mut look: impl FnMut(&Handle) + Send + 'static,
    ) -> io::Result<Watch> {
        let (stop, stopped) = bounded::<()>(0);
        let handle = self.clone();
        let life = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                if handle.engine.here().control.phase() == Phase::Stopped {
                    return;
                }
                // What is added may panic, as was reported by its hook: with another document it may not.
                let _ = caught(|| look(&handle));
            }
        };
        let thread = spawn("ripsaw-watch", life)?;
        Ok(Watch {
            stop: Some(stop),
            thread: Some(thread),
            process: std::process::id(),
            hangups: None,
        })
    }
}

/// What a path leads to: a text, or why there is none.
type Content = Result<String, io::ErrorKind>;
/// Device, inode, length, seconds and nanoseconds of the last change.
type Identity = (u64, u64, u64, i64, i64);

struct Watched {
    path: PathBuf,
    /// Of the last look that read the file; none if it may change without showing.
    identity: Option<Identity>,
    /// What the last look found.
    found: Content,
    /// What was taken or refused last.
    settled: Content,
}

impl Watched {
    /// What is there now is what the engine was started with.
    fn new(path: PathBuf) -> Watched {
        let found = read(&path);
        Watched { path, identity: None, settled: found.clone(), found }
    }

    fn look(&mut self, handle: &Handle, add: impl Fn(Builder) -> Builder) {
        let (identity, sure) = identify(&self.path);
        if identity.is_none() || identity != self.identity {
            let found = read(&self.path);
            self.identity = identity.filter(|_| sure);
            if found != self.found {
                // Perhaps it is not all there yet.
                self.found = found;
                self.identity = None;
                return;
            }
        }
        // Whoever writes in place empties the file first, and may take long for the rest.
        let is_blank = self.found.as_ref().is_ok_and(|text| text.trim().is_empty());
        if is_blank || self.found == self.settled {
            return;
        }
        self.settled = self.found.clone();
        // What is wrong was told in the stream.
        let _ = match &self.found {
            Ok(text) => handle.reload_toml_with(text, add),
            Err(_) => handle.reload_toml_file(&self.path),
        };
    }
}

fn read(path: &Path) -> Content {
    crate::os::read_text(path, crate::config::MAX_BYTES).map_err(|error| error.kind())
}

/// What the path leads to, and whether a change would show in it.
fn identify(path: &Path) -> (Option<Identity>, bool) {
    let Ok(meta) = std::fs::metadata(path) else { return (None, false) };
    let age = meta.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    let identity = (meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
    (Some(identity), age.is_some_and(|age| age > UNSURE))
}
