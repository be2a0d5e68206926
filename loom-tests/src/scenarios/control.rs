//! Flush tickets and the phases of an engine's life.

use crate::control::{Control, Phase};
use crate::ring::Ring;
use crate::rt::{Mutex, rounds, size, three, two, yield_now, yield_on_threads};
use crate::stage::{Arena, Consumer, Plain, Producer};
use crate::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

/// Two lanes with one open block each, and a file with a place for each record.
struct Stage {
    arena: Arena,
    lanes: [Ring; 2],
    control: Control,
    /// The record of lane `n` was written. Written by whoever drains, read only after a flush says that it may be.
    written: [Plain<bool>; 2],
    told: AtomicU32,
    readers: Mutex<[Consumer; 2]>,
}

impl Stage {
    fn new() -> (Arc<Stage>, [Producer; 2]) {
        let stage = Arc::new(Stage {
            arena: Arena::new(2, 4),
            lanes: [Ring::new(2), Ring::new(2)],
            control: Control::new(),
            written: [Plain::new(false), Plain::new(false)],
            told: AtomicU32::new(0),
            readers: Mutex::default(),
        });
        let mut producers = [Producer::new(0), Producer::new(0)];
        for (lane, producer) in producers.iter_mut().enumerate() {
            assert!(producer.switch(&stage.arena, &stage.lanes[lane]));
        }
        (stage, producers)
    }

    fn drain(&self, readers: &mut [Consumer; 2]) {
        for (lane, reader) in readers.iter_mut().enumerate() {
            while reader.take(&self.arena, &self.lanes[lane]).is_some() {
                self.written[lane].set(true);
            }
        }
    }

    /// One round of the writer: the ticket first, then the lanes.
    fn pass(&self, readers: &mut [Consumer; 2]) {
        let ticket = self.control.newest();
        self.drain(readers);
        if ticket > self.control.completed() {
            self.control.complete(ticket);
        }
    }

    fn is_served(&self, ticket: u64) -> bool {
        (0..size(1, 100)).any(|_| {
            yield_on_threads();
            self.control.completed() >= ticket
        })
    }

    /// The writer, for some rounds or while the others go on.
    fn write(&self, model: usize) {
        let mut readers = self.readers.lock().unwrap();
        rounds(model).for_each(|_| self.pass(&mut readers));
    }

    fn last_pass(&self) {
        self.pass(&mut self.readers.lock().unwrap());
    }

    /// A flush that no writer's thread serves.
    fn flush_here(&self, ticket: u64) {
        while self.control.completed() < ticket {
            let mut readers = self.readers.lock().unwrap();
            self.pass(&mut readers);
        }
    }
}

/// A served ticket says that what its owner logged before is written, and that this is visible to the owner.
pub(super) fn flush() {
    let (stage, [mut producer, _]) = Stage::new();
    let here = stage.clone();
    two(
        || {
            producer.commit(2);
            let ticket = stage.control.request();
            if stage.is_served(ticket) {
                assert!(stage.written[0].get());
            }
        },
        move || here.write(2),
    );
    stage.last_pass();
    assert_eq!((stage.control.completed(), stage.written[0].get()), (1, true));
}

/// A logs, tells B, and B flushes: the flush covers A's record.
pub(super) fn told() {
    let (stage, [mut producer, _]) = Stage::new();
    let (here, there) = (stage.clone(), stage.clone());
    three(
        || {
            producer.commit(2);
            stage.told.store(1, Ordering::Release);
        },
        move || {
            if here.told.load(Ordering::Acquire) == 1 {
                let ticket = here.control.request();
                if here.is_served(ticket) {
                    assert!(here.written[0].get());
                }
            }
        },
        move || there.write(2),
    );
}

/// Two threads flush: each has a ticket of its own and finds its record written; so does the later one with the other's,
/// whose ticket came before.
pub(super) fn two_flushes() {
    let (stage, [mut a, mut b]) = Stage::new();
    let (here, there) = (stage.clone(), stage.clone());
    let flush = |stage: &Stage, lane: usize, producer: &mut Producer| {
        producer.commit(2);
        let ticket = stage.control.request();
        if stage.is_served(ticket) {
            assert!(stage.written[lane].get());
            assert!(ticket == 1 || stage.written[1 - lane].get());
        }
        ticket
    };
    let (a, b, ()) =
        three(|| flush(&stage, 0, &mut a), move || flush(&here, 1, &mut b), move || there.write(1));
    assert_eq!((a.min(b), a.max(b)), (1, 2));
    stage.last_pass();
    assert_eq!(stage.control.completed(), 2);
}

fn flushing_while_stopping(ticket_first: bool) {
    let (stage, [mut producer, _]) = Stage::new();
    let here = stage.clone();
    two(
        || {
            producer.commit(2);
            let ticket = stage.control.request();
            while stage.control.completed() < ticket {
                if stage.control.phase() != Phase::Running {
                    stage.flush_here(ticket);
                } else {
                    yield_now();
                }
            }
            assert!(stage.written[0].get());
        },
        move || {
            assert!(here.control.advance(Phase::Stopping));
            let mut readers = here.readers.lock().unwrap();
            let before = here.control.newest();
            here.drain(&mut readers);
            here.control.complete(if ticket_first { before } else { here.control.newest() });
            assert!(here.control.advance(Phase::Stopped));
        },
    );
}

/// A flush meets a shutdown: it returns, once its record is written, by whichever of the two threads.
pub(super) fn flush_and_shutdown() {
    flushing_while_stopping(true);
}

/// A bug: the last ticket is read after the last drain.
#[cfg(not(feature = "std"))]
pub(super) fn ticket_read_last() {
    flushing_while_stopping(false);
}

/// Whoever sees STOPPED sees the writer's last write, and phases never go back.
pub(super) fn stopped() {
    let (stage, _) = Stage::new();
    let here = stage.clone();
    two(
        || {
            let mut last = Phase::Running;
            for _ in 0..size(3, 100) {
                let phase = stage.control.phase();
                assert!(phase >= last);
                last = phase;
            }
            if last == Phase::Stopped {
                assert!(stage.written[0].get());
            }
        },
        move || {
            assert!(here.control.advance(Phase::Stopping));
            here.written[0].set(true);
            assert!(here.control.advance(Phase::Stopped));
            assert!(!here.control.advance(Phase::Stopping));
        },
    );
    assert_eq!(stage.control.phase(), Phase::Stopped);
}

/// Of two shutdowns one wins; the other one sees what the winner did before.
pub(super) fn two_shutdowns() {
    let (stage, _) = Stage::new();
    let here = stage.clone();
    let (a, b) = two(
        || {
            stage.written[0].set(true);
            stage.control.advance(Phase::Stopping)
        },
        move || {
            let won = here.control.advance(Phase::Stopping);
            assert!(won || here.written[0].get());
            won
        },
    );
    assert!(a != b, "{a}, {b}");
}

/// A flush that asks for the device counts that before it takes its ticket, and the ticket alone orders the two: the
/// writer that serves the ticket knows that the device is asked for.
pub(super) fn durable() {
    let (stage, _) = Stage::new();
    let here = stage.clone();
    two(
        || {
            stage.told.fetch_add(1, Ordering::Relaxed);
            let ticket = stage.control.request();
            if stage.is_served(ticket) {
                assert!(stage.written[1].get());
            }
        },
        move || {
            for _ in rounds(2) {
                let ticket = here.control.newest();
                if ticket > here.control.completed() {
                    let synced = here.told.load(Ordering::Relaxed) == 1;
                    here.written[1].set(synced);
                    here.control.complete(ticket);
                }
            }
        },
    );
}

/// A call meets a shutdown, or begins after it. Callers that find the mark in their verdict drain after their record, so
/// one whose call begins when the shutdown has returned finds it written when it returns; of the others none is lost: the
/// next who drains writes it.
pub(super) fn late_call() {
    let (stage, [mut producer, _]) = Stage::new();
    let mark = Arc::new(AtomicU32::new(0));
    let (here, set) = (stage.clone(), mark.clone());
    two(
        || {
            let returned = stage.told.load(Ordering::Acquire) == 1;
            let marked = mark.load(Ordering::Relaxed) == 1;
            assert!(marked || !returned);
            producer.commit(2);
            if marked {
                stage.drain(&mut stage.readers.lock().unwrap());
                let _readers = stage.readers.lock().unwrap();
                assert!(stage.written[0].get());
            }
        },
        move || {
            assert!(here.control.advance(Phase::Stopping));
            set.store(1, Ordering::Relaxed);
            here.drain(&mut here.readers.lock().unwrap());
            assert!(here.control.advance(Phase::Stopped));
            here.told.store(1, Ordering::Release);
        },
    );
    stage.drain(&mut stage.readers.lock().unwrap());
    assert!(stage.written[0].get());
    let readers = stage.readers.lock().unwrap();
    assert_eq!(readers[0].seen, [0]);
}
