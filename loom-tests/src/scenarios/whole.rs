//! The protocols together: registry, ring, pool and blocks, as a thread's tip and the writer's drain use them.

use crate::control::{Control, Phase};
use crate::registry::Registry;
use crate::ring::Ring;
use crate::rt::{rounds, size, three, two};
use crate::stage::{Arena, Consumer, Lane, Plain, Producer, Walker};
use std::sync::Arc;

struct Stage {
    arena: Arena,
    lanes: Registry<Lane>,
}

impl Stage {
    fn new(blocks: usize, words: usize) -> Arc<Stage> {
        Arc::new(Stage { arena: Arena::new(blocks, words), lanes: Registry::new() })
    }

    /// The life of a thread. Returns how many frames were accepted.
    fn live(&self, owner: u64, frames: usize) -> usize {
        let slot = self.lanes.claim(|| Lane::new(Ring::new(self.arena.blocks())));
        slot.lane.owner.set(owner);
        let mut producer = Producer::new(owner * Walker::IDS);
        let log = |_: &usize| producer.log(&self.arena, &slot.lane.ring, 3);
        let accepted = (0..frames).filter(log).count();
        producer.close();
        slot.close();
        accepted
    }
}

/// Asserts that a lane gave these frames: those of its owner, from the first one, none twice.
fn assert_in_order(seen: &[u64], accepted: usize) {
    let first = seen.first().copied().unwrap_or(0);
    assert_eq!(first % Walker::IDS, 0);
    assert!(seen.iter().copied().eq(first..first + accepted as u64), "{accepted}: {seen:?}");
}

/// A thread logs more than two blocks hold, and ends, while the writer drains: every accepted frame arrives once, whole
/// and in order, and all blocks come back.
pub(super) fn one_lane() {
    let stage = Stage::new(2, 7);
    let here = stage.clone();
    let mut walker = Walker::new();
    let (_, accepted) = two(
        || rounds(2).for_each(|_| walker.pass(&stage.arena, &stage.lanes)),
        move || here.live(1, size(5, 100)),
    );
    walker.pass(&stage.arena, &stage.lanes);
    assert!(accepted >= 4);
    assert_in_order(&walker.seen().concat(), accepted);
    stage.arena.assert_all_free();
}

/// A thread registers, logs and ends while a shutdown drains for the last time, and after it: what it was accepted is
/// there for whoever drains next, and its lane and its blocks are given back once.
pub(super) fn ending() {
    let stage = Stage::new(2, 4);
    let here = stage.clone();
    let control = Control::new();
    let mut walker = Walker::new();
    let (_, accepted) = two(
        || {
            assert!(control.advance(Phase::Stopping));
            walker.pass(&stage.arena, &stage.lanes);
            assert!(control.advance(Phase::Stopped));
        },
        move || here.live(1, size(2, 20)),
    );
    walker.pass(&stage.arena, &stage.lanes);
    assert_in_order(&walker.seen().concat(), accepted);
    stage.arena.assert_all_free();
    assert_eq!(stage.lanes.iter().count(), 1);
    stage.lanes.claim(|| unreachable!("the lane is free"));
}

/// Two threads share the blocks: the same for each of their lanes.
pub(super) fn two_lanes() {
    let stage = Stage::new(size(2, 6), 4);
    let (here, there) = (stage.clone(), stage.clone());
    let mut walker = Walker::new();
    let (_, a, b) = three(
        || rounds(1).for_each(|_| walker.pass(&stage.arena, &stage.lanes)),
        move || here.live(1, size(1, 50)),
        move || there.live(2, size(1, 50)),
    );
    walker.pass(&stage.arena, &stage.lanes);
    let seen = walker.seen().concat();
    for (owner, accepted) in [(1, a), (2, b)] {
        let of_owner = |id: &u64| *id / Walker::IDS == owner;
        assert_in_order(&seen.iter().copied().filter(of_owner).collect::<Vec<_>>(), accepted);
    }
    stage.arena.assert_all_free();
}

/// A lane whose thread never pauses: the mark that a flush sets is passed when the block that was open then is drained,
/// or when the lane is found empty, and either means that what the flush covers is written.
pub(super) fn barrier() {
    struct Marked {
        arena: Arena,
        ring: Ring,
        control: Control,
        written: Plain<bool>,
    }
    let blocks = size(2, 8);
    let stage = Arc::new(Marked {
        arena: Arena::new(blocks, 4),
        ring: Ring::new(blocks),
        control: Control::new(),
        written: Plain::new(false),
    });
    let here = stage.clone();
    let mut producer = Producer::new(0);
    two(
        || {
            assert!(producer.log(&stage.arena, &stage.ring, 3));
            let ticket = stage.control.request();
            for _ in 0..size(2, 100) {
                producer.log(&stage.arena, &stage.ring, 3);
            }
            if stage.control.completed() >= ticket {
                assert!(stage.written.get());
            }
        },
        move || {
            let (mut consumer, mut goal) = (Consumer::default(), None);
            let mut look = |goal: &mut Option<(u64, u32)>| {
                if consumer.take(&here.arena, &here.ring) == Some(0) {
                    here.written.set(true);
                }
                let Some((ticket, pushed)) = *goal else { return };
                let done = consumer.blocks_done().wrapping_sub(pushed) as i32 >= 0;
                if done || consumer.head(&here.arena, &here.ring) == 0 {
                    here.control.complete(ticket);
                    *goal = None;
                }
            };
            for _ in rounds(3) {
                let ticket = here.control.newest();
                if goal.is_none() && ticket > here.control.completed() {
                    goal = Some((ticket, here.ring.pushed()));
                }
                look(&mut goal);
            }
        },
    );
}
