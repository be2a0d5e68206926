//! Records without a static callsite: events built at run time, and what bridges hand over.

use super::ambient::{bound_for, number_for};
use super::logger::Logger;
use super::policy::resolve;
use super::{bits, registry};
use crate::codec::{
    Bound, DynamicHead, TreeWriter, Value, ValueRef, header, shrink_dynamic, tree_arg,
};
use crate::lane::{self, Origin, Subject};
use crate::meta::{Level, Metadata};
use std::cell::Cell;
use std::sync::Arc;

/// A record whose fields are decided at run time. It allocates; statements with fixed fields are better served by the
/// macros.
///
/// ```
/// use ripsaw::{Event, Level, Logger};
/// Event::new(Level::Info, "user.created").target("accounts").field("id", 7).emit();
/// Logger::new("accounts").event(Level::Info, "user.deleted").field("id", 7).emit();
/// ```
#[derive(Clone, Debug)]
#[must_use = "an event is logged by `emit`"]
pub struct Event<'a> {
    logger: Option<&'a Logger>,
    target: &'a str,
    level: Level,
    message: &'a str,
    fields: Vec<(&'a str, Value)>,
}

impl<'a> Event<'a> {
    /// An event of the target `event`.
    pub fn new(level: Level, message: &'a str) -> Event<'a> {
        Event { logger: None, target: "event", level, message, fields: Vec::new() }
    }

    pub(super) fn with_logger(logger: &'a Logger, level: Level, message: &'a str) -> Event<'a> {
        let target = logger.name().unwrap_or("event");
        Event { logger: Some(logger), target, level, message, fields: Vec::new() }
    }

    /// Sets the target; a logger's name goes before it.
    pub fn target(mut self, target: &'a str) -> Event<'a> {
        if self.logger.is_none_or(|l| l.name().is_none()) {
            self.target = target;
        }
        self
    }

    /// Adds a field.
    pub fn field(mut self, key: &'a str, value: impl Into<Value>) -> Event<'a> {
        self.fields.push((key, value.into()));
        self
    }

    fn verdict(&self) -> u32 {
        let verdict = self.logger.and_then(|l| l.dynamic_verdict(self.level));
        verdict.unwrap_or_else(|| dynamic_verdict(self.level, self.target))
    }

    /// Whether [`emit`](Self::emit) would log it as it is now: for fields that cost something to find out.
    ///
    /// ```
    /// use ripsaw::{Event, Level};
    /// let event = Event::new(Level::Debug, "cache").target("shop::cache");
    /// if event.is_enabled() {
    ///     event.field("entries", (0..1000).count()).emit();
    /// }
    /// ```
    pub fn is_enabled(&self) -> bool {
        let subject = Subject::new(self.level, self.target, None);
        resolve(self.verdict(), &subject, self.logger).0 != 0
    }

    /// Logs the event, if its level and target are enabled.
    pub fn emit(self) {
        let verdict = self.verdict();
        let subject = Subject::new(self.level, self.target, None);
        emit_dynamic(verdict, &subject, self.logger, |w| {
            DynamicHead {
                level: self.level,
                target: self.target,
                module: None,
                file: None,
                line: 0,
                name: "",
            }
            .put(w);
            w.leaf(ValueRef::Text(self.message));
            let at = w.open_map();
            for (key, value) in &self.fields {
                w.key(key);
                w.value(value);
            }
            w.patch(at, self.fields.len() as u32);
        });
    }
}

/// The verdict on a record that has no callsite, remembered by the thread: no lock unless the target is new to it or a
/// configuration has changed.
pub(crate) fn dynamic_verdict(level: Level, target: &str) -> u32 {
    let key = hash(level, target);
    let generation = registry::generation();
    REMEMBERED.with(|places| {
        let place = &places[key as usize % places.len()];
        let (known, at, verdict) = place.get();
        if (known, at) == (key, generation) {
            return verdict;
        }
        let Some(verdict) = registry::verdict_now(level, target) else {
            lane::refuse(level);
            return 0;
        };
        place.set((key, generation, verdict));
        verdict
    })
}

/// Whether a record that has no callsite would be made, as the thread's own engine sees it.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn dynamic_enabled(subject: &Subject<'_>) -> bool {
    resolve(dynamic_verdict(subject.level, subject.target), subject, None).0 != 0
}

thread_local! {
    /// Key, generation of the configuration, and verdict. Generations begin at 1, so an empty place never matches.
    static REMEMBERED: [Cell<(u64, u32, u32)>; 64] = const { [const { Cell::new((0, 0, 0)) }; 64] };
}

/// 64 bits of a level and a target. Two targets that share them share their verdict: unlikely, and harmless.
fn hash(level: Level, target: &str) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |h: u64, word: u64| (h.rotate_left(23) ^ word).wrapping_mul(K);
    let mut h = mix(level as u64, target.len() as u64);
    let mut chunks = target.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        h = mix(h, chunk.iter().fold(0, |w, b| (w << 8) | u64::from(*b)));
    }
    h = mix(h, chunks.remainder().iter().fold(0, |w, b| (w << 8) | u64::from(*b)));
    h ^ (h >> 29)
}

/// Commits a dynamic record, if `verdict` and the thread's engine allow it. `fill` writes head, message and fields.
pub(crate) fn emit_dynamic(
    verdict: u32,
    subject: &Subject<'_>,
    logger: Option<&Logger>,
    fill: impl FnOnce(&mut bumpalo::collections::Vec<'_, u8>),
) {
    let Subject { level, target, .. } = *subject;
    let (verdict, _) = resolve(verdict, subject, logger);
    if verdict == 0 {
        return;
    }
    let done = lane::with_scratch(|bump| {
        let mut tree = bumpalo::collections::Vec::new_in(bump);
        fill(&mut tree);
        // Room for the frame's own words beside the tree.
        let max = lane::max_record().saturating_sub(8) * size_of::<u64>();
        if tree.len() > max {
            let mut smaller = bumpalo::collections::Vec::new_in(bump);
            shrink_dynamic(&tree, max, &mut smaller);
            tree = smaller;
        }
        let bound = number_for(logger);
        let origin = || AtRunTime { level, target, logger };
        lane::push(origin, header::ID_DYNAMIC, bound, &tree_arg(&tree));
    });
    if !done {
        return lane::refuse(level);
    }
    if verdict & bits::AFTER != 0 {
        lane::after(level);
    }
}

/// A call whose place is known at run time only.
struct AtRunTime<'a> {
    level: Level,
    target: &'a str,
    logger: Option<&'a Logger>,
}

impl Origin for AtRunTime<'_> {
    fn place(&self) -> (Level, &str) {
        (self.level, self.target)
    }
    fn metadata(&self) -> Option<&'static Metadata> {
        None
    }
    fn bound(&self) -> Option<Arc<Bound>> {
        bound_for(self.logger)
    }
}
