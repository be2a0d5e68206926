//! The operating system's runtime: the same names, on real threads.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LockResult, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use std::thread::yield_now;

/// No scenario is repeated for longer than this: on a busy machine threads may wait long for each other.
const ENOUGH: Duration = Duration::from_secs(3);

/// Repeats `body`, `rounds` times or for as long as is enough; returns how often.
pub(crate) fn explore(_bound: Option<usize>, rounds: usize, body: fn()) -> usize {
    let began = Instant::now();
    (0..rounds).take_while(|_| began.elapsed() < ENOUGH).map(|_| body()).count()
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

/// A lock. ThreadSanitizer does not see how the standard library's waits for another thread, so what one owner did is
/// handed to the next one by an atomic besides.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T> {
    lock: std::sync::Mutex<T>,
    handed: AtomicUsize,
}

impl<T> Mutex<T> {
    pub(crate) fn lock(&self) -> LockResult<Locked<'_, T>> {
        let guard = self.lock.lock().unwrap();
        self.handed.load(Ordering::Acquire);
        Ok(Locked { guard, handed: &self.handed })
    }
}

#[derive(Debug)]
pub(crate) struct Locked<'a, T> {
    guard: MutexGuard<'a, T>,
    handed: &'a AtomicUsize,
}

impl<T> Drop for Locked<'_, T> {
    fn drop(&mut self) {
        // The lock is released after this.
        self.handed.fetch_add(1, Ordering::Release);
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
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
