//! One word of a block: sometimes a header that two threads race on, otherwise plain payload.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};

/// Eight bytes of shared memory.
///
/// A word is a *header* while the writer may look at it, and *payload* otherwise. The block protocol
/// (`arena/block.rs`) says which: headers are touched by `publish`, `peek` and `clear` alone.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Word(UnsafeCell<u64>);

// SAFETY: the methods that two threads may call at the same time are atomic; the others are unsafe and leave
// exclusion to the block protocol.
unsafe impl Sync for Word {}

impl Word {
    /// A word that is an empty header.
    pub(crate) const fn zero() -> Word {
        Word(UnsafeCell::new(0))
    }
    fn atomic(&self) -> &AtomicU64 {
        // SAFETY: the cell is valid and aligned for `u64` as long as `self` is borrowed, and while a word is a
        // header all accesses to it are atomic (the block protocol).
        unsafe { AtomicU64::from_ptr(self.0.get()) }
    }
    /// Stores a header so that whoever peeks it sees all that was written before.
    #[inline(always)]
    pub(crate) fn publish(&self, header: u64) {
        // Release: pairs with the Acquire in `peek`.
        self.atomic().store(header, Ordering::Release);
    }
    /// Loads a header; zero says that nothing was published here.
    #[inline(always)]
    pub(crate) fn peek(&self) -> u64 {
        // Acquire: pairs with the Release in `publish`.
        self.atomic().load(Ordering::Acquire)
    }
    /// Makes the word an empty header.
    #[inline(always)]
    pub(crate) fn clear(&self) {
        // Relaxed: what makes the reader come here is a later Release, of the header before or of the block's handle.
        self.atomic().store(0, Ordering::Relaxed);
    }
    /// Writes payload.
    ///
    /// # Safety
    /// No other thread accesses the word during the call.
    #[inline(always)]
    pub(crate) unsafe fn set(&self, value: u64) {
        // SAFETY: the caller excludes every other access, and the cell is valid and aligned.
        unsafe { self.0.get().write(value) }
    }
}
