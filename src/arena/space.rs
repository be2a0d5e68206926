//! Where callers wait when their policy is to block until the arena has space.

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::lock;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// A wait is never longer than this without another look: a missed wake-up costs one period.
const PERIOD: Duration = Duration::from_millis(2);

/// Waiting callers.
#[derive(Debug)]
pub(crate) struct Space {
    waiting: AtomicU32,
    lock: Mutex<()>,
    freed: Condvar,
}

impl Space {
    pub(crate) fn new() -> Space {
        Space { waiting: AtomicU32::new(0), lock: Mutex::new(()), freed: Condvar::new() }
    }

    /// Sleeps until blocks were released, for one period, or until `deadline`, whichever is first.
    pub(crate) fn wait(&self, deadline: Option<Instant>) {
        let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
        let guard = lock(&self.lock);
        // Relaxed: a releaser that misses the count costs one period, no more.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        drop(self.freed.wait_timeout(guard, left.unwrap_or(PERIOD).min(PERIOD)));
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether anybody waits.
    pub(crate) fn is_wanted(&self) -> bool {
        // Relaxed: a moment that is missed comes again.
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Blocks were given back; wakes all who wait if `enough` are free.
    pub(crate) fn released(&self, enough: bool) {
        if enough && self.waiting.load(Ordering::Relaxed) > 0 {
            drop(lock(&self.lock));
            self.freed.notify_all();
        }
    }
}
