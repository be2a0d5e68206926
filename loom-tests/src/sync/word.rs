//! One word of a block, with both of its uses followed.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU64, Ordering};

/// The same memory, used as header (atomic) or as payload (plain).
///
/// Every access, of either use, sees the same value. Two accesses at the same time are a race unless both are atomic
/// or both only read: a plain write against anything is found by `plain`, a plain read against a header's store by
/// `value`.
#[derive(Debug)]
pub(crate) struct Word {
    value: AtomicU64,
    /// Written by plain writes, read by everything else.
    plain: UnsafeCell<()>,
}

// SAFETY: the methods that two threads may call at the same time are atomic, and the checker follows the others.
unsafe impl Sync for Word {}

impl Word {
    pub(crate) fn zero() -> Word {
        Word { value: AtomicU64::new(0), plain: UnsafeCell::new(()) }
    }
    pub(crate) fn publish(&self, header: u64) {
        self.plain.with(|_| ());
        self.value.store(header, Ordering::Release);
    }
    pub(crate) fn peek(&self) -> u64 {
        self.plain.with(|_| ());
        self.value.load(Ordering::Acquire)
    }
    pub(crate) fn clear(&self) {
        self.plain.with(|_| ());
        self.value.store(0, Ordering::Relaxed);
    }
    /// Writes payload.
    ///
    /// # Safety
    /// No other thread accesses the word during the call; the checker reports it if one does.
    pub(crate) unsafe fn set(&self, value: u64) {
        self.plain.with_mut(|_| ());
        self.value.store(value, Ordering::Relaxed);
    }
    /// Reads the word as a plain integer, as the reader of a committed frame does.
    ///
    /// # Safety
    /// No other thread writes to the word during the call; the checker reports it if one does.
    pub(crate) unsafe fn payload(&self) -> u64 {
        self.plain.with(|_| ());
        // SAFETY: the caller's promise.
        unsafe { self.value.unsync_load() }
    }
}
