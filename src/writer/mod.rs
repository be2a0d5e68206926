//! The background half: drain, format, write.
//!
//! A [`Core`] is driven by one thread at a time, under a mutex: the writer's thread, a user's pump, or, after the shutdown,
//! whoever logs.

mod books;
mod carrier;
mod control;
mod deliver;
mod ending;
mod follow;
mod health;
mod inherit;
mod journal;
mod notice;
mod output;
mod processing;
mod recovered;
mod resolve;

pub(crate) use control::{Control, Phase};

use crate::callsite::Retired;
use crate::clock::Calibration;
use crate::config::{Current, Output, Pipeline};
use crate::drain::{Barrier, Drain, Next, WINDOW};
use crate::image::Place;
use crate::lane::Front;
use crate::meta::Level;
use crate::sink::Durability;
use crate::stats::{Counters, DropCause};
use books::Books;
use core::sync::atomic::{AtomicU64, Ordering};
use crossbeam_channel::Receiver;
use deliver::deliver;
use journal::{Journal, Keeper};
use output::Outlet;
use processing::{Occasion, Processing};
use resolve::Resolver;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// Most records in one pass: then commands and clocks are looked at.
const PASS_LIMIT: usize = 8192;
/// The writer's state.
pub(crate) struct Core {
    front: Arc<Front>,
    current: Arc<Current>,
    books: Books,
    pipeline: Arc<Pipeline>,
    outlets: Vec<Outlet>,
    processing: Processing,
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
    /// The outlets were asked.
    begun: bool,
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
    /// The configuration changed meanwhile: there may be records that only the next round may take.
    pub(crate) again: bool,
    /// A sink cannot take more at the moment; try again after this instant.
    pub(crate) blocked_until: Option<Instant>,
    /// A sink's own thread is at work; it wakes the writer when it is through.
    pub(crate) away: bool,
    /// Flush tickets up to this one are served. False: in vain, since a device failed.
    pub(crate) flushed: Option<(u64, bool)>,
}

impl Progress {
    /// Whether there may be more to take at once.
    pub(crate) fn goes_on(&self) -> bool {
        self.taken > 0 || self.again
    }
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
        let keeper = Keeper::new(&front);
        let journal = |output: &Output| Journal::new(&front, &output.name, output.level, &[]);
        let outlets =
            pipeline.outputs.iter().filter_map(|o| Outlet::new(o, carrying, journal)).collect();
        let mut core = Core {
            processing: Processing::new(&pipeline.steps),
            keeper,
            drain: Drain::new(front.clone()),
            calibration: Calibration::new(front.source),
            books: Books::new(counters, front.clone()),
            front,
            current,
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
        };
        core.tell_who_is_lone();
        core
    }

    /// One round: follows the configuration, takes a batch of records, writes what is due, serves a flush.
    /// `synced` counts the requests for the device.
    pub(crate) fn pass(&mut self, control: &Control, synced: &AtomicU64, scope: Scope) -> Progress {
        // Before the look at the configuration: see `Epoch`.
        let epoch = self.front.epoch.now();
        let follows = self.follow_configuration();
        self.forget_retired();
        // The ticket first, then the lanes: see `control.rs`.
        let ticket = control.newest();
        if self.flush.is_none() && ticket > control.completed() {
            // After the ticket: a request for the device is counted before its ticket is taken. Relaxed: the ticket orders.
            let synced = synced.load(Ordering::Relaxed);
            let durability =
                if synced > self.synced { Durability::Synced } else { Durability::Handed };
            self.flush = Some(Flush {
                ticket,
                barrier: self.drain.barrier(),
                begun: false,
                durability,
                synced,
            });
        }
        let now = self.front.source.ticks();
        if self.calibration.refresh(now)
            && let Some(image) = self.front.arena.image()
        {
            image.set_calibration(&self.calibration);
        }

        self.tend();
        self.tick(Occasion::Time);
        let has_room = follows && self.outlets.iter().all(Outlet::has_room);
        self.front.set_stuck(!has_room && self.outlets.iter().any(Outlet::is_away));
        let (taken, caught_up) = if has_room {
            self.take_batch(now, epoch, scope)
        } else {
            // Threads come and go while a sink fails: their lanes must not pile up.
            self.drain.retire();
            (0, true)
        };
        if caught_up && has_room {
            self.notice_drops(now, false);
        }
        if caught_up {
            self.outlets.iter_mut().for_each(|outlet| outlet.write(&mut self.books));
        }
        self.abandon_outlets(Outlet::is_hopeless);
        let books = &mut self.books;
        self.outlets.retain_mut(|outlet| !outlet.is_done(books));
        let flushed = self.serve_flush();
        self.release(taken == 0);
        self.outlets.iter().for_each(Outlet::publish);
        Progress {
            taken,
            blocked_until: self.outlets.iter().filter_map(Outlet::blocked_until).min(),
            away: self.outlets.iter().any(Outlet::is_away),
            again: !self.front.epoch.is(epoch),
            flushed,
        }
    }

    /// Learns what came of what was sent off.
    fn tend(&mut self) {
        self.outlets.iter_mut().for_each(|outlet| outlet.tend(&mut self.books));
        // Of routes of one name the older ones come first, and end before the next one writes. Few are leaving at a time.
        let mut before: Vec<(String, Instant)> = Vec::new();
        for outlet in &mut self.outlets {
            let last = before.iter().rev().find(|(name, _)| name == outlet.name());
            if outlet.hold(last.map(|(_, progress)| *progress)) {
                // What has gathered may fill its buffer, so that no record would be taken in this round.
                outlet.write(&mut self.books);
            }
            if outlet.is_leaving() {
                before.push((outlet.name().to_owned(), outlet.progress()));
            }
        }
    }

    /// Lets processors say what has gathered.
    fn tick(&mut self, occasion: Occasion) {
        if self.processing.is_idle(&self.outlets) {
            return;
        }
        let now = self.front.source.ticks();
        let tenth = self.calibration.ticks_in(100_000_000);
        let unix_ns = self.calibration.unix_ns(now);
        let Core { processing, outlets, books, .. } = self;
        processing.tick(outlets, books, (now, tenth), unix_ns, occasion);
    }

    /// Whether there is one route, and none that is leaving.
    fn is_lone(&self) -> bool {
        self.outlets.len() == 1
    }

    /// Whether a sink is failing at the moment.
    pub(crate) fn is_failing(&self) -> bool {
        self.outlets.iter().any(Outlet::is_failing)
    }

    /// Takes records until there are no more; returns how many, and whether there are no more.
    fn take_batch(&mut self, now: u64, epoch: u64, scope: Scope) -> (usize, bool) {
        let window = match (&self.flush, scope) {
            // By a clock that stands still no record would ever be old enough.
            (None, Scope::Settled) if self.front.source.manual().is_none() => {
                self.calibration.ticks_in(WINDOW.as_nanos() as u64)
            }
            _ => 0,
        };
        // A clock that was set back must not hold records until it has caught up.
        let horizon = (!self.ahead).then(|| now.saturating_sub(window));
        let Core { drain, resolver, outlets, books, calibration, front, retired, .. } = self;
        let processing = &mut self.processing;
        let plain = processing.is_idle(outlets);
        let (mut visited, mut stopped) = (0, false);
        // The level of the record at hand, while it is in a format.
        let mut at_hand = None;
        let pass = catch_unwind(AssertUnwindSafe(|| {
            drain.pass(PASS_LIMIT, horizon, Some(epoch), |taken| {
                visited += 1;
                books.counters.drained.add(1);
                if taken.gap {
                    books.counters.sequence_gaps.add(1);
                }
                let Some(mut record) = resolver.record(&taken, calibration, retired) else {
                    front.ledger.add(Level::Error, DropCause::Damaged, now);
                    return Next::More;
                };
                let level = record.level();
                at_hand = Some(level);
                let place = front.arena.image().map(|_| front.arena.place(taken.behind));
                let place = place.unwrap_or(Place::NONE);
                let delivered = match plain {
                    true => deliver(outlets, &record, place, books),
                    false => processing.deliver(outlets, &mut record, place, books),
                };
                at_hand = None;
                let next = delivered.unwrap_or_else(|| {
                    front.ledger.add(level, DropCause::Damaged, now);
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
        // By the clock as it stands behind that look, not by `now`: a record may have come since.
        let oldest = if visited == 0 { self.drain.oldest() } else { None };
        self.ahead = oldest.is_some_and(|oldest| oldest > self.front.source.ticks());
        let ended = !stopped && pass.is_ok() && visited < PASS_LIMIT;
        (visited, ended && self.front.epoch.is(epoch))
    }

    /// Forgets contexts whose loggers are gone, once no record on its way can name them.
    fn forget_retired(&mut self) {
        // Those beyond wait, so that the engine sees that they are many.
        let most = self.front.most_retired();
        let held: usize = self.leaving.iter().map(|(_, ids)| ids.len()).sum();
        let new = self.resolver.adopt_retired(&self.retired, most.saturating_sub(held));
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
                    keeper.collect_context(id, self.books.number());
                }
            }
        }
    }

    fn serve_flush(&mut self) -> Option<(u64, bool)> {
        let flush = self.flush.as_mut()?;
        if !flush.begun {
            // The only sink has to work again first: then it is told, in one notice, what is missing.
            let hopeless = matches!(&self.outlets[..], [outlet] if outlet.is_bad());
            if hopeless || !self.drain.passed(&mut flush.barrier) {
                return None;
            }
            flush.begun = true;
            let durability = flush.durability;
            self.tick(Occasion::Flush);
            // Who asks for what was logged is also told what is missing of it: nobody may come again.
            self.notice_drops(self.front.source.ticks(), true);
            self.outlets.iter_mut().for_each(|outlet| outlet.begin_flush(durability));
        }
        let (mut open, mut ok) = (false, true);
        for outlet in &mut self.outlets {
            match outlet.flushed(&mut self.books) {
                None => open = true,
                Some(flushed) => ok &= flushed,
            }
        }
        // What failed for good is said at once. Another failure is tried again, and the caller runs into its deadline.
        if open && ok {
            return None;
        }
        self.outlets.iter_mut().for_each(Outlet::end_flush);
        let flush = self.flush.take()?;
        self.synced = flush.synced;
        Some((flush.ticket, ok))
    }

    /// Writes notices of what was dropped: those that are due, or at the `last` chance all.
    fn notice_drops(&mut self, now: u64, last: bool) {
        // The only sink fails: what it has to be told is told when it works again.
        if !last && self.is_lone() && self.outlets[0].is_bad() {
            return;
        }
        // An episode that is over, even if it ended in this very round, is told in one notice.
        let lone = self.is_lone();
        let ended = |outlet: &mut Outlet| {
            outlet.take_outage().filter(|_| lone).map(|error| (outlet.name().to_owned(), error))
        };
        let outage = self.outlets.iter_mut().filter_map(ended).last();
        let why = outage.as_ref().map(|(route, error)| notice::Why {
            route: route.as_str(),
            error: Some(error.as_str()),
        });
        let mut sink = NoticeSink {
            drain: &mut self.drain,
            front: &self.front,
            calibration: &self.calibration,
            outlets: &mut self.outlets,
            books: &mut self.books,
        };
        self.notices.look(now, last, why, &mut sink);
    }

    /// Counts as lost what the sinks of some outlets have not taken, each record once.
    fn abandon_outlets(&mut self, which: impl Fn(&Outlet) -> bool) -> u64 {
        let books = &mut self.books;
        let chosen = self.outlets.iter_mut().filter(|outlet| which(outlet));
        chosen.map(|outlet| outlet.abandon(books)).sum()
    }
}

/// What the notices need of the core.
struct NoticeSink<'a> {
    drain: &'a mut Drain,
    front: &'a Front,
    calibration: &'a Calibration,
    outlets: &'a mut [Outlet],
    books: &'a mut Books,
}
