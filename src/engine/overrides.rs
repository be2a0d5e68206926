//! Levels that are set for some calls and for some time, and the thread that ends them.

use super::beside::spawn;
use super::{Engine, Handle};
use crate::callsite::Logger;
use crate::config::{LevelOverride, Overrides, Pipeline, Rule};
use crate::error::ConfigError;
use crate::meta::Level;
use crate::sync::lock;
use core::sync::atomic::{AtomicU64, Ordering};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::cell::RefCell;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

/// Names an override, as long as it is in force. No number is used twice in a process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OverrideId(u64);

impl OverrideId {
    /// The number, for those who hand it on as text.
    pub fn get(self) -> u64 {
        self.0
    }
    /// The override of this number, whether or not there is one.
    pub fn from_number(number: u64) -> OverrideId {
        OverrideId(number)
    }
}

impl fmt::Display for OverrideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An override that is in force; see [`Handle::overrides`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ActiveOverride {
    /// What removes it.
    pub id: OverrideId,
    /// What was asked for.
    pub rule: LevelOverride,
    /// How long it stays; none if it stays until it is removed.
    pub remaining: Option<Duration>,
}

impl Handle {
    /// Sets a level for some calls, whatever the configuration says of them. When this returns, every call that begins
    /// afterwards is decided by it. Reloads and [`Handle::set_filter`] leave it in force; it ends with its time, or by
    /// [`Handle::remove_override`]. The stream has an INFO `level override set`, `... ended` or `... removed` of the target
    /// `ripsaw` with its `id` and what it says (`rule`).
    ///
    /// A call that no override with a place or a field can concern costs what it costs without. A call of which the fields
    /// of the context decide, enabled or not, looks at them: some tens of nanoseconds, no allocation, and no lock but in a thread's
    /// first such call after a change.
    ///
    /// ```
    /// use ripsaw::{Level, LevelOverride, Logger, debug};
    /// # use std::time::Duration;
    /// let memory = ripsaw::sink::Memory::new();
    /// let text = ripsaw::format::Text::new().timestamp(false).target(false);
    /// let guard = ripsaw::builder().filter("info,ripsaw=error").format(text).sink(memory.clone()).start_local()?;
    /// let attached = guard.attach();
    /// let rule = LevelOverride::new(Level::Debug).field("customer", 4711).lasting(Duration::from_secs(900));
    /// let id = guard.handle().override_level(rule)?;
    /// debug!(logger: &Logger::unnamed().with("customer", 4711), "what this one does");
    /// debug!(logger: &Logger::unnamed().with("customer", 4712), "what all others do");
    /// assert!(guard.handle().remove_override(id));
    /// guard.handle().flush(Duration::from_secs(5)).unwrap();
    /// assert_eq!(memory.lines(), ["DEBUG    what this one does customer=4711"]);
    /// # drop(attached);
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    ///
    /// # Errors
    /// If a condition cannot be understood, there are 64 already, or no thread can be started that ends it. Nothing has
    /// changed then.
    pub fn override_level(&self, rule: LevelOverride) -> Result<OverrideId, ConfigError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only that no number is given twice matters.
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let rule = Arc::new(Rule::new(id, rule)?);
        if rule.until.is_some() {
            self.engine.follow_fork();
        }
        let refused = RefCell::new(None);
        self.change_overrides(|old| match old.with(rule.clone()) {
            Ok(new) => {
                refused.replace(None);
                new
            }
            Err(error) => {
                refused.replace(Some(error));
                old.clone()
            }
        });
        if let Some(error) = refused.into_inner() {
            return Err(error);
        }
        if let Err(error) = self.engine.here().keep_time() {
            self.change_overrides(|old| old.without(|rule| rule.id == id));
            let remedy = "no thread can be started that ends it; set it without a time";
            return Err(ConfigError::new("override.lasting", error.to_string(), remedy));
        }
        self.tell_override("level override set", &rule);
        Ok(OverrideId(id))
    }

    /// Ends an override; false if it has ended already.
    pub fn remove_override(&self, id: OverrideId) -> bool {
        let removed = self.take_overrides(|rule| rule.id == id.0);
        removed.iter().for_each(|rule| self.tell_override("level override removed", rule));
        !removed.is_empty()
    }

    /// The overrides in force, in the order in which they were set: the last one that applies to a call decides.
    pub fn overrides(&self) -> Vec<ActiveOverride> {
        let now = Instant::now();
        let active = |rule: &Arc<Rule>| ActiveOverride {
            id: OverrideId(rule.id),
            rule: rule.asked.clone(),
            remaining: rule.until.map(|until| until.saturating_duration_since(now)),
        };
        self.engine.current.load().overrides.iter().map(active).collect()
    }

    fn change_overrides(&self, change: impl Fn(&Overrides) -> Overrides) {
        self.engine
            .change(|old| Pipeline { overrides: Arc::new(change(&old.overrides)), ..old.clone() });
    }

    /// Takes out those that are `gone`, and returns them.
    fn take_overrides(&self, is_gone: impl Fn(&Rule) -> bool) -> Vec<Arc<Rule>> {
        let taken = RefCell::new(Vec::new());
        self.change_overrides(|old| {
            taken.replace(old.iter().filter(|rule| is_gone(rule)).cloned().collect());
            old.without(&is_gone)
        });
        taken.into_inner()
    }

    fn tell_override(&self, what: &str, rule: &Rule) {
        let _attached = self.attach();
        let logger = Logger::new("ripsaw");
        let event = logger.event(Level::Info, what).field("id", rule.id);
        let event = event.field("rule", rule.asked.to_string());
        match rule.asked.lasting {
            Some(time) => event.field("lasting_s", time.as_secs_f64()).emit(),
            None => event.emit(),
        }
    }
}

/// What wakes the thread that ends overrides, while there is one.
#[derive(Default)]
pub(super) struct Timer(Mutex<Option<Sender<()>>>);

impl Engine {
    /// Sees to it that there is a thread that ends overrides, and that it knows of the next one, if any is to end.
    pub(super) fn keep_time(self: &Arc<Engine>) -> io::Result<()> {
        if self.current.load().overrides.next_end().is_none() {
            return Ok(());
        }
        if self.is_copy() {
            // Its timer may be locked for ever, by a thread of the parent's.
            return Err(io::Error::other("a forked child has no engine of its own"));
        }
        let mut timer = lock(&self.timer.0);
        let sent = timer.as_ref().map(|timer| timer.try_send(()));
        if let Some(Ok(()) | Err(TrySendError::Full(()))) = sent {
            return Ok(());
        }
        let (sender, woken) = bounded(1);
        let engine = Arc::downgrade(self);
        spawn("ripsaw-levels", move || end_in_time(&engine, &woken))?;
        *timer = Some(sender);
        Ok(())
    }
}

/// The life of the thread: until no override is left that is to end, or the engine is gone.
fn end_in_time(engine: &Weak<Engine>, woken: &Receiver<()>) {
    loop {
        let Some(engine) = engine.upgrade() else { return };
        let handle = Handle { engine };
        let now = Instant::now();
        let has_ended = |rule: &Rule| rule.until.is_some_and(|until| until <= now);
        if handle.engine.current.load().overrides.iter().any(|rule| has_ended(rule)) {
            let ended = handle.take_overrides(has_ended);
            ended.iter().for_each(|rule| handle.tell_override("level override ended", rule));
        }
        let mut timer = lock(&handle.engine.timer.0);
        // Under the mutex: whoever has set another one by now finds no timer, and makes one.
        let Some(next) = handle.engine.current.load().overrides.next_end() else {
            *timer = None;
            return;
        };
        drop(timer);
        drop(handle);
        let pause = next.saturating_duration_since(Instant::now());
        if woken.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}
