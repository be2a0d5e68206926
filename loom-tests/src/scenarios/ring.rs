//! The ring of block handles.

use crate::registry::Registry;
use crate::ring::Ring;
use crate::rt::{rounds, size, three, two, yield_on_threads};
use crate::stage::{Lane, Plain};
use std::sync::Arc;

/// Pushes 1, 2, 3, ... in `attempts`; returns how many went in.
fn push_all(ring: &Ring, attempts: usize) -> u32 {
    let mut pushed = 0;
    for _ in 0..attempts {
        // SAFETY: one thread calls this.
        match unsafe { ring.push(pushed + 1) } {
            Ok(()) => pushed += 1,
            Err(handle) => {
                assert_eq!(handle, pushed + 1);
                yield_on_threads();
            }
        }
    }
    pushed
}

/// Asserts that the ring holds nothing, and then takes exactly as many handles as it has slots.
fn assert_empty(ring: &Ring, slots: u32) {
    // SAFETY: the other threads are gone.
    unsafe {
        assert_eq!(ring.pop(), None);
        (0..slots).for_each(|n| assert_eq!(ring.push(n), Ok(())));
        assert_eq!(ring.push(slots), Err(slots));
        (0..slots).for_each(|n| assert_eq!(ring.pop(), Some(n)));
    }
}

fn fifo(slots: u32, position: u32, attempts: usize) {
    let ring = Arc::new(Ring::starting_at(slots as usize, position));
    let here = ring.clone();
    let (pushed, mut popped) = two(
        || push_all(&ring, attempts),
        // SAFETY: one thread pops.
        move || rounds(attempts).filter_map(|_| unsafe { here.pop() }).collect::<Vec<_>>(),
    );
    // SAFETY: the other thread is gone.
    popped.extend(std::iter::from_fn(|| unsafe { ring.pop() }));
    assert!(popped.iter().copied().eq(1..=pushed), "{pushed}: {popped:?}");
    assert!(pushed >= slots.min(attempts as u32));
    assert_eq!(ring.pushed(), position.wrapping_add(pushed));
    assert_empty(&ring, slots);
}

/// What was pushed comes out once, in order, whether the ring is full, empty or between, and while its positions wrap
/// around; a slot is written again only after it was read.
pub(super) fn push_and_pop() {
    fifo(2, u32::MAX - 1, size(4, 300));
}

/// The same for a ring that is full with one handle.
pub(super) fn one_slot() {
    fifo(1, u32::MAX, size(3, 300));
}

/// Whoever sees a handle counted sees what was done before it was pushed.
pub(super) fn count() {
    let stage = Arc::new((Ring::starting_at(2, u32::MAX), Plain::new(0)));
    let here = stage.clone();
    two(
        || {
            stage.1.set(7);
            // SAFETY: one thread pushes.
            assert_eq!(unsafe { stage.0.push(1) }, Ok(()));
        },
        move || {
            if here.0.pushed() == 0 {
                assert_eq!(here.1.get(), 7);
                // SAFETY: one thread pops.
                assert_eq!(unsafe { here.0.pop() }, Some(1));
            }
        },
    );
    assert_eq!(stage.0.pushed(), 0);
}

/// The producer's side goes from a thread that ended to a new one, by the lane's state: the new one goes on at the
/// positions that the old one and the writer left.
pub(super) fn hand_over() {
    let lanes = Arc::new(Registry::new());
    lanes.claim(|| Lane::new(Ring::starting_at(1, u32::MAX)));
    let (old, new) = (lanes.clone(), lanes.clone());
    let (mut popped, _, second) = three(
        || {
            let slot = lanes.iter().last().unwrap();
            let mut popped = Vec::new();
            for _ in rounds(2) {
                let closed = slot.closed();
                // SAFETY: one thread pops.
                popped.extend(std::iter::from_fn(|| unsafe { slot.lane.ring.pop() }));
                if closed {
                    slot.free();
                    break;
                }
            }
            popped
        },
        move || {
            let slot = old.iter().last().unwrap();
            // SAFETY: this is the lane's first owner.
            assert_eq!(unsafe { slot.lane.ring.push(1) }, Ok(()));
            slot.close();
        },
        move || {
            let slot = new.claim(|| Lane::new(Ring::new(1)));
            // SAFETY: this is its next owner, or that of a new lane.
            assert_eq!(unsafe { slot.lane.ring.push(2) }, Ok(()));
            std::ptr::eq(slot, new.iter().last().unwrap())
        },
    );
    let slot = lanes.iter().last().unwrap();
    // SAFETY: the other threads are gone.
    popped.extend(std::iter::from_fn(|| unsafe { slot.lane.ring.pop() }));
    assert_eq!(popped, if second { &[1, 2][..] } else { &[1] });
}
