//! The operating system's runtime: the same names, on real threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use std::sync::Mutex;
pub(crate) use std::thread::yield_now;

/// Repeats `body`; returns how often.
pub(crate) fn explore(_bound: Option<usize>, rounds: usize, body: fn()) -> usize {
    (0..rounds).for_each(|_| body());
    rounds
}

/// Where the roles of a scenario wait for each other, so that they really run at the same time.
#[derive(Clone)]
struct Start(Arc<AtomicUsize>);

impl Start {
    fn new(roles: usize) -> Start {
        Start(Arc::new(AtomicUsize::new(roles)))
    }
    fn wait(&self) {
        // Relaxed, and no lock: the start must not order what the roles do.
        self.0.fetch_sub(1, Ordering::Relaxed);
        while self.0.load(Ordering::Relaxed) != 0 {
            thread::yield_now();
        }
    }
    fn spawn<T: Send + 'static>(
        &self,
        role: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let start = self.clone();
        thread::spawn(move || {
            start.wait();
            role()
        })
    }
}

/// Runs two roles at the same time; the first one on the calling thread.
pub(crate) fn two<A, B: Send + 'static>(
    a: impl FnOnce() -> A,
    b: impl FnOnce() -> B + Send + 'static,
) -> (A, B) {
    let start = Start::new(2);
    let b = start.spawn(b);
    start.wait();
    (a(), b.join().unwrap())
}

/// Runs three roles at the same time; the first one on the calling thread.
pub(crate) fn three<A, B: Send + 'static, C: Send + 'static>(
    a: impl FnOnce() -> A,
    b: impl FnOnce() -> B + Send + 'static,
    c: impl FnOnce() -> C + Send + 'static,
) -> (A, B, C) {
    let start = Start::new(3);
    let (b, c) = (start.spawn(b), start.spawn(c));
    start.wait();
    (a(), b.join().unwrap(), c.join().unwrap())
}

/// How long a sleeper is given up for lost.
const LOST: Duration = Duration::from_secs(20);

/// Where one thread sleeps until another one wakes it.
///
/// The sleep is a loop around an atomic flag: ThreadSanitizer does not see how `std::thread::park` synchronises.
#[derive(Debug, Default)]
pub(crate) struct Bed(AtomicBool);

impl Bed {
    pub(crate) fn park(&self) {
        let began = Instant::now();
        while !self.0.swap(false, Ordering::Acquire) {
            assert!(began.elapsed() < LOST, "nobody woke the sleeper");
            thread::yield_now();
        }
    }
    pub(crate) fn unpark(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A value whose loss the model checker would report. Threads keep no books.
#[derive(Debug)]
pub(crate) struct Track<T>(T);

impl<T> Track<T> {
    pub(crate) fn new(value: T) -> Track<T> {
        Track(value)
    }
    pub(crate) fn get_ref(&self) -> &T {
        &self.0
    }
}
