//! One look at the server, and what it changes.

use super::{Fetched, Known, RemoteSource};
use crate::error::{Cause, RemoteError};
use ripsaw::{Builder, Document, Event, FileError, Handle, Level};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// How a source that is followed is doing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceStatus {
    /// How often the server was asked.
    pub polls: u64,
    /// How often the engine took another document.
    pub changes: u64,
    /// How often in a row it was in vain.
    pub failures: u64,
    /// When the server last gave a good document, or said that it still has it.
    pub last_good: Option<SystemTime>,
    /// When the engine last took another document.
    pub last_change: Option<SystemTime>,
    /// What is wrong at present: with the connection, or with the document, which the engine has refused then.
    pub error: Option<RemoteError>,
    /// Why the last good document could not be kept on disk, if that is so.
    pub cache_error: Option<String>,
}

/// What is added to each document.
pub(super) type Add = Box<dyn Fn(Builder) -> Builder + Send>;

pub(super) struct Poller {
    source: RemoteSource,
    handle: Handle,
    add: Add,
    /// What the server had when it was last asked with success, good or not.
    fetched: Option<Fetched>,
    /// What the engine has.
    applied: Option<Arc<str>>,
    /// What it has refused last.
    refused: Option<Arc<str>>,
    /// What the cache has.
    kept: Option<Arc<str>>,
}

impl Poller {
    pub(super) fn new(source: RemoteSource, handle: Handle, add: Add) -> Poller {
        let known = source.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let applied = known.as_ref().map(|known| known.text.clone());
        let fresh = known.filter(|known| known.is_fresh);
        let fetched = fresh.map(|Known { text, etag, .. }| Fetched { text, etag });
        Poller { source, handle, add, fetched, applied, refused: None, kept: None }
    }

    pub(super) fn interval(&self) -> Duration {
        self.source.interval
    }

    /// Whether the server has been asked with success.
    pub(super) fn is_fresh(&self) -> bool {
        self.fetched.is_some()
    }

    pub(super) fn is_over(&self) -> bool {
        self.handle.is_stopped()
    }

    /// Asks, and reloads if there is something new. What came of it stands in `status`.
    pub(super) fn poll(&mut self, status: &Mutex<SourceStatus>, stop: &Notify) {
        let before = lock(status).error.clone();
        let result = match self.look(before.as_ref(), stop) {
            Err(Cause::Ended) => return,
            result => result.map_err(|cause| self.source.error(cause)),
        };
        let cache_error = if result.is_ok() { self.keep() } else { None };
        let (failures, is_new_cache_error) = {
            let mut status = lock(status);
            let failures = status.failures;
            status.polls += 1;
            status.error = result.as_ref().err().cloned();
            match result {
                Ok(changed) => {
                    let now = SystemTime::now();
                    status.failures = 0;
                    status.last_good = Some(now);
                    if changed {
                        status.changes += 1;
                        status.last_change = Some(now);
                    }
                    let is_new = cache_error.is_some() && status.cache_error.is_none();
                    status.cache_error = cache_error.clone();
                    (failures, is_new)
                }
                Err(_) => {
                    status.failures += 1;
                    (failures, false)
                }
            }
        };
        match (&result, before) {
            (Ok(_), Some(_)) => self.tell_recovered(failures),
            (Ok(_), None) => {}
            // The engine has told that.
            (Err(error), _) if matches!(error.cause(), Cause::Refused(_)) => {}
            (Err(error), Some(before)) if before.is_like(error) => {}
            (Err(error), _) => self.tell_failed("configuration source failed", &error.to_string()),
        }
        if let Some(error) = cache_error.filter(|_| is_new_cache_error) {
            self.tell_failed("configuration cache failed", &error);
        }
    }

    /// Whether the engine has taken another document.
    fn look(&mut self, before: Option<&RemoteError>, stop: &Notify) -> Result<bool, Cause> {
        let etag = self.fetched.as_ref().and_then(|fetched| fetched.etag.as_ref());
        if let Some(fetched) = self.source.fetch(etag, stop)? {
            self.fetched = Some(fetched);
        }
        let Some(Fetched { text, .. }) = &self.fetched else { return Err(Cause::Status(304)) };
        let text = text.clone();
        if self.applied.as_ref() == Some(&text) {
            return Ok(false);
        }
        match before.map(RemoteError::cause) {
            Some(cause @ Cause::Refused(error)) if self.refused.as_ref() == Some(&text) => {
                // What the document names may be there by now; that it is not was told.
                let is_right = matches!(**error, FileError::Config(_));
                let document = Document::parse(&text).ok().filter(|_| is_right);
                let builder = document.map(|document| (self.add)(document.builder()));
                match builder.map(|builder| self.handle.reload(builder)) {
                    Some(Ok(())) => self.tell_reloaded(),
                    _ => return Err(cause.clone()),
                }
            }
            _ => {
                if let Err(error) = self.handle.reload_toml_with(&text, &self.add) {
                    self.refused = Some(text);
                    return Err(Cause::Refused(Arc::new(error)));
                }
            }
        }
        self.refused = None;
        self.applied = Some(text);
        Ok(true)
    }

    /// Puts what the engine has into the cache. Says why that cannot be done.
    fn keep(&mut self) -> Option<String> {
        let (cache, text) = (self.source.cache.as_ref()?, self.applied.as_ref()?);
        if self.kept.as_ref() == Some(text) {
            return None;
        }
        match cache.write(text) {
            Ok(()) => {
                self.kept = Some(text.clone());
                None
            }
            Err(error) => Some(format!("{} cannot be written: {error}", cache.shown())),
        }
    }

    fn tell_failed(&self, message: &str, error: &str) {
        let _attached = self.handle.attach();
        Event::new(Level::Error, message)
            .target("ripsaw")
            .field("source", self.source.url.to_string())
            .field("error", error)
            .emit();
    }

    /// As the engine does where it parses the document itself.
    fn tell_reloaded(&self) {
        let _attached = self.handle.attach();
        Event::new(Level::Info, "configuration reloaded")
            .target("ripsaw")
            .field("levels", self.handle.levels().to_string())
            .emit();
    }

    fn tell_recovered(&self, failures: u64) {
        let _attached = self.handle.attach();
        Event::new(Level::Info, "configuration source recovered")
            .target("ripsaw")
            .field("source", self.source.url.to_string())
            .field("failures", failures)
            .emit();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
