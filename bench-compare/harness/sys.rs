//! The cycle counter and the resources of this process.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

/// The cycle counter after all earlier instructions and before any later one.
#[inline(always)]
pub(crate) fn ticks_before() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: both instructions exist on every x86-64 processor and touch no memory.
    unsafe {
        use std::arch::x86_64::{_mm_lfence, _rdtsc};
        _mm_lfence();
        let ticks = _rdtsc();
        _mm_lfence();
        ticks
    }
    #[cfg(not(target_arch = "x86_64"))]
    system_ticks()
}

/// The cycle counter once all earlier instructions have finished.
#[inline(always)]
pub(crate) fn ticks_after() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as above; `rdtscp` is older than any processor that runs this system, and `aux` is a
    // valid place for its second result.
    unsafe {
        use std::arch::x86_64::{__rdtscp, _mm_lfence};
        let mut aux = 0;
        let ticks = __rdtscp(&raw mut aux);
        _mm_lfence();
        ticks
    }
    #[cfg(not(target_arch = "x86_64"))]
    system_ticks()
}

/// Nanoseconds of the system's clock, where there is no cycle counter.
#[cfg(not(target_arch = "x86_64"))]
fn system_ticks() -> u64 {
    static ORIGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// The same moment on the cycle counter and on the system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    ticks: u64,
    time: Instant,
}

impl Moment {
    /// Of a few attempts the one in which the two clocks were read closest together.
    pub(crate) fn now() -> Moment {
        let attempts = (0..16).map(|_| {
            let before = ticks_before();
            let time = Instant::now();
            let after = ticks_after();
            (after - before, Moment { ticks: before + (after - before) / 2, time })
        });
        attempts.min_by_key(|attempt| attempt.0).expect("sixteen attempts").1
    }

    /// Nanoseconds a tick, over the time since this moment and at least 50 ms.
    pub(crate) fn ns_per_tick(&self) -> f64 {
        if let Some(short) = Duration::from_millis(50).checked_sub(self.time.elapsed()) {
            std::thread::sleep(short);
        }
        let now = Moment::now();
        let ns = (now.time - self.time).as_nanos() as f64;
        ns / (now.ticks.saturating_sub(self.ticks)).max(1) as f64
    }
}

/// What the process has used so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time of all threads.
    pub(crate) cpu_seconds: f64,
    /// The largest resident set.
    pub(crate) peak_bytes: u64,
}

impl Usage {
    pub(crate) fn now() -> Usage {
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: `usage` is a valid place for one `rusage`, and all zeroes are a value of it.
        let usage = unsafe {
            libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
            usage.assume_init()
        };
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
        Usage {
            cpu_seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            // Linux counts in KiB.
            peak_bytes: usage.ru_maxrss as u64 * 1024,
        }
    }
}
