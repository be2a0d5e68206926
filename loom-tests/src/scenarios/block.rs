//! The block protocol: commit, seal, and the next use of the same words.

use crate::ring::Ring;
use crate::rt::{rounds, size, two};
use crate::stage::{Arena, Consumer, Producer};
use std::sync::Arc;

/// A reader that follows sees every published frame whole, in order, and nothing beyond: neither what a call wrote and
/// never committed, nor the room behind the last frame.
pub(super) fn follow() {
    let frames = size(3, 500);
    let stage = Arc::new((Arena::new(1, 3 * frames + 1), Ring::new(1)));
    let mut producer = Producer::new(1);
    assert!(producer.switch(&stage.0, &stage.1));

    let here = stage.clone();
    let (_, mut consumer) = two(
        || {
            for n in 0..frames {
                // A call that unwinds before its commit; the next frame takes its place.
                if n % 3 == 1 {
                    producer.scribble(3);
                }
                producer.commit(2 + n % 2);
            }
        },
        move || {
            let mut consumer = Consumer::default();
            for _ in rounds(4) {
                consumer.take(&here.0, &here.1);
            }
            consumer
        },
    );
    consumer.drain(&stage.0, &stage.1);
    assert!(consumer.seen.iter().copied().eq(1..=frames as u64), "{:?}", consumer.seen);
    assert_eq!(consumer.head(&stage.0, &stage.1), 0);
}

/// A block takes frames up to its last word, which is the seal's; the reader that meets the seal has taken all of them
/// and gives the block back.
pub(super) fn seal() {
    let stage = Arc::new((Arena::new(1, 7), Ring::new(1)));
    let mut producer = Producer::new(1);
    assert!(producer.switch(&stage.0, &stage.1));

    let here = stage.clone();
    let (_, mut consumer) = two(
        || {
            producer.commit(2);
            assert!(producer.fits(4) && !producer.fits(5));
            producer.commit(4);
            assert!(!producer.fits(1));
            producer.close();
        },
        move || {
            let mut consumer = Consumer::default();
            for _ in rounds(2) {
                consumer.drain(&here.0, &here.1);
                if here.0.pool.free() == 1 {
                    assert_eq!(consumer.seen, [1, 2]);
                }
            }
            consumer
        },
    );
    consumer.drain(&stage.0, &stage.1);
    assert_eq!(consumer.seen, [1, 2]);
    stage.0.assert_all_free();
}

/// Blocks in which one frame of one word fits, which fills them: the room that is needed is exactly what is there, then
/// none is left, not even for a header.
pub(super) fn smallest() {
    let stage = Arc::new((Arena::new(2, 2), Ring::new(2)));
    let mut producer = Producer::new(1);
    let here = stage.clone();
    let (accepted, mut consumer) = two(
        || {
            let log = |_: &usize| {
                let accepted = producer.log(&stage.0, &stage.1, 1);
                assert!(!producer.fits(1));
                accepted
            };
            let accepted = (0..size(3, 60)).filter(log).count();
            assert!(!producer.fits(2));
            producer.close();
            accepted as u64
        },
        move || {
            let mut consumer = Consumer::default();
            rounds(2).for_each(|_| consumer.drain(&here.0, &here.1));
            consumer
        },
    );
    consumer.drain(&stage.0, &stage.1);
    assert!(accepted >= 2 && consumer.seen.iter().copied().eq(1..=accepted), "{accepted}");
    stage.0.assert_all_free();
}

/// The only block goes from the producer to the reader, by the ring, and back, by the pool. Frames of the new use lie
/// across those of the old one: what was left there is never taken for a header, and is overwritten only after it was
/// read.
pub(super) fn reuse() {
    let stage = Arc::new((Arena::new(1, 7), Ring::new(1)));
    let mut producer = Producer::new(1);
    let mut log = |words| producer.log(&stage.0, &stage.1, words);
    assert!(log(3) && log(3) && !log(2));

    let here = stage.clone();
    let (_, mut consumer) = two(
        || {
            producer.close();
            for n in 0..size(2, 30) {
                let words = 2 + n % 3;
                // With one block there is no next one before this one has come back.
                if !producer.fits(words) {
                    producer.close();
                }
                producer.log(&stage.0, &stage.1, words);
            }
            producer.close();
        },
        move || {
            let mut consumer = Consumer::default();
            for _ in rounds(2) {
                consumer.drain(&here.0, &here.1);
            }
            consumer
        },
    );
    consumer.drain(&stage.0, &stage.1);
    assert!(consumer.seen.iter().copied().eq(1..producer.next), "{:?}", consumer.seen);
    stage.0.assert_all_free();
}
