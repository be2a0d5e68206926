//! The distribution of the time that one call takes, in bursts with pauses.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::Stopwatch;

/// Calls in a burst.
pub(crate) const BURST: usize = 20;

/// Sleep between two bursts: long enough for the writer to fall idle and the caches to cool.
pub(crate) const PAUSE: Duration = Duration::from_millis(2);

/// Longer intervals (in ticks) are recorded as this; minutes on any clock.
const LONGEST: u64 = 1 << 40;

/// Percentiles in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) p99_99: f64,
    pub(crate) max: f64,
    /// Median cost of the timing itself, measured beside the calls. It is contained in the other
    /// figures, or has been subtracted from them where they are called net.
    pub(crate) timer: f64,
}

impl Percentiles {
    /// The figures in the order of their columns.
    pub(crate) fn columns(&self) -> [f64; 6] {
        [self.p50, self.p90, self.p99, self.p99_9, self.p99_99, self.max]
    }

    /// The same without the cost of the timing, never below zero.
    pub(crate) fn net(&self) -> Percentiles {
        let net = |ns: f64| tenths((ns - self.timer).max(0.0));
        Percentiles {
            p50: net(self.p50),
            p90: net(self.p90),
            p99: net(self.p99),
            p99_9: net(self.p99_9),
            p99_99: net(self.p99_99),
            max: net(self.max),
            timer: self.timer,
        }
    }
}

/// What a [`Sampler`] collected, for another process: pairs of ticks and how often they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Samples {
    calls: Vec<(u64, u64)>,
    timer: Vec<(u64, u64)>,
}

/// Collects the latency of calls, and of the timer beside them.
#[derive(Debug)]
pub(crate) struct Sampler {
    watch: Stopwatch,
    calls: Histogram<u64>,
    timer: Histogram<u64>,
}

impl Sampler {
    pub(crate) fn new(watch: Stopwatch) -> Sampler {
        Sampler { watch, calls: histogram(), timer: histogram() }
    }

    /// Makes `bursts` bursts of `call`, which is given 0, 1, 2, ... and gives the number of calls.
    #[inline(always)]
    pub(crate) fn bursts(&mut self, bursts: u32, call: impl Fn(u64)) -> u64 {
        for burst in 0..u64::from(bursts) {
            thread::sleep(PAUSE);
            self.burst(burst * BURST as u64, &call);
        }
        u64::from(bursts) * BURST as u64
    }

    /// One burst of [`BURST`] calls numbered from `first`, each timed by itself.
    #[inline(always)]
    pub(crate) fn burst(&mut self, first: u64, call: impl Fn(u64)) {
        let mut ticks = [0_u64; BURST];
        for (n, ticks) in (first..).zip(&mut ticks) {
            let before = self.watch.before();
            call(n);
            *ticks = self.watch.after() - before;
        }
        record(&mut self.calls, &ticks);
        for ticks in &mut ticks {
            let before = self.watch.before();
            black_box(());
            *ticks = self.watch.after() - before;
        }
        record(&mut self.timer, &ticks);
    }

    /// All that was collected so far.
    pub(crate) fn samples(&self) -> Samples {
        let pairs = |histogram: &Histogram<u64>| {
            let values = histogram.iter_recorded();
            values.map(|v| (v.value_iterated_to(), v.count_since_last_iteration())).collect()
        };
        Samples { calls: pairs(&self.calls), timer: pairs(&self.timer) }
    }

    /// Adds what another process collected with the same kind of clock.
    pub(crate) fn add(&mut self, samples: &Samples) {
        for (histogram, pairs) in
            [(&mut self.calls, &samples.calls), (&mut self.timer, &samples.timer)]
        {
            for &(ticks, count) in pairs {
                histogram.saturating_record_n(ticks, count);
            }
        }
    }

    /// The percentiles of all calls so far, timer included.
    pub(crate) fn percentiles(&self) -> Percentiles {
        let ns_per_tick = self.watch.ns_per_tick();
        let ns = |ticks: u64| tenths(ticks as f64 * ns_per_tick);
        let at = |quantile: f64| ns(self.calls.value_at_quantile(quantile));
        Percentiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: ns(self.calls.max()),
            timer: ns(self.timer.value_at_quantile(0.5)),
        }
    }

    /// The mean of the fastest nine tenths of the calls, without the same mean of the timer.
    ///
    /// Some cycle counters advance in steps of ten nanoseconds, so that a percentile cannot fall
    /// between two steps; a mean over many calls can.
    pub(crate) fn typical_net_ns(&self) -> f64 {
        let ticks = fast_mean(&self.calls) - fast_mean(&self.timer);
        tenths((ticks * self.watch.ns_per_tick()).max(0.0))
    }
}

/// The mean of the fastest nine tenths, 0 of nothing.
fn fast_mean(histogram: &Histogram<u64>) -> f64 {
    let wanted = (histogram.len() as f64 * 0.9).ceil() as u64;
    let (mut counted, mut sum) = (0, 0.0);
    for value in histogram.iter_recorded() {
        let count = value.count_since_last_iteration().min(wanted - counted);
        counted += count;
        sum += count as f64 * value.value_iterated_to() as f64;
    }
    sum / counted.max(1) as f64
}

/// Three significant digits, as large as needed from the start: nothing is allocated while calls
/// are timed.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds and digits that hdrhistogram allows")
}

fn record(histogram: &mut Histogram<u64>, ticks: &[u64]) {
    for &ticks in ticks {
        histogram.saturating_record(ticks);
    }
}

/// Rounded to tenths of a nanosecond: more digits would claim more than a clock can tell.
pub(super) fn tenths(ns: f64) -> f64 {
    (ns * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_recorded_calls() {
        let mut sampler = Sampler::new(Stopwatch::new());
        record(&mut sampler.timer, &[10; 5]);
        // 9,999 calls of 100 ticks and one of 50,000.
        record(&mut sampler.calls, &[100; 9_999]);
        record(&mut sampler.calls, &[50_000]);
        let unit = sampler.watch.ns_per_tick();
        let found = sampler.percentiles();
        let near = |ns: f64, ticks: f64| (ns / (ticks * unit) - 1.0).abs() < 0.02;
        assert!(near(found.p50, 100.0) && near(found.p99_9, 100.0), "{found:?}");
        assert!(near(found.max, 50_000.0) && near(found.timer, 10.0), "{found:?}");
        assert!(near(found.net().p50, 90.0), "{found:?}");
    }

    #[test]
    fn samples_of_several_processes_add_up() {
        let watch = Stopwatch::new();
        let (mut one, mut all) = (Sampler::new(watch), Sampler::new(watch));
        record(&mut one.calls, &[100, 100, 5_000]);
        record(&mut one.timer, &[50]);
        for _ in 0..2 {
            let text = serde_json::to_string(&one.samples()).unwrap();
            all.add(&serde_json::from_str(&text).unwrap());
        }
        assert_eq!((all.calls.len(), all.timer.len()), (6, 2));
        assert_eq!(all.calls.max(), one.calls.max());
        assert_eq!(all.calls.value_at_quantile(0.5), one.calls.value_at_quantile(0.5));
    }

    #[test]
    fn the_typical_call_leaves_out_the_slowest_tenth() {
        let mut sampler = Sampler::new(Stopwatch::new());
        assert_eq!(sampler.typical_net_ns(), 0.0);
        record(&mut sampler.timer, &[100; 10]);
        record(&mut sampler.calls, &[200, 200, 200, 200, 200, 200, 400, 400, 400, 1 << 30]);
        let expected = (6.0 * 200.0 + 3.0 * 400.0) / 9.0 - 100.0;
        let found = sampler.typical_net_ns() / sampler.watch.ns_per_tick();
        assert!((found / expected - 1.0).abs() < 0.02, "{found}");
    }

    #[test]
    fn every_call_of_a_burst_is_made_and_counted() {
        let mut sampler = Sampler::new(Stopwatch::new());
        let numbers = std::cell::RefCell::new(Vec::new());
        let calls = sampler.bursts(2, |n| numbers.borrow_mut().push(n));
        assert_eq!(calls, 2 * BURST as u64);
        assert_eq!(numbers.into_inner(), (0..calls).collect::<Vec<_>>());
        assert_eq!(sampler.calls.len(), calls);
        assert_eq!(sampler.timer.len(), calls);
    }

    #[test]
    fn net_figures_do_not_fall_below_zero() {
        let raw = Percentiles {
            p50: 5.0,
            p90: 30.0,
            p99: 31.0,
            p99_9: 32.0,
            p99_99: 33.0,
            max: 34.0,
            timer: 20.0,
        };
        assert_eq!(raw.net().columns(), [0.0, 10.0, 11.0, 12.0, 13.0, 14.0]);
    }
}
