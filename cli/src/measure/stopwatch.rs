//! Times single calls: the cycle counter where it is steady, else the system's clock.

use std::time::{Duration, Instant};

use crate::sys;

/// A clock for intervals of nanoseconds. Its unit is the tick; see [`Stopwatch::ns_per_tick`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    cycles: bool,
    /// The same moment on both clocks; the rate is taken over all the time since then.
    origin: Instant,
    origin_ticks: u64,
}

impl Stopwatch {
    /// Chooses the clock.
    pub(crate) fn new() -> Stopwatch {
        let cycles = sys::has_steady_ticks();
        let origin = Instant::now();
        Stopwatch { cycles, origin, origin_ticks: if cycles { sys::ticks() } else { 0 } }
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.cycles { "tsc, fenced" } else { "system clock" }
    }

    /// Ticks before the code to be timed.
    #[inline(always)]
    pub(crate) fn before(&self) -> u64 {
        if self.cycles { sys::ticks_before() } else { self.system() }
    }

    /// Ticks after the code to be timed.
    #[inline(always)]
    pub(crate) fn after(&self) -> u64 {
        if self.cycles { sys::ticks_after() } else { self.system() }
    }

    /// Ticks as a timestamp, the cheapest way there is.
    #[inline(always)]
    pub(crate) fn stamp(&self) -> u64 {
        if self.cycles { sys::ticks() } else { self.system() }
    }

    #[inline(always)]
    fn system(&self) -> u64 {
        self.origin.elapsed().as_nanos() as u64
    }

    /// Nanoseconds per tick, measured from the creation of the stopwatch until now and over
    /// at least 50 ms.
    pub(crate) fn ns_per_tick(&self) -> f64 {
        if !self.cycles {
            return 1.0;
        }
        const LEAST: Duration = Duration::from_millis(50);
        if let Some(short) = LEAST.checked_sub(self.origin.elapsed()) {
            std::thread::sleep(short);
        }
        // Of a few attempts the one in which the two clocks were read closest together.
        let (_, elapsed, ticks) = (0..16)
            .map(|_| {
                let before = sys::ticks();
                let elapsed = self.origin.elapsed();
                let after = sys::ticks();
                (after - before, elapsed, before + (after - before) / 2)
            })
            .min_by_key(|sample| sample.0)
            .unwrap_or((0, LEAST, self.origin_ticks + 1));
        elapsed.as_nanos() as f64 / (ticks.saturating_sub(self.origin_ticks)).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_nanoseconds() {
        let watch = Stopwatch::new();
        let (began, ticks) = (Instant::now(), watch.before());
        std::thread::sleep(Duration::from_millis(30));
        let (ticks, elapsed) = (watch.after() - ticks, began.elapsed());
        let measured = ticks as f64 * watch.ns_per_tick() / elapsed.as_nanos() as f64;
        assert!((0.8..1.2).contains(&measured), "{measured}");
    }
}
