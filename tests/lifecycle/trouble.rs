//! Sinks in trouble, as a whole process sees it: limits, errors of system calls, and what standard error says.

use crate::harness::{Child, Outcome, Scenario, Test, this_program};
use crate::{LONG, by_name, lines, log};
use ripsaw::format::Text;
use ripsaw::sink::{File, Sink};
use ripsaw::{Builder, FlushError, SinkState, info};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub(crate) const TESTS: &[Test] = by_name![
    a_full_device_is_told_once_and_counted,
    each_change_of_state_is_told_once,
    a_file_that_may_not_grow_ends_nobody,
    needs_strace_interruptions_cost_nothing,
    needs_strace_errors_cost_nothing,
    needs_strace_a_device_that_fails_is_not_asked_again,
    signals_do_not_reach_the_engines_threads,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    writes_to_a_full_device,
    fails_and_recovers,
    outgrows_its_limit,
    outgrows_its_limit_without_a_thread,
    writes_line_by_line,
    asks_the_device_twice,
    shows_its_threads,
];

const SHORT: Duration = Duration::from_millis(50);
/// Where a scenario writes that runs under `strace`.
const TRACED: &str = "RIPSAW_TEST_TRACED";

fn builder() -> Builder {
    ripsaw::builder().format(Text::new().timestamp(false).target(false))
}

#[track_caller]
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !happened() {
        assert!(Instant::now() < deadline, "{what} never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn state() -> SinkState {
    ripsaw::stats().unwrap().routes[0].state
}

/// Lines of standard error that say this.
fn said(outcome: &Outcome, what: &str) -> usize {
    outcome.stderr.lines().filter(|line| line.contains(what)).count()
}

fn writes_to_a_full_device(_: &Path) {
    let guard = builder().file("/dev/full").start().unwrap();
    log("lost", 100);
    until("it is down", || state() == SinkState::Down);
    log("lost", 100);
    assert_eq!(ripsaw::flush(SHORT), Err(FlushError::Sink));
    let report = guard.shutdown(SHORT);
    println!("written={}\nunflushed={}", report.written, report.unflushed);
    println!("dropped={}", report.dropped);
}

fn a_full_device_is_told_once_and_counted() {
    let outcome = crate::played("writes_to_a_full_device", 0);
    let numbers = ["written", "unflushed", "dropped"].map(|name| outcome.number(name));
    assert_eq!(numbers, [0, 200, 200]);
    for what in ["/dev/full fails: ", "/dev/full is down: "] {
        assert_eq!(said(&outcome, what), 1, "{what}: {}", outcome.stderr);
    }
    assert_eq!(outcome.stderr.lines().count(), 2, "{}", outcome.stderr);
}

static FAILING: AtomicBool = AtomicBool::new(true);

/// Fails as long as [`FAILING`] is set.
struct Fails;

impl Sink for Fails {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        if FAILING.load(Ordering::SeqCst) {
            return Err(io::Error::other("on purpose"));
        }
        Ok(batch.len())
    }
    fn name(&self) -> String {
        "it".to_owned()
    }
}

fn fails_and_recovers(_: &Path) {
    let guard = builder().sink(Fails).start().unwrap();
    for _ in 0..2 {
        FAILING.store(true, Ordering::SeqCst);
        info!("kept");
        until("it is down", || state() == SinkState::Down);
        FAILING.store(false, Ordering::SeqCst);
        ripsaw::flush(LONG).unwrap();
        assert_eq!(state(), SinkState::Ok);
    }
    assert_eq!(guard.shutdown(LONG).written, 2);
}

fn each_change_of_state_is_told_once() {
    let outcome = crate::played("fails_and_recovers", 0);
    for what in ["it fails: on purpose", "it is down: fails for ", "it works again after "] {
        assert_eq!(said(&outcome, what), 2, "{what}: {}", outcome.stderr);
    }
    assert_eq!(said(&outcome, "; 0 records were lost"), 2, "{}", outcome.stderr);
}

/// More than the limit that the parent has set.
fn outgrow(path: &Path, manual: bool) {
    let builder = if manual { builder().manual() } else { builder() };
    let guard = builder.sink(File::append(path).unwrap()).start().unwrap();
    log("grows", 2_000);
    if manual {
        assert!(ripsaw::flush(SHORT).is_err());
    }
    until("the limit is met", || state() != SinkState::Ok);
    let report = guard.shutdown(SHORT);
    println!("written={}\ndropped={}", report.written, report.dropped);
    // Those are written by the caller, if at all.
    log("after", 10);
    println!("error={}", u8::from(ripsaw::stats().unwrap().routes[0].last_error.is_some()));
}

fn outgrows_its_limit(path: &Path) {
    outgrow(path, false);
}

fn outgrows_its_limit_without_a_thread(path: &Path) {
    outgrow(path, true);
}

fn a_file_that_may_not_grow_ends_nobody() {
    const LIMIT: usize = 20_000;
    let mut prlimit = Command::new("prlimit");
    if prlimit.arg("--version").output().is_err() {
        return println!("SKIPPED: no prlimit");
    }
    for scenario in ["outgrows_its_limit", "outgrows_its_limit_without_a_thread"] {
        let mut prlimit = Command::new("prlimit");
        prlimit.arg(format!("--fsize={LIMIT}")).arg(this_program());
        let outcome = Child::under(prlimit, scenario).run().exited(0);
        let (written, dropped) = (outcome.number("written"), outcome.number("dropped"));
        assert_eq!((written + dropped, outcome.number("error")), (2_000, 1));
        assert!(outcome.file.len() <= LIMIT && outcome.file.ends_with('\n'), "{scenario}");
        assert_eq!(outcome.lines(), lines("grows", written), "{scenario}");
    }
}

/// Each line in a write of its own.
fn writes_line_by_line(_: &Path) {
    let path = std::env::var_os(TRACED).expect("a place");
    let guard = builder().file(path).start().unwrap();
    for i in 0..200 {
        info!(i, "line");
        ripsaw::flush(LONG).unwrap();
    }
    assert_eq!(guard.shutdown(LONG).written, 200);
}

/// Runs a scenario whose calls for one file are tampered with. None if there is no `strace` that can.
fn traced(scenario: &str, inject: &str) -> Option<(Outcome, String)> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("traced-{}-{scenario}.log", std::process::id()));
    drop(std::fs::remove_file(&path));
    let strace = |inject: &str| {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(&path).args(["-e", inject]);
        strace
    };
    let trial = strace("inject=fsync:error=EIO").arg("true").output();
    if !trial.is_ok_and(|done| done.status.success()) {
        println!("SKIPPED: strace does not work here");
        return None;
    }
    let mut launcher = strace(inject);
    launcher.arg(this_program());
    let outcome = Child::under(launcher, scenario).env(TRACED, path.to_str().unwrap()).run();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    Some((outcome, text))
}

fn needs_strace_interruptions_cost_nothing() {
    let injected = traced("writes_line_by_line", "inject=write:error=EINTR:when=2+2");
    let Some((outcome, text)) = injected else { return };
    let outcome = outcome.exited(0);
    assert!(text.lines().eq(lines("line", 200)), "{text}");
    assert_eq!(outcome.stderr, "", "an interruption is no failure");
}

fn needs_strace_errors_cost_nothing() {
    let injected = traced("writes_line_by_line", "inject=write:error=EIO:when=50..60");
    let Some((outcome, text)) = injected else { return };
    let outcome = outcome.exited(0);
    assert!(text.lines().eq(lines("line", 200)), "{text}");
    assert!(said(&outcome, " fails: ") >= 1, "{}", outcome.stderr);
}

fn asks_the_device_twice(_: &Path) {
    let path = std::env::var_os(TRACED).expect("a place");
    let guard = builder().file(path).start().unwrap();
    info!(i = 0, "line");
    let handle = guard.handle();
    let began = Instant::now();
    assert_eq!(handle.flush_durable(LONG), Err(FlushError::Sink));
    assert!(began.elapsed() < LONG / 2, "told at the deadline only");
    info!(i = 1, "line");
    assert_eq!(handle.flush_durable(LONG), Ok(()));
    assert_eq!(guard.shutdown(LONG).written, 2);
}

fn needs_strace_a_device_that_fails_is_not_asked_again() {
    let injected = traced("asks_the_device_twice", "inject=fdatasync:error=EIO:when=1");
    let Some((outcome, text)) = injected else { return };
    let outcome = outcome.exited(0);
    assert!(text.lines().eq(lines("line", 2)), "{text}");
    assert_eq!(said(&outcome, " fails: "), 1, "{}", outcome.stderr);
}

/// Signals that must come through: faults, and the profiler's.
const SPARED: [u32; 8] = [4, 5, 6, 7, 8, 11, 27, 31];

fn shows_its_threads(_: &Path) {
    // Two routes: the sink has a thread of its own.
    let guard = builder().sink(Fails).sink(ripsaw::sink::Null::new()).start().unwrap();
    FAILING.store(false, Ordering::SeqCst);
    info!("starts the sink's thread");
    ripsaw::flush(LONG).unwrap();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let value = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap().trim().to_owned()
        };
        if value("Name:").starts_with("ripsaw-") {
            let blocked = u64::from_str_radix(&value("SigBlk:"), 16).unwrap();
            println!("{}={blocked}", value("Name:"));
        }
    }
    drop(guard);
}

fn signals_do_not_reach_the_engines_threads() {
    let outcome = crate::played("shows_its_threads", 0);
    for thread in ["ripsaw-writer", "ripsaw-sink"] {
        let blocked = outcome.number(thread);
        for signal in 1..=31_u32 {
            // KILL and STOP cannot be blocked.
            let expected = !SPARED.contains(&signal) && signal != 9 && signal != 19;
            assert_eq!(blocked >> (signal - 1) & 1 == 1, expected, "{thread}, signal {signal}");
        }
    }
}
