//! Forks of the process.

use core::ffi::c_int;
use core::sync::atomic::{AtomicU64, Ordering};

/// Forks that lie between the first process of the program and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Called in a child, before anything else runs there.
pub(crate) fn note_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// A number that changes when this becomes another process: what is known of the process is to be asked again. Relaxed: the
/// child's threads begin after its fork.
pub(crate) fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Has functions called around every `fork` of the C library: `prepare` before it, the others after it. All three run on
/// the thread that forks. False if the system takes no more.
pub(crate) fn at_fork(
    prepare: extern "C" fn(),
    parent: extern "C" fn(),
    child: extern "C" fn(),
) -> bool {
    let hooks = [prepare, parent, child].map(|hook| Some(hook as unsafe extern "C" fn()));
    let [prepare, parent, child] = hooks;
    // SAFETY: the hooks are functions, so they live as long as the program, and `extern "C"` functions do not unwind.
    let result: c_int = unsafe { libc::pthread_atfork(prepare, parent, child) };
    result == 0
}
