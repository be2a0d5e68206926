//! A route in a forked child.

use super::calls::Flush;
use super::{Carriage, Outlet};
use crate::config::Output;
use crate::lane::Front;
use crate::sink::Blocking;
use crate::writer::books::Books;
use crate::writer::health::Health;
use crate::writer::journal::Journal;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Outlet {
    /// Takes back the call that the sink's thread had, if it is through; false if it is not.
    pub(in crate::writer) fn land_if_back(&mut self, books: &mut Books) -> bool {
        self.land(Duration::ZERO, books);
        !self.is_away()
    }

    /// The same route for a child. What is in the buffer is the parent's; none if the sink is with a thread of the parent's.
    pub(in crate::writer) fn inherit(
        mut self,
        front: Option<&Arc<Front>>,
        journal: impl FnOnce(&Output) -> Option<Journal>,
    ) -> Option<Outlet> {
        let carriage = match front {
            Some(front) if self.blocking != Blocking::Never => Carriage::Wanted(front.clone()),
            _ => Carriage::Here,
        };
        // To drop a carrier is to wait for its thread, and to drop a journal is to write into the parent's arena.
        std::mem::forget(std::mem::replace(&mut self.carriage, carriage));
        std::mem::forget(std::mem::replace(&mut self.journal, journal(&self.output).map(Arc::new)));
        if self.away.is_some() || self.sink.is_none() {
            let name = &self.output.name;
            crate::os::write_error(
                format!("ripsaw: {name} was busy at the fork: this process does not write to it\n")
                    .as_bytes(),
            );
            std::mem::forget(self);
            return None;
        }
        // A line of the parent's may be half written.
        self.cut = self.buffer[..self.sent].last().is_some_and(|last| *last != b'\n');
        self.buffer.clear();
        self.marks.clear();
        (self.sent, self.booked) = (0, 0);
        (self.gone, self.flushed) = (0, 0);
        (self.shared, self.fresh, self.closed, self.unflushed) = (false, false, false, false);
        (self.ending, self.over, self.held) = (false, false, false);
        (self.unfinished, self.outage, self.gap) = (None, None, None);
        self.health = Health::default();
        self.flush = Flush::Idle;
        self.progress = Instant::now();
        self.output.counters.reset();
        self.adjust();
        Some(self)
    }
}
