//! Levels that are set for some time, in processes that fork.

use crate::forks::{fork, small, wait};
use crate::harness::{Child, Scenario, Test};
use crate::{LONG, by_name};
use ripsaw::{Level, LevelOverride, debug};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![a_child_sets_levels_for_some_time];

pub(crate) const SCENARIOS: &[Scenario] = by_name![forks_while_levels_are_set];

const FORKS: usize = 100;

fn forks_while_levels_are_set(path: &Path) {
    static OVER: AtomicBool = AtomicBool::new(false);
    let guard = small(path).filter("info,ripsaw=error").start().unwrap();
    // Then `tracing` asks again after each change.
    #[cfg(feature = "tracing")]
    ripsaw::tracing::init().unwrap();
    let handle = guard.handle();
    let rule = |time| LevelOverride::new(Level::Debug).target("special").lasting(time);
    let other = handle.clone();
    // Each of them needs another thread that ends it.
    let sets = std::thread::spawn(move || {
        while !OVER.load(Ordering::Relaxed) {
            let id = other.override_level(rule(LONG)).unwrap();
            other.remove_override(id);
        }
    });
    for _ in 0..FORKS {
        wait(fork(|| {
            end_in_any_case();
            let of_parent = handle.overrides();
            handle.override_level(rule(Duration::from_millis(1))).unwrap();
            while handle.overrides().len() > of_parent.len() {
                std::thread::sleep(Duration::from_millis(1));
            }
            of_parent.iter().for_each(|known| assert!(handle.remove_override(known.id)));
            debug!(target: "special", "it has ended");
        }));
    }
    OVER.store(true, Ordering::Relaxed);
    sets.join().unwrap();
}

/// A child that hangs is ended by a signal; how long it takes decides nothing.
#[allow(unsafe_code)]
fn end_in_any_case() {
    // SAFETY: takes a number, touches no memory.
    unsafe { libc::alarm(LONG.as_secs() as u32) };
}

fn a_child_sets_levels_for_some_time() {
    let outcome = Child::new("forks_while_levels_are_set").run().exited(0);
    assert_eq!(outcome.lines(), [""; 0]);
}
