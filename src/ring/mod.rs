//! A bounded single-producer single-consumer ring of block handles.
//!
//! One thread at a time pushes and one pops; who that is may change hands, if the hand-over synchronises (the lane's
//! state does, see `lane/registry.rs`). Positions count up for ever and wrap; their difference is the fill.
//! This is crossed once a block, not once a record, so it keeps no cached positions.

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{CachePadded, UnsafeCell};

/// A ring of `u32` handles; its capacity is a power of two.
#[derive(Debug)]
pub(crate) struct Ring {
    /// Handles pushed so far. Written by the producer.
    tail: CachePadded<AtomicU32>,
    /// Handles popped so far. Written by the consumer; at most `tail`.
    head: CachePadded<AtomicU32>,
    slots: Box<[UnsafeCell<u32>]>,
}

// SAFETY: a slot is written only by the producer while it is outside `head..tail` and read only by the consumer while
// it is inside; the Release/Acquire pairs on `tail` and `head` order the two.
unsafe impl Sync for Ring {}
// SAFETY: the slots hold plain integers.
unsafe impl Send for Ring {}

impl Ring {
    /// A ring for at least `capacity` handles.
    pub(crate) fn new(capacity: usize) -> Ring {
        Ring::starting_at(capacity, 0)
    }

    /// A ring whose positions begin at `position`, to try their wrap-around.
    pub(crate) fn starting_at(capacity: usize, position: u32) -> Ring {
        let slots = (0..capacity.next_power_of_two()).map(|_| UnsafeCell::new(0)).collect();
        Ring {
            tail: CachePadded(AtomicU32::new(position)),
            head: CachePadded(AtomicU32::new(position)),
            slots,
        }
    }

    fn slot(&self, position: u32) -> &UnsafeCell<u32> {
        &self.slots[position as usize & (self.slots.len() - 1)]
    }

    /// Appends a handle; gives it back when the ring is full.
    ///
    /// # Safety
    /// One thread at a time pushes.
    pub(crate) unsafe fn push(&self, handle: u32) -> Result<(), u32> {
        // Relaxed: only the producer writes `tail`.
        let tail = self.tail.load(Ordering::Relaxed);
        // Acquire: pairs with the Release in `pop`; the slot was read before it is written again.
        let head = self.head.load(Ordering::Acquire);
        if tail.wrapping_sub(head) as usize == self.slots.len() {
            return Err(handle);
        }
        // SAFETY: the slot is outside `head..tail`, so the consumer does not touch it, and there is one producer.
        self.slot(tail).with_mut(|slot| unsafe { *slot = handle });
        // Release: pairs with the Acquire in `pop`; the slot, and the cleared first word of the block, are visible.
        self.tail.store(tail.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Whether so many 32nds of the ring are free. For the producer: meanwhile there can only be more.
    pub(crate) fn has_free(&self, parts: usize) -> bool {
        // Relaxed, both: nothing is read or written on the strength of it.
        let filled =
            self.tail.load(Ordering::Relaxed).wrapping_sub(self.head.load(Ordering::Relaxed));
        (self.slots.len() - filled as usize) * 32 >= self.slots.len() * parts
    }

    /// Takes the oldest handle.
    ///
    /// # Safety
    /// One thread at a time pops.
    pub(crate) unsafe fn pop(&self) -> Option<u32> {
        // Relaxed: only the consumer writes `head`.
        let head = self.head.load(Ordering::Relaxed);
        // Acquire: pairs with the Release in `push`.
        if head == self.tail.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: the slot is inside `head..tail`, so the producer does not touch it, and there is one consumer.
        let handle = self.slot(head).with(|slot| unsafe { *slot });
        // Release: pairs with the Acquire in `push`.
        self.head.store(head.wrapping_add(1), Ordering::Release);
        Some(handle)
    }

    /// Handles pushed so far, modulo 2^32.
    pub(crate) fn pushed(&self) -> u32 {
        // Acquire: whoever sees the count sees the handles.
        self.tail.load(Ordering::Acquire)
    }
}
