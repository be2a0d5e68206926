//! The configuration is replaced: verdicts, the copies that threads keep, and the records that are on their way.
//!
//! `arc-swap` is taken at its word, as a cell that is replaced in one step: here an atomic, the number of the configuration.

use crate::epoch::Epoch;
use crate::ring::Ring;
use crate::rt::{Mutex, rounds, three, two};
use crate::stage::{Arena, Consumer, Producer};
use crate::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

struct Stage {
    arena: Arena,
    ring: Ring,
    current: AtomicU32,
    epoch: Epoch,
    /// Set when a change has returned.
    told: AtomicU32,
}

impl Stage {
    fn new() -> (Arc<Stage>, Producer) {
        let stage = Stage {
            arena: Arena::new(1, 8),
            ring: Ring::new(1),
            current: AtomicU32::new(0),
            epoch: Epoch::new(),
            told: AtomicU32::new(0),
        };
        let mut producer = Producer::new(0);
        assert!(producer.switch(&stage.arena, &stage.ring));
        (Arc::new(stage), producer)
    }

    fn change(&self) {
        self.current.store(1, Ordering::Release);
        self.epoch.advance();
    }

    /// One round: takes what is there, as far as `may_take` says after each header, for the configuration in force.
    fn round(
        &self,
        consumer: &mut Consumer,
        sinks: &mut [Vec<u64>; 2],
        may_take: impl Fn(&Epoch, u64) -> bool,
    ) {
        let known = self.epoch.now();
        let sink = &mut sinks[self.current.load(Ordering::Acquire) as usize];
        while consumer.head(&self.arena, &self.ring) != 0 && may_take(&self.epoch, known) {
            sink.extend(consumer.take(&self.arena, &self.ring));
        }
    }
}

/// A thread logs, replaces the configuration, and logs again, while the writer takes records: each goes to one sink, whole and
/// in order, and what was logged after the change to the new one.
pub(super) fn records() {
    replaced_while_records_come(Epoch::is);
}

/// The same with a writer that looks only once a round.
#[cfg(not(feature = "std"))]
pub(super) fn records_by_round() {
    replaced_while_records_come(|_, _| true);
}

fn replaced_while_records_come(may_take: impl Fn(&Epoch, u64) -> bool) {
    let (stage, mut producer) = Stage::new();
    let here = stage.clone();
    let (mut consumer, mut sinks) = (Consumer::default(), [vec![], vec![]]);
    two(
        || rounds(2).for_each(|_| stage.round(&mut consumer, &mut sinks, &may_take)),
        move || {
            producer.commit(2);
            here.change();
            producer.commit(2);
        },
    );
    stage.round(&mut consumer, &mut sinks, &may_take);
    assert_eq!(sinks.concat(), [0, 1], "each once, in order");
    assert!(!sinks[0].contains(&1), "a record of after went to the sink of before");
}

/// One thread replaces the configuration and tells another one, which logs.
pub(super) fn records_of_others() {
    let (stage, mut producer) = Stage::new();
    let (here, there) = (stage.clone(), stage.clone());
    let (mut consumer, mut sinks) = (Consumer::default(), [vec![], vec![]]);
    let (_, (), after) = three(
        || rounds(1).for_each(|_| stage.round(&mut consumer, &mut sinks, Epoch::is)),
        move || {
            here.change();
            here.told.store(1, Ordering::Release);
        },
        move || {
            let after = there.told.load(Ordering::Acquire) == 1;
            producer.commit(2);
            after
        },
    );
    stage.round(&mut consumer, &mut sinks, Epoch::is);
    assert_eq!(sinks.concat(), [0]);
    assert!(!after || sinks[0].is_empty(), "a record of after went to the sink of before");
}

/// What the registry keeps: the configuration that verdicts were computed from last.
struct Verdicts {
    current: AtomicU32,
    registry: Mutex<u32>,
    generation: AtomicU32,
    /// The verdict of a statement.
    verdict: AtomicU32,
}

impl Verdicts {
    fn new() -> Arc<Verdicts> {
        Arc::new(Verdicts {
            current: AtomicU32::new(0),
            registry: Mutex::default(),
            generation: AtomicU32::new(1),
            verdict: AtomicU32::new(0),
        })
    }

    /// One more change, as of the levels; returns which one this was.
    fn change(&self) -> u32 {
        let change = self.current.fetch_add(1, Ordering::AcqRel) + 1;
        let mut policy = self.registry.lock().unwrap();
        self.generation.fetch_add(1, Ordering::Relaxed);
        *policy = self.current.load(Ordering::Acquire);
        self.verdict.store(*policy, Ordering::Relaxed);
        change
    }

    /// The same by somebody who looks before it is his turn.
    #[cfg(not(feature = "std"))]
    fn change_by_an_old_look(&self) {
        let seen = self.current.fetch_add(1, Ordering::AcqRel) + 1;
        let mut policy = self.registry.lock().unwrap();
        *policy = seen;
        self.verdict.store(*policy, Ordering::Relaxed);
    }
}

/// Two threads change the levels: each obeys its own change from then on, and the last verdict is that of the last change.
pub(super) fn verdicts() {
    let stage = Verdicts::new();
    let here = stage.clone();
    let obeyed = |stage: &Verdicts| {
        let change = stage.change();
        assert!(stage.verdict.load(Ordering::Relaxed) >= change);
    };
    two(|| obeyed(&stage), move || obeyed(&here));
    assert_eq!(stage.verdict.load(Ordering::Relaxed), 2);
}

/// The same where each stores what it saw before it had the mutex.
#[cfg(not(feature = "std"))]
pub(super) fn verdicts_by_old_looks() {
    let stage = Verdicts::new();
    let here = stage.clone();
    two(|| stage.change_by_an_old_look(), move || here.change_by_an_old_look());
    assert_eq!(stage.verdict.load(Ordering::Relaxed), 2, "the last verdict");
}

/// A thread keeps a copy of the policy for as long as the generation is the same: a call that begins after a change has
/// returned is decided by it.
pub(super) fn copies() {
    let stage = Verdicts::new();
    let told = Arc::new(AtomicU32::new(0));
    let (here, tell) = (stage.clone(), told.clone());
    two(
        || {
            let mut known = None;
            for _ in 0..2 {
                let after = told.load(Ordering::Acquire);
                let generation = stage.generation.load(Ordering::Relaxed);
                let (_, policy) = match known {
                    Some((of, policy)) if of == generation => (of, policy),
                    _ => {
                        let policy = stage.registry.lock().unwrap();
                        *known.insert((stage.generation.load(Ordering::Relaxed), *policy))
                    }
                };
                assert!(policy >= after, "decided by the policy of before");
            }
        },
        move || {
            let change = here.change();
            tell.store(change, Ordering::Release);
        },
    );
}
