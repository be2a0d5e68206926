//! The bound of a route's queue, and what its stream is told.

use super::{EVENTS_A_SECOND, Flush, HOLD, HOLD_FILE, LOOK_EVERY, Outlet};
use crate::fault;
use crate::meta::LevelFilter;
use crate::sink::Blocking;
use crate::sink::Durability;
use crate::writer::books::Books;
use crate::writer::carrier::Task;
use crate::writer::notice;
use std::time::{Duration, Instant};

impl Outlet {
    /// Sends a full batch off, or writes it, and says how long the writer was held up. A queue that is full closes, unless its
    /// sink gets on.
    pub(crate) fn attend(&mut self, books: &mut Books) -> Duration {
        let began = Instant::now();
        self.write(books);
        self.close_if_stalled();
        self.adjust();
        began.elapsed()
    }

    /// What is to be done in each round: learns what came of a call, and how the sink is doing.
    pub(crate) fn tend(&mut self, books: &mut Books) {
        if self.away.is_some() {
            self.land(Duration::ZERO, books);
            if self.over {
                self.settle_down();
            }
        }
        if let Some(away) = &self.away {
            let (lone, missed) = (self.lone, self.output.counters.dropped.get());
            let dropped = || if lone { books.drops() } else { missed };
            self.health.waits(away.since, &self.output, dropped);
        }
        if self.health.is_bad() {
            self.health.look(&self.output);
        }
        if self.admitted != LevelFilter::NotSet
            && self.away.is_none()
            && self.looked_at.elapsed() >= LOOK_EVERY
        {
            self.dispatch(Task::Look, books);
        }
        let idle = matches!(self.flush, Flush::Idle | Flush::Done | Flush::Failed);
        if self.unflushed
            && self.is_failing()
            && idle
            && self.is_empty()
            && !self.is_away()
            && self.blocked_until().is_none()
        {
            // A flush has failed for good, and there is nothing to write: whether the sink works again must be asked.
            self.dispatch(Task::Flush(Durability::Handed), books);
        }
        self.close_if_stalled();
        self.reopen(books);
    }

    /// It has to wait for another one before it writes, whose sink got on at that instant; true if it had to, and has not any
    /// more.
    pub(crate) fn hold(&mut self, behind: Option<Instant>) -> bool {
        // As long as that one gets on, this one is not stalled.
        self.progress = behind.map_or(self.progress, |other| other.max(self.progress));
        std::mem::replace(&mut self.held, behind.is_some()) && behind.is_none()
    }
    /// When the sink has got on.
    pub(crate) fn progress(&self) -> Instant {
        self.progress
    }

    fn close_if_stalled(&mut self) {
        let hold = if self.blocking == Blocking::Brief { HOLD_FILE } else { HOLD };
        if !self.lone && !self.closed && self.is_over() && self.progress.elapsed() >= hold {
            self.closed = true;
            self.adjust();
        }
    }

    /// Takes records again when the sink has recovered, and says what is missing.
    pub(super) fn reopen(&mut self, books: &mut Books) {
        if self.closed && !self.is_bad() && self.backlog() <= self.output.queue_bytes / 2 {
            self.closed = false;
            self.adjust();
        }
        if self.gap.is_some() && self.admitted == LevelFilter::NotSet {
            self.tell_gap(books);
        }
    }

    /// Says in the stream what is missing from it, if the sink works.
    pub(crate) fn tell_gap(&mut self, books: &mut Books) {
        if self.closed || self.is_bad() {
            return;
        }
        if let Some(gap) = self.gap.take() {
            let output = self.output.clone();
            notice::gap(&gap, &output.name, &mut |record| {
                self.push_notice(record);
            });
            books.counters.notices.add(1);
        }
    }

    /// Says what has happened to the sink.
    pub(super) fn tell(&mut self, event: &str, books: &mut Books) {
        fault::report(format_args!("{event}"));
        if self.events.0.elapsed() >= Duration::from_secs(1) {
            self.events = (self.looked_at, 0);
        }
        self.events.1 += 1;
        if self.events.1 <= EVENTS_A_SECOND {
            notice::event(event, &mut |record| {
                self.push_notice(record);
            });
            books.counters.notices.add(1);
        }
    }
}
