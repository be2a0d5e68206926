//! Where the scenarios run: under the model checker, or on threads of the operating system.

#[cfg(not(feature = "std"))]
mod model;
#[cfg(feature = "std")]
mod threads;

#[cfg(not(feature = "std"))]
pub(crate) use model::*;
#[cfg(feature = "std")]
pub(crate) use threads::*;

use std::io::{Write, stderr};
use std::time::Instant;

/// How a scenario is run.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Protocol and property.
    pub name: &'static str,
    /// The most preemptions that the checker tries in one execution; `None` tries all.
    pub bound: Option<usize>,
    /// One execution.
    pub body: fn(),
}

impl Scenario {
    /// Explores all executions under the model checker, or repeats the scenario on threads, `rounds` times or for a
    /// few seconds. Says on the standard error how much was done.
    ///
    /// # Panics
    /// When the scenario's property does not hold in some execution.
    pub fn run(&self, rounds: usize) {
        let began = Instant::now();
        let executions = explore(self.bound, rounds, self.body);
        let bound = match self.bound {
            _ if IS_STD => String::new(),
            Some(bound) => format!(", at most {bound} preemptions"),
            None => ", no bound".to_owned(),
        };
        let seconds = began.elapsed().as_secs_f64();
        let name = self.name;
        // Straight to the stream: what a test prints is hidden when it passes.
        let line = format!("{name:<34} {executions:>8} executions in {seconds:>6.2} s{bound}\n");
        let _ = stderr().write_all(line.as_bytes());
    }
}

/// Whether the scenarios run on threads of the operating system.
pub(crate) const IS_STD: bool = cfg!(feature = "std");

/// A quantity that is small in a model and large on threads.
pub(crate) const fn size(model: usize, threads: usize) -> usize {
    if IS_STD { threads } else { model }
}

/// Lets others run, on threads; in a model every order is tried anyway.
pub(crate) fn yield_on_threads() {
    if IS_STD {
        yield_now();
    }
}
