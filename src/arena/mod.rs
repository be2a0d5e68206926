//! All blocks of an engine: one mapping of fixed size, and the stack of those that are free.

mod block;
mod pool;
mod space;

pub(crate) use block::{Open, Reading, SEAL};
pub(crate) use space::Space;

use crate::sync::Word;
use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};
use pool::Pool;
use std::io;

/// The memory that records travel in.
#[derive(Debug)]
pub(crate) struct Arena {
    base: *mut Word,
    bytes: usize,
    words_per_block: usize,
    pool: Pool,
    space: Space,
    blocks: usize,
    low_water: AtomicUsize,
}

// SAFETY: the mapping is owned by the arena and lives as long as it does; who may touch which block is decided by the
// pool, the lanes' rings and the block protocol.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// Maps `blocks` blocks of `block_bytes` (a multiple of 8) and touches every page, so that no caller ever takes a
    /// page fault.
    pub(crate) fn new(blocks: usize, block_bytes: usize) -> io::Result<Arena> {
        let bytes = blocks * block_bytes;
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no existing memory.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let page = 4096;
        for offset in (0..bytes).step_by(page) {
            // SAFETY: `offset < bytes`, within the mapping made above, which nobody else knows yet.
            unsafe { base.cast::<u8>().add(offset).write_volatile(0) };
        }
        Ok(Arena {
            base: base.cast(),
            bytes,
            words_per_block: block_bytes / size_of::<Word>(),
            pool: Pool::new(blocks),
            space: Space::new(),
            blocks,
            low_water: AtomicUsize::new(blocks),
        })
    }

    /// Number of blocks in all.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }
    /// Number of free blocks, as an estimate while others take and give.
    pub(crate) fn free(&self) -> usize {
        self.pool.free()
    }
    /// The most blocks that were in use at once.
    pub(crate) fn high_water(&self) -> usize {
        self.blocks - self.low_water.load(Ordering::Relaxed).min(self.blocks)
    }
    /// The largest frame that fits one block, in words: one word is kept for the seal.
    pub(crate) fn max_frame(&self) -> usize {
        self.words_per_block - 1
    }
    /// Takes a free block.
    pub(crate) fn take(&self) -> Option<u32> {
        let block = self.pool.pop()?;
        let free = self.pool.free();
        // Read first: the mark is passed rarely, and an exchange would take its line away from everybody.
        if free < self.low_water.load(Ordering::Relaxed) {
            self.low_water.fetch_min(free, Ordering::Relaxed);
        }
        Some(block)
    }
    /// Gives back a block that was taken, and wakes those who wait for space once enough is free.
    pub(crate) fn give(&self, block: u32) {
        self.pool.push(block);
        self.space.released(self.pool.free() >= self.blocks / 4);
    }
    /// Where callers wait for space.
    pub(crate) fn space(&self) -> &Space {
        &self.space
    }
    /// The first word of a block.
    pub(crate) fn first_word(&self, block: u32) -> *const Word {
        debug_assert!((block as usize) < self.blocks);
        self.base.wrapping_add(block as usize * self.words_per_block)
    }
    /// Begins a block that the calling thread has taken.
    pub(crate) fn open(&self, block: u32) -> Open {
        // SAFETY: the block has `words_per_block` words, was taken from the pool by this thread, and its handle is not
        // pushed yet; the mapping outlives the lanes, which belong to the same engine.
        unsafe { Open::begin(self.first_word(block), self.words_per_block) }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the range is the one that was mapped in `new`, and `&mut self` says that nobody uses it.
        unsafe { libc::munmap(self.base.cast::<c_void>(), self.bytes) };
    }
}
