//! What needs the processor or the operating system directly: cycle counter, processor time,
//! free space, and removing the temporary files when the user interrupts. All `unsafe` of the
//! command is in this file.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// True when this processor's cycle counter runs at a constant rate in every power state, so that
/// its ticks are time.
pub(crate) fn has_steady_ticks() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        // The kernel knows more than the CPUID bit: it also marks counters that it found unstable.
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let flags = info.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        ["constant_tsc", "nonstop_tsc", "rdtscp"]
            .iter()
            .all(|flag| flags.split_ascii_whitespace().any(|word| word == *flag))
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The cycle counter after all earlier instructions have finished and before any later one
/// starts. Only meaningful where [`has_steady_ticks`].
#[inline(always)]
pub(crate) fn ticks_before() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `lfence` and `rdtsc` exist on every x86-64 processor and touch no memory.
    unsafe {
        use std::arch::x86_64::{_mm_lfence, _rdtsc};
        _mm_lfence();
        let ticks = _rdtsc();
        _mm_lfence();
        ticks
    }
    #[cfg(not(target_arch = "x86_64"))]
    0
}

/// The cycle counter once all earlier instructions have finished.
/// Only meaningful where [`has_steady_ticks`].
#[inline(always)]
pub(crate) fn ticks_after() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: callers measure with ticks only where `has_steady_ticks` found `rdtscp`;
    // `aux` is a valid place for the processor's number.
    unsafe {
        use std::arch::x86_64::{__rdtscp, _mm_lfence};
        let mut aux = 0;
        let ticks = __rdtscp(&raw mut aux);
        _mm_lfence();
        ticks
    }
    #[cfg(not(target_arch = "x86_64"))]
    0
}

/// The cycle counter as a timestamp: no fence. Only meaningful where [`has_steady_ticks`].
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `rdtsc` exists on every x86-64 processor and touches no memory.
    unsafe {
        std::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    0
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

/// Bytes that this user may still write on the file system of `path`.
#[allow(clippy::unnecessary_cast, reason = "the field types differ between platforms")]
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut stat = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `path` is a terminated string and `stat` a valid place for the answer.
    let stat = unsafe {
        if libc::statvfs(path.as_ptr(), stat.as_mut_ptr()) != 0 {
            return None;
        }
        stat.assume_init()
    };
    Some((stat.f_bavail as u64).saturating_mul(stat.f_frsize as u64))
}

/// Runs `cleanup` and ends the process with status 128 + signal when the user interrupts it.
///
/// Must be called before any other thread starts: threads inherit the blocked signals, so that
/// only the thread made here receives them.
pub(crate) fn on_interrupt(cleanup: impl FnOnce() + Send + 'static) {
    let mut signals = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set is initialised by `sigemptyset` before it is read, and `sigaction` gets
    // valid places only.
    let signals = unsafe {
        libc::sigemptyset(signals.as_mut_ptr());
        for signal in [libc::SIGINT, libc::SIGTERM] {
            let mut action = MaybeUninit::<libc::sigaction>::zeroed();
            libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
            // What the starting process had ignored, such as the interrupt key for a job in the
            // background, stays ignored.
            if action.assume_init().sa_sigaction != libc::SIG_IGN {
                libc::sigaddset(signals.as_mut_ptr(), signal);
            }
        }
        let signals = signals.assume_init();
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, std::ptr::null_mut());
        signals
    };
    let waiter = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut signal = 0;
        // SAFETY: `signals` is an initialised set of blocked signals, `signal` a valid place.
        if unsafe { libc::sigwait(&raw const signals, &raw mut signal) } == 0 {
            cleanup();
            exit_at_once(128 + signal);
        }
    });
    if waiter.is_err() {
        // SAFETY: as above; without a waiter the signals must end the process by themselves.
        unsafe {
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const signals, std::ptr::null_mut());
        }
    }
}

/// Ends the process without running any exit handler: nothing waits for producers that still log.
pub(crate) fn exit_at_once(status: i32) -> ! {
    // SAFETY: takes no pointers and does not return.
    unsafe { libc::_exit(status) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_do_not_run_backwards() {
        if has_steady_ticks() {
            let first = ticks_before();
            std::thread::sleep(std::time::Duration::from_millis(2));
            assert!(ticks_after() > first);
        }
    }

    #[test]
    fn processor_time_grows_with_work() {
        let before = cpu_seconds();
        let until = std::time::Instant::now() + std::time::Duration::from_millis(60);
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        assert!(cpu_seconds() > before);
    }

    #[test]
    fn free_space_is_known_for_a_real_directory_only() {
        assert!(free_bytes(&std::env::temp_dir()).is_some());
        assert!(free_bytes(Path::new("/no/such/directory")).is_none());
    }
}
