//! What an engine wants, as each thread knows it.
//!
//! A verdict says all that there is to say of most calls. Some have to ask: where there are several engines, and where an
//! override goes by the fields of the context or by the place of a statement. They ask a copy of the thread's own, which is
//! fetched anew, under the registry's mutex, by the first call after a change.

use super::logger::Logger;
use super::{ambient, bits, registry};
use crate::codec::{Bound, ValueRef};
use crate::lane::{self, Local, Sampling};
use crate::meta::{Level, LevelFilter};
use std::cell::Cell;
use std::sync::Arc;

/// What an engine wanted when it was asked for its policy; it never changes.
pub(crate) trait Policy: Send + Sync {
    fn judge(&self, subject: &Subject<'_>) -> Judgement;
    /// The lowest threshold of any record.
    fn lowest(&self) -> LevelFilter;
    /// Which of the conditions on the fields of a context are met by these, one bit each.
    fn met(&self, fields: ContextFields<'_>) -> u64;
}

/// A call that is to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) level: Level,
    pub(crate) target: &'a str,
    /// File and line of the statement, if they are known.
    pub(crate) place: Option<(&'a str, u32)>,
    /// Which conditions its context meets, see [`Policy::met`]; none if that is not known.
    pub(crate) met: Option<u64>,
}

/// The sets of fields that a record is made in, innermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextFields<'a>(pub(crate) [Option<&'a Bound>; 2]);

impl<'a> ContextFields<'a> {
    pub(crate) fn get(self, key: &str) -> Option<ValueRef<'a>> {
        let mut entries = self.0.into_iter().flatten().flat_map(Bound::entries);
        entries.find(|(known, _)| *known == key).map(|(_, value)| value)
    }
}

impl<'a> Subject<'a> {
    pub(crate) fn new(level: Level, target: &'a str, place: Option<(&'a str, u32)>) -> Subject<'a> {
        Subject { level, target, place, met: None }
    }
}

/// What an engine says of a call.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Judgement {
    /// It wants the record.
    pub(crate) enabled: bool,
    /// It wants to be called after the commit.
    pub(crate) after: bool,
    /// It wants some of a statement's records only.
    pub(crate) sampling: Option<Sampling>,
    /// The fields of the context, which are not known, could change this.
    pub(crate) by_field: bool,
    /// It depends on the place of the statement, whatever its target.
    pub(crate) by_place: bool,
}

impl Judgement {
    /// The bits that stand for it.
    pub(super) fn bits(&self) -> u32 {
        let after = self.enabled && self.after;
        let samples = (self.enabled || self.by_field) && self.sampling.is_some();
        (u32::from(self.enabled) * bits::ENABLED)
            | (u32::from(after) * bits::AFTER)
            | (u32::from(samples) * bits::SAMPLE)
            | (u32::from(self.by_field) * bits::FIELD)
            | (u32::from(self.by_place) * bits::PLACE)
    }
}

/// A verdict as the thread's own engine sees it on this very call, and what it wants of a statement: zero if disabled.
pub(super) fn resolve(
    verdict: u32,
    subject: &Subject<'_>,
    logger: Option<&Logger>,
) -> (u32, Option<Sampling>) {
    let asks = verdict & (bits::CHECK | bits::FIELD | bits::PLACE | bits::SAMPLE) != 0;
    if verdict & (bits::ENABLED | bits::FIELD | bits::PLACE) == 0 {
        return (0, None);
    }
    if !asks {
        return (verdict, None);
    }
    match judge(subject, logger) {
        Some(judgement) if judgement.enabled => {
            let kept = verdict & !(bits::AFTER | bits::SAMPLE | bits::FIELD | bits::PLACE);
            (kept | (judgement.bits() & !bits::PLACE), judgement.sampling)
        }
        _ => (0, None),
    }
}

/// What the engine of the calling thread says of a call, in the context that it would be made in. None if there is no engine,
/// or the thread may hold the registry's mutex; the call is counted then.
fn judge(subject: &Subject<'_>, logger: Option<&Logger>) -> Option<Judgement> {
    let front = lane::current_front()?;
    let generation = registry::generation();
    let is_fresh = |known: &Known| known.front == front && known.generation == generation;
    // A thread in its last destructors remembers nothing.
    let known = KNOWN.try_with(Cell::take).ok().flatten().filter(is_fresh);
    let mut known = match known {
        Some(known) => known,
        None if lane::Busy::is_active() => {
            lane::refuse(subject.level);
            return None;
        }
        None => registry::policy_of(front)?,
    };
    let mut judgement = known.policy.judge(subject);
    if judgement.by_field {
        let met = Some(known.met(logger));
        judgement = known.policy.judge(&Subject { met, ..*subject });
    }
    drop(KNOWN.try_with(|place| place.replace(Some(known))));
    Some(judgement)
}

/// What a thread remembers.
pub(super) struct Known {
    /// Of which engine it is.
    front: *const (),
    generation: u32,
    policy: Arc<dyn Policy>,
    /// The context that was asked about last, and what it meets.
    context: (u32, u64),
    met: u64,
}

thread_local! {
    /// Taken out while it is used: what is logged meanwhile finds none, and fetches another.
    static KNOWN: Cell<Option<Known>> = const { Cell::new(None) };
}

impl Known {
    pub(super) fn new(front: *const (), generation: u32, policy: Arc<dyn Policy>) -> Known {
        let met = policy.met(ContextFields([None, None]));
        Known { front, generation, policy, context: (0, 0), met }
    }

    /// What the thread's context meets, under the fields of the logger. Numbers of contexts are not used twice, nor serials,
    /// and neither is zero.
    fn met(&mut self, logger: Option<&Logger>) -> u64 {
        let inner = logger.map(|logger| &**logger.held().bound());
        let context = (lane::with_local(Local::context), inner.map_or(0, Bound::serial));
        if context != self.context {
            let outer = ambient::current();
            let outer = outer.as_ref().map(|held| &**held.bound());
            self.met = self.policy.met(ContextFields([inner, outer]));
            self.context = context;
        }
        self.met
    }
}
