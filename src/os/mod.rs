//! The few calls of the operating system that the standard library does not offer.

mod dump;
mod fork;
mod leaked;
mod mapping;
mod signal;

pub(crate) use dump::dump;
pub(crate) use fork::{at_fork, forks, note_child};
pub(crate) use leaked::Leaked;
pub(crate) use mapping::{Mapping, reserve};
#[cfg(feature = "toml")]
pub(crate) use signal::install_anyway;
pub(crate) use signal::{Caught, Manner, install as install_signal, resume, suspend};

use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// The operating system's id of the calling thread.
#[cfg(target_os = "linux")]
pub(crate) fn thread_id() -> u64 {
    // SAFETY: takes no arguments, touches no memory, cannot fail.
    unsafe { libc::gettid() as u64 }
}

/// A number that tells the calling thread from others.
#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_id() -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    std::thread::current().id().hash(&mut hasher);
    hasher.finish()
}

/// Writes to standard error, unbuffered and without the standard library's lock, which a thread that hangs may hold. What
/// it does not take is given up. Async-signal-safe.
pub(crate) fn write_error(text: &[u8]) {
    // SAFETY: pointer and length are those of the slice.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// Has `hook` called when the process exits by `exit` or by returning from `main`. False if the system takes no more.
pub(crate) fn at_exit(hook: extern "C" fn()) -> bool {
    // SAFETY: the hook is a function, so it lives as long as the program, and `extern "C"` functions do not unwind.
    unsafe { libc::atexit(hook) == 0 }
}

/// Seconds that the clocks of the process's time zone were ahead of UTC so many seconds after 1970; 0 where the system does not
/// know. Takes a lock of the C library.
pub(crate) fn zone_offset(unix_s: u64) -> i64 {
    let Ok(time) = libc::time_t::try_from(unix_s) else { return 0 };
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to live values of their types, and nothing is kept.
    if unsafe { libc::localtime_r(&time, parts.as_mut_ptr()) }.is_null() {
        return 0;
    }
    // SAFETY: all zeros are a `tm` (numbers and a null pointer), and the call has filled it.
    unsafe { parts.assume_init() }.tm_gmtoff
}

/// The user that the process acts for.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: takes no arguments, touches no memory, cannot fail.
    unsafe { libc::geteuid() }
}

/// The name of this machine, if the system tells it.
pub(crate) fn host_name() -> Option<String> {
    let mut name = [0_u8; 256];
    // SAFETY: pointer and length are those of the array.
    if unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) } != 0 {
        return None;
    }
    let len = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let name = std::str::from_utf8(&name[..len]).ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Lets writes to a descriptor that was opened with `O_NONBLOCK` wait from now on.
pub(crate) fn set_blocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the descriptor is open as long as it is borrowed, and this command takes no pointer.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    if flags < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    match unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags & !libc::O_NONBLOCK) } {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Bytes of the file system of `fd` that the process may still fill.
pub(crate) fn free_bytes(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let mut stat = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the descriptor is open as long as it is borrowed, and `stat` is large enough and ours.
    if unsafe { libc::fstatvfs(fd.as_raw_fd(), stat.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so all of it was written.
    let stat = unsafe { stat.assume_init() };
    #[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
    let (blocks, size) = (stat.f_bavail as u64, stat.f_frsize as u64);
    Ok(blocks.saturating_mul(size))
}

/// Calls `f`, which starts a thread of the engine's own, and keeps asynchronous signals away from that thread: no handler of
/// the program's runs on it, and a file that may not grow fails with `EFBIG` instead of ending the process. Left out are
/// the signals of faults, which must arrive where the fault is, and the profiler's.
///
/// A thread begins with the mask of the one that starts it. To block signals by itself would be too late: one that is pending
/// goes to the first thread that can take it, and a handler that waits for the writer would run on it.
pub(crate) fn without_signals<R>(f: impl FnOnce() -> R) -> R {
    let spared = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGSYS,
        libc::SIGPROF,
    ];
    let mut set = set_of(&[]);
    // SAFETY: the set is ours.
    unsafe { libc::sigfillset(&raw mut set) };
    for signal in spared {
        // SAFETY: the set is ours and initialised, and the signal exists.
        unsafe { libc::sigdelset(&raw mut set, signal) };
    }
    let mut before = set_of(&[]);
    // SAFETY: both sets are initialised, and `before` is ours.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut before) };
    let result = f();
    // SAFETY: the set is the one that was in force, and the old mask may be left out.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    result
}

/// While this exists, a write of the calling thread fails with `EPIPE` or `EFBIG` without the signal that goes with it.
#[derive(Debug)]
pub(crate) struct WriteSignals {
    /// Those that were not blocked before.
    ours: [Option<libc::c_int>; 2],
    /// The mask belongs to a thread.
    _not_send: PhantomData<*mut ()>,
}

impl WriteSignals {
    /// Takes one system call, and two when it is dropped.
    pub(crate) fn hold() -> WriteSignals {
        let signals = [libc::SIGPIPE, libc::SIGXFSZ];
        let set = set_of(&signals);
        let mut before = set_of(&[]);
        // SAFETY: both sets are initialised, and `before` is ours.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut before) };
        let ours = signals.map(|signal| {
            // SAFETY: the set is initialised, and the signal exists.
            let was_blocked = unsafe { libc::sigismember(&raw const before, signal) } == 1;
            // If it was, its owner wants it to stay pending when it comes.
            (!was_blocked).then_some(signal)
        });
        WriteSignals { ours, _not_send: PhantomData }
    }
}

impl Drop for WriteSignals {
    fn drop(&mut self) {
        let [a, b] = self.ours;
        let set = set_of(a.as_slice());
        let set = b.map_or(set, |b| with(set, b));
        #[cfg(target_os = "linux")]
        {
            // Both signals come to the thread that writes: what is pending was caused while they were held.
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: set and time are initialised, and the details may be left out.
            while unsafe { libc::sigtimedwait(&raw const set, ptr::null_mut(), &raw const at_once) }
                > 0
            {}
        }
        // SAFETY: the set is initialised, and the old mask may be left out.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut()) };
    }
}

fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is ours, and this call initialises it.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: it was initialised just now.
    let set = unsafe { set.assume_init() };
    signals.iter().fold(set, |set, signal| with(set, *signal))
}

fn with(mut set: libc::sigset_t, signal: libc::c_int) -> libc::sigset_t {
    // SAFETY: the set is ours and initialised, and the signal exists.
    unsafe { libc::sigaddset(&raw mut set, signal) };
    set
}
