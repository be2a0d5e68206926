//! The choice among a statement's calls.

use super::random::{mix, next};
use crate::lane::Sampling;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::LazyLock;
use std::time::Instant;

/// What a statement knows of its sampling. All accesses are relaxed: nothing hangs on them but the choice, and a call in the
/// middle of a reload may go by parts of both configurations.
#[derive(Debug)]
pub(super) struct Sampler {
    first: AtomicU32,
    every: AtomicU32,
    per_ms: AtomicU32,
    /// Number of the interval, and calls in it. For a repeatable choice calls alone.
    calls: AtomicU64,
    suppressed: AtomicU64,
}

impl Sampler {
    pub(super) const fn new() -> Sampler {
        Sampler {
            first: AtomicU32::new(0),
            every: AtomicU32::new(0),
            per_ms: AtomicU32::new(0),
            calls: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
        }
    }

    /// What the only engine wants of this statement.
    pub(super) fn set(&self, sampling: Sampling) {
        self.first.store(sampling.first, Ordering::Relaxed);
        self.every.store(sampling.every, Ordering::Relaxed);
        self.per_ms.store(sampling.per_ms, Ordering::Relaxed);
    }

    /// Whether this call is made; counts it if not.
    #[inline]
    pub(super) fn passes_own(&self) -> bool {
        self.passes(Sampling {
            first: self.first.load(Ordering::Relaxed),
            every: self.every.load(Ordering::Relaxed),
            per_ms: self.per_ms.load(Ordering::Relaxed),
        })
    }

    /// The same by other wishes.
    #[inline]
    pub(super) fn passes(&self, sampling: Sampling) -> bool {
        let passes = match sampling {
            Sampling { first, every: 0, per_ms: 0 } => ((next() >> 32) as u32) < first,
            Sampling { first, every: seed, per_ms: 0 } => {
                let call = self.calls.fetch_add(1, Ordering::Relaxed);
                ((mix(mix(seed.into()) ^ call) >> 32) as u32) < first
            }
            sampling => self.passes_interval(sampling),
        };
        if !passes {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
        }
        passes
    }

    /// Calls that were not made.
    pub(super) fn suppressed(&self) -> u64 {
        self.suppressed.load(Ordering::Relaxed)
    }

    fn passes_interval(&self, Sampling { first, every, per_ms }: Sampling) -> bool {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        // From 1, so that a statement's first call begins an interval.
        let interval = START.elapsed().as_millis() as u64 / u64::from(per_ms) + 1;
        let count = |calls: u64| match calls >> 32 == interval & u64::from(u32::MAX) {
            // Beyond 2^32 calls an interval begins anew.
            true if calls as u32 != u32::MAX => calls + 1,
            _ => interval << 32 | 1,
        };
        let calls =
            self.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |c| Some(count(c)));
        let call = count(calls.unwrap_or(0)) as u32;
        call <= first || (every != 0 && (call - first).is_multiple_of(every))
    }
}
