//! The model checker's runtime.

use crate::sync::atomic::play;
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use loom::alloc::Track;
pub(crate) use loom::sync::Mutex;
pub(crate) use loom::thread::yield_now;

/// Explores every execution of `body` with at most `bound` preemptions; returns how many there were.
///
/// All limits are set here, so that no environment variable can make a model explore less.
pub(crate) fn explore(bound: Option<usize>, _rounds: usize, body: fn()) -> usize {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.max_branches = 20_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.preemption_bound = bound;
    builder.checkpoint_file = None;
    builder.expect_explicit_explore = false;
    // Not the checker's atomic: it counts executions, and is no part of any.
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = executions.clone();
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        body();
    });
    executions.load(Ordering::Relaxed)
}

/// How often a role that follows the others looks.
pub(crate) fn rounds(model: usize) -> impl Iterator<Item = usize> {
    0..model
}

/// Runs two roles at the same time; the first one on the calling thread.
pub(crate) fn two<A, B: 'static>(a: impl FnOnce() -> A, b: impl FnOnce() -> B + 'static) -> (A, B) {
    play(0, 2);
    let b = spawn(1, 2, b);
    let results = (a(), b.join().unwrap());
    play(0, 1);
    results
}

/// Runs three roles at the same time; the first one on the calling thread.
pub(crate) fn three<A, B: 'static, C: 'static>(
    a: impl FnOnce() -> A,
    b: impl FnOnce() -> B + 'static,
    c: impl FnOnce() -> C + 'static,
) -> (A, B, C) {
    play(0, 3);
    let (b, c) = (spawn(1, 3, b), spawn(2, 3, c));
    let results = (a(), b.join().unwrap(), c.join().unwrap());
    play(0, 1);
    results
}

fn spawn<T: 'static>(
    me: usize,
    all: usize,
    role: impl FnOnce() -> T + 'static,
) -> thread::JoinHandle<T> {
    thread::spawn(move || {
        play(me, all);
        role()
    })
}

/// Where one thread sleeps until another one wakes it. A sleep may also end on its own once, as one with a timeout
/// does.
#[derive(Debug, Default)]
pub(crate) struct Bed(loom::sync::Notify);

impl Bed {
    pub(crate) fn park(&self) {
        self.0.wait();
    }
    pub(crate) fn unpark(&self) {
        self.0.notify();
    }
}
