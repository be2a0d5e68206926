//! The face that the protocol files see of atomics, cells and shared words.
//!
//! `loom-tests` supplies another module of the same name and compiles the very same protocol files against it,
//! so that a model checker can watch each access. Files that are checked there (`arena/block.rs`, `arena/pool.rs`,
//! `ring/mod.rs`, `lane/registry.rs`, `lane/doorbell.rs`, `lane/epoch.rs`, `writer/control.rs`) import nothing of the crate but this.
//! `stats/ledger.rs` is checked too, and imports `meta` besides.

mod word;

pub(crate) use word::Word;

pub(crate) mod atomic {
    pub(crate) use core::sync::atomic::{
        AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// A cell whose accesses a model checker can follow.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell(core::cell::UnsafeCell::new(value))
    }
    /// Shared access by pointer, which must not outlive the call.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }
    /// Exclusive access by pointer, which must not outlive the call.
    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// Keeps a value on cache lines of its own: 128 bytes, as adjacent lines are fetched in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct CachePadded<T>(pub(crate) T);

impl<T> core::ops::Deref for CachePadded<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The bytes of words, in the machine's order: frames never leave a machine of one byte order.
pub(crate) fn bytes_of_words(words: &[u64]) -> &[u8] {
    // SAFETY: the pointer and the length in bytes are those of an initialised slice, `u8` has no alignment and no
    // invalid values, and the lifetime is kept.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast::<u8>(), size_of_val(words)) }
}

/// Like [`lock`], but gives up at `deadline`.
pub(crate) fn lock_until<T>(
    mutex: &std::sync::Mutex<T>,
    deadline: std::time::Instant,
) -> Option<std::sync::MutexGuard<'_, T>> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(std::sync::TryLockError::Poisoned(guard)) => return Some(guard.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => {}
        }
        if std::time::Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(std::time::Duration::from_micros(20));
    }
}

/// Locks, whether or not a panic happened while it was held: what these mutexes guard is valid at every step.
pub(crate) fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs foreign code; none if it panics. What the panic brings is foreign too: where its destructor panics, that is left alone.
pub(crate) fn caught<T>(f: impl FnOnce() -> T) -> Option<T> {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Some(value),
        Err(panic) => {
            let_go(panic);
            None
        }
    }
}

/// Drops what a panic has brought.
pub(crate) fn let_go(panic: Box<dyn std::any::Any + Send>) {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    if let Err(worse) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        core::mem::forget(worse);
    }
}
