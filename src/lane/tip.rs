//! The growing end of a lane: where its thread writes next, and what happens when there is no room.

use super::registry::Slot;
use super::{Front, Hooks, Lane, Overflow, Way};
use crate::arena::Open;
use crate::codec::{Bound, header};
use crate::meta::{Level, Metadata};
use crate::stats::DropCause;
use crate::sync::Word;
use core::sync::atomic::Ordering;
use std::cell::Cell;
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A frame on its way into a lane.
pub(crate) struct Request<'a> {
    pub(crate) level: Level,
    pub(crate) target: &'a str,
    /// Length of the frame.
    pub(crate) words: usize,
    /// Header of the frame, its sequence number still zero.
    pub(crate) header: u64,
    pub(crate) ticks: u64,
    /// When the caller waits no longer, once it has begun to wait; inside, `None` is never.
    pub(crate) until: Option<Option<Instant>>,
    /// Writes all words of the frame but the header, given its place and its time stamp.
    pub(crate) fill: &'a mut dyn FnMut(*const Word, u64),
    pub(crate) origin: &'a dyn Origin,
}

/// The call that a frame comes from. Asked only where a record does not get through at once.
pub(crate) trait Origin {
    /// Level, and what decides about it: the logger's name if it has one, else the target.
    fn place(&self) -> (Level, &str);
    /// The statement, if it is one.
    fn metadata(&self) -> Option<&'static Metadata>;
    /// What the record names besides.
    fn bound(&self) -> Option<Arc<Bound>>;
}

impl Request<'_> {
    /// Whether the caller may wait (more), given how long it may in all.
    pub(super) fn may_wait(&mut self, limit: Duration) -> bool {
        let now = Instant::now();
        let until = *self.until.get_or_insert_with(|| now.checked_add(limit));
        until.is_none_or(|until| now < until)
    }
}

/// The end of a lane. One thread uses it at a time.
#[derive(Debug)]
pub(crate) struct Tip {
    /// Where the next frame begins.
    at: Cell<*const Word>,
    /// The first word that a frame may not touch. Equal to `at` while the block is kept for severe records, and always where
    /// there are caller processors, so that every call comes by the slow path and is looked at.
    limit: Cell<*const Word>,
    /// The word kept for the seal.
    end: Cell<*const Word>,
    /// Frames pushed so far.
    seq: Cell<u64>,
    slot: Cell<*const Slot<Lane>>,
    /// Used by many threads, under a mutex.
    shared: Cell<bool>,
}

// SAFETY: the pointers lead to the arena and the registry of one engine, which may be used from any thread; that only
// one thread uses a tip at a time is up to its owner (a thread-local, or a mutex).
unsafe impl Send for Tip {}

impl Tip {
    /// No lane: every push goes the slow way.
    pub(crate) const fn none() -> Tip {
        Tip {
            at: Cell::new(ptr::null()),
            limit: Cell::new(ptr::null()),
            end: Cell::new(ptr::null()),
            seq: Cell::new(0),
            slot: Cell::new(ptr::null()),
            shared: Cell::new(false),
        }
    }

    /// Takes over a lane that the calling thread has claimed.
    pub(crate) fn bind(&self, slot: &Slot<Lane>) {
        self.slot.set(slot);
        self.seq.set(0);
    }

    /// Makes this the end of a lane that many threads use, under a mutex.
    pub(crate) fn share(&self) {
        self.shared.set(true);
    }

    /// Swaps two tips.
    pub(crate) fn swap(&self, other: &Tip) {
        self.at.swap(&other.at);
        self.limit.swap(&other.limit);
        self.end.swap(&other.end);
        self.seq.swap(&other.seq);
        self.slot.swap(&other.slot);
        self.shared.swap(&other.shared);
    }

    /// The place for a frame of `words`, if it can be had without a look at anything shared.
    #[inline(always)]
    pub(crate) fn reserve(&self, words: usize) -> Option<*const Word> {
        let at = self.at.get();
        let room = self.limit.get().addr().wrapping_sub(at.addr());
        (words * size_of::<Word>() <= room).then_some(at)
    }

    /// Publishes the frame at `at`.
    ///
    /// # Safety
    /// `at` is the present `self.at`, `words` fit before `self.end`, and all words but the header were written.
    #[inline(always)]
    pub(crate) unsafe fn commit(&self, at: *const Word, words: usize, header: u64) {
        let seq = self.seq.get();
        let mut open = Open { at, end: self.end.get() };
        // SAFETY: the block was begun by `switch`; the rest is the caller's promise. `header` says `words`, which is at
        // least `FIXED_WORDS`, so it is not zero.
        unsafe { open.commit(words, header | (seq & 0xFF) << 24) };
        self.at.set(open.at);
        self.seq.set(seq.wrapping_add(1));
    }

    /// Pushes a frame, whatever it takes; the error says why it was dropped.
    pub(crate) fn push(&self, front: &Front, request: &mut Request<'_>) -> Result<(), DropCause> {
        if request.words > front.arena.max_frame() {
            return self.push_fragments(front, request);
        }
        self.make_room(front, request, request.words)?;
        let ticks = request.ticks;
        self.write(front, request.words, request.header, &mut |at| (request.fill)(at, ticks));
        Ok(())
    }

    /// Seals the block and gives the lane back.
    pub(crate) fn close(&self, front: &Front) {
        let open = Open { at: self.at.get(), end: self.end.get() };
        if !open.at.is_null() {
            front.open.fetch_sub(1, Ordering::Relaxed);
            // SAFETY: the block was begun by `switch`, and this tip forgets it below.
            unsafe { open.seal() };
        }
        // SAFETY: null, or a slot that the engine's registry keeps; the owner of the tip keeps the engine.
        if let Some(slot) = unsafe { self.slot.get().as_ref() } {
            slot.close();
        }
        self.swap(&Tip::none());
    }

    /// Whether the lane has no block at all.
    pub(crate) fn is_blockless(&self) -> bool {
        self.at.get().is_null()
    }

    /// The lane, if there is one.
    ///
    /// # Safety
    /// The engine that the lane belongs to lives for `'a`.
    pub(crate) unsafe fn lane<'a>(&self) -> Option<&'a Lane> {
        // SAFETY: null, or a slot of the registry that the caller keeps alive.
        unsafe { self.slot.get().as_ref() }.map(|slot| &slot.lane)
    }

    fn fits(&self, words: usize) -> bool {
        Open { at: self.at.get(), end: self.end.get() }.fits(words)
    }

    /// Sees to it that `words` fit and that a record of `level` may use them.
    fn make_room(
        &self,
        front: &Front,
        request: &mut Request<'_>,
        words: usize,
    ) -> Result<(), DropCause> {
        if !self.is_blockless() || self.shared.get() {
            return self.find_room(front, request, words);
        }
        if !front.hold() {
            // The caller goes on with a shared lane.
            return Err(DropCause::Full);
        }
        let found = self.find_room(front, request, words);
        if self.is_blockless() {
            front.open.fetch_sub(1, Ordering::Relaxed);
        }
        found
    }

    fn find_room(
        &self,
        front: &Front,
        request: &mut Request<'_>,
        words: usize,
    ) -> Result<(), DropCause> {
        let policy = front.policy(request.level);
        loop {
            let free = front.arena.free();
            let floor = front.floor(policy.reserve);
            // Of very many blocks a lane can have a part only: that, too, has a reserve.
            let spared = policy.reserve == 0 || self.has_free(policy.reserve);
            if self.fits(words) {
                if policy.reserve == 0 || (free >= floor && spared) {
                    return Ok(());
                }
            } else if (policy.reserve == 0 || (free > floor && spared))
                && let Some(block) = front.arena.take()
            {
                if self.switch(front, block) {
                    continue;
                }
                front.arena.give(block);
            }
            match policy.overflow {
                Overflow::Shed if free > 0 => return Err(DropCause::Shed),
                Overflow::Shed | Overflow::DropNewest => return Err(DropCause::Full),
                Overflow::Block(limit) => {
                    if !request.may_wait(limit) {
                        return Err(DropCause::Deadline);
                    }
                    match front.hooks().map_or(Way::Wait, Hooks::make_way) {
                        Way::Wait => {
                            front.wake();
                            front.arena.space().wait(request.until.flatten());
                        }
                        Way::Retry => {}
                        Way::GiveUp => return Err(DropCause::Full),
                    }
                }
            }
        }
    }

    /// Whether so many 32nds of the lane's ring are free.
    fn has_free(&self, parts: usize) -> bool {
        // SAFETY: as in `switch`: the engine is borrowed by all who ask.
        unsafe { self.lane() }.is_none_or(|lane| lane.ring.has_free(parts))
    }

    /// Makes `block` the open one. False if the lane's ring is full.
    fn switch(&self, front: &Front, block: u32) -> bool {
        // SAFETY: the engine lives: `front` is borrowed.
        let Some(lane) = (unsafe { self.lane() }) else { return false };
        let old = Open { at: self.at.get(), end: self.end.get() };
        let new = front.arena.open(block);
        if let Some(image) = front.arena.image() {
            let ordinal = lane.opened.fetch_add(1, Ordering::Relaxed);
            image.block_opened(block, lane.life(), ordinal, self.seq.get(), &lane.thread());
        }
        // SAFETY: a tip is used by one thread at a time, and a lane has one tip.
        if unsafe { lane.ring.push(block) }.is_err() {
            return false;
        }
        if old.at.is_null() {
            // Others are counted by `make_room`.
            front.open.fetch_add(usize::from(self.shared.get()), Ordering::Relaxed);
        } else {
            // Sealed only after the next handle is in the ring: a reader that meets the seal finds it there.
            // SAFETY: begun by an earlier `switch`, and forgotten below.
            unsafe { old.seal() };
        }
        self.at.set(new.at);
        self.end.set(new.end);
        self.limit.set(new.at);
        // A writer that sleeps wakes by itself in time; only when the arena fills is it worth a system call.
        if front.arena.free() < front.floor(28) && !front.is_stuck() {
            front.wake();
        }
        true
    }

    /// Writes a frame into room that `make_room` found, and decides whether the block is open to every level.
    fn write(&self, front: &Front, words: usize, header: u64, fill: &mut dyn FnMut(*const Word)) {
        let at = self.at.get();
        fill(at);
        // SAFETY: `make_room` saw that `words` fit at `at`, and `fill` wrote them.
        unsafe { self.commit(at, words, header) };
        let calm = front.stage().is_none() && front.is_calm() && self.has_free(front.reserve);
        self.limit.set(if calm { self.end.get() } else { self.at.get() });
    }

    /// Pushes a frame that is larger than a block, in pieces that the writer puts together again.
    ///
    /// If the arena runs out half way, the pieces already pushed are void: the writer drops them when it finds the
    /// beginning of something else.
    fn push_fragments(&self, front: &Front, request: &mut Request<'_>) -> Result<(), DropCause> {
        let whole: Vec<Word> = (0..request.words).map(|_| Word::zero()).collect();
        (request.fill)(whole.as_ptr(), request.ticks);
        // SAFETY: the words are this function's own.
        unsafe { whole[0].set(request.header) };
        let piece = front.arena.max_frame() - header::FIXED_WORDS;
        let last = whole.len().div_ceil(piece) - 1;
        for (i, words) in whole.chunks(piece).enumerate() {
            let len = header::FIXED_WORDS + words.len();
            self.make_room(front, request, len)?;
            let head = header::pack(len, usize::from(i == last), 0, header::ID_FRAGMENT);
            self.write(front, len, head, &mut |at| {
                let put = |n: usize, value: u64| {
                    // SAFETY: `n < len` words fit at `at`, and only this thread touches them before the commit.
                    unsafe { (*at.add(n)).set(value) }
                };
                put(1, request.ticks);
                put(2, i as u64);
                for (n, word) in words.iter().enumerate() {
                    put(header::FIXED_WORDS + n, word.peek());
                }
            });
        }
        Ok(())
    }
}
