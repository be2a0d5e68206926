//! Threads that make the calls of a scenario, all starting at the same moment.

use std::sync::{RwLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// When the calls of a run were made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Produced {
    /// Just before the first call of any worker.
    pub(crate) started: Instant,
    /// From the first call of any worker until the last call of the last worker returned.
    pub(crate) producing: Duration,
}

impl Produced {
    /// The whole of the workers' own (start, end) pairs.
    pub(super) fn over(spans: &[(Instant, Instant)]) -> Produced {
        let started = spans.iter().map(|span| span.0).min().unwrap_or_else(Instant::now);
        let ended = spans.iter().map(|span| span.1).max().unwrap_or(started);
        Produced { started, producing: ended - started }
    }
}

/// `messages` split evenly over `workers`; the first ones take the remainder.
pub(super) fn shares(messages: u64, workers: u32) -> Vec<u64> {
    let workers = u64::from(workers);
    (0..workers).map(|i| messages / workers + u64::from(i < messages % workers)).collect()
}

/// Makes `shares[i]` calls on thread `i`. The calls are compiled into the loop of the thread.
pub(super) fn on_threads(
    shares: &[u64],
    call: impl Fn(u32, u64) + Copy + Send,
) -> Result<Produced, String> {
    // Held while threads start. Unlike a barrier it also lets the threads go when one
    // of them could not be started.
    let gate = RwLock::new(());
    let spans = std::thread::scope(|scope| {
        let closed = gate.write();
        let (ready, running) = mpsc::channel();
        let mut threads = Vec::with_capacity(shares.len());
        let mut failed = None;
        for (worker, &calls) in (0..).zip(shares) {
            let (gate, ready) = (&gate, ready.clone());
            let body = move || {
                drop(ready);
                let _open = gate.read();
                let started = Instant::now();
                for n in 0..calls {
                    call(worker, n);
                }
                (started, Instant::now())
            };
            let thread = thread::Builder::new().name(format!("bench-{worker}"));
            match thread.spawn_scoped(scope, body) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    failed = Some(format!("cannot start thread {}: {error}", worker + 1));
                    break;
                }
            }
        }
        drop(ready);
        // Ends when the last thread runs and has dropped its end.
        let _: Result<(), mpsc::RecvError> = running.recv();
        drop(closed);
        let mut spans = Vec::with_capacity(threads.len());
        for thread in threads {
            spans.push(thread.join().map_err(|_| "a producer panicked".to_owned())?);
        }
        failed.map_or(Ok(spans), Err)
    })?;
    Ok(Produced::over(&spans))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_complete() {
        assert_eq!(shares(10, 4), [3, 3, 2, 2]);
        assert_eq!(shares(2, 4), [1, 1, 0, 0]);
        assert_eq!(shares(9, 1), [9]);
    }

    #[test]
    fn the_span_covers_all_workers() {
        let t = Instant::now();
        let ms = Duration::from_millis;
        let all = Produced::over(&[(t + ms(2), t + ms(9)), (t + ms(1), t + ms(4))]);
        assert_eq!(all.started, t + ms(1));
        assert_eq!(all.producing, ms(8));
    }
}
