//! What a route has taken, for whoever comes after a crash, and which blocks nobody needs any more.

use super::Core;
use super::books::Mark;
use super::output::Outlet;
use crate::image::{self, BATCH_BYTES, MARKS, Place};
use crate::lane::Front;
use crate::meta::LevelFilter;
use crate::sink::FileEnd;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A caller that waits for space looks again every few milliseconds.
const STARVED: Duration = Duration::from_millis(20);

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
        let Some(slot) = image.claim_slot(name, level, past) else {
            crate::fault::report(format_args!(
                "{name} is one route too many for the arena's file: after a crash it gets nothing back"
            ));
            return None;
        };
        Some(Journal { front: front.clone(), slot })
    }

    /// The route is no longer in the configuration: only what was drained up to the places in `past` is for it.
    pub(super) fn leave(&self, past: &[Place]) {
        if let Some(image) = self.front.arena.image() {
            image.leave_slot(self.slot, past);
        }
    }
}

/// The records of a batch that is about to be written.
pub(super) struct Noted {
    journal: Arc<Journal>,
    marks: Vec<image::Mark>,
    /// How many of them the image has. None is noted twice: while it was, the positions would go back.
    taken: Cell<usize>,
}

impl Noted {
    /// The sink has all up to `sent` already: those records are noted, and their blocks may be others' by now.
    pub(super) fn new(journal: &Arc<Journal>, marks: &[Mark], sent: usize) -> Noted {
        let mark = |mark: &Mark| image::Mark { line_end: mark.end, place: mark.place };
        let marks = marks.iter().map(mark).collect();
        let noted = Noted { journal: journal.clone(), marks, taken: Cell::new(0) };
        noted.taken.set(noted.upto(sent));
        noted
    }

    /// Some of `rest`, which begins at `sent`, is about to be written. Returns how many bytes may be: whole lines, and no more
    /// than an image keeps, unless a single record is larger.
    pub(super) fn begin(&self, file: Option<FileEnd>, rest: &[u8], sent: usize) -> usize {
        let marks = &self.marks[self.upto(sent)..];
        let within = |mark: &&image::Mark| mark.line_end - sent <= BATCH_BYTES;
        let count = marks.iter().take(MARKS).take_while(within).count().max(1);
        // Behind the last record there may be something that the engine says itself.
        let len = marks.get(count - 1).filter(|_| count < marks.len());
        let len = len.map_or(rest.len(), |last| last.line_end - sent);
        if let Some(image) = self.journal.front.arena.image() {
            let file = file.map(|end| (end.device, end.inode, end.length));
            let from_here = |mark: &image::Mark| image::Mark {
                line_end: mark.line_end - sent,
                place: mark.place,
            };
            let marks = marks.iter().take(count).map(from_here);
            image.begin_batch(self.journal.slot, file, &rest[..len], marks);
        }
        len
    }

    /// The route has all up to `sent`.
    pub(super) fn taken(&self, sent: usize) {
        let Some(image) = self.journal.front.arena.image() else { return };
        let upto = self.upto(sent);
        for mark in &self.marks[self.taken.replace(upto).min(upto)..upto] {
            image.taken(self.journal.slot, mark.place);
        }
        image.end_batch(self.journal.slot);
    }

    /// How many records end at `sent` or before.
    fn upto(&self, sent: usize) -> usize {
        self.marks.partition_point(|mark| mark.line_end <= sent)
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
    /// Since when callers have waited for blocks while there is nothing to take and nothing to let go of.
    starved: Option<Instant>,
}

impl Keeper {
    /// None without an image.
    pub(super) fn new(front: &Arc<Front>) -> Option<Keeper> {
        front.arena.image()?;
        let (blocks, contexts) = (VecDeque::new(), VecDeque::new());
        Some(Keeper { front: front.clone(), blocks, contexts, frozen: false, starved: None })
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

    /// Whether callers have waited so long that they wait for each other's blocks, and not merely for their next look.
    fn starves(&mut self, wanted: bool) -> bool {
        self.starved = wanted.then(|| self.starved.unwrap_or_else(Instant::now));
        self.starved.take_if(|since| since.elapsed() >= STARVED).is_some()
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
        let next = self.books.number();
        let wanted = idle && keeper.is_empty() && self.front.arena.space().is_wanted();
        if keeper.starves(wanted) {
            self.drain.relieve();
        }
        keeper.collect(next);
        keeper.release(self.outlets.iter().filter_map(Outlet::oldest).min().unwrap_or(next));
    }

    /// With an image: where what was drained so far ends in each block.
    pub(super) fn past(&mut self) -> Vec<Place> {
        let Some(keeper) = &mut self.keeper else { return Vec::new() };
        keeper.collect(self.books.number());
        let arena = &self.front.arena;
        let readers = self.drain.readers();
        let open = readers.iter().filter_map(|reader| reader.stands_at());
        let held = readers.iter().flat_map(|reader| reader.held());
        let held = held.map(|block| Place { block: *block, end: u32::MAX });
        keeper.past().chain(held).chain(open.map(|behind| arena.place(behind))).collect()
    }
}
