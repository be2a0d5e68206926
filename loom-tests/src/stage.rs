//! What the scenarios play on: blocks, lanes, and the two sides of a lane.
//!
//! [`Producer`] and [`Consumer`] take the steps of `lane/tip.rs` and `drain/reader.rs`, without what is no protocol.

use crate::block::{Open, Reading, SEAL};
use crate::pool::Pool;
use crate::registry::{Registry, Slot};
use crate::ring::Ring;
use crate::rt::{Track, size, yield_on_threads};
use crate::sync::{UnsafeCell, Word};
use std::ptr;

/// Shared memory that a protocol must keep from being used by two threads at once; it has no lock of its own.
#[derive(Debug)]
pub(crate) struct Plain<T>(UnsafeCell<T>);

// SAFETY: that uses do not overlap is what the scenarios are about. The model checker and ThreadSanitizer report it
// when they do.
unsafe impl<T: Send> Sync for Plain<T> {}

impl<T: Copy> Plain<T> {
    pub(crate) fn new(value: T) -> Plain<T> {
        Plain(UnsafeCell::new(value))
    }
    pub(crate) fn get(&self) -> T {
        // SAFETY: see `Sync`.
        self.0.with(|value| unsafe { *value })
    }
    pub(crate) fn set(&self, value: T) {
        // SAFETY: see `Sync`.
        self.0.with_mut(|place| unsafe { *place = value });
    }
}

/// The blocks of an engine and those of them that are free.
#[derive(Debug)]
pub(crate) struct Arena {
    words: Box<[Word]>,
    words_per_block: usize,
    pub(crate) pool: Pool,
}

impl Arena {
    pub(crate) fn new(blocks: usize, words_per_block: usize) -> Arena {
        let words = (0..blocks * words_per_block).map(|_| Word::zero()).collect();
        Arena { words, words_per_block, pool: Pool::new(blocks) }
    }
    pub(crate) fn blocks(&self) -> usize {
        self.words.len() / self.words_per_block
    }
    pub(crate) fn first_word(&self, block: u32) -> *const Word {
        &raw const self.words[block as usize * self.words_per_block]
    }
    pub(crate) fn open(&self, block: u32) -> Open {
        // SAFETY: the block was taken from the pool by this thread, and its handle is not pushed yet.
        unsafe { Open::begin(self.first_word(block), self.words_per_block) }
    }
    /// Asserts that every block is free, once.
    pub(crate) fn assert_all_free(&self) {
        assert_eq!(self.pool.free(), self.blocks(), "the count of free blocks");
        let mut all: Vec<u32> = std::iter::from_fn(|| self.pool.pop()).collect();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..self.blocks() as u32), "free blocks: {all:?}");
        all.iter().rev().for_each(|block| self.pool.push(*block));
    }
}

/// The header of frame `id`.
pub(crate) fn header(id: u64, words: usize) -> u64 {
    id << 16 | words as u64
}

/// Word `n` of frame `id`. If it were taken for a header, it would say that the frame ends beyond every block.
fn payload(id: u64, n: usize) -> u64 {
    (id << 24 | n as u64) << 16 | 0xFFFF
}

/// Reads a word as plain memory, as a decoder does.
///
/// # Safety
/// The word lies in a frame that was published, in a block that was not given back.
unsafe fn read(word: *const Word) -> u64 {
    #[cfg(feature = "std")]
    // SAFETY: a `Word` is eight plain bytes, and the caller promises that nobody writes to them.
    return unsafe { word.cast::<u64>().read() };
    #[cfg(not(feature = "std"))]
    // SAFETY: the caller's promise.
    return unsafe { (*word).payload() };
}

/// The producer's side of a lane: what a thread's tip is in the library.
#[derive(Debug)]
pub(crate) struct Producer {
    open: Option<Open>,
    /// Id of the next frame.
    pub(crate) next: u64,
}

// SAFETY: the pointers lead into an arena that every user of the producer keeps.
unsafe impl Send for Producer {}

impl Producer {
    /// A lane without a block, whose first frame has the id `first`.
    pub(crate) fn new(first: u64) -> Producer {
        Producer { open: None, next: first }
    }

    /// Writes the payload of the next frame and leaves it uncommitted, as a call that unwinds half way does.
    pub(crate) fn scribble(&mut self, words: usize) {
        let open = self.open.filter(|open| open.fits(words)).expect("the frame fits");
        for n in 1..words {
            // SAFETY: the frame fits, and the reader cannot reach it before its commit.
            unsafe { (*open.at.add(n)).set(payload(self.next, n)) };
        }
    }

    /// Whether a frame of `words` fits into the open block.
    pub(crate) fn fits(&self, words: usize) -> bool {
        self.open.is_some_and(|open| open.fits(words))
    }

    /// Commits a frame into the open block.
    pub(crate) fn commit(&mut self, words: usize) {
        self.scribble(words);
        if let Some(open) = &mut self.open {
            // SAFETY: it fits, which was just asserted; the payload was written; the header says `words`.
            unsafe { open.commit(words, header(self.next, words)) };
            self.next += 1;
        }
    }

    /// Goes on in a new block, if one is free.
    pub(crate) fn switch(&mut self, arena: &Arena, ring: &Ring) -> bool {
        // On threads the reader gets some time to give one back.
        let tries = std::iter::repeat_with(|| {
            arena.pool.pop().or_else(|| {
                yield_on_threads();
                None
            })
        });
        let Some(block) = tries.take(size(1, 1_000)).flatten().next() else { return false };
        let new = arena.open(block);
        // SAFETY: a lane has one producer at a time.
        unsafe { ring.push(block) }.expect("the ring has room for all blocks");
        self.close();
        self.open = Some(new);
        true
    }

    /// Commits a frame, in a new block if need be. False if no block was free.
    pub(crate) fn log(&mut self, arena: &Arena, ring: &Ring, words: usize) -> bool {
        let room = self.fits(words) || self.switch(arena, ring);
        if room {
            self.commit(words);
        }
        room
    }

    /// Seals the open block.
    pub(crate) fn close(&mut self) {
        if let Some(open) = self.open.take() {
            // SAFETY: it was begun by `switch`, and is forgotten now.
            unsafe { open.seal() };
        }
    }
}

/// The writer's side of a lane: what `drain::Reader` is in the library.
#[derive(Debug, Default)]
pub(crate) struct Consumer {
    block: Option<(u32, Reading)>,
    popped: u32,
    /// Ids of the frames taken so far.
    pub(crate) seen: Vec<u64>,
}

// SAFETY: as for `Producer`.
unsafe impl Send for Consumer {}

impl Consumer {
    /// The header at hand, zero if there is none; gives back sealed blocks on the way.
    pub(crate) fn head(&mut self, arena: &Arena, ring: &Ring) -> u64 {
        loop {
            let (block, reading) = match self.block {
                Some(open) => open,
                None => {
                    // SAFETY: a lane has one consumer.
                    let Some(block) = (unsafe { ring.pop() }) else { return 0 };
                    self.popped = self.popped.wrapping_add(1);
                    *self.block.insert((block, Reading::begin(arena.first_word(block))))
                }
            };
            // SAFETY: the handle was popped from the lane's ring, and the block is given back only below.
            let head = unsafe { reading.head() };
            if head != SEAL {
                return head;
            }
            self.block = None;
            arena.pool.push(block);
        }
    }

    /// Takes the next frame, and asserts that it is whole and lies within its block.
    pub(crate) fn take(&mut self, arena: &Arena, ring: &Ring) -> Option<u64> {
        let head = self.head(arena, ring);
        if head == 0 {
            return None;
        }
        let (block, reading) = self.block.as_mut()?;
        let (id, words) = (head >> 16, (head & 0xFFFF) as usize);
        let offset = (reading.at.addr() - arena.first_word(*block).addr()) / size_of::<Word>();
        // The last word is the seal's.
        assert!(offset + words < arena.words_per_block, "{head:#x} is no header");
        // SAFETY: it lies within the block, and was published.
        assert_eq!(unsafe { read(reading.at) }, head);
        for n in 1..words {
            // SAFETY: as above.
            let word = unsafe { read(reading.at.add(n)) };
            assert_eq!(word, payload(id, n), "word {n} of frame {id}");
        }
        // SAFETY: `head` is what the reading stands at.
        unsafe { reading.advance(words) };
        self.seen.push(id);
        Some(id)
    }

    /// Takes all frames that can be seen.
    pub(crate) fn drain(&mut self, arena: &Arena, ring: &Ring) {
        while self.take(arena, ring).is_some() {}
    }

    /// Blocks drained to their end so far, modulo 2^32.
    pub(crate) fn blocks_done(&self) -> u32 {
        self.popped.wrapping_sub(u32::from(self.block.is_some()))
    }
}

/// One thread's part of what the writer reads.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) ring: Ring,
    /// Who owns the lane, or owned it last.
    pub(crate) owner: Plain<u64>,
    _tracked: Track<()>,
}

impl Lane {
    pub(crate) fn new(ring: Ring) -> Lane {
        Lane { ring, owner: Plain::new(0), _tracked: Track::new(()) }
    }
}

/// The writer's view of all lanes: what `drain::Drain` is in the library.
#[derive(Debug)]
pub(crate) struct Walker {
    /// The newest lane that is known.
    newest: *const Slot<Lane>,
    /// Oldest lane first.
    readers: Vec<(*const Slot<Lane>, Consumer)>,
}

// SAFETY: the pointers lead to slots of a registry that every user of the walker keeps.
unsafe impl Send for Walker {}

impl Walker {
    /// The frames of lane owner `n` have ids from `n * IDS`.
    pub(crate) const IDS: u64 = 100_000;

    pub(crate) fn new() -> Walker {
        Walker { newest: ptr::null(), readers: Vec::new() }
    }

    /// Adds the lanes that were registered since the last time. One walk decides what is new.
    pub(crate) fn meet(&mut self, lanes: &Registry<Lane>) {
        let newest = self.newest;
        let new: Vec<_> = lanes.iter().take_while(|slot| !ptr::eq(*slot, newest)).collect();
        self.add(&new);
    }

    /// As `meet`, but counts in one walk and collects in another one.
    pub(crate) fn count_then_meet(&mut self, lanes: &Registry<Lane>) {
        let all = lanes.iter().count();
        let new: Vec<_> = lanes.iter().take(all - self.readers.len()).collect();
        self.add(&new);
    }

    /// Adds lanes that are given newest first.
    fn add(&mut self, new: &[&Slot<Lane>]) {
        for slot in new.iter().rev() {
            self.newest = *slot;
            self.readers.push((*slot, Consumer::default()));
        }
    }

    /// All lanes, oldest first.
    pub(crate) fn readers(&mut self) -> impl Iterator<Item = (&Slot<Lane>, &mut Consumer)> {
        // SAFETY: see `Send`; slots live as long as their registry.
        self.readers.iter_mut().map(|(slot, consumer)| (unsafe { &**slot }, consumer))
    }

    /// Meets new lanes, drains all of them, and retires those whose threads are gone.
    pub(crate) fn pass(&mut self, arena: &Arena, lanes: &Registry<Lane>) {
        self.meet(lanes);
        for (slot, consumer) in self.readers() {
            // The state first: what is found after CLOSED was seen is all there will be.
            let closed = slot.closed();
            while let Some(id) = consumer.take(arena, &slot.lane.ring) {
                assert_eq!(id / Walker::IDS, slot.lane.owner.get(), "the owner of frame {id}");
            }
            if closed {
                slot.free();
            }
        }
    }

    /// The ids taken, by lane.
    pub(crate) fn seen(&self) -> Vec<&[u64]> {
        self.readers.iter().map(|(_, consumer)| &consumer.seen[..]).collect()
    }
}
