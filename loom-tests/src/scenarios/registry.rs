//! Lanes come and go.

use crate::registry::Registry;
use crate::ring::Ring;
use crate::rt::{rounds, size, three, two};
use crate::stage::{Arena, Lane, Producer, Walker};
use std::ptr;
use std::sync::Arc;

/// Blocks and lanes of an engine.
struct Stage {
    arena: Arena,
    lanes: Registry<Lane>,
}

impl Stage {
    fn new(blocks: usize) -> Arc<Stage> {
        Arc::new(Stage { arena: Arena::new(blocks, 7), lanes: Registry::new() })
    }
    fn make(&self) -> Lane {
        Lane::new(Ring::new(self.arena.blocks()))
    }
    /// The life of a thread: gets a lane, logs frames, ends. Returns how many were accepted.
    fn live(&self, owner: u64, frames: usize) -> u64 {
        let slot = self.lanes.claim(|| self.make());
        slot.lane.owner.set(owner);
        let first = owner * Walker::IDS;
        let mut producer = Producer::new(first);
        for _ in 0..frames {
            producer.log(&self.arena, &slot.lane.ring, 3);
        }
        producer.close();
        slot.close();
        producer.next - first
    }
}

/// Ids of the frames that `owner` logged.
fn ids(owner: u64, frames: u64) -> Vec<u64> {
    (0..frames).map(|n| owner * Walker::IDS + n).collect()
}

fn walking(meet: fn(&mut Walker, &Registry<Lane>)) {
    let stage = Stage::new(1);
    let (a, b) = (stage.clone(), stage.clone());
    let mut walker = Walker::new();
    three(
        || rounds(2).for_each(|_| meet(&mut walker, &stage.lanes)),
        move || a.lanes.claim(|| a.make()).lane.owner.set(1),
        move || b.lanes.claim(|| b.make()).lane.owner.set(2),
    );
    meet(&mut walker, &stage.lanes);
    let known: Vec<_> = walker.readers().map(|(slot, _)| ptr::from_ref(slot)).collect();
    let mut all: Vec<_> = stage.lanes.iter().map(ptr::from_ref).collect();
    all.reverse();
    assert_eq!(known, all, "known lanes, all lanes");
    assert_eq!(all.len(), 2);
}

/// Threads register while the writer walks: each lane is met in this walk or the next, once, the oldest first.
pub(super) fn walk() {
    walking(Walker::meet);
}

/// A bug: the number of new lanes comes from one walk, the lanes from a second one.
#[cfg(not(feature = "std"))]
pub(super) fn two_walks() {
    walking(Walker::count_then_meet);
}

/// A thread may register, log and end before the writer walks for the first time: its records arrive, its blocks come
/// back, and its lane is free for the next thread.
pub(super) fn short_lived() {
    let stage = Stage::new(size(1, 3));
    let here = stage.clone();
    let mut walker = Walker::new();
    let (_, logged) = two(
        || rounds(2).for_each(|_| walker.pass(&stage.arena, &stage.lanes)),
        move || here.live(1, size(1, 60)),
    );
    walker.pass(&stage.arena, &stage.lanes);
    assert_eq!(walker.seen(), [ids(1, logged)]);
    stage.arena.assert_all_free();
    let only = stage.lanes.iter().next().unwrap();
    assert!(ptr::eq(only, stage.lanes.claim(|| unreachable!("the lane is free"))));
}

fn closing(state_first: bool) {
    let stage = Stage::new(1);
    let slot = stage.lanes.claim(|| stage.make());
    let mut producer = Producer::new(Walker::IDS);
    slot.lane.owner.set(1);
    assert!(producer.switch(&stage.arena, &slot.lane.ring));
    let mut walker = Walker::new();
    walker.meet(&stage.lanes);

    let here = stage.clone();
    let (freed, _) = two(
        || {
            let (slot, consumer) = walker.readers().next().unwrap();
            let before = slot.closed();
            consumer.drain(&stage.arena, &slot.lane.ring);
            let done = if state_first { before } else { slot.closed() };
            if done {
                slot.free();
            }
            done
        },
        move || {
            producer.commit(2);
            producer.close();
            here.lanes.iter().next().unwrap().close();
        },
    );
    if freed {
        // Nobody will look at the lane again on behalf of the old thread.
        assert_eq!(walker.seen(), [[Walker::IDS]]);
        stage.arena.assert_all_free();
    }
}

/// A lane is given back only when the last record of its thread was taken.
pub(super) fn last_record() {
    closing(true);
}

/// A bug: the state is read after the last drain.
#[cfg(not(feature = "std"))]
pub(super) fn state_read_last() {
    closing(false);
}

/// A new thread wants a lane while the records of an old one still lie in the only one: it gets that lane after the
/// writer has drained it, or else a new one, and no record is taken for one of the wrong thread.
pub(super) fn reuse() {
    let stage = Stage::new(2);
    assert_eq!(stage.live(1, 1), 1);
    let here = stage.clone();
    let mut walker = Walker::new();
    let (_, logged) = two(
        || rounds(2).for_each(|_| walker.pass(&stage.arena, &stage.lanes)),
        move || here.live(2, size(1, 60)),
    );
    walker.pass(&stage.arena, &stage.lanes);
    assert_eq!(walker.seen().concat(), [ids(1, 1), ids(2, logged)].concat());
    assert_eq!(stage.lanes.iter().count(), walker.seen().len());
    stage.arena.assert_all_free();
}

/// Two threads want a lane, and one is free: each gets one of its own, and nothing is made in vain.
pub(super) fn two_claims() {
    let stage = Stage::new(1);
    assert_eq!(stage.live(1, 0), 0);
    Walker::new().pass(&stage.arena, &stage.lanes);
    let here = stage.clone();
    let claim = |stage: &Stage, owner| {
        let slot = stage.lanes.claim(|| stage.make());
        slot.lane.owner.set(owner);
        ptr::from_ref(slot).addr()
    };
    let (a, b) = two(|| claim(&stage, 2), move || claim(&here, 3));
    let lanes: Vec<_> = stage.lanes.iter().map(|slot| ptr::from_ref(slot).addr()).collect();
    assert_eq!(lanes.len(), 2);
    assert!(a != b && lanes.contains(&a) && lanes.contains(&b));
}
