//! The free blocks: a lock-free stack of indices.
//!
//! Last in, first out, so that the block handed out next is the one whose lines are warmest. The head packs a tag
//! beside the index; every push increments the tag, so a head that was popped and pushed again in between is told apart
//! (ABA) unless the tag wraps within one attempt (2^32 pushes).

use crate::sync::CachePadded;
use crate::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// End of the stack.
const NIL: u32 = u32::MAX;

const fn pack(tag: u32, index: u32) -> u64 {
    ((tag as u64) << 32) | index as u64
}

/// What every operation changes: on one line, so that it has to be fetched only once.
#[derive(Debug)]
struct Top {
    /// Tag in the high half, index of the top in the low half.
    head: AtomicU64,
    /// How many are free; may lag behind `head` by the operations under way.
    free: AtomicUsize,
}

/// A stack of block indices.
#[derive(Debug)]
pub(crate) struct Pool {
    top: CachePadded<Top>,
    /// `next[i]` is the block below `i`, while `i` is on the stack.
    next: Box<[AtomicU32]>,
}

impl Pool {
    /// A pool of the blocks `0..blocks`, all free; block 0 on top.
    pub(crate) fn new(blocks: usize) -> Pool {
        let next = (0..blocks)
            .map(|i| AtomicU32::new(if i + 1 < blocks { i as u32 + 1 } else { NIL }))
            .collect();
        Pool {
            top: CachePadded(Top {
                head: AtomicU64::new(pack(0, if blocks == 0 { NIL } else { 0 })),
                free: AtomicUsize::new(blocks),
            }),
            next,
        }
    }

    /// Number of free blocks: exact when nothing is under way, otherwise an estimate.
    pub(crate) fn free(&self) -> usize {
        self.top.free.load(Ordering::Relaxed)
    }

    /// Takes a block; all that its last owner did to it has happened.
    pub(crate) fn pop(&self) -> Option<u32> {
        // Acquire: `next` of the top was written before the push that made it the top.
        let mut head = self.top.head.load(Ordering::Acquire);
        loop {
            let top = head as u32;
            if top == NIL {
                return None;
            }
            // Relaxed: if another thread took `top` meanwhile, this may be any value, and the exchange fails.
            let below = self.next[top as usize].load(Ordering::Relaxed);
            let new = pack((head >> 32) as u32, below);
            // Relaxed on success: the load that saw this very head acquired it already. A tag is never used twice, so the
            // head exchanged is the head that was loaded.
            match self.top.head.compare_exchange_weak(
                head,
                new,
                Ordering::Relaxed,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    self.top.free.fetch_sub(1, Ordering::Relaxed);
                    return Some(top);
                }
                Err(now) => head = now,
            }
        }
    }

    /// Gives back a block that was popped.
    pub(crate) fn push(&self, index: u32) {
        // Counted first: `free` may be too high for a moment, but never wraps below zero.
        self.top.free.fetch_add(1, Ordering::Relaxed);
        let mut head = self.top.head.load(Ordering::Relaxed);
        loop {
            self.next[index as usize].store(head as u32, Ordering::Relaxed);
            let new = pack(((head >> 32) as u32).wrapping_add(1), index);
            // Release: pairs with the Acquire in `pop`.
            match self.top.head.compare_exchange_weak(
                head,
                new,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}
