//! What a route has taken, for whoever comes after a crash, and which blocks nobody needs any more.

use super::Core;
use super::carrier::{Delivery, deliver};
use super::output::{Mark, Outlet};
use crate::image::{self, BATCH_BYTES, MARKS, Place};
use crate::lane::Front;
use crate::meta::LevelFilter;
use crate::sink::{FileEnd, Sink};
use std::collections::VecDeque;
use std::sync::Arc;

/// A route's slot in the image of the arena.
pub(super) struct Journal {
    front: Arc<Front>,
    slot: usize,
}

impl Journal {
    /// The journal of a route; none without an image, or if too many routes have one. What was drained up to the places in
    /// `past` is not for this route.
    pub(super) fn new(
        front: &Arc<Front>,
        name: &str,
        level: LevelFilter,
        past: &[Place],
    ) -> Option<Journal> {
        let image = front.arena.image()?;
        let Some(slot) = image.claim_slot(name, level) else {
            crate::fault::report(format_args!(
                "{name} is one route too many for the arena's file: after a crash it gets nothing back"
            ));
            return None;
        };
        past.iter().for_each(|place| image.taken(slot, *place));
        Some(Journal { front: front.clone(), slot })
    }

    /// How many of `all` bytes from `sent` on may be one batch: whole lines, and no more than an image keeps.
    fn batch(marks: &[Mark], sent: usize, all: usize) -> usize {
        let within = marks.iter().take(MARKS).take_while(|mark| mark.end - sent <= BATCH_BYTES);
        // A single record may be larger than that.
        match within.count().max(1) {
            count if count < marks.len() => marks[count - 1].end - sent,
            _ => all,
        }
    }

    /// Writes as much of `buffer` behind `sent` as the sink takes, and notes it batch by batch.
    pub(super) fn deliver(
        &self,
        sink: &mut dyn Sink,
        buffer: &[u8],
        sent: usize,
        marks: &[Mark],
    ) -> Delivery {
        let mut sum = Delivery { taken: 0, writes: 0, error: None };
        while sent + sum.taken < buffer.len() && sum.error.is_none() {
            let at = sent + sum.taken;
            let marks = &marks[marks.partition_point(|mark| mark.end <= at)..];
            let bytes = &buffer[at..at + Journal::batch(marks, at, buffer.len() - at)];
            self.begin(sink.end(), bytes, marks, at);
            let delivery = deliver(sink, bytes);
            self.end(&marks[..marks.partition_point(|mark| mark.end <= at + delivery.taken)]);
            sum.taken += delivery.taken;
            sum.writes += delivery.writes;
            sum.error = delivery.error;
        }
        sum
    }

    /// A batch is about to be written; its marks count from `sent`.
    fn begin(&self, file: Option<FileEnd>, bytes: &[u8], marks: &[Mark], sent: usize) {
        let Some(image) = self.front.arena.image() else { return };
        let file = file.map(|end| (end.device, end.inode, end.length));
        let within = marks.iter().take_while(|mark| mark.end - sent <= bytes.len());
        let marks = within.map(|m| image::Mark { line_end: m.end - sent, place: m.place });
        image.begin_batch(self.slot, file, bytes, marks);
    }

    /// What came of it: the route has these records now.
    fn end(&self, taken: &[Mark]) {
        let Some(image) = self.front.arena.image() else { return };
        for mark in taken {
            image.taken(self.slot, mark.place);
        }
        image.end_batch(self.slot);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Some(image) = self.front.arena.image() {
            image.release_slot(self.slot);
        }
    }
}

/// With an image, blocks and contexts are kept until every route has all records that are in them or name them.
pub(super) struct Keeper {
    front: Arc<Front>,
    /// Each with the number of the first record that came later.
    blocks: VecDeque<(u64, u32)>,
    contexts: VecDeque<(u64, u32)>,
    /// Records were given up: they stay for the next process.
    frozen: bool,
}

impl Keeper {
    /// None without an image.
    pub(super) fn new(front: &Arc<Front>) -> Option<Keeper> {
        front.arena.image()?;
        let (blocks, contexts) = (VecDeque::new(), VecDeque::new());
        Some(Keeper { front: front.clone(), blocks, contexts, frozen: false })
    }

    /// Takes over what was drained; `next` is the number of the next record.
    pub(super) fn collect(&mut self, next: u64) {
        self.blocks.extend(self.front.arena.take_drained().into_iter().map(|block| (next, block)));
    }

    /// No frame that is still to come names this context.
    pub(super) fn collect_context(&mut self, id: u32, next: u64) {
        self.contexts.push_back((next, id));
    }

    /// Lets go of what only records before the `oldest` needed that a route does not have yet.
    pub(super) fn release(&mut self, oldest: u64) {
        if self.frozen {
            return;
        }
        while let Some((_, block)) = self.blocks.pop_front_if(|(next, _)| *next <= oldest) {
            self.front.arena.give(block);
        }
        while let Some((_, id)) = self.contexts.pop_front_if(|(next, _)| *next <= oldest) {
            if let Some(image) = self.front.arena.image() {
                image.remove_context(id);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// From now on nothing is let go.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Where the drained part of each block ends that was drained to its end and is kept.
    pub(super) fn past(&self) -> impl Iterator<Item = Place> {
        self.blocks.iter().map(|(_, block)| Place { block: *block, end: u32::MAX })
    }
}

impl Core {
    /// With an image, lets go of the blocks whose records all routes have. A writer that is idle while callers wait for blocks
    /// also gives up those that hold the beginning of a record.
    pub(super) fn release(&mut self, idle: bool) {
        let Some(keeper) = &mut self.keeper else { return };
        let next = self.counters.wanted.get();
        if idle && keeper.is_empty() && self.front.arena.space().is_wanted() {
            self.drain.relieve();
        }
        keeper.collect(next);
        keeper.release(self.outlets.iter().filter_map(Outlet::oldest).min().unwrap_or(next));
    }

    /// With an image: where what was drained so far ends in each block.
    pub(super) fn past(&mut self) -> Vec<Place> {
        let Some(keeper) = &mut self.keeper else { return Vec::new() };
        keeper.collect(self.counters.wanted.get());
        let arena = &self.front.arena;
        let open = self.drain.readers().iter().filter_map(|reader| reader.stands_at());
        keeper.past().chain(open.map(|behind| arena.place(behind))).collect()
    }
}
