//! The writer's side of one lane.

use super::{Front, Lane, Slot};
use crate::arena::{Reading, SEAL};
use crate::codec::{ThreadInfo, header};
use crate::stats::DropTable;
use crate::sync::Word;
use std::sync::Arc;

/// The words of a frame, with where it came from.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    pub(crate) words: &'a [u64],
    pub(crate) thread: Option<&'a Arc<ThreadInfo>>,
    /// Position of the frame in its lane.
    pub(crate) seq: u64,
    /// The lane's numbers do not continue here, which cannot happen unless memory was damaged.
    pub(crate) gap: bool,
    /// The word behind the frame, or behind its last piece.
    pub(crate) behind: *const Word,
}

/// Words that a lane keeps for the pieces of the next large record.
const PIECES_KEPT: usize = 1024;

/// Where the writer stands in a lane.
#[derive(Debug)]
pub(crate) struct Reader {
    slot: *const Slot<Lane>,
    block: Option<(u32, Reading)>,
    /// Blocks popped from the ring so far, modulo 2^32.
    popped: u32,
    seq: u64,
    thread: Option<Arc<ThreadInfo>>,
    /// A record that comes in pieces, as far as it is known.
    pieces: Vec<u64>,
    /// The pieces, if there are any, made a whole record.
    complete: bool,
    /// The pieces make a whole record, which is the next one to take.
    whole: bool,
    /// Where the last piece begins, while the pieces are the next record to take.
    last_piece: *const Word,
    /// Blocks that were read to their end and hold pieces of a record that was not taken yet. They count as drained with it,
    /// so that an image never lacks the beginning of a record.
    held: Vec<u32>,
    /// Drops that were reported already.
    pub(crate) reported: DropTable,
    /// When the last notice for this lane was written, in ticks.
    pub(crate) noticed_at: u64,
}

// SAFETY: the pointer leads to a slot of the registry in the front that the drain owns a reference to; slots live as
// long as their registry and may be used from any thread.
unsafe impl Send for Reader {}

impl Reader {
    pub(crate) fn new(slot: &Slot<Lane>) -> Reader {
        Reader {
            slot,
            block: None,
            popped: 0,
            seq: 0,
            thread: None,
            pieces: Vec::new(),
            complete: true,
            whole: false,
            last_piece: std::ptr::null(),
            held: Vec::new(),
            reported: DropTable::default(),
            noticed_at: 0,
        }
    }

    /// Which lane this is.
    pub(crate) fn slot_ptr(&self) -> *const Slot<Lane> {
        self.slot
    }

    fn slot(&self) -> &Slot<Lane> {
        // SAFETY: see `Send`; the drain that owns this reader keeps the front.
        unsafe { &*self.slot }
    }

    pub(crate) fn lane(&self) -> &Lane {
        &self.slot().lane
    }

    /// Blocks drained to their end so far, modulo 2^32.
    pub(crate) fn blocks_done(&self) -> u32 {
        self.popped.wrapping_sub(u32::from(self.block.is_some()))
    }

    /// Time stamp of the next record, if one is committed.
    pub(crate) fn peek(&mut self, front: &Front) -> Option<u64> {
        loop {
            if self.whole {
                return Some(self.pieces[1]);
            }
            let head = self.head(front);
            if self.pieces.capacity() > PIECES_KEPT && self.is_beginning(head) {
                self.pieces = Vec::new();
            }
            if head == 0 {
                return None;
            }
            if header::id(head) != header::ID_FRAGMENT {
                // Whatever pieces came before lack their end: the caller ran out of blocks, and counted the record.
                self.pieces.clear();
                self.complete = true;
                return Some(self.next_words(head)[1]);
            }
            self.collect(head);
        }
    }

    /// The next record, if one is committed whose time stamp is at most `until`, and the configuration is that of `epoch`, if
    /// one is given.
    #[inline(always)]
    pub(crate) fn take_until(
        &mut self,
        front: &Front,
        until: u64,
        epoch: Option<u64>,
    ) -> Option<Taken<'_>> {
        // The usual case: a record that lies whole in the block at hand.
        if let Some((_, reading)) = self.block
            && self.pieces.is_empty()
            && self.thread.is_some()
        {
            // SAFETY: as in `head`.
            let head = unsafe { reading.head() };
            if head == 0 {
                return None;
            }
            if header::is_record(head) {
                let words = self.next_words(head);
                // After the header: see `Epoch`.
                if words[1] > until || epoch.is_some_and(|epoch| !front.epoch.is(epoch)) {
                    return None;
                }
                let (seq, gap) = self.step(head);
                let behind = self.behind();
                return Some(Taken { words, thread: self.thread.as_ref(), seq, gap, behind });
            }
        }
        self.take_unusual(front, until, epoch)
    }

    #[cold]
    #[inline(never)]
    fn take_unusual(&mut self, front: &Front, until: u64, epoch: Option<u64>) -> Option<Taken<'_>> {
        let ticks = self.peek(front)?;
        let is_of_epoch = epoch.is_none_or(|epoch| front.epoch.is(epoch));
        (ticks <= until && is_of_epoch).then(|| self.take(front))
    }

    /// The next record. Only after [`Reader::peek`] returned a time stamp.
    fn take(&mut self, front: &Front) -> Taken<'_> {
        if self.thread.is_none() {
            self.thread = Some(self.lane().thread());
        }
        let (words, seq, gap) = if self.whole {
            self.whole = false;
            (&self.pieces[..], self.seq.wrapping_sub(1), false)
        } else {
            let head = self.head(front);
            let words = self.next_words(head);
            let (seq, gap) = self.step(head);
            (words, seq, gap)
        };
        let behind = self.behind();
        Taken { words, thread: self.thread.as_ref(), seq, gap, behind }
    }

    /// Where the records end that were taken from the block at hand, if there is one.
    pub(crate) fn stands_at(&self) -> Option<*const Word> {
        self.block.map(|(_, reading)| if self.whole { self.last_piece } else { reading.at })
    }

    /// Blocks at whose end pieces are of a record that was not taken yet. All others in them were.
    pub(crate) fn held(&self) -> &[u32] {
        &self.held
    }

    /// Where the reader stands.
    #[inline(always)]
    fn behind(&self) -> *const Word {
        self.block.map_or(std::ptr::null(), |(_, reading)| reading.at)
    }

    /// Whether what follows is not a further piece of a record: nothing is needed of those before.
    fn is_beginning(&self, head: u64) -> bool {
        match head {
            0 => self.complete,
            head => header::id(head) != header::ID_FRAGMENT || self.next_words(head)[2] == 0,
        }
    }

    /// Gives the lane back if its thread is gone and nothing is left in it.
    pub(crate) fn retire_if_done(&mut self, front: &Front) {
        // The state first: what is found after CLOSED was seen is all there will be.
        if self.slot().closed() && self.peek(front).is_none() {
            self.thread = None;
            self.seq = 0;
            self.pieces.clear();
            self.complete = true;
            self.let_go(front);
            self.slot().free();
        }
    }

    /// The header at hand, zero if there is none; gives back sealed blocks on the way.
    fn head(&mut self, front: &Front) -> u64 {
        if !self.held.is_empty() {
            self.let_go(front);
        }
        loop {
            let (block, reading) = match self.block {
                Some(open) => open,
                None => {
                    // SAFETY: only the one that drains pops, and it holds the drain exclusively.
                    let Some(block) = (unsafe { self.lane().ring.pop() }) else { return 0 };
                    self.popped = self.popped.wrapping_add(1);
                    *self.block.insert((block, Reading::begin(front.arena.first_word(block))))
                }
            };
            // SAFETY: the handle was popped from this lane's ring, and the block is given back only below.
            let head = unsafe { reading.head() };
            if head != SEAL {
                return head;
            }
            self.block = None;
            self.held.push(block);
            self.let_go(front);
        }
    }

    /// Hands on the blocks that were read to their end, unless a record in the making is to be found in them after a crash.
    fn let_go(&mut self, front: &Front) {
        if front.arena.image().is_none() || (self.complete && !self.whole) {
            self.relieve(front);
        }
    }

    /// Hands them on in any case: callers that make large records at once would wait for each other's blocks for ever.
    pub(crate) fn relieve(&mut self, front: &Front) {
        self.held.drain(..).for_each(|block| front.arena.drained(block));
    }

    /// The words of the frame whose header is `head`. They stay as they are until the next call of [`Reader::head`].
    fn next_words<'a>(&self, head: u64) -> &'a [u64] {
        let Some((_, reading)) = self.block else { return &[0, 0] };
        // SAFETY: a published frame lies in the block; nobody writes to it before the block is given back, which `head`
        // does at the earliest, and the callers let go of the slice before that.
        unsafe { core::slice::from_raw_parts(reading.at.cast::<u64>(), header::words(head)) }
    }

    /// Steps over the frame at hand; returns its sequence number and whether it is not the expected one.
    fn step(&mut self, head: u64) -> (u64, bool) {
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        if let Some((_, reading)) = &mut self.block {
            // SAFETY: `head` is the header that the reading stands at.
            unsafe { reading.advance(header::words(head)) };
        }
        (seq, header::seq(head) != seq as u8)
    }

    /// Adds a piece of a large record.
    fn collect(&mut self, head: u64) {
        let words = self.next_words(head);
        let (index, payload) = (words[2], &words[header::FIXED_WORDS..]);
        if index == 0 {
            self.pieces.clear();
        }
        self.pieces.extend_from_slice(payload);
        self.whole = header::args(head) == 1;
        self.complete = self.whole;
        self.last_piece = self.behind();
        self.step(head);
    }
}
