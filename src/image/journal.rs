//! What each route has taken of each block, and the batch that it is about to take.
//!
//! A slot: `state, level, name (1 + 31 words), .. the batch: marks, device, inode, length of the file, bytes, bytes kept ..`,
//! then the marks (two words each), the batch's bytes, and for each block the position up to which its frames were taken. In
//! the upper half of that word stands, once the route has left the configuration, up to where its frames are for it.
//!
//! A process may be killed between a write to a file and the note that it was made, or in the middle of the write. So the
//! batch itself is noted before: its bytes, where the file ended, and which record each line was. A reader compares the
//! file and knows exactly.

use super::Image;
use super::layout::{BATCH_BYTES, Geometry, MARKS, SLOT_HEAD, SLOTS};
use crate::meta::LevelFilter;
use core::sync::atomic::Ordering;

/// Words of a slot's head.
pub(super) mod word {
    pub(crate) const STATE: usize = 0;
    pub(crate) const LEVEL: usize = 1;
    pub(crate) const NAME_LEN: usize = 2;
    pub(crate) const NAME: usize = 3;
    pub(crate) const NAME_WORDS: usize = 31;
    /// Number of marks; zero while no batch is under way.
    pub(crate) const BATCH: usize = 40;
    pub(crate) const DEVICE: usize = 41;
    pub(crate) const INODE: usize = 42;
    pub(crate) const OFFSET: usize = 43;
    pub(crate) const BYTES: usize = 44;
}

/// Where a record ends in the arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) block: u32,
    /// Words from the beginning of the block to the end of the frame.
    pub(crate) end: u32,
}

impl Place {
    /// That of a record whose place nobody asks for.
    pub(crate) const NONE: Place = Place { block: 0, end: 0 };
}

/// A record of a batch: where its line ends in the batch, and its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    pub(crate) line_end: usize,
    pub(crate) place: Place,
}

/// A slot is in use.
pub(super) const IN_USE: u64 = 1;
/// The same by a route that gets nothing more.
pub(super) const LEFT: u64 = 2;

impl Image {
    /// A slot for a route; none if all are in use: what such a route lacks after a crash is not known.
    /// What ends at the places in `past` or before is not for it.
    pub(crate) fn claim_slot(
        &self,
        name: &str,
        level: LevelFilter,
        past: &[Place],
    ) -> Option<usize> {
        let slot = (0..SLOTS).find(|slot| self.load(self.head(*slot) + word::STATE) == 0)?;
        let at = self.head(slot);
        for block in 0..self.geometry.blocks {
            self.store(at + Geometry::POSITIONS + block, 0);
        }
        past.iter().for_each(|place| self.taken(slot, *place));
        let len = name.floor_char_boundary(word::NAME_WORDS * 8);
        self.store(at + word::LEVEL, level as u64);
        self.store(at + word::NAME_LEN, len as u64);
        self.store_bytes(at + word::NAME, &name.as_bytes()[..len]);
        self.store(at + word::BATCH, 0);
        self.store(at + word::STATE, IN_USE);
        Some(slot)
    }

    /// The route gets nothing more than it was offered, which ends in each block at one of these places.
    pub(crate) fn leave_slot(&self, slot: usize, past: &[Place]) {
        for place in past {
            let limit = |word| word & u64::from(u32::MAX) | u64::from(place.end) << 32;
            self.change_position(slot, place.block, limit);
        }
        self.store(self.head(slot) + word::STATE, LEFT);
    }

    /// The route is gone.
    pub(crate) fn release_slot(&self, slot: usize) {
        self.store(self.head(slot) + word::STATE, 0);
    }

    /// Notes the batch that is about to be written behind `file`: device, inode and length, if it is a file. There are at
    /// most [`MARKS`] marks.
    pub(crate) fn begin_batch(
        &self,
        slot: usize,
        file: Option<(u64, u64, u64)>,
        bytes: &[u8],
        marks: impl Iterator<Item = Mark>,
    ) {
        let at = self.head(slot);
        let Some((device, inode, offset)) = file else { return };
        // A batch that the sink refused may still be noted: what is half of it and half of this one must not be read.
        self.end_batch(slot);
        let mut count = 0;
        for mark in marks.take(MARKS) {
            let to = at + SLOT_HEAD + 2 * count;
            self.store(to, mark.line_end as u64);
            self.store(to + 1, u64::from(mark.place.block) | u64::from(mark.place.end) << 32);
            count += 1;
        }
        let kept = bytes.len().min(BATCH_BYTES);
        self.store_bytes(at + SLOT_HEAD + 2 * MARKS, &bytes[..kept]);
        self.store(at + word::DEVICE, device);
        self.store(at + word::INODE, inode);
        self.store(at + word::OFFSET, offset);
        self.store(at + word::BYTES, bytes.len() as u64);
        self.store(at + word::BATCH, count as u64);
    }

    /// The route has all frames of a block up to this place.
    pub(crate) fn taken(&self, slot: usize, place: Place) {
        self.change_position(slot, place.block, |word| {
            word & !u64::from(u32::MAX) | u64::from(place.end)
        });
    }

    /// The writer and the sink's thread may be at it at once.
    fn change_position(&self, slot: usize, block: u32, change: impl Fn(u64) -> u64) {
        let at = self.head(slot) + Geometry::POSITIONS + block as usize;
        let change = |word| Some(change(word));
        // Release: as in `store`. It always succeeds.
        let _ =
            self.mapping.tables()[at].fetch_update(Ordering::Release, Ordering::Relaxed, change);
    }

    /// The batch that was noted is through, and what was taken of it is noted.
    pub(crate) fn end_batch(&self, slot: usize) {
        let at = self.head(slot) + word::BATCH;
        if self.load(at) != 0 {
            self.store(at, 0);
        }
    }

    fn head(&self, slot: usize) -> usize {
        self.geometry.slot(slot)
    }

    fn store_bytes(&self, at: usize, bytes: &[u8]) {
        let words = &self.mapping.tables()[at..];
        let (whole, rest) = bytes.as_chunks::<8>();
        // Relaxed: the release store of what says that they are there follows.
        for (word, bytes) in words.iter().zip(whole) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            words[whole.len()].store(u64::from_le_bytes(last), Ordering::Relaxed);
        }
    }
}
