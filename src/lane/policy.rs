//! What an engine wants, for its lanes and for those that ask it.
//!
//! A verdict says all that there is to say of most calls. Some have to ask: where there are several engines, and where an
//! override goes by the fields of the context or by the place of a statement. They ask a copy of the thread's own, which the
//! first call after a change of its engine fetches anew, under a mutex that is held for a few instructions.

use super::{Sampling, with_current};
use crate::codec::{Bound, ValueRef};
use crate::meta::{Level, LevelFilter};
use crate::sync::lock;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

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

/// The policy of an engine, where its threads find it.
#[derive(Default)]
pub(super) struct Slot {
    /// Never the same twice in a process, also of two engines; zero before the first policy.
    version: AtomicU64,
    policy: Mutex<Option<Arc<dyn Policy>>>,
}

impl Slot {
    /// Puts a policy in force: every call that begins when this has returned is decided by it.
    pub(super) fn set(&self, policy: Arc<dyn Policy>) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut place = lock(&self.policy);
        let old = place.replace(policy);
        // Relaxed, also of the store: a thread that was told of the change sees it by coherence, and what the number stands for is
        // read under the mutex.
        self.version.store(NEXT.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        drop(place);
        // Not under the mutex: an allocator that logs would come back here.
        drop(old);
    }

    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    fn get(&self) -> Option<(u64, Arc<dyn Policy>)> {
        let place = lock(&self.policy);
        Some((self.version(), place.clone()?))
    }
}

/// What the engine of the calling thread wants, and the version that says how long.
pub(crate) fn fetch_policy() -> Option<(u64, Arc<dyn Policy>)> {
    with_current(|front| front.policy.get()).flatten()
}
