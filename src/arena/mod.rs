//! All blocks of an engine: one mapping of fixed size, and the stack of those that are free.

mod block;
mod pool;
mod space;

pub(crate) use block::{Open, Reading, SEAL};
pub(crate) use space::Space;

use crate::clock::Source;
use crate::image::{ArenaFile, Image, Place};
use crate::os::Mapping;
use crate::sync::{Word, lock};
use core::sync::atomic::{AtomicUsize, Ordering};
use pool::Pool;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What the memory of an arena is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Backing<'a> {
    /// Private memory: gone with the process.
    Memory,
    /// Private memory laid out like a file, for a handler that writes it to one.
    Image,
    /// A file, which stays behind if the process is killed.
    File(&'a Path),
}

/// The memory that records travel in.
#[derive(Debug)]
pub(crate) struct Arena {
    base: *mut Word,
    mapping: Arc<Mapping>,
    image: Option<Image>,
    file: Option<ArenaFile>,
    /// With an image: blocks that were read to their end, and hold records that a route may not have yet.
    drained: Mutex<Vec<u32>>,
    words_per_block: usize,
    pool: Pool,
    space: Space,
    blocks: usize,
    low_water: AtomicUsize,
}

// SAFETY: the mapping is kept by the arena and lives as long as it does; who may touch which block is decided by the
// pool, the lanes' rings and the block protocol.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// Maps `blocks` blocks of `block_bytes` (a multiple of 8) and touches every page, so that no caller ever takes a
    /// page fault.
    pub(crate) fn new(
        blocks: usize,
        block_bytes: usize,
        backing: Backing<'_>,
        source: Source,
    ) -> io::Result<Arena> {
        let words_per_block = block_bytes / size_of::<Word>();
        let geometry = Image::geometry(blocks, words_per_block);
        let (tables, rest) = (geometry.tables(), geometry.rest());
        let (mapping, file) = match backing {
            Backing::Memory => (Mapping::anonymous(0, rest)?, None),
            Backing::Image => (Mapping::anonymous(tables, rest)?, None),
            Backing::File(path) => {
                let file = ArenaFile::create(path, geometry.words())?;
                (Mapping::of_file(tables, rest, file.file())?, Some(file))
            }
        };
        let mapping = Arc::new(mapping);
        let image = !mapping.tables().is_empty();
        Ok(Arena {
            base: mapping.rest(),
            image: image.then(|| Image::new(mapping.clone(), geometry, source)),
            mapping,
            file,
            drained: Mutex::default(),
            words_per_block,
            pool: Pool::new(blocks),
            space: Space::new(),
            blocks,
            low_water: AtomicUsize::new(blocks),
        })
    }

    /// The tables that another process can read, if there are any.
    pub(crate) fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }
    /// The file behind the arena, if there is one.
    pub(crate) fn file(&self) -> Option<&ArenaFile> {
        self.file.as_ref()
    }
    /// All of its memory: with an image, what a file would hold.
    pub(crate) fn memory(&self) -> &Mapping {
        &self.mapping
    }
    /// The writer has read a block to its end. Without an image that gives it back.
    pub(crate) fn drained(&self, block: u32) {
        match self.image {
            None => self.give(block),
            Some(_) => lock(&self.drained).push(block),
        }
    }
    /// With an image: the blocks that were read to their end since the last call.
    pub(crate) fn take_drained(&self) -> Vec<u32> {
        std::mem::take(&mut lock(&self.drained))
    }
    /// Where a frame ends whose last word lies before `behind`.
    pub(crate) fn place(&self, behind: *const Word) -> Place {
        let words = behind.addr().wrapping_sub(self.base.addr()) / size_of::<Word>();
        // A frame never fills its block: the word of the seal comes behind it.
        let shift = self.words_per_block.trailing_zeros();
        let (block, end) = (words >> shift, words & (self.words_per_block - 1));
        Place { block: block as u32, end: end as u32 }
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
        if let Some(image) = &self.image {
            image.block_freed(block);
        }
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
