//! The choice among a statement's calls.

use super::random::{mix, next};
use crate::lane::Sampling;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::cell::Cell;
use std::ptr;
use std::sync::LazyLock;
use std::time::Instant;

/// Most calls that are skipped before there is another draw.
const AT_ONCE: u32 = 128;
/// Shares of 2^32 up to which the calls that are skipped are drawn at once: one out of 16. Beyond, a draw for each call costs
/// less.
const RARE: u32 = 1 << 28;
/// Statements of which a thread knows at a time how many calls it skips: one for each remainder of their addresses.
const PLACES: usize = 8;

/// What a statement knows of its sampling. All accesses are relaxed: nothing hangs on them but the choice, and a call in the
/// middle of a reload may go by parts of both configurations.
#[derive(Debug)]
pub(super) struct Sampler {
    first: AtomicU32,
    every: AtomicU32,
    per_ms: AtomicU32,
    /// The share of calls, if they are chosen by chance and [rare](RARE), else `u32::MAX`.
    rare: AtomicU32,
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
            rare: AtomicU32::new(u32::MAX),
            calls: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
        }
    }

    /// What the only engine wants of this statement.
    pub(super) fn set(&self, sampling: Sampling) {
        self.first.store(sampling.first, Ordering::Relaxed);
        self.every.store(sampling.every, Ordering::Relaxed);
        self.per_ms.store(sampling.per_ms, Ordering::Relaxed);
        let rare = match sampling {
            Sampling { first, every: 0, per_ms: 0 } if first <= RARE => first,
            _ => u32::MAX,
        };
        self.rare.store(rare, Ordering::Relaxed);
    }

    /// Whether this call is one of those of which it is known that they are not made.
    #[inline(always)]
    pub(super) fn skips_own(&'static self) -> bool {
        let rare = self.rare.load(Ordering::Relaxed);
        SKIPS.with(|skips| skips.of(self).skips(self, rare))
    }

    /// Whether this call is made; counts it if not.
    pub(super) fn passes_own(&'static self) -> bool {
        self.passes(Sampling {
            first: self.first.load(Ordering::Relaxed),
            every: self.every.load(Ordering::Relaxed),
            per_ms: self.per_ms.load(Ordering::Relaxed),
        })
    }

    /// The same by other wishes.
    pub(super) fn passes(&'static self, sampling: Sampling) -> bool {
        let passes = match sampling {
            Sampling { first, every: 0, per_ms: 0 } => return self.passes_by_chance(first),
            Sampling { first, every: seed, per_ms: 0 } => {
                let call = self.calls.fetch_add(1, Ordering::Relaxed);
                ((mix(mix(seed.into()) ^ call) >> 32) as u32) < first
            }
            sampling => self.passes_interval(sampling),
        };
        self.count(passes)
    }

    fn passes_by_chance(&'static self, share: u32) -> bool {
        if share <= RARE {
            SKIPS.with(|skips| {
                let skip = skips.of(self);
                !skip.skips(self, share) && skip.draw(self, share)
            })
        } else {
            self.count(by_chance(share))
        }
    }

    fn count(&self, passes: bool) -> bool {
        if !passes {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
        }
        passes
    }

    /// Calls that were not made: all of the calling thread and of threads that have ended, of others but for the last few.
    pub(super) fn suppressed(&self) -> u64 {
        SKIPS.with(Skips::settle);
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

/// True for so many of 2^32 calls.
#[inline]
fn by_chance(share: u32) -> bool {
    ((next() >> 32) as u32) < share
}

/// The mean of the exponential distribution whose whole part is the number of calls that come before one that is made.
fn mean_between(share: u32) -> f64 {
    -1.0 / (-f64::from(share) / f64::from(u32::MAX)).ln_1p()
}

thread_local! {
    /// Without a destructor, so that a look at it costs nothing.
    static SKIPS: Skips = const { Skips([const { Skip::new() }; PLACES]) };
    /// Settles when the thread ends.
    static END: End = const { End };
}

struct End;

impl Drop for End {
    fn drop(&mut self) {
        SKIPS.with(|skips| {
            skips.settle();
            skips.0.iter().for_each(|skip| skip.sampler.set(None));
        });
    }
}

/// What a thread knows of the calls that it skips, so that most of them cost a look and a count, without a draw and a
/// locked instruction.
struct Skips([Skip; PLACES]);

/// Calls of a statement that are skipped. A draw may be thrown away at any time: what comes behind it is as likely as before.
struct Skip {
    sampler: Cell<Option<&'static Sampler>>,
    share: Cell<u32>,
    /// See [`mean_between`]: of that share.
    mean: Cell<f64>,
    /// Drawn, and not yet added to the statement's.
    drawn: Cell<u32>,
    /// Of those, calls that are still to come.
    left: Cell<u32>,
    /// The call behind them is made.
    ends: Cell<bool>,
}

impl Skips {
    #[inline(always)]
    fn of(&self, sampler: &Sampler) -> &Skip {
        &self.0[(ptr::from_ref(sampler).addr() >> 6) % PLACES]
    }
    fn settle(&self) {
        self.0.iter().for_each(Skip::settle);
    }
}

impl Skip {
    const fn new() -> Skip {
        Skip {
            sampler: Cell::new(None),
            share: Cell::new(u32::MAX),
            mean: Cell::new(0.0),
            drawn: Cell::new(0),
            left: Cell::new(0),
            ends: Cell::new(false),
        }
    }

    /// Whether the next call is one of those that are skipped.
    #[inline(always)]
    fn skips(&self, sampler: &Sampler, share: u32) -> bool {
        let left = self.left.get();
        let skips = left > 0 && self.share.get() == share && self.is_of(sampler);
        if skips {
            self.left.set(left - 1);
        }
        skips
    }

    #[inline(always)]
    fn is_of(&self, sampler: &Sampler) -> bool {
        self.sampler.get().is_some_and(|known| ptr::eq(known, sampler))
    }

    /// Draws how many calls are skipped; whether this call is made.
    #[inline(never)]
    fn draw(&self, sampler: &'static Sampler, share: u32) -> bool {
        let is_same = self.share.get() == share && self.is_of(sampler);
        let mut passes = is_same && self.ends.get();
        self.settle();
        if END.try_with(|_| ()).is_err() {
            // One of the thread's last destructors: nobody would add them.
            self.sampler.set(None);
            return sampler.count(by_chance(share));
        }
        self.sampler.set(Some(sampler));
        if self.share.replace(share) != share {
            self.mean.set(mean_between(share));
        }
        loop {
            // From above 0 to 1.
            let chance = ((next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
            let skipped = -chance.ln() * self.mean.get();
            let drawn = skipped.min(f64::from(AT_ONCE)) as u32;
            self.ends.set(skipped < f64::from(AT_ONCE));
            self.drawn.set(drawn);
            self.left.set(drawn);
            if passes {
                return true;
            }
            if drawn > 0 {
                self.left.set(drawn - 1);
                return false;
            }
            // None comes before this call: it is made, and the next draw is for those behind it.
            passes = true;
        }
    }

    /// Adds the calls that were skipped.
    fn settle(&self) {
        let left = self.left.get();
        if let Some(sampler) = self.sampler.get() {
            let skipped = self.drawn.replace(left) - left;
            sampler.suppressed.fetch_add(skipped.into(), Ordering::Relaxed);
        }
    }
}
