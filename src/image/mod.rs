//! The arena as another process can read it: tables beside the blocks, in a file that outlives the process.
//!
//! Nothing here is on the way of a call. A block's entry is written when a thread opens the block, a statement when it is
//! reached for the first time, a context when it is used first; what a route has taken is noted once a batch. The order of
//! the stores is what a reader relies on, who finds them as they were at the moment when the process was killed.

mod dictionary;
mod file;
mod journal;
mod layout;
mod process;
mod read;
mod recovery;

pub(crate) use file::{ArenaFile, CHILD, leftovers, placed};
pub(crate) use journal::{Mark, Place};
pub(crate) use layout::{BATCH_BYTES, Geometry, MARKS, SLOTS};
pub(crate) use recovery::Wanted;
pub use recovery::{Recovery, RecoveryError};

use crate::clock::{Calibration, Source};
use crate::codec::{Bound, ThreadInfo};
use crate::meta::Metadata;
use crate::os::Mapping;
use crate::sync::lock;
use core::sync::atomic::{AtomicU64, Ordering};
use dictionary::{Dictionary, Entry};
use layout::{ENTRY, Origin, place};
use std::sync::{Arc, Mutex};

/// The tables of an arena that is being used.
#[derive(Debug)]
pub(crate) struct Image {
    mapping: Arc<Mapping>,
    geometry: Geometry,
    dictionary: Mutex<Dictionary>,
}

impl Image {
    /// The tables for blocks of this number and size.
    pub(crate) fn geometry(blocks: usize, block_words: usize) -> Geometry {
        // A quarter of the arena for statements and contexts, which is some ten thousand by default.
        let dictionary_words = (blocks * block_words / 4).max(16 * 1024);
        Geometry { blocks, block_words, dictionary_words }
    }

    /// Writes the header into fresh memory.
    pub(crate) fn new(mapping: Arc<Mapping>, geometry: Geometry, source: Source) -> Image {
        let origin = Origin {
            pid: std::process::id().into(),
            started: process::started(std::process::id()).unwrap_or(0),
            namespace: process::namespace(),
            created_unix_ns: crate::clock::unix_ns(),
            source: source.code(),
        };
        let image = Image { mapping, geometry, dictionary: Mutex::default() };
        image.set_calibration(&Calibration::new(source));
        let header = geometry.header(&origin);
        // The magic number last: until then the file is none of ours.
        for (i, value) in header.into_iter().enumerate().rev() {
            image.store(i, value);
        }
        image
    }

    /// How ticks become time, as far as it is known now.
    pub(crate) fn set_calibration(&self, calibration: &Calibration) {
        let next = 1 - self.load(place::CALIBRATION).min(1);
        let at = place::CALIBRATION + 1 + next as usize * place::CALIBRATION_WORDS;
        for (i, value) in calibration.parts().into_iter().enumerate() {
            self.store(at + i, value);
        }
        self.store(place::CALIBRATION, next);
    }

    /// Notes whose block this is, before the block can hold a frame: the `ordinal`-th of a life.
    pub(crate) fn block_opened(
        &self,
        block: u32,
        life: u64,
        ordinal: u64,
        first_seq: u64,
        thread: &ThreadInfo,
    ) {
        let at = self.geometry.table() + block as usize * ENTRY;
        self.store(at + 1, ordinal);
        self.store(at + 2, first_seq);
        self.store(at + 3, thread.id);
        let mut name = [0; 32];
        let len = thread.name.floor_char_boundary(name.len());
        name[..len].copy_from_slice(&thread.name.as_bytes()[..len]);
        for (i, bytes) in name.chunks(8).enumerate() {
            let word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.store(at + 4 + i, word);
        }
        self.store(at, life);
    }

    /// A block holds nothing any more that a route has not taken.
    pub(crate) fn block_freed(&self, block: u32) {
        // The life first: without it the positions mean nothing.
        self.store(self.geometry.table() + block as usize * ENTRY, 0);
        for slot in 0..layout::SLOTS {
            let at = self.geometry.slot(slot) + Geometry::POSITIONS + block as usize;
            if self.load(at) != 0 {
                self.store(at, 0);
            }
        }
    }

    /// Makes a statement known, before a frame can name it. False if there is no room, once.
    #[must_use = "what is not in the file is to be told"]
    pub(crate) fn add_site(&self, id: u32, meta: &Metadata) -> bool {
        self.add(Entry::Site, id, || dictionary::of_site(meta))
    }

    /// Makes a context known, before a frame can name it. False if there is no room, once.
    #[must_use = "what is not in the file is to be told"]
    pub(crate) fn add_context(&self, id: u32, bound: &Bound) -> bool {
        self.add(Entry::Context, id, || dictionary::of_context(bound))
    }

    /// No frame names this context any more.
    pub(crate) fn remove_context(&self, id: u32) {
        lock(&self.dictionary).remove(self.dictionary_words(), Entry::Context, id);
    }

    /// Says whether the process ended in order: what is in the file then was given up, and nobody owns it.
    pub(crate) fn set_ended(&self) {
        self.store(place::ENDED, 1);
    }

    fn add(&self, kind: Entry, id: u32, bytes: impl FnOnce() -> Vec<u8>) -> bool {
        lock(&self.dictionary).add(self.dictionary_words(), kind, id, bytes)
    }

    fn dictionary_words(&self) -> &[AtomicU64] {
        let at = self.geometry.dictionary();
        &self.mapping.tables()[at..at + self.geometry.dictionary_words]
    }

    fn store(&self, at: usize, value: u64) {
        // Release: a process that is killed leaves its stores in program order, and the compiler must not change that order.
        // Pairs with no load: whoever reads comes after the end of the process.
        self.mapping.tables()[at].store(value, Ordering::Release);
    }

    fn load(&self, at: usize) -> u64 {
        self.mapping.tables()[at].load(Ordering::Relaxed)
    }
}
