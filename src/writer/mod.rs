//! The background half: drain, format, write.
//!
//! A [`Core`] is driven by one thread at a time, under a mutex: the writer's thread, a user's pump, or, after the shutdown,
//! whoever logs.

mod carrier;
mod control;
mod journal;
mod notice;
mod output;
mod recovered;
mod resolve;

pub(crate) use control::{Control, Phase};

use crate::callsite::Retired;
use crate::clock::Calibration;
use crate::codec::Record;
use crate::config::{Current, Output, Pipeline};
use crate::drain::{Barrier, Drain, Next, WINDOW};
use crate::image::Place;
use crate::lane::Front;
use crate::meta::Level;
use crate::sink::Durability;
use crate::stats::{Counters, DropCause};
use core::sync::atomic::{AtomicU64, Ordering};
use crossbeam_channel::Receiver;
use journal::{Journal, Keeper};
use output::Outlet;
use resolve::Resolver;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most records in one pass: then commands and clocks are looked at.
const PASS_LIMIT: usize = 8192;
/// A write that takes longer than this ends the pass, so that a slow sink cannot keep a pass from seeing a shutdown.
const SLOW_WRITE: Duration = Duration::from_millis(2);

/// The writer's state.
pub(crate) struct Core {
    front: Arc<Front>,
    current: Arc<Current>,
    counters: Arc<Counters>,
    pipeline: Arc<Pipeline>,
    outlets: Vec<Outlet>,
    drain: Drain,
    resolver: Resolver,
    calibration: Calibration,
    retired: Receiver<Retired>,
    /// Contexts of loggers that are gone, each with the mark behind which no record can name it.
    leaving: Vec<(Barrier, Vec<u32>)>,
    /// The flush being served.
    flush: Option<Flush>,
    /// Requests for the device that were served.
    synced: u64,
    notices: notice::Notices,
    /// The oldest record is of a time that is yet to come.
    ahead: bool,
    /// Sinks may get threads of their own.
    overlap: bool,
    keeper: Option<Keeper>,
}

/// A flush under way.
struct Flush {
    ticket: u64,
    /// What must be drained first.
    barrier: Barrier,
    durability: Durability,
    /// Requests for the device that it covers.
    synced: u64,
}

/// How young the records may be that a pass takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// Those that are older than the window: the writer comes again.
    Settled,
    /// All that were committed before the pass: whoever drains here may not come again.
    Everything,
}

/// What a pass did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// Records taken from the lanes.
    pub(crate) taken: usize,
    /// A sink cannot take more at the moment; try again after this instant.
    pub(crate) blocked_until: Option<Instant>,
    /// Flush tickets up to this one are served.
    pub(crate) flushed: Option<u64>,
}

impl Core {
    pub(crate) fn new(
        front: Arc<Front>,
        current: Arc<Current>,
        counters: Arc<Counters>,
        retired: Receiver<Retired>,
        overlap: bool,
    ) -> Core {
        let pipeline = current.load();
        let carrying = overlap.then_some(&front);
        let journal = |output: &Output| Journal::new(&front, &output.name, output.level, &[]);
        let outlets =
            pipeline.outputs.iter().filter_map(|o| Outlet::new(o, carrying, journal)).collect();
        Core {
            keeper: Keeper::new(&front),
            drain: Drain::new(front.clone()),
            calibration: Calibration::new(front.source),
            front,
            current,
            counters,
            pipeline,
            outlets,
            resolver: Resolver::default(),
            retired,
            leaving: Vec::new(),
            flush: None,
            synced: 0,
            notices: notice::Notices::default(),
            ahead: false,
            overlap,
        }
    }

    /// One round: follows the configuration, takes a batch of records, writes what is due, serves a flush.
    /// `synced` counts the requests for the device.
    pub(crate) fn pass(&mut self, control: &Control, synced: &AtomicU64, scope: Scope) -> Progress {
        self.follow_configuration();
        self.forget_retired();
        // The ticket first, then the lanes: see `control.rs`.
        let ticket = control.newest();
        if self.flush.is_none() && ticket > control.completed() {
            // After the ticket: a request for the device is counted before its ticket is taken.
            let synced = synced.load(Ordering::Acquire);
            let durability =
                if synced > self.synced { Durability::Synced } else { Durability::Handed };
            self.flush = Some(Flush { ticket, barrier: self.drain.barrier(), durability, synced });
        }
        let now = self.front.source.ticks();
        if self.calibration.refresh(now)
            && let Some(image) = self.front.arena.image()
        {
            image.set_calibration(&self.calibration);
        }

        let has_room = self.outlets.iter().all(Outlet::has_room);
        let (taken, caught_up) = if has_room {
            self.take_batch(now, scope)
        } else {
            // Threads come and go while a sink fails: their lanes must not pile up.
            self.drain.retire();
            (0, true)
        };
        if caught_up && has_room {
            self.notice_drops(now, false);
        }
        for outlet in &mut self.outlets {
            if caught_up {
                outlet.write(&self.counters);
            }
            if outlet.is_done() {
                // The last time that anybody speaks to this sink.
                outlet.flush(Durability::Handed, &self.counters);
            }
        }
        self.abandon_outlets(now, Outlet::is_hopeless);
        self.outlets.retain(|outlet| !outlet.is_done());
        self.count_pending();
        let flushed = self.serve_flush();
        self.release(taken == 0);
        Progress {
            taken,
            blocked_until: self.outlets.iter().filter_map(Outlet::blocked_until).min(),
            flushed,
        }
    }

    /// Takes everything that is left, for the last time: until `deadline` into the sinks, then as lost. Returns how many
    /// records were lost.
    pub(crate) fn finish(
        &mut self,
        control: &Control,
        synced: &AtomicU64,
        deadline: Instant,
    ) -> u64 {
        let lost = self.drain_until(control, synced, deadline);
        self.overlap = false;
        self.outlets.iter_mut().for_each(|outlet| outlet.settle(&self.counters));
        lost
    }

    fn drain_until(&mut self, control: &Control, synced: &AtomicU64, deadline: Instant) -> u64 {
        let mut end = self.drain.barrier();
        loop {
            let progress = self.pass(control, synced, Scope::Everything);
            let empty = self.outlets.iter().all(Outlet::is_empty);
            if empty && self.drain.passed(&mut end) {
                break;
            }
            if Instant::now() >= deadline {
                return self.abandon();
            }
            if let Some(until) = progress.blocked_until {
                std::thread::sleep(until.min(deadline).saturating_duration_since(Instant::now()));
            }
        }
        self.notice_drops(self.front.source.ticks(), true);
        loop {
            self.outlets.iter_mut().for_each(|outlet| outlet.write(&self.counters));
            let blocked = self.outlets.iter().filter_map(Outlet::blocked_until).min();
            let Some(until) = blocked.filter(|_| Instant::now() < deadline) else { break };
            std::thread::sleep(until.min(deadline).saturating_duration_since(Instant::now()));
        }
        for outlet in &mut self.outlets {
            outlet.flush(Durability::Handed, &self.counters);
        }
        self.count_pending();
        0
    }

    /// Whether a sink is failing at the moment.
    pub(crate) fn is_failing(&self) -> bool {
        self.outlets.iter().any(Outlet::is_failing)
    }

    /// Takes records until there are no more; returns how many, and whether there are no more.
    fn take_batch(&mut self, now: u64, scope: Scope) -> (usize, bool) {
        let window = match (&self.flush, scope) {
            (None, Scope::Settled) => self.calibration.ticks_in(WINDOW.as_nanos() as u64),
            _ => 0,
        };
        // A clock that was set back must not hold records until it has caught up.
        let horizon = (!self.ahead).then(|| now.saturating_sub(window));
        let Core { drain, resolver, outlets, counters, calibration, front, retired, .. } = self;
        let (mut visited, mut stopped) = (0, false);
        // The level of the record at hand, while it is in a format.
        let mut at_hand = None;
        let pass = catch_unwind(AssertUnwindSafe(|| {
            drain.pass(PASS_LIMIT, horizon, |taken| {
                visited += 1;
                counters.drained.add(1);
                if taken.gap {
                    counters.sequence_gaps.add(1);
                }
                let Some(record) = resolver.record(&taken, calibration, retired) else {
                    front.ledger.add(Level::Error, DropCause::Damaged, now);
                    return Next::More;
                };
                at_hand = Some(record.level());
                let place = front.arena.image().map(|_| front.arena.place(taken.behind));
                let delivered = deliver(outlets, &record, place.unwrap_or(Place::NONE), counters);
                at_hand = None;
                let next = delivered.unwrap_or_else(|| {
                    front.ledger.add(record.level(), DropCause::Damaged, now);
                    Next::More
                });
                stopped = next == Next::Stop;
                next
            })
        }));
        if pass.is_err() {
            outlets.iter_mut().for_each(Outlet::mend);
            front.ledger.add(at_hand.unwrap_or(Level::Error), DropCause::Damaged, now);
        }
        self.ahead = visited == 0 && self.drain.oldest().is_some_and(|oldest| oldest > now);
        (visited, !stopped && pass.is_ok() && visited < PASS_LIMIT)
    }

    /// Adopts a new pipeline. Outlets that it does not have any more get no further records and close when they are
    /// empty; those that it shares with the old one go on as they are.
    fn follow_configuration(&mut self) {
        if self.current.is(&self.pipeline) {
            return;
        }
        self.pipeline = self.current.load();
        for outlet in &mut self.outlets {
            outlet.write(&self.counters);
            if !self.pipeline.outputs.iter().any(|o| outlet.is_for(o)) {
                outlet.leave();
            }
        }
        let past = self.past();
        for output in self.pipeline.outputs.iter() {
            if !self.outlets.iter().any(|outlet| outlet.is_for(output)) {
                let carrying = self.overlap.then_some(&self.front);
                let journal = |o: &Output| Journal::new(&self.front, &o.name, o.level, &past);
                self.outlets.extend(Outlet::new(output, carrying, journal));
            }
        }
    }

    /// Forgets contexts whose loggers are gone, once no record on its way can name them.
    fn forget_retired(&mut self) {
        let new = self.resolver.adopt_retired(&self.retired);
        if !new.is_empty() {
            self.leaving.push((self.drain.barrier(), new));
        }
        while let Some((barrier, _)) = self.leaving.first_mut() {
            if !self.drain.passed(barrier) {
                break;
            }
            let (_, ids) = self.leaving.remove(0);
            for id in ids {
                self.resolver.forget(id);
                if let Some(keeper) = &mut self.keeper {
                    keeper.collect_context(id, self.counters.wanted.get());
                }
            }
        }
    }

    fn serve_flush(&mut self) -> Option<u64> {
        let flush = self.flush.as_mut()?;
        if !self.drain.passed(&mut flush.barrier) {
            return None;
        }
        let (ticket, durability, synced) = (flush.ticket, flush.durability, flush.synced);
        for outlet in &mut self.outlets {
            outlet.write(&self.counters);
        }
        if !self.outlets.iter().all(Outlet::is_empty) {
            return None;
        }
        let mut ok = true;
        for outlet in &mut self.outlets {
            ok &= outlet.flush(durability, &self.counters);
        }
        self.count_pending();
        // A failed flush is not served: the caller runs into its deadline and is told that a sink fails.
        ok.then(|| {
            self.flush = None;
            self.synced = synced;
            ticket
        })
    }

    /// Writes notices of what was dropped: those that are due, or at the `last` chance all.
    fn notice_drops(&mut self, now: u64, last: bool) {
        let mut sink = NoticeSink {
            drain: &mut self.drain,
            front: &self.front,
            calibration: &self.calibration,
            outlets: &mut self.outlets,
            counters: &self.counters,
        };
        self.notices.look(now, last, &mut sink);
    }

    /// Counts as lost what no sink took in time.
    fn abandon(&mut self) -> u64 {
        let now = self.front.source.ticks();
        if let Some(keeper) = &mut self.keeper {
            keeper.freeze();
        }
        let mut lost = 0;
        let Core { drain, resolver, counters, calibration, front, retired, .. } = self;
        drain.pass(usize::MAX, None, |taken| {
            counters.drained.add(1);
            let level = resolver
                .record(&taken, calibration, retired)
                .map_or(Level::Error, |record| record.level());
            front.ledger.add(level, DropCause::Sink, now);
            lost += 1;
            Next::More
        });
        lost += self.abandon_outlets(now, |_| true);
        self.count_pending();
        lost
    }

    /// Counts as lost what the sinks of some outlets have not taken, each record once.
    fn abandon_outlets(&mut self, now: u64, which: impl Fn(&Outlet) -> bool) -> u64 {
        let mut lost = Vec::new();
        for outlet in self.outlets.iter_mut().filter(|outlet| which(outlet)) {
            outlet.abandon(&mut lost, &self.counters);
        }
        lost.sort_unstable_by_key(|(number, _)| *number);
        lost.dedup_by_key(|(number, _)| *number);
        lost.iter().for_each(|(_, level)| self.front.ledger.add(*level, DropCause::Sink, now));
        self.counters.lost.add(lost.len() as u64);
        lost.len() as u64
    }

    fn count_pending(&self) {
        let pending = self.outlets.iter().map(Outlet::pending).max().unwrap_or(0);
        self.counters.pending.set(pending);
    }
}

/// Formats a record for every outlet that wants it; `None` if some did, and all their formats panicked.
#[inline]
fn deliver(
    outlets: &mut [Outlet],
    record: &Record<'_>,
    place: Place,
    counters: &Counters,
) -> Option<Next> {
    let level = record.level();
    let number = counters.wanted.get();
    let (mut wanted, mut failed, mut next) = (false, false, Next::More);
    let alone = outlets.len() == 1;
    for outlet in outlets.iter_mut().filter(|o| o.wants(level)) {
        if alone {
            // A panic of the format ends the batch, which is caught as a whole.
            outlet.push(record, number, place);
            wanted = true;
        } else if catch_unwind(AssertUnwindSafe(|| outlet.push(record, number, place))).is_ok() {
            wanted = true;
        } else {
            // The other routes still get the record.
            outlet.mend();
            failed = true;
        }
        if outlet.is_due() && (outlet.ship(counters) > SLOW_WRITE || !outlet.has_room()) {
            next = Next::Stop;
        }
    }
    match (wanted, failed) {
        (true, _) => counters.wanted.add(1),
        (false, false) => counters.filtered.add(1),
        (false, true) => return None,
    }
    Some(next)
}

/// What the notices need of the core.
struct NoticeSink<'a> {
    drain: &'a mut Drain,
    front: &'a Front,
    calibration: &'a Calibration,
    outlets: &'a mut [Outlet],
    counters: &'a Counters,
}
