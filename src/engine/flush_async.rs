//! Flushes for tasks: futures that the writer wakes.
//!
//! A future takes its ticket when it is made, and leaves its waker, with the ticket, under the mutex under which served
//! flushes are told. Whoever completes tickets stores their number before it locks that mutex, and a future looks at the
//! number after it did: one of them sees the other. The same holds for the last phase of the engine.

use super::{Engine, GRACE, Handle, fork};
use crate::error::FlushError;
use crate::lane::WriterScope;
use crate::sink::Durability;
use crate::sync::{caught, lock};
use crate::writer::Phase;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Handle {
    /// Like [`Handle::flush`], for tasks: waits without a thread, with whatever runtime. It covers all records whose calls
    /// happened before this one, not before the first poll; it begins whether or not it is polled, and dropping it
    /// only means that nobody is told.
    ///
    /// The writer looks at the deadline between its rounds, so it is noticed up to `max_delay` late (while the writer itself
    /// writes a file: when that is over), and in a shutdown at its end; where that is not enough, put the runtime's own
    /// timeout around it. Calls that log take no part in any of this. Without a writer's thread ([`Builder::manual`],
    /// or after a shutdown) the first poll does the work itself, and a sink that cannot take it at once is an error.
    ///
    /// ```
    /// # let guard = ripsaw::builder().sink(ripsaw::sink::Null::new()).start_local().unwrap();
    /// # let handle = guard.handle();
    /// async fn end_of_request(handle: &ripsaw::Handle) -> Result<(), ripsaw::FlushError> {
    ///     handle.flush_async(std::time::Duration::from_secs(1)).await
    /// }
    /// # let _ = end_of_request(&handle);
    /// ```
    ///
    /// [`Builder::manual`]: crate::Builder::manual
    ///
    /// # Errors
    /// The future's are those of [`Handle::flush`].
    pub fn flush_async(
        &self,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), FlushError>> + Send + use<> {
        FlushFuture::new(self.engine.here().clone(), timeout)
    }
}

/// Who is to be told, by ticket.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<u64, Waiter>);

#[derive(Debug)]
struct Waiter {
    waker: Waker,
    deadline: Option<Instant>,
}

#[derive(Debug)]
struct FlushFuture {
    engine: Arc<Engine>,
    ticket: u64,
    began: Instant,
    deadline: Option<Instant>,
    /// It left a waker.
    waits: bool,
    result: Option<Result<(), FlushError>>,
}

impl FlushFuture {
    fn new(engine: Arc<Engine>, timeout: Duration) -> FlushFuture {
        let began = Instant::now();
        let result = match () {
            () if WriterScope::is_active() => Some(Err(FlushError::OnWriter)),
            () if engine.is_copy() && fork::is_pending() => Some(Ok(())),
            () if engine.is_copy() => Some(Err(FlushError::NotStarted)),
            () => None,
        };
        let ticket = if result.is_none() { engine.ask(Durability::Handed) } else { 0 };
        let deadline = began.checked_add(timeout);
        FlushFuture { engine, ticket, began, deadline, waits: false, result }
    }

    /// What came of it, if that is known.
    fn look(&self) -> Option<Result<(), FlushError>> {
        if self.engine.is_copy() {
            // Its process is another one by now.
            return Some(Err(FlushError::NotStarted));
        }
        if self.engine.control.completed() >= self.ticket {
            return Some(self.engine.told(self.ticket));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Some(Err(self.engine.why_late(Duration::ZERO)));
        }
        let stopped = self.engine.control.phase() == Phase::Stopped;
        (stopped || self.engine.settings.manual).then(|| self.serve())
    }

    /// Does the work here: nobody else does.
    fn serve(&self) -> Result<(), FlushError> {
        if WriterScope::is_active() {
            return Err(FlushError::OnWriter);
        }
        while self.engine.control.completed() < self.ticket {
            let patience = Instant::now() + GRACE;
            let until = self.deadline.map_or(patience, |deadline| deadline.min(patience));
            let progress = self.engine.pass(Some(until));
            let goes_on = progress.is_some_and(|p| p.blocked_until.is_none() && !p.away);
            let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if (!goes_on || late) && self.engine.control.completed() < self.ticket {
                return Err(self.engine.why_late(Duration::ZERO));
            }
        }
        self.engine.told(self.ticket)
    }

    /// Leaves the waker, unless there is news since the last look.
    fn wait(&mut self, waker: &Waker) -> bool {
        let new = Waiter { waker: waker.clone(), deadline: self.deadline };
        let control = &self.engine.control;
        let left = self.engine.with_waiting(|waiting| {
            let news = control.completed() >= self.ticket || control.phase() == Phase::Stopped;
            if news { Err(new) } else { Ok(waiting.insert(self.ticket, new)) }
        });
        // What comes back is dropped without the mutex: a waker is foreign code.
        if left.is_err() {
            return false;
        }
        if !std::mem::replace(&mut self.waits, true) {
            // A writer that sleeps knows nothing of the deadline.
            self.engine.front.wake();
        }
        true
    }
}

impl Future for FlushFuture {
    type Output = Result<(), FlushError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if let Some(result) = this.result {
                return Poll::Ready(result);
            }
            if let Some(result) = this.look() {
                this.engine.count_flush(this.began);
                this.result = Some(result);
                return Poll::Ready(result);
            }
            if this.wait(cx.waker()) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for FlushFuture {
    fn drop(&mut self) {
        // In a forked child the mutex may be held by a thread that is not there.
        if self.waits && !self.engine.is_copy() {
            let left = self.engine.with_waiting(|waiting| waiting.remove(&self.ticket));
            drop(left);
        }
    }
}

impl Engine {
    /// Wakes all whose tickets are served.
    pub(super) fn tell_served(&self, ticket: u64) {
        let served = self.with_waiting(|waiting| {
            let later = ticket.checked_add(1).map(|at| waiting.split_off(&at));
            std::mem::replace(waiting, later.unwrap_or_default())
        });
        wake(served.into_values());
    }

    /// Wakes all whose deadline has passed; returns the next one.
    pub(super) fn tell_late(&self) -> Option<Instant> {
        let (late, next) = self.with_waiting(|waiting| {
            if waiting.is_empty() {
                return (Vec::new(), None);
            }
            let now = Instant::now();
            let late = |waiter: &Waiter| waiter.deadline.is_some_and(|deadline| deadline <= now);
            let late: Vec<_> = waiting.extract_if(.., |_, waiter| late(waiter)).collect();
            (late, waiting.values().filter_map(|waiter| waiter.deadline).min())
        });
        wake(late.into_iter().map(|(_, waiter)| waiter));
        next
    }

    /// The map allocates, and an allocator may log: what drains on the calling thread would come back here.
    fn with_waiting<R>(&self, f: impl FnOnce(&mut BTreeMap<u64, Waiter>) -> R) -> R {
        let _scope = WriterScope::enter();
        f(&mut lock(&self.served).0)
    }
}

/// Wakers are foreign code: one that panics must not cost the others their turn.
fn wake(waiters: impl IntoIterator<Item = Waiter>) {
    for waiter in waiters {
        let _ = caught(|| waiter.waker.wake());
    }
}
