//! Lanes come and go with threads; their memory stays.
//!
//! The list only grows. A lane is FREE, LIVE (a thread pushes into it) or CLOSED (its thread is gone, the writer has
//! yet to drain it). The thread moves it LIVE -> CLOSED, the writer CLOSED -> FREE when it is drained, and the next new
//! thread FREE -> LIVE. The writer reads the state *before* its last look at the lane: CLOSED seen first means
//! that whatever it finds afterwards is all there will be.

use crate::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use core::ptr;

const FREE: u8 = 0;
const LIVE: u8 = 1;
const CLOSED: u8 = 2;

/// A place in the list.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    pub(crate) lane: T,
    state: AtomicU8,
    next: *const Slot<T>,
}

impl<T> Slot<T> {
    /// The owning thread is done: all that it pushed happened before.
    pub(crate) fn close(&self) {
        // Release: pairs with the Acquire in `closed`.
        self.state.store(CLOSED, Ordering::Release);
    }
    /// Whether the thread is gone. Ask before the last drain.
    pub(crate) fn closed(&self) -> bool {
        // Acquire: pairs with the Release in `close`.
        self.state.load(Ordering::Acquire) == CLOSED
    }
    /// The writer has drained a closed lane and will touch it no more on behalf of the old thread.
    pub(crate) fn free(&self) {
        // Release: pairs with the Acquire in `claim`; the next owner finds the ring as the writer left it.
        self.state.store(FREE, Ordering::Release);
    }
}

/// The list of all lanes.
#[derive(Debug)]
pub(crate) struct Registry<T> {
    head: AtomicPtr<Slot<T>>,
}

impl<T> Registry<T> {
    pub(crate) fn new() -> Registry<T> {
        Registry { head: AtomicPtr::new(ptr::null_mut()) }
    }

    /// A lane for the calling thread: a free one, else a new one made by `make`.
    pub(crate) fn claim(&self, make: impl FnOnce() -> T) -> &Slot<T> {
        for slot in self.iter() {
            // Acquire: pairs with the Release in `free`.
            let won = slot.state.compare_exchange(FREE, LIVE, Ordering::Acquire, Ordering::Relaxed);
            if won.is_ok() {
                return slot;
            }
        }
        let new = Box::into_raw(Box::new(Slot {
            lane: make(),
            state: AtomicU8::new(LIVE),
            next: ptr::null(),
        }));
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: `new` came from `Box::into_raw` and is not shared before the exchange succeeds.
            unsafe { (*new).next = head };
            // Release: pairs with the Acquire in `iter`.
            match self.head.compare_exchange(head, new, Ordering::Release, Ordering::Relaxed) {
                // SAFETY: the list frees its slots only when it is dropped, which `&self` excludes.
                Ok(_) => return unsafe { &*new },
                Err(now) => head = now,
            }
        }
    }

    /// All lanes, newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<T>> {
        // Acquire: pairs with the Release in `claim`. Older slots were released by exchanges that this one follows.
        let mut at: *const Slot<T> = self.head.load(Ordering::Acquire);
        core::iter::from_fn(move || {
            // SAFETY: null, or a slot that lives as long as the list, which `&self` keeps.
            let slot = unsafe { at.as_ref() }?;
            at = slot.next;
            Some(slot)
        })
    }
}

impl<T> Drop for Registry<T> {
    fn drop(&mut self) {
        let mut at = self.head.load(Ordering::Relaxed);
        while !at.is_null() {
            // SAFETY: `at` came from `Box::into_raw` in `claim`, and with `&mut self` no one else uses it.
            let slot = unsafe { Box::from_raw(at) };
            at = slot.next.cast_mut();
        }
    }
}

// SAFETY: slots are shared by reference between threads, so `T` must be `Sync`, and dropped by whoever drops the list,
// so it must be `Send`; `next` is written before the slot is shared.
unsafe impl<T: Send + Sync> Sync for Registry<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for Registry<T> {}
