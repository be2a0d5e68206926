//! A process that is killed while it logs: what it had accepted is in its log or in the file of its arena, each record once.

#[path = "../harness/mod.rs"]
mod harness;

mod files;
mod killed;
mod left;

use harness::{Scenario, Test};
use ripsaw::format::Text;
use ripsaw::{Builder, Overflow};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const TESTS: &[&[Test]] = &[files::TESTS, killed::TESTS, left::TESTS];
const SCENARIOS: &[&[Scenario]] = &[killed::SCENARIOS, left::SCENARIOS];

fn main() -> ExitCode {
    harness::main(&TESTS.concat(), &SCENARIOS.concat())
}

/// Where the arena of a log is kept.
fn arena_of(log: &Path) -> PathBuf {
    let name = log.file_name().expect("a file has a name").to_str().expect("of ours");
    Path::new("/dev/shm").join(format!("ripsaw-test-{name}.arena"))
}

/// Lines of level, message and fields; nothing is dropped.
fn builder(log: &Path) -> Builder {
    ripsaw::builder()
        .format(Text::new().timestamp(false).target(false))
        .overflow(Overflow::Block(Duration::MAX))
        .file(log)
        .arena_file(arena_of(log))
}
