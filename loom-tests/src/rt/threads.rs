//! The operating system's runtime: the same names, on real threads.

use std::cell::RefCell;
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

/// How many roles of a scenario have not begun, and how many have not ended.
#[derive(Debug)]
struct Roles {
    to_begin: AtomicUsize,
    to_end: AtomicUsize,
}

thread_local! {
    /// The roles of the scenario that the calling thread has a part in.
    static ROLES: RefCell<Option<Arc<Roles>>> = const { RefCell::new(None) };
}

/// Ends a role, even when it panics: those that follow it must not wait for ever.
struct End<'a>(&'a Roles);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.to_end.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Roles {
    fn new(all: usize) -> Arc<Roles> {
        Arc::new(Roles { to_begin: AtomicUsize::new(all), to_end: AtomicUsize::new(all) })
    }

    /// Plays a role as soon as the others are ready too, so that they really run at the same time.
    fn play<T>(self: Arc<Roles>, role: impl FnOnce() -> T) -> T {
        ROLES.with(|roles| roles.replace(Some(self.clone())));
        // Relaxed, and no lock: neither beginning nor end must order what the roles do.
        self.to_begin.fetch_sub(1, Ordering::Relaxed);
        while self.to_begin.load(Ordering::Relaxed) != 0 {
            thread::yield_now();
        }
        let _end = End(&self);
        role()
    }

    fn spawn<T: Send + 'static>(
        self: &Arc<Roles>,
        role: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let roles = self.clone();
        thread::spawn(move || roles.play(role))
    }
}

/// Counts up while any other role goes on, for the one role of a scenario that follows the others.
pub(crate) fn rounds(_model: usize) -> impl Iterator<Item = usize> {
    let roles = ROLES.with(|roles| roles.borrow().clone()).expect("within a role");
    (0..).take_while(move |_| {
        thread::yield_now();
        roles.to_end.load(Ordering::Relaxed) > 1
    })
}

/// Runs two roles at the same time; the first one on the calling thread.
pub(crate) fn two<A, B: Send + 'static>(
    a: impl FnOnce() -> A,
    b: impl FnOnce() -> B + Send + 'static,
) -> (A, B) {
    let roles = Roles::new(2);
    let b = roles.spawn(b);
    (roles.play(a), b.join().unwrap())
}

/// Runs three roles at the same time; the first one on the calling thread.
pub(crate) fn three<A, B: Send + 'static, C: Send + 'static>(
    a: impl FnOnce() -> A,
    b: impl FnOnce() -> B + Send + 'static,
    c: impl FnOnce() -> C + Send + 'static,
) -> (A, B, C) {
    let roles = Roles::new(3);
    let (b, c) = (roles.spawn(b), roles.spawn(c));
    (roles.play(a), b.join().unwrap(), c.join().unwrap())
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
