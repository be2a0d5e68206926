//! Durations by how often they came: for percentiles without a record each.

use super::{Observer, Outcome};
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::time::Instant;

/// Bits of a duration behind its highest one that are told apart: 16 places a power of two.
const BITS: u32 = 4;
const PER_POWER: usize = 1 << BITS;
const BUCKETS: usize = (64 - BITS as usize + 1) * PER_POWER;

/// Counts durations in buckets of at most a sixteenth of their value (spec 84): 8 KiB, one relaxed addition in each of
/// three numbers a duration, from any number of threads.
///
/// ```
/// use ripsaw::Histogram;
/// static LATENCY: Histogram = Histogram::new();
/// {
///     let _timing = LATENCY.time();
///     std::hint::black_box((0..100).sum::<u32>());
/// }
/// LATENCY.record(std::time::Duration::from_millis(3));
/// let seen = LATENCY.snapshot();
/// assert_eq!(seen.count, 2);
/// assert_eq!(seen.max.as_millis(), 3);
/// println!("p50 {:?} p95 {:?} p99 {:?}", seen.p50(), seen.p95(), seen.p99());
/// ```
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum_ns: AtomicU64,
    max_ns: AtomicU64,
}

impl Histogram {
    /// Nothing counted yet. Can stand in a `static`.
    pub const fn new() -> Histogram {
        Histogram {
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            sum_ns: AtomicU64::new(0),
            max_ns: AtomicU64::new(0),
        }
    }

    /// Counts one duration. Beyond 584 years it counts as that.
    pub fn record(&self, duration: Duration) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // Relaxed, all: numbers without anything behind them. A snapshot beside them may miss the last ones.
        self.buckets[bucket(ns)].fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(ns, Ordering::Relaxed);
        self.max_ns.fetch_max(ns, Ordering::Relaxed);
    }

    /// Counts the time until the result is dropped.
    pub fn time(&self) -> HistogramTimer<'_> {
        HistogramTimer { histogram: self, began: Instant::now() }
    }

    /// What was counted so far.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let counts: Vec<u64> =
            self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        HistogramSnapshot {
            count: counts.iter().sum(),
            sum: Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed)),
            max: Duration::from_nanos(self.max_ns.load(Ordering::Relaxed)),
            counts,
        }
    }
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}

impl Observer for Histogram {
    fn observe(&self, _name: &str, duration: Duration, _outcome: Outcome) {
        self.record(duration);
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram").field("count", &self.snapshot().count).finish_non_exhaustive()
    }
}

/// Counts the time from its making to its end: see [`Histogram::time`].
#[derive(Debug)]
#[must_use = "dropped at once, it counts nothing of the work: bind it to a name"]
pub struct HistogramTimer<'a> {
    histogram: &'a Histogram,
    began: Instant,
}

impl Drop for HistogramTimer<'_> {
    fn drop(&mut self) {
        self.histogram.record(self.began.elapsed());
    }
}

/// What a [`Histogram`] had counted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistogramSnapshot {
    /// Durations.
    pub count: u64,
    /// Their sum.
    pub sum: Duration,
    /// The longest.
    pub max: Duration,
    counts: Vec<u64>,
}

impl HistogramSnapshot {
    /// The duration that this share of all does not exceed, up to a sixteenth too long; zero if there is none. `share` is taken
    /// between 0 and 1.
    pub fn quantile(&self, share: f64) -> Duration {
        let rank = ((self.count as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(highest(at)).min(self.max);
            }
        }
        Duration::ZERO
    }
    /// The median.
    pub fn p50(&self) -> Duration {
        self.quantile(0.50)
    }
    /// 95 of 100 took no longer.
    pub fn p95(&self) -> Duration {
        self.quantile(0.95)
    }
    /// 99 of 100 took no longer.
    pub fn p99(&self) -> Duration {
        self.quantile(0.99)
    }
    /// The average; zero if there is none.
    pub fn mean(&self) -> Duration {
        let ns = self.sum.as_nanos() / u128::from(self.count.max(1));
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

/// The bucket of a value: itself while it is small, then the highest bit and the [`BITS`] behind it.
const fn bucket(ns: u64) -> usize {
    if ns < PER_POWER as u64 {
        return ns as usize;
    }
    let shift = ns.ilog2() - BITS;
    (shift as usize + 1) * PER_POWER + ((ns >> shift) as usize & (PER_POWER - 1))
}

/// The highest value of a bucket.
const fn highest(bucket: usize) -> u64 {
    if bucket < PER_POWER {
        return bucket as u64;
    }
    let shift = bucket / PER_POWER - 1;
    let lowest = ((PER_POWER + bucket % PER_POWER) as u64) << shift;
    lowest + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket_and_near_its_end() {
        let powers = (0..64).map(|n| 1_u64 << n);
        for ns in powers.flat_map(|p| [p - 1, p, p + p / 3]).chain([u64::MAX]) {
            let at = bucket(ns);
            assert!(at < BUCKETS, "{ns}");
            assert!(ns <= highest(at) && bucket(highest(at)) == at, "{ns} in {at}");
            assert!(highest(at) - ns <= ns / 16, "{ns} in {at}");
            assert_eq!(bucket(highest(at).saturating_add(1)), (at + 1).min(BUCKETS - 1), "{ns}");
        }
    }
}
