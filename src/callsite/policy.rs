//! Calls whose verdict does not say all: they ask their thread's copy of what its engine wants.

use super::ambient;
use super::bits;
use super::logger::Logger;
use crate::codec::Bound;
use crate::lane::{self, ContextFields, Judgement, Local, Policy, Sampling, Subject};
use std::cell::Cell;
use std::sync::Arc;

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
            (kept | (bits_of(&judgement) & !bits::PLACE), judgement.sampling)
        }
        _ => (0, None),
    }
}

/// The bits that stand for what an engine says of a call.
pub(super) fn bits_of(judgement: &Judgement) -> u32 {
    let Judgement { enabled, after, sampling, by_field, by_place } = *judgement;
    let samples = (enabled || by_field) && sampling.is_some();
    (u32::from(enabled) * bits::ENABLED)
        | (u32::from(enabled && after) * bits::AFTER)
        | (u32::from(samples) * bits::SAMPLE)
        | (u32::from(by_field) * bits::FIELD)
        | (u32::from(by_place) * bits::PLACE)
}

/// What the engine of the calling thread says of a call, in the context that it would be made in. None if there is no engine.
fn judge(subject: &Subject<'_>, logger: Option<&Logger>) -> Option<Judgement> {
    let version = lane::policy_version()?;
    // A thread in its last destructors remembers nothing.
    let known = KNOWN.try_with(Cell::take).ok().flatten();
    let mut known = match known {
        Some(known) if known.version == version => known,
        _ => {
            let (version, policy) = lane::fetch_policy()?;
            let met = policy.met(ContextFields([None, None]));
            Known { version, policy, context: (0, 0), met }
        }
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
struct Known {
    version: u64,
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
