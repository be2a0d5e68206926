//! Forks of the process.

use core::ffi::c_int;

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
