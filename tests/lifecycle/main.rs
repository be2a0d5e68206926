//! From the start to the end of a process: what was logged is in the file, however the process
//! ends.

#[path = "../harness/mod.rs"]
mod harness;

mod crashes;
mod endings;
mod forked_levels;
mod forks;
#[cfg(feature = "toml")]
mod hangups;
mod panics;
mod places;
mod running;
mod signals;
mod stopped;
mod trouble;

use harness::{Child, Scenario, Test};
use ripsaw::format::Text;
use ripsaw::{Builder, Guard, Overflow};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Only a broken engine takes so long.
const LONG: Duration = Duration::from_secs(30);

/// Lines of level, message and fields; nothing is dropped; the writer has no reason to wake up by
/// itself.
fn builder(path: &Path) -> Builder {
    ripsaw::builder()
        .format(Text::new().timestamp(false).target(false))
        .overflow(Overflow::Block(Duration::MAX))
        .max_delay(Duration::from_secs(600))
        .file(path)
}

/// The global engine, kept from the destructors of the scenario.
fn start(path: &Path) -> Guard {
    builder(path).start().expect("the engine starts")
}

/// Logs numbered lines.
fn log(word: &str, n: u64) {
    for i in 0..n {
        ripsaw::info!(i, "{word}");
    }
}

/// The lines that [`log`] makes.
fn lines(word: &str, n: u64) -> Vec<String> {
    (0..n).map(|i| format!("INFO     {word} i={i}")).collect()
}

const TESTS: &[&[Test]] = &[
    endings::TESTS,
    panics::TESTS,
    running::TESTS,
    stopped::TESTS,
    signals::TESTS,
    crashes::TESTS,
    forks::TESTS,
    forked_levels::TESTS,
    #[cfg(feature = "toml")]
    hangups::TESTS,
    places::TESTS,
    trouble::TESTS,
];
const SCENARIOS: &[&[Scenario]] = &[
    endings::SCENARIOS,
    panics::SCENARIOS,
    running::SCENARIOS,
    stopped::SCENARIOS,
    signals::SCENARIOS,
    crashes::SCENARIOS,
    forks::SCENARIOS,
    forked_levels::SCENARIOS,
    #[cfg(feature = "toml")]
    hangups::SCENARIOS,
    places::SCENARIOS,
    trouble::SCENARIOS,
];

fn main() -> ExitCode {
    harness::main(&TESTS.concat(), &SCENARIOS.concat())
}

/// Plays a scenario that ends with this exit status.
#[track_caller]
fn played(scenario: &str, code: i32) -> harness::Outcome {
    Child::new(scenario).run().exited(code)
}
