//! The thread that looks again and again.

use super::RemoteSource;
use super::poll::{Add, Poller, SourceStatus};
use crate::random::random;
use ripsaw::Handle;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;

/// How often the thread looks whether the engine is gone.
const GLANCE: Duration = Duration::from_secs(5);

/// Keeps following a source; dropping it ends that: a request that is under way is broken off, a reload is not.
#[must_use = "dropping it ends it"]
pub struct Follow {
    shared: Arc<Shared>,
    /// Nothing is sent: that it is gone is the message.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    process: u32,
}

struct Shared {
    poller: Mutex<Poller>,
    status: Mutex<SourceStatus>,
    /// Told when a request that is under way must end.
    stop: Notify,
}

impl Follow {
    pub(super) fn start(source: RemoteSource, handle: &Handle, add: Add) -> io::Result<Follow> {
        let poller = Poller::new(source, handle.clone(), add);
        let (interval, is_fresh) = (poller.interval(), poller.is_fresh());
        let (poller, status, stop) = (Mutex::new(poller), Mutex::default(), Notify::new());
        let shared = Arc::new(Shared { poller, status, stop });
        let (stop, stopped) = channel();
        let work = shared.clone();
        let life = move || {
            let mut pause = if is_fresh { jittered(interval) } else { Duration::ZERO };
            while wait(&work, &stopped, pause) {
                // What is added may panic, as was reported by its hook: another time it may not.
                let _ = catch_unwind(AssertUnwindSafe(|| work.poll()));
                pause = jittered(interval);
            }
        };
        let thread = handle.spawn_beside("ripsaw-remote", life)?;
        Ok(Follow { shared, stop: Some(stop), thread: Some(thread), process: std::process::id() })
    }

    /// Asks now, on the calling thread, and says what came of it. Waits for a request that is under way. In a forked child, and
    /// after the engine's end, nothing is asked.
    pub fn poll_now(&self) -> SourceStatus {
        if std::process::id() == self.process {
            self.shared.poll();
        }
        self.status()
    }

    /// What came of the last request.
    pub fn status(&self) -> SourceStatus {
        if std::process::id() == self.process {
            return self.shared.status.lock().unwrap_or_else(PoisonError::into_inner).clone();
        }
        // The thread that held the lock at the fork is not here to give it back.
        match self.shared.status.try_lock() {
            Ok(status) => status.clone(),
            Err(TryLockError::Poisoned(status)) => status.into_inner().clone(),
            Err(TryLockError::WouldBlock) => SourceStatus::default(),
        }
    }
}

impl Shared {
    fn poll(&self) {
        let mut poller = self.poller.lock().unwrap_or_else(PoisonError::into_inner);
        if !poller.is_over() {
            poller.poll(&self.status, &self.stop);
        }
    }

    fn is_over(&self) -> bool {
        self.poller.lock().unwrap_or_else(PoisonError::into_inner).is_over()
    }
}

/// False when the follower or the engine is gone.
fn wait(shared: &Shared, stopped: &Receiver<()>, pause: Duration) -> bool {
    let mut left = pause;
    loop {
        let part = left.min(GLANCE);
        if stopped.recv_timeout(part) != Err(RecvTimeoutError::Timeout) || shared.is_over() {
            return false;
        }
        left -= part;
        if left.is_zero() {
            return true;
        }
    }
}

/// Up to a tenth longer or shorter.
fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(0.9 + 0.2 * (random() >> 11) as f64 / (1_u64 << 53) as f64)
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.stop = None;
        // A forked child does not have the thread.
        if let Some(thread) = self.thread.take().filter(|_| std::process::id() == self.process) {
            self.shared.stop.notify_one();
            // A panic in it was reported by its hook.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow").field("status", &self.status()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_a_tenth_around_the_interval_and_differ() {
        let interval = Duration::from_secs(60);
        let pauses: Vec<Duration> = (0..100).map(|_| jittered(interval)).collect();
        let range = Duration::from_secs(54)..=Duration::from_secs(66);
        assert!(pauses.iter().all(|pause| range.contains(pause)), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
