//! What ThreadSanitizer is told of the standard library, which comes compiled without instrumentation.
//!
//! Code of the standard library that is generic or inlined is compiled here and watched; the rest is not. Three places of
//! that rest order memory, and the sanitizer would take what they order for races. The linker leads calls of them here
//! (`xtask/src/sanitize.rs` finds their names), the originals do their work, and the sanitizer is told of the order:
//!
//! * a mutex that another thread held: what its last owner did has happened;
//! * a `OnceLock` that is initialised: whoever finds it so has that happen before;
//! * the end of an `Arc`: its release on the count pairs with a fence, which the sanitizer does not follow. Here the
//!   count itself acquires. The library's own protocols subtract with Relaxed orderings only, which stay as they are.

use std::sync::OnceState;

#[allow(improper_ctypes)]
unsafe extern "Rust" {
    #[link_name = env!("RIPSAW_REAL_MUTEX_LOCK")]
    fn real_lock(mutex: *const u32);
    #[link_name = env!("RIPSAW_REAL_ONCE_CALL")]
    fn real_call(once: *const u32, even_if_poisoned: bool, f: &mut dyn FnMut(&OnceState));
}

unsafe extern "C" {
    fn __tsan_acquire(place: *const u32);
    fn __tsan_release(place: *const u32);
    #[link_name = "__real___tsan_atomic64_fetch_sub"]
    fn real_fetch_sub(place: *mut u64, value: u64, order: i32) -> u64;
}

/// Numbers of orderings, as the sanitizer has them.
const RELEASE: i32 = 3;
const ACQ_REL: i32 = 4;

#[unsafe(export_name = env!("RIPSAW_WRAP_MUTEX_LOCK"))]
fn lock(mutex: *const u32) {
    // SAFETY: these are the arguments of the call that was meant for it.
    unsafe { real_lock(mutex) };
    // SAFETY: the place is only a name; the last owner released by an exchange of this word, which was watched.
    unsafe { __tsan_acquire(mutex) };
}

#[unsafe(export_name = env!("RIPSAW_WRAP_ONCE_CALL"))]
fn call(once: *const u32, even_if_poisoned: bool, f: &mut dyn FnMut(&OnceState)) {
    let mut then_tell = |state: &OnceState| {
        f(state);
        // SAFETY: the place is only a name. The word changes after this, and whoever finds it changed acquires.
        unsafe { __tsan_release(once) };
    };
    // SAFETY: these are the arguments of the call that was meant for it.
    unsafe { real_call(once, even_if_poisoned, &mut then_tell) };
    // SAFETY: the place is only a name.
    unsafe { __tsan_acquire(once) };
}

#[unsafe(export_name = "__wrap___tsan_atomic64_fetch_sub")]
extern "C" fn fetch_sub(place: *mut u64, value: u64, order: i32) -> u64 {
    let order = if order == RELEASE { ACQ_REL } else { order };
    // SAFETY: these are the arguments of the call that was meant for it, with a stronger ordering.
    unsafe { real_fetch_sub(place, value, order) }
}
