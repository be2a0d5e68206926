//! What one call costs its caller, beside what no logger of this kind can go below.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::latency::{BURST, PAUSE, Percentiles, Sampler, tenths};
use super::stopwatch::Stopwatch;

/// The costs of a call, in nanoseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CallCosts {
    /// What the measured call logs.
    pub(crate) what: String,
    /// What the floor consists of.
    pub(crate) floor_what: String,
    /// The clock that timed the calls.
    pub(crate) clock: String,
    /// Calls timed one by one.
    pub(crate) samples: u64,
    pub(crate) burst: usize,
    pub(crate) pause_ms: f64,
    /// Timed one by one, timer included.
    pub(crate) call: Percentiles,
    pub(crate) call_net: Percentiles,
    pub(crate) floor: Percentiles,
    pub(crate) floor_net: Percentiles,
    /// Mean of the fastest nine tenths, timer subtracted: finer than a counter that advances in
    /// steps of ten nanoseconds.
    pub(crate) call_typical_ns: f64,
    pub(crate) floor_typical_ns: f64,
    /// `call_typical_ns` over `floor_typical_ns`.
    pub(crate) call_to_floor: f64,
    /// Median over bursts that were timed as a whole, per call, timer subtracted. It contains a
    /// share of the first call of a burst, which finds the caches cold.
    pub(crate) call_in_burst_ns: f64,
    pub(crate) floor_in_burst_ns: f64,
    /// One timestamp, in a loop.
    pub(crate) clock_read_ns: f64,
    /// One call below the level, in a loop, loop included.
    pub(crate) disabled_call_ns: f64,
}

/// Measures `call` (given 0, 1, 2, ...) in `bursts` bursts timed call by call and as many timed as
/// a whole, the floor in between under the same conditions, and `disabled` in a loop.
///
/// Gives the costs and the number of calls made.
pub(crate) fn measure_calls(
    watch: Stopwatch,
    bursts: u32,
    call: impl Fn(u64),
    disabled: impl Fn(u64),
) -> (CallCosts, u64) {
    let mut floor = Floor::new(watch);
    let (mut call_sampler, mut floor_sampler) = (Sampler::new(watch), Sampler::new(watch));
    let mut call_bursts = Vec::with_capacity(bursts as usize);
    let mut floor_bursts = Vec::with_capacity(bursts as usize);
    let mut next = 0;
    for _ in 0..bursts {
        thread::sleep(PAUSE);
        call_sampler.burst(next, &call);
        next += BURST as u64;
        thread::sleep(PAUSE);
        floor_sampler.burst(0, |n| floor.write(n));
        thread::sleep(PAUSE);
        call_bursts.push(whole_burst(watch, next, &call));
        next += BURST as u64;
        thread::sleep(PAUSE);
        floor_bursts.push(whole_burst(watch, 0, |n| floor.write(n)));
        black_box(&mut floor);
    }
    let (call, floor) = (call_sampler.percentiles(), floor_sampler.percentiles());
    let call_typical_ns = call_sampler.typical_net_ns();
    let floor_typical_ns = floor_sampler.typical_net_ns();
    let per_call = |totals: Vec<u64>, timer: f64| {
        let total = median(totals) as f64 * watch.ns_per_tick();
        tenths((total - timer).max(0.0) / BURST as f64)
    };
    let costs = CallCosts {
        what: "info! with two integers, a float and a literal message".to_owned(),
        floor_what: "a timestamp, a copy of 40 bytes and one release store".to_owned(),
        clock: watch.name().to_owned(),
        samples: u64::from(bursts) * BURST as u64,
        burst: BURST,
        pause_ms: PAUSE.as_secs_f64() * 1e3,
        call,
        call_net: call.net(),
        floor,
        floor_net: floor.net(),
        call_typical_ns,
        floor_typical_ns,
        call_to_floor: hundredths(call_typical_ns / floor_typical_ns.max(0.1)),
        call_in_burst_ns: per_call(call_bursts, call.timer),
        floor_in_burst_ns: per_call(floor_bursts, floor.timer),
        clock_read_ns: tenths(in_a_loop(|_| {
            black_box(watch.stamp());
        })),
        disabled_call_ns: hundredths(in_a_loop(disabled)),
    };
    (costs, next)
}

/// Ticks of one burst timed as a whole, timer included.
#[inline(always)]
fn whole_burst(watch: Stopwatch, first: u64, call: impl Fn(u64)) -> u64 {
    let before = watch.before();
    for n in first..first + BURST as u64 {
        call(n);
    }
    watch.after() - before
}

/// Nanoseconds per call of `call` in a plain loop: the median of nine loops.
fn in_a_loop(call: impl Fn(u64)) -> f64 {
    const CALLS: u64 = 2_000_000;
    let times = (0..9).map(|_| {
        let began = Instant::now();
        for n in 0..CALLS {
            call(n);
        }
        began.elapsed().as_nanos() as u64
    });
    median(times.collect()) as f64 / CALLS as f64
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The middle value, the higher of the two middle ones for an even count; 0 for none.
pub(super) fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// The least that a logger does in a call which hands its record to another thread.
struct Floor {
    watch: Stopwatch,
    buffer: Vec<AtomicU64>,
    written: AtomicUsize,
}

impl Floor {
    /// Words of a 40-byte frame.
    const FRAME: usize = 5;

    fn new(watch: Stopwatch) -> Floor {
        let buffer = (0..8_192).map(|_| AtomicU64::new(0)).collect();
        Floor { watch, buffer, written: AtomicUsize::new(0) }
    }

    #[inline(always)]
    fn write(&self, n: u64) {
        let mut at = self.written.load(Ordering::Relaxed);
        if at + Self::FRAME > self.buffer.len() {
            at = 0;
        }
        let place = &self.buffer[at..at + Self::FRAME];
        place[0].store(self.watch.stamp(), Ordering::Relaxed);
        for word in &place[1..] {
            word.store(n, Ordering::Relaxed);
        }
        self.written.store(at + Self::FRAME, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![4, 1, 3, 2]), 3);
        assert_eq!(median(Vec::new()), 0);
    }

    #[test]
    fn calls_are_numbered_without_a_gap() {
        let (made, gaps) = (Cell::new(0_u64), Cell::new(0));
        let call = |n| {
            gaps.set(gaps.get() + u32::from(n != made.get()));
            made.set(made.get() + 1);
        };
        let (costs, calls) = measure_calls(Stopwatch::new(), 3, call, |_| ());
        assert_eq!((calls, gaps.get()), (6 * BURST as u64, 0));
        assert_eq!(made.get(), calls);
        assert_eq!(costs.samples, 3 * BURST as u64);
        assert!(costs.floor.p50 > 0.0 && costs.clock_read_ns > 0.0, "{costs:?}");
    }

    #[test]
    fn the_floor_writes_frames_one_after_the_other() {
        let floor = Floor::new(Stopwatch::new());
        for n in 1..=3 {
            floor.write(n);
        }
        let word = |at: usize| floor.buffer[at].load(Ordering::Relaxed);
        assert_eq!((word(1), word(4), word(6), word(14)), (1, 1, 2, 3));
        assert_eq!(word(15), 0);
        for n in 0..10_000 {
            floor.write(n);
        }
        assert!(floor.written.load(Ordering::Relaxed) <= floor.buffer.len());
    }
}
