//! The few calls of the operating system that the standard library does not offer.

mod dump;
mod leaked;
mod signal;

pub(crate) use dump::dump;
pub(crate) use leaked::Leaked;
pub(crate) use signal::{Caught, Manner, install as install_signal, resume, suspend};

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

/// Writes to standard error, unbuffered and without a lock. What it does not take is given up.
pub(crate) fn write_error(text: &[u8]) {
    // SAFETY: pointer and length are those of the slice.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// Has `hook` called when the process exits by `exit` or by returning from `main`. False if the system takes no more.
pub(crate) fn at_exit(hook: extern "C" fn()) -> bool {
    // SAFETY: the hook is a function, so it lives as long as the program, and `extern "C"` functions do not unwind.
    unsafe { libc::atexit(hook) == 0 }
}
