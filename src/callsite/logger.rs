//! Named and bound loggers: fields encoded once, referenced by four bytes a record.

use super::bound::{Held, Map, merged, rebuilt};
use super::dynamic::Event;
use super::policy::resolve;
use super::{Callsite, bits, registry};
use crate::codec::{Bound, Value};
use crate::lane::Subject;
use crate::meta::Level;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

/// A logger with a name, with bound fields, or both. Cheap to clone; sendable between threads.
///
/// The name takes the place of the target, in filters and in the output. Bound fields are encoded when they are bound:
/// a record refers to them by four bytes.
///
/// ```
/// use ripsaw::Logger;
/// let log = Logger::new("shop.orders").with("tenant", "eu").with("shard", 3);
/// ripsaw::info!(logger: &log, order = 42, "placed");
/// ```
#[derive(Clone, Debug)]
pub struct Logger {
    inner: Arc<Inner>,
}

/// What the clones of a logger share.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Inner {
    // What a call looks at comes first, and lies together.
    held: Held,
    /// Verdict bits by level for a logger with a name, else [`bits::OF_SITE`]; a power of two of them, so that an index
    /// needs no check.
    verdicts: [AtomicU32; 8],
}

/// A logger with this name: the same as [`Logger::new`].
///
/// ```
/// let log = ripsaw::get_logger("shop.orders");
/// ripsaw::info!(logger: &log, "open");
/// ```
pub fn get_logger(name: impl Into<String>) -> Logger {
    Logger::new(name)
}

impl Logger {
    /// A logger whose records have `name` in the place of the target.
    pub fn new(name: impl Into<String>) -> Logger {
        Logger::of(Bound::new(Some(name.into()), Map::with_capacity(5).finish()))
    }

    /// A logger without a name: records keep the target of their statement.
    pub fn unnamed() -> Logger {
        Logger::of(Bound::new(None, Map::with_capacity(5).finish()))
    }

    /// The same logger with one more field. A key that is bound already gets the new value, and stands last.
    pub fn with(&self, key: &str, value: impl Into<Value>) -> Logger {
        self.rebound(rebuilt(self.bound(), key, Some(&value.into())))
    }

    /// The same logger without this field. One that is not bound is no error.
    pub fn without(&self, key: &str) -> Logger {
        self.rebound(rebuilt(self.bound(), key, None))
    }

    /// The same logger without this field; none if it is not bound.
    pub fn try_without(&self, key: &str) -> Option<Logger> {
        self.bound().entries().any(|(k, _)| k == key).then(|| self.without(key))
    }

    /// A logger of the same name with no fields.
    ///
    /// ```
    /// let log = ripsaw::Logger::new("shop").with("tenant", "eu");
    /// let other = log.fresh().with("shard", 3);
    /// assert_eq!((other.name(), other.try_without("tenant").is_none()), (Some("shop"), true));
    /// ```
    pub fn fresh(&self) -> Logger {
        self.rebound(Map::with_capacity(5).finish())
    }

    /// A logger with the same fields whose name is this one's, a dot, and `name`.
    pub fn child(&self, name: &str) -> Logger {
        let name = self.name().map_or_else(|| name.to_owned(), |own| format!("{own}.{name}"));
        Logger::of(Bound::new(Some(name), self.bound().fields.clone()))
    }

    /// The name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.inner.name()
    }

    /// Whether a record of this level would be made; for a logger without a name, from the calling crate's own target
    /// as far as no directive singles it out.
    pub fn enabled(&self, level: Level) -> bool {
        let verdict = self.dynamic_verdict(level).unwrap_or(bits::ENABLED | bits::CHECK);
        let subject = Subject::new(level, self.name().unwrap_or(""), None);
        resolve(verdict, &subject, Some(self)).0 != 0
    }

    /// Begins a record whose fields are known only at run time.
    pub fn event<'a>(&'a self, level: Level, message: &'a str) -> Event<'a> {
        Event::with_logger(self, level, message)
    }

    /// What its records name.
    #[inline(always)]
    pub(super) fn held(&self) -> &Held {
        &self.inner.held
    }

    /// The same logger with the fields of `other` under its own.
    pub(crate) fn over(&self, other: &Held) -> Logger {
        Logger::of(merged(other.bound(), self.bound()))
    }

    /// Verdict bits for a record that has no callsite.
    pub(super) fn dynamic_verdict(&self, level: Level) -> Option<u32> {
        self.name().map(|_| self.inner.verdicts[level.index()].load(Ordering::Relaxed))
    }

    fn of(bound: Bound) -> Logger {
        let named = bound.name.is_some();
        let verdict = if named { 0 } else { bits::OF_SITE };
        let verdicts = [const { AtomicU32::new(0) }; 8];
        let inner = Arc::new(Inner { held: Held::new(bound), verdicts });
        inner.verdicts.iter().for_each(|place| place.store(verdict, Ordering::Relaxed));
        if named {
            registry::register_logger(&inner);
        }
        Logger { inner }
    }

    fn bound(&self) -> &Bound {
        self.inner.held.bound()
    }

    fn rebound(&self, fields: Vec<u8>) -> Logger {
        Logger::of(Bound::new(self.bound().name.clone(), fields))
    }
}

impl Inner {
    pub(super) fn name(&self) -> Option<&str> {
        self.held.bound().name.as_deref()
    }
    pub(super) fn set_verdict(&self, level: Level, verdict: u32) {
        self.verdicts[level.index()].store(verdict, Ordering::Relaxed);
    }
}

/// The verdict on a statement that names a logger: the logger's name decides, if it has one. Costs two relaxed loads.
#[doc(hidden)]
#[inline(always)]
pub fn logger_verdict(logger: &Logger, callsite: &'static Callsite) -> u32 {
    // Relaxed: see `Callsite::verdict`.
    let state = callsite.state.load(Ordering::Relaxed);
    let own = logger.inner.verdicts[usize::from(callsite.level) % 8].load(Ordering::Relaxed);
    let own = if own & bits::OF_SITE == 0 { own } else { state };
    const OWN: u32 = bits::CHECK | bits::SAMPLE | bits::FIELD;
    if (state & (bits::NEW | bits::PLACE)) | (own & OWN) != 0 {
        return slow_verdict(logger, callsite);
    }
    if own & bits::ENABLED == 0 {
        return 0;
    }
    (state & !bits::MASK) | (own & bits::MASK)
}

/// Whether the calls of such a statement are made, though perhaps not all of them.
#[doc(hidden)]
pub fn logger_enabled(logger: &Logger, callsite: &'static Callsite) -> bool {
    let verdict = verdict_of(logger, callsite);
    verdict.is_some_and(|verdict| {
        let target = logger.name().unwrap_or(callsite.meta.target);
        resolve(verdict, &callsite.subject(target), Some(logger)).0 != 0
    })
}

#[cold]
#[inline(never)]
fn slow_verdict(logger: &Logger, callsite: &'static Callsite) -> u32 {
    let verdict = verdict_of(logger, callsite);
    verdict.map_or(0, |verdict| callsite.sampled(verdict, Some(logger)))
}

/// Id and verdict.
fn verdict_of(logger: &Logger, callsite: &'static Callsite) -> Option<u32> {
    let state = callsite.registered()?;
    let own = match logger.name() {
        Some(_) => logger.inner.verdicts[callsite.meta.level.index()].load(Ordering::Relaxed),
        None => state,
    };
    Some((state & !bits::MASK) | (own & bits::MASK) | (state & bits::PLACE))
}
