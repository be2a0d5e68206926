//! The time that single calls take.

use crate::harness::sys::{Moment, Usage, ticks_after, ticks_before};
use std::hint::black_box;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Calls in a burst.
const BURST: usize = 20;

/// Between two bursts: long enough for a writer to fall idle.
const PAUSE: Duration = Duration::from_millis(2);

/// Calls at a time before the measurement, fewer for loggers that drop, and how many times.
const WARM_UP: usize = 1_000;
const LOSSY_WARM_UP: usize = 250;
const WARM_UPS: usize = 80;

/// Idleness before a cold call.
const COLD: Duration = Duration::from_millis(1);

/// How long nothing is logged while the processor time of an idle logger is taken.
const IDLE: Duration = Duration::from_millis(300);

/// Nanoseconds, without the cost of the timer unless said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Latency {
    /// Percentiles of calls in bursts of 20 with pauses of 2 ms.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    /// The mean of the fastest nine tenths of these calls: finer than a step of the counter.
    pub(crate) typical: f64,
    /// A call in such a burst that is timed as one; the median of the bursts.
    pub(crate) burst: f64,
    /// The median of single calls after 1 ms of idleness.
    pub(crate) cold: f64,
    /// What was subtracted: the median of timing nothing.
    pub(crate) timer: f64,
    /// A call below the level, in a loop.
    pub(crate) disabled: Option<f64>,
    /// The share of one core that the process uses while nothing is logged.
    pub(crate) idle_cpu: f64,
}

/// Measures `call`, which is given 0, 1, 2, ... Gives the number of calls made too.
#[inline(always)]
pub(crate) fn measure(
    bursts: u64,
    lossy: bool,
    mut call: impl FnMut(u64),
    disabled: Option<impl Fn(u64)>,
) -> (Latency, u64) {
    let origin = Moment::now();
    let mut next = 0;
    let mut call = || {
        call(next);
        next += 1;
    };

    // The steady state of a service is measured: the thread is known, the code is loaded, and
    // rings of a few MiB have been written all over.
    for _ in 0..WARM_UPS {
        (0..if lossy { LOSSY_WARM_UP } else { WARM_UP }).for_each(|_| call());
        sleep(COLD);
    }
    sleep(PAUSE * 20);

    let room = bursts as usize * BURST;
    let (mut calls, mut timers) = (Vec::with_capacity(room), Vec::with_capacity(room));
    for _ in 0..bursts {
        sleep(PAUSE);
        let mut ticks = [0; BURST];
        for ticks in &mut ticks {
            *ticks = timed(&mut call);
        }
        calls.extend_from_slice(&ticks);
        for ticks in &mut ticks {
            *ticks = timed(|| {
                black_box(());
            });
        }
        timers.extend_from_slice(&ticks);
    }

    let mut whole = Vec::with_capacity(bursts as usize);
    for _ in 0..bursts / 2 {
        sleep(PAUSE);
        whole.push(timed(|| (0..BURST).for_each(|_| call())));
    }

    let mut cold = Vec::with_capacity(bursts as usize);
    for _ in 0..bursts {
        sleep(COLD);
        cold.push(timed(&mut call));
    }

    sleep(PAUSE * 10);
    let (cpu, began) = (Usage::now().cpu_seconds, Instant::now());
    sleep(IDLE);
    let idle_cpu = (Usage::now().cpu_seconds - cpu) / began.elapsed().as_secs_f64();

    let unit = origin.ns_per_tick();
    for samples in [&mut calls, &mut timers, &mut whole, &mut cold] {
        samples.sort_unstable();
    }
    let timer = at(&timers, 0.5);
    let net = |ticks: f64| (ticks - timer).max(0.0) * unit;
    let latency = Latency {
        p50: net(at(&calls, 0.5)),
        p99: net(at(&calls, 0.99)),
        p99_9: net(at(&calls, 0.999)),
        typical: (fast_mean(&calls) - fast_mean(&timers)).max(0.0) * unit,
        burst: net(at(&whole, 0.5)) / BURST as f64,
        cold: net(at(&cold, 0.5)),
        timer: timer * unit,
        disabled: disabled.map(in_a_loop),
        idle_cpu,
    };
    (latency, next)
}

#[inline(always)]
fn timed(mut work: impl FnMut()) -> u64 {
    let before = ticks_before();
    work();
    ticks_after() - before
}

/// The value below which a share of `sorted` lies.
fn at(sorted: &[u64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0) as f64
}

/// The mean of the fastest nine tenths.
fn fast_mean(sorted: &[u64]) -> f64 {
    let fast = &sorted[..(sorted.len() * 9).div_ceil(10)];
    fast.iter().sum::<u64>() as f64 / fast.len().max(1) as f64
}

/// Nanoseconds a call in a plain loop: the median of five loops.
fn in_a_loop(call: impl Fn(u64)) -> f64 {
    const CALLS: u64 = 200_000;
    let mut times = [0; 5].map(|_| {
        let began = Instant::now();
        (0..CALLS).for_each(|n| call(black_box(n)));
        began.elapsed().as_nanos() as f64 / CALLS as f64
    });
    times.sort_by(f64::total_cmp);
    times[2]
}
