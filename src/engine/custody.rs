//! The writer's state, and who has it at the moment.

use crate::writer::Core;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

/// Between two tries.
const PAUSE: Duration = Duration::from_micros(20);

/// Gives the writer's state to one at a time.
pub(super) struct Custody {
    /// Nothing while somebody has taken it away.
    core: Mutex<Option<Box<Core>>>,
    /// How many want to take it away. A busy writer hardly ever leaves it alone, so it gives way to them.
    takers: AtomicUsize,
}

impl Custody {
    pub(super) fn new(core: Core) -> Custody {
        Custody { core: Mutex::new(Some(Box::new(core))), takers: AtomicUsize::new(0) }
    }

    /// Calls `f` with the state, unless others keep it until `deadline`: a sink may not return.
    pub(super) fn with<R>(
        &self,
        deadline: Option<Instant>,
        f: impl FnOnce(&mut Core) -> R,
    ) -> Option<R> {
        loop {
            // Relaxed: who overlooks a taker is in time for the next round.
            if self.takers.load(Ordering::Relaxed) == 0
                && let Some(mut place) = self.try_lock()
                && let Some(core) = &mut *place
            {
                return Some(f(core));
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Takes the state away. All others wait until [`Custody::put_back`].
    pub(super) fn take(&self, deadline: Instant) -> Option<Box<Core>> {
        self.takers.fetch_add(1, Ordering::Relaxed);
        let core = loop {
            let core = self.try_lock().and_then(|mut place| place.take());
            if core.is_some() || Instant::now() >= deadline {
                break core;
            }
            std::thread::sleep(PAUSE);
        };
        self.takers.fetch_sub(1, Ordering::Relaxed);
        core
    }

    /// Brings back what was taken away.
    pub(super) fn put_back(&self, core: Box<Core>) {
        *crate::sync::lock(&self.core) = Some(core);
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Option<Box<Core>>>> {
        match self.core.try_lock() {
            Ok(place) => Some(place),
            Err(TryLockError::Poisoned(place)) => Some(place.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
