//! The last round of a writer.

use super::output::Outlet;
use super::processing::Occasion;
use super::{Control, Core, Scope};
use crate::drain::Next;
use crate::meta::Level;
use crate::sink::Durability;
use crate::stats::DropCause;
use core::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// How long the last round waits for one sink before it looks at the others.
const STEP: Duration = Duration::from_millis(5);

/// How long a shutdown waits for the writes that are under way at its deadline, to know what they took.
const LAST_GRACE: Duration = Duration::from_millis(30);

impl Core {
    /// Takes everything that is left, for the last time: until `deadline` into the sinks, then as lost. Returns how many
    /// records were lost.
    pub(crate) fn finish(
        &mut self,
        control: &Control,
        synced: &AtomicU64,
        deadline: Instant,
    ) -> u64 {
        self.outlets.iter_mut().for_each(Outlet::begin_end);
        let lost = self.drain_until(control, synced, deadline);
        self.overlap = false;
        self.outlets.iter_mut().for_each(Outlet::settle_down);
        lost
    }

    fn drain_until(&mut self, control: &Control, synced: &AtomicU64, deadline: Instant) -> u64 {
        let mut end = self.drain.barrier();
        loop {
            self.pass(control, synced, Scope::Everything);
            let empty = self.outlets.iter().all(Outlet::is_empty);
            if empty && self.drain.passed(&mut end) {
                break;
            }
            if Instant::now() >= deadline {
                self.halt(deadline + LAST_GRACE);
                return self.abandon();
            }
            self.wait(deadline);
        }
        self.tick(Occasion::End);
        self.notice_drops(self.front.source.ticks(), true);
        for outlet in &mut self.outlets {
            outlet.tell_gap(&mut self.books);
            outlet.begin_flush(Durability::Handed);
        }
        loop {
            let mut open = false;
            for outlet in &mut self.outlets {
                open |= !outlet.is_through(&mut self.books);
            }
            if !open || Instant::now() >= deadline {
                break;
            }
            self.wait(deadline);
            // Those that were leaving give way to their successors, which may have a notice to write.
            let books = &mut self.books;
            self.outlets.retain_mut(|outlet| !outlet.is_done(books));
            self.tend();
        }
        self.outlets.iter_mut().for_each(Outlet::end_flush);
        0
    }

    /// Has the sinks' threads stop behind the write at hand, and learns what was taken if they do so in time.
    fn halt(&mut self, deadline: Instant) {
        self.outlets.iter().for_each(Outlet::halt);
        for outlet in &mut self.outlets {
            let left = deadline.saturating_duration_since(Instant::now());
            outlet.land(left, &mut self.books);
        }
    }

    /// Waits until a sink's thread is through or a sink may be tried again, but not for long.
    fn wait(&mut self, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now()).min(STEP);
        if let Some(outlet) = self.outlets.iter_mut().find(|outlet| outlet.is_away()) {
            return outlet.land(left, &mut self.books);
        }
        if let Some(until) = self.outlets.iter().filter_map(Outlet::blocked_until).min() {
            std::thread::sleep(until.saturating_duration_since(Instant::now()).min(left));
        }
    }

    /// Counts as lost what no sink took in time.
    fn abandon(&mut self) -> u64 {
        let now = self.front.source.ticks();
        if let Some(keeper) = &mut self.keeper {
            keeper.freeze();
        }
        let mut lost = 0;
        let Core { drain, resolver, outlets, books, calibration, front, retired, .. } = self;
        // Whatever the configuration is by now.
        drain.pass(usize::MAX, None, None, |taken| {
            books.counters.drained.add(1);
            let level = resolver
                .record(&taken, calibration, retired)
                .map_or(Level::Error, |record| record.level());
            front.ledger.add(level, DropCause::Sink, now);
            outlets.iter_mut().filter(|outlet| outlet.wants(level)).for_each(Outlet::miss);
            lost += 1;
            Next::More
        });
        lost + self.abandon_outlets(|_| true)
    }
}
