//! The memory of whole processes: bounded by the arena and a constant, whatever threads and loggers
//! come and go.

#[path = "../harness/mod.rs"]
mod harness;

mod scenarios;

use harness::{Child, Outcome, Scenario, Test};
use scenarios::*;
use std::process::ExitCode;

const MIB: u64 = 1 << 20;
/// What a process may take beyond its arena.
const BEYOND: u64 = 32 * MIB;

const TESTS: &[Test] = by_name![
    five_hundred_threads,
    five_hundred_threads_with_small_blocks,
    large_records_of_many_threads,
    large_formatted_records_of_many_threads,
    threads_that_come_and_go,
    more_threads_than_blocks,
    idle_threads_do_not_shed,
    loggers_that_come_and_go,
    loggers_that_come_and_go_after_the_shutdown,
    a_sink_that_is_down,
    a_sink_that_is_too_slow,
    keys_that_come_once,
];

const SCENARIOS: &[Scenario] = by_name![
    many_threads,
    many_threads_with_small_blocks,
    large_records,
    large_formatted_records,
    short_threads,
    crowd,
    idle_crowd,
    short_loggers,
    short_loggers_after_the_shutdown,
    down,
    overload,
    distinct_keys,
];

fn main() -> ExitCode {
    harness::main(TESTS, SCENARIOS)
}

/// Plays a scenario, and checks its books and its growth.
#[track_caller]
fn played(scenario: &str) -> Outcome {
    let outcome = Child::new(scenario).run().exited(0);
    let books = outcome.stdout.replace('\n', " ");
    let (calls, written) = (outcome.number("calls"), outcome.number("written"));
    assert_eq!(outcome.number("accepted"), calls, "{books}");
    assert_eq!(written + outcome.number("dropped"), calls, "{books}");
    let (grown, arena) = (outcome.number("grown"), outcome.number("arena"));
    // Beyond five hundred threads, each may have its share more: its stack is not the engine's.
    let beyond = BEYOND * outcome.number("threads").max(500) / 500;
    assert!(
        grown <= arena + beyond,
        "{scenario}: {} MiB for an arena of {} MiB",
        grown / MIB,
        arena / MIB
    );
    outcome
}

/// The same, for scenarios in which nothing may be lost.
#[track_caller]
fn whole(scenario: &str) -> Outcome {
    let outcome = played(scenario);
    assert_eq!(outcome.number("dropped"), 0, "{}", outcome.stdout);
    assert_eq!(outcome.number("lines"), outcome.number("calls"), "{}", outcome.stdout);
    outcome
}

fn five_hundred_threads() {
    assert_eq!(whole("many_threads").number("calls"), 500 * 200);
}

fn five_hundred_threads_with_small_blocks() {
    assert_eq!(whole("many_threads_with_small_blocks").number("calls"), 500 * 200);
}

fn large_records_of_many_threads() {
    whole("large_records");
}

fn large_formatted_records_of_many_threads() {
    whole("large_formatted_records");
}

/// Lanes are used again: two thousand threads in a row take no more than the first few.
fn threads_that_come_and_go() {
    let outcome = whole("short_threads");
    assert_eq!(outcome.number("calls"), 2000 * 3);
    let later = outcome.number("grown_later");
    assert!(later <= 2 * MIB, "{} KiB from the 200th thread to the last", later / 1024);
}

/// 1,500 threads hold a lane each, and there are 1,024 blocks: all of them can log all the same.
fn more_threads_than_blocks() {
    assert_eq!(whole("crowd").number("calls"), 1500 * 2);
}

/// A thousand threads that have said a word each leave the arena all but empty: nothing needs to be
/// shed.
fn idle_threads_do_not_shed() {
    assert_eq!(whole("idle_crowd").number("calls"), 1000 * 2);
}

fn loggers_that_come_and_go() {
    let outcome = whole("short_loggers");
    let later = outcome.number("grown_later");
    assert!(later <= 8 * MIB, "{} KiB in the later nine tenths", later / 1024);
}

fn loggers_that_come_and_go_after_the_shutdown() {
    let outcome = played("short_loggers_after_the_shutdown");
    let later = outcome.number("grown_later");
    assert!(later <= 8 * MIB, "{} KiB in the later nine tenths", later / 1024);
}

/// While a sink fails, records wait in the arena and nowhere else.
fn a_sink_that_is_down() {
    let outcome = played("down");
    assert!(outcome.number("dropped") > 0, "{}", outcome.stdout);
}

/// What is too much is dropped, and nothing grows.
fn a_sink_that_is_too_slow() {
    let outcome = played("overload");
    assert!(outcome.number("dropped") > 0, "{}", outcome.stdout);
    let later = outcome.number("grown_later");
    assert!(later <= 2 * MIB, "{} KiB after the first second", later / 1024);
}

fn keys_that_come_once() {
    let later = whole("distinct_keys").number("grown_later");
    assert!(later <= 8 * MIB, "{} KiB in the later nine tenths", later / 1024);
}
