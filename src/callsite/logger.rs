//! Named and bound loggers: fields encoded once, referenced by four bytes a record.

use super::dynamic::Event;
use super::{Callsite, bits, registry};
use crate::codec::{Bound, TreeWriter, Value, ValueRef};
use crate::meta::Level;
use crate::sync::{lock, lock_until};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Instant;

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
    pub(super) id: u32,
    /// A record names this logger, or did.
    used: AtomicBool,
    /// Verdict bits by level for a logger with a name, else [`bits::OF_SITE`]; a power of two of them, so that an index
    /// needs no check.
    verdicts: [AtomicU32; 8],
    pub(super) bound: Arc<Bound>,
}

/// A logger that is gone, kept until its last records are written.
#[derive(Clone, Debug)]
pub(crate) struct Retired {
    pub(crate) id: u32,
    pub(crate) bound: Arc<Bound>,
}

/// Bound contexts of the loggers that exist, by id.
static BOUND: LazyLock<Mutex<HashMap<u32, Arc<Bound>>>> = LazyLock::new(Mutex::default);
static NEXT_ID: AtomicU32 = AtomicU32::new(1);

/// The context with this id, if its logger exists.
pub(crate) fn find_bound(id: u32) -> Option<Arc<Bound>> {
    lock(&BOUND).get(&id).cloned()
}

/// The table of contexts, locked.
pub(super) type BoundTable = MutexGuard<'static, HashMap<u32, Arc<Bound>>>;

/// Keeps all threads out of the table of contexts, if they leave it before `deadline`.
pub(super) fn freeze_bound(deadline: Instant) -> Option<BoundTable> {
    lock_until(&BOUND, deadline)
}

impl Logger {
    /// A logger whose records have `name` in the place of the target.
    pub fn new(name: impl Into<String>) -> Logger {
        let mut fields = Vec::new();
        fields.open_map();
        Logger::from_bound(Bound::new(Some(name.into()), fields))
    }

    /// A logger without a name: records keep the target of their statement.
    pub fn unnamed() -> Logger {
        let mut fields = Vec::new();
        fields.open_map();
        Logger::from_bound(Bound::new(None, fields))
    }

    /// The same logger with one more field. A key that is bound already gets the new value.
    pub fn with(&self, key: &str, value: impl Into<Value>) -> Logger {
        let value = value.into();
        self.rebuild(key, Some(&value))
    }

    /// The same logger without this field.
    pub fn without(&self, key: &str) -> Logger {
        self.rebuild(key, None)
    }

    /// The name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.inner.name()
    }

    /// Whether a record of this level would be made; for a logger without a name, from the calling crate's own target
    /// as far as no directive singles it out.
    pub fn enabled(&self, level: Level) -> bool {
        let verdict = self.dynamic_verdict(level).unwrap_or(bits::ENABLED | bits::CHECK);
        super::resolve(verdict, level, self.name().unwrap_or("")) != 0
    }

    /// Begins a record whose fields are known only at run time.
    pub fn event<'a>(&'a self, level: Level, message: &'a str) -> Event<'a> {
        Event::with_logger(self, level, message)
    }

    /// The id for a record that is about to be made.
    #[inline(always)]
    pub(super) fn id(&self) -> u32 {
        // Relaxed: only this thread's own drop, or one that happens after it, must see it. Stored once, so that loggers
        // which many threads share stay unwritten.
        if !self.inner.used.load(Ordering::Relaxed) {
            self.first_use();
        }
        self.inner.id
    }

    #[cold]
    #[inline(never)]
    fn first_use(&self) {
        if registry::has_images() {
            registry::introduce(&self.inner);
        }
        self.inner.used.store(true, Ordering::Relaxed);
    }

    /// Verdict bits for a record that has no callsite.
    pub(super) fn dynamic_verdict(&self, level: Level) -> Option<u32> {
        self.name().map(|_| self.inner.verdicts[level.index()].load(Ordering::Relaxed))
    }

    fn from_bound(bound: Bound) -> Logger {
        let bound = Arc::new(bound);
        let id = {
            let mut table = lock(&BOUND);
            loop {
                // Zero means no context, and after 2^32 loggers a number may still be in use.
                let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
                if id != 0 && !table.contains_key(&id) {
                    table.insert(id, bound.clone());
                    break id;
                }
            }
        };
        let verdict = if bound.name.is_some() { 0 } else { bits::OF_SITE };
        let inner = Arc::new(Inner {
            id,
            used: AtomicBool::new(false),
            verdicts: [const { AtomicU32::new(0) }; 8],
            bound,
        });
        inner.verdicts.iter().for_each(|place| place.store(verdict, Ordering::Relaxed));
        registry::register_logger(&inner);
        Logger { inner }
    }

    fn rebuild(&self, key: &str, value: Option<&Value>) -> Logger {
        let old = &*self.inner.bound;
        let mut fields: Vec<u8> = Vec::with_capacity(old.fields.len() + 64);
        let at = fields.open_map();
        let mut count = 0;
        if let Some((ValueRef::Map(map), _)) = crate::codec::read_tree(&old.fields) {
            for (k, v) in map.entries().filter(|(k, _)| *k != key) {
                fields.key(k);
                fields.leaf(v);
                count += 1;
            }
        }
        if let Some(value) = value {
            fields.key(key);
            fields.value(value);
            count += 1;
        }
        fields.patch(at, count);
        Logger::from_bound(Bound::new(old.name.clone(), fields))
    }
}

impl Inner {
    pub(super) fn name(&self) -> Option<&str> {
        self.bound.name.as_deref()
    }
    pub(super) fn set_verdict(&self, level: Level, verdict: u32) {
        self.verdicts[level.index()].store(verdict, Ordering::Relaxed);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // First to the engines, then out of the table: a writer that finds it in neither looks at its own again.
        if self.used.load(Ordering::Relaxed) || registry::has_images() {
            registry::retire(&Retired { id: self.id, bound: self.bound.clone() });
        }
        lock(&BOUND).remove(&self.id);
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
    if (state & bits::NEW) | (own & bits::CHECK) != 0 {
        return slow_verdict(logger, callsite);
    }
    if own & bits::ENABLED == 0 {
        return 0;
    }
    (state & !bits::MASK) | (own & bits::MASK)
}

#[cold]
#[inline(never)]
fn slow_verdict(logger: &Logger, callsite: &'static Callsite) -> u32 {
    let Some(state) = callsite.registered() else { return 0 };
    let meta = callsite.metadata();
    let (own, target) = match logger.name() {
        Some(name) => (logger.inner.verdicts[meta.level.index()].load(Ordering::Relaxed), name),
        None => (state & bits::MASK, meta.target),
    };
    super::resolve((state & !bits::MASK) | own, meta.level, target)
}
