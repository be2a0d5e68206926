//! Times of single calls, their distribution, and processor time.

#![allow(unsafe_code)]

use hdrhistogram::Histogram;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

/// Longer intervals, in ticks, are recorded as this: minutes on any clock.
const LONGEST: u64 = 1 << 40;

/// The time stamp counter between fences; nanoseconds of the system's clock where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    origin: Instant,
    origin_ticks: u64,
}

impl Stopwatch {
    pub(crate) fn new() -> Stopwatch {
        let origin = Instant::now();
        Stopwatch { origin, origin_ticks: stamp(origin) }
    }

    /// Ticks once all earlier instructions have finished and before any later one starts.
    #[inline(always)]
    pub(crate) fn before(&self) -> u64 {
        fence();
        let ticks = stamp(self.origin);
        fence();
        ticks
    }

    /// Ticks once all earlier instructions have finished.
    #[inline(always)]
    pub(crate) fn after(&self) -> u64 {
        fence();
        stamp(self.origin)
    }

    /// Ticks as a time stamp, without a fence.
    #[inline(always)]
    pub(crate) fn stamp(&self) -> u64 {
        stamp(self.origin)
    }

    /// Nanoseconds a tick, measured over all the time since the stopwatch was made and at least 50
    /// ms.
    pub(crate) fn ns_per_tick(&self) -> f64 {
        if let Some(short) = Duration::from_millis(50).checked_sub(self.origin.elapsed()) {
            std::thread::sleep(short);
        }
        let elapsed = self.origin.elapsed();
        let ticks = stamp(self.origin).wrapping_sub(self.origin_ticks);
        elapsed.as_nanos() as f64 / ticks.max(1) as f64
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn stamp(_origin: Instant) -> u64 {
    // SAFETY: every x86_64 processor has the instruction, and it has no other effect than to return
    // a number.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn stamp(origin: Instant) -> u64 {
    origin.elapsed().as_nanos() as u64
}

#[inline(always)]
fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86_64 processor has the instruction, and it touches no memory.
    unsafe {
        core::arch::x86_64::_mm_lfence();
    }
}

/// The times of many calls of one kind, in ticks.
#[derive(Debug)]
pub(crate) struct Times(Histogram<u64>);

/// What the tables show of them, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) max: f64,
    /// The mean of the fastest nine tenths: some counters advance in steps of ten nanoseconds, and
    /// a percentile cannot fall between two steps.
    pub(crate) mean90: f64,
}

impl Times {
    /// None yet. As large as it will ever be: nothing is allocated while calls are timed.
    pub(crate) fn new() -> Times {
        Times(Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds that hdrhistogram allows"))
    }

    pub(crate) fn record(&mut self, ticks: u64) {
        self.0.saturating_record(ticks);
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len()
    }

    pub(crate) fn summary(&self, ns_per_tick: f64) -> Summary {
        let at = |quantile: f64| self.0.value_at_quantile(quantile) as f64 * ns_per_tick;
        let wanted = (self.0.len() as f64 * 0.9).ceil() as u64;
        let (mut counted, mut sum) = (0, 0.0);
        for value in self.0.iter_recorded() {
            let count = value.count_since_last_iteration().min(wanted - counted);
            counted += count;
            sum += count as f64 * value.value_iterated_to() as f64;
        }
        Summary {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            max: self.0.max() as f64 * ns_per_tick,
            mean90: sum / counted.max(1) as f64 * ns_per_tick,
        }
    }
}

impl Summary {
    /// Percentiles less the median cost of the timing, the mean less its mean.
    pub(crate) fn net_of(&self, timer: &Summary) -> Summary {
        let less = |ns: f64| (ns - timer.p50).max(0.0);
        Summary {
            p50: less(self.p50),
            p90: less(self.p90),
            p99: less(self.p99),
            p99_9: less(self.p99_9),
            max: less(self.max),
            mean90: (self.mean90 - timer.mean90).max(0.0),
        }
    }

    /// The figures in the order of their columns: percentiles 50, 90, 99, 99.9, the maximum.
    pub(crate) fn columns(&self) -> [f64; 5] {
        [self.p50, self.p90, self.p99, self.p99_9, self.max]
    }
}

/// Processor time of this process so far, user and system, in seconds.
pub(crate) fn cpu_seconds() -> f64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is a valid place for one `rusage`, which is all zeroes if the call fails.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
