//! Flushes: tickets that the writer serves, or whoever waits for them.

use super::{Engine, GRACE, fork};
use crate::error::FlushError;
use crate::lane::WriterScope;
use crate::sink::Durability;
use crate::sync::lock;
use crate::writer::Phase;
use core::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a caller that drains waits for a sink's own thread before it looks again.
const LOOK_AGAIN: Duration = Duration::from_micros(200);
/// Ranges of flushes in vain that are remembered.
const MOST_GIVEN_UP: usize = 64;

impl Engine {
    pub(super) fn flush(
        &self,
        timeout: Duration,
        durability: Durability,
    ) -> Result<(), FlushError> {
        if WriterScope::is_active() {
            return Err(FlushError::OnWriter);
        }
        if self.is_copy() {
            // A child that has not logged has nothing to flush.
            return if fork::is_pending() { Ok(()) } else { Err(FlushError::NotStarted) };
        }
        let began = Instant::now();
        let deadline = began.checked_add(timeout);
        let ticket = self.ask(durability);
        let result = if self.settings.manual || self.control.phase() != Phase::Running {
            self.flush_here(ticket, deadline)
        } else {
            self.wait_served(ticket, deadline)
        };
        self.count_flush(began);
        result.and_then(|()| self.told(ticket))
    }

    /// Asks for a flush; returns its ticket.
    pub(super) fn ask(&self, durability: Durability) -> u64 {
        if durability == Durability::Synced {
            // Before the ticket: whoever serves the ticket sees the count. Relaxed: the ticket orders.
            self.synced.fetch_add(1, Ordering::Relaxed);
        }
        let ticket = self.control.request();
        self.serve_predecessor();
        if !self.settings.manual && self.control.phase() == Phase::Running {
            self.front.wake();
        }
        ticket
    }

    /// Counts a flush that is over.
    pub(super) fn count_flush(&self, began: Instant) {
        let ns = began.elapsed().as_nanos() as u64;
        self.counters.flush_max_ns.raise(ns);
        self.counters.flushes.add_shared(1);
        self.counters.flush_ns.add_shared(ns);
    }

    /// Whether a ticket that was served was served in vain.
    pub(super) fn told(&self, ticket: u64) -> Result<(), FlushError> {
        let in_vain = |(after, upto): &(u64, u64)| (after + 1..=*upto).contains(&ticket);
        match lock(&self.given_up).iter().any(in_vain) {
            true => Err(FlushError::Sink),
            false => Ok(()),
        }
    }

    fn wait_served(&self, ticket: u64, deadline: Option<Instant>) -> Result<(), FlushError> {
        let mut guard = lock(&self.served);
        while self.control.completed() < ticket {
            if self.control.phase() != Phase::Running {
                drop(guard);
                return self.flush_here(ticket, deadline);
            }
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                drop(guard);
                return Err(self.why_late(GRACE / 10));
            }
            // A wake-up that is missed costs one period.
            let period = left.unwrap_or(Duration::MAX).min(Duration::from_millis(20));
            guard = match self.served_signal.wait_timeout(guard, period) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        Ok(())
    }

    /// Serves a flush on the calling thread: there is no writer's thread, or no more.
    fn flush_here(&self, ticket: u64, deadline: Option<Instant>) -> Result<(), FlushError> {
        while self.control.completed() < ticket {
            let progress = self.pass(deadline);
            if self.control.completed() >= ticket {
                break;
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Err(self.why_late(GRACE / 10));
            }
            if let Some(until) = progress.and_then(|p| p.blocked_until) {
                let until = deadline.map_or(until, |deadline| until.min(deadline));
                std::thread::sleep(until.saturating_duration_since(now));
            } else if progress.is_some_and(|p| p.away) {
                std::thread::sleep(LOOK_AGAIN);
            }
        }
        Ok(())
    }

    /// Waits no longer than this to find out.
    pub(super) fn why_late(&self, patience: Duration) -> FlushError {
        // The writer may be in the middle of a round, or of a write that does not return.
        let soon = Instant::now() + patience;
        match self.custody.with(Some(soon), |core| core.is_failing()) {
            Some(true) => FlushError::Sink,
            _ => FlushError::Timeout,
        }
    }

    /// The flushes behind the first ticket and up to the second do not cover what they should.
    pub(super) fn give_up(&self, after: u64, upto: u64) {
        let mut given_up = lock(&self.given_up);
        if given_up.len() >= MOST_GIVEN_UP {
            // Who waits for one of these has had time to ask.
            given_up.remove(0);
        }
        given_up.push((after, upto));
    }

    pub(super) fn complete(&self, ticket: u64) {
        self.control.complete(ticket);
        self.tell_served(ticket);
        self.served_signal.notify_all();
    }

    /// Whether something was logged, or refused, that the shutdown knew nothing of. Takes what there is.
    pub(super) fn has_news(&self) -> bool {
        self.pass(Some(Instant::now() + GRACE));
        let [drained, refused] = &self.known_at_end;
        self.counters.drained.get() != drained.load(Ordering::Relaxed)
            || self.refused() != refused.load(Ordering::Relaxed)
    }
}
