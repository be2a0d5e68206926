//! Ends that nobody wanted: panics that unwind, and those that abort.

use crate::harness::{Child, Scenario, Test};
use crate::signals::Stuck;
use crate::{by_name, lines, log, played, start};
use ripsaw::error;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

pub(crate) const TESTS: &[Test] = by_name![
    main_panics,
    a_panic_during_a_panic,
    a_panic_that_may_not_unwind,
    a_thread_panics,
    a_hook_that_logs,
    the_flush_on_panic_can_be_switched_off,
    what_a_panic_does_not_wait_for_is_told,
    a_formatter_panics,
    inv_012_a_panic_becomes_a_record,
    inv_012_every_panic_is_one_record,
    inv_012_the_backtrace_is_there_if_it_is_asked_for,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    panics_in_main,
    panics_twice,
    panics_in_a_c_function,
    panics_in_a_thread,
    panics_with_a_hook,
    panics_unflushed,
    panics_before_a_stuck_sink,
    panics_in_a_formatter,
    panics_on_the_record,
    panics_on_the_record_twice,
    panics_on_the_record_unflushed,
];

/// Ends the process at once: no handlers, no destructors.
#[allow(unsafe_code)]
fn end_at_once() -> ! {
    // SAFETY: ends the process; nothing runs afterwards that could depend on anything.
    unsafe { libc::_exit(0) }
}

#[track_caller]
fn aborts(scenario: &str) -> crate::harness::Outcome {
    let outcome = Child::new(scenario).run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGABRT), "{outcome:?}");
    outcome
}

fn panics_before_a_stuck_sink(_: &Path) {
    std::mem::forget(ripsaw::Builder::new().sink(Stuck).start().unwrap());
    log("line", 1);
    let panicked = std::thread::spawn(|| panic!("on purpose")).join();
    assert!(panicked.is_err());
    end_at_once();
}

fn what_a_panic_does_not_wait_for_is_told() {
    let outcome = played("panics_before_a_stuck_sink", 0);
    let told =
        "ripsaw: what was logged before the panic is not written yet: the flush did not finish";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
}

fn panics_in_main(path: &Path) {
    std::mem::forget(start(path));
    log("line", 1000);
    panic!("on purpose");
}

fn main_panics() {
    let outcome = played("panics_in_main", 101);
    assert_eq!(outcome.lines(), lines("line", 1000));
    assert!(outcome.stderr.contains("on purpose"), "{}", outcome.stderr);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        log("while panicking", 3);
        panic!("again, on purpose");
    }
}

fn panics_twice(path: &Path) {
    std::mem::forget(start(path));
    log("line", 1000);
    let _bomb = Bomb;
    panic!("on purpose");
}

fn a_panic_during_a_panic() {
    let outcome = aborts("panics_twice");
    assert_eq!(outcome.lines(), [lines("line", 1000), lines("while panicking", 3)].concat());
}

extern "C" fn never_unwinds() {
    log("line", 1000);
    panic!("on purpose");
}

fn panics_in_a_c_function(path: &Path) {
    std::mem::forget(start(path));
    never_unwinds();
}

fn a_panic_that_may_not_unwind() {
    assert_eq!(aborts("panics_in_a_c_function").lines(), lines("line", 1000));
}

fn panics_in_a_thread(path: &Path) {
    std::mem::forget(start(path));
    log("main", 100);
    let thread = std::thread::spawn(|| {
        log("thread", 100);
        panic!("on purpose");
    });
    assert!(thread.join().is_err());
    end_at_once();
}

fn a_thread_panics() {
    let outcome = played("panics_in_a_thread", 0);
    assert_eq!(outcome.lines(), [lines("main", 100), lines("thread", 100)].concat());
}

/// A hook that was there before the engine's own is heard, even if its words are the process's
/// last.
fn panics_with_a_hook(path: &Path) {
    std::panic::set_hook(Box::new(|info| error!(panic = %info, "hook")));
    std::mem::forget(start(path));
    log("line", 10);
    let thread = std::thread::spawn(|| panic!("on purpose"));
    assert!(thread.join().is_err());
    end_at_once();
}

fn a_hook_that_logs() {
    let outcome = played("panics_with_a_hook", 0);
    let found = outcome.lines();
    assert_eq!(found[..10], lines("line", 10));
    assert_eq!(found.len(), 11, "{found:?}");
    assert!(found[10].starts_with("ERROR    hook panic="), "{}", found[10]);
    assert!(found[10].contains("on purpose"), "{}", found[10]);
}

/// Without a writer's thread, only the flush on panic could have written anything.
fn panics_unflushed(path: &Path) {
    let builder = crate::builder(path).manual().flush_on_panic(false);
    std::mem::forget(builder.start().unwrap());
    log("line", 10);
    assert!(std::thread::spawn(|| panic!("on purpose")).join().is_err());
    end_at_once();
}

fn the_flush_on_panic_can_be_switched_off() {
    assert_eq!(played("panics_unflushed", 0).file, "");
}

fn panics_in_a_formatter(path: &Path) {
    struct Broken;
    impl std::fmt::Display for Broken {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            log("in a formatter", 1);
            panic!("on purpose")
        }
    }
    std::mem::forget(start(path));
    log("before", 10);
    error!("{}", Broken);
    log("after", 10);
}

fn a_formatter_panics() {
    let outcome = played("panics_in_a_formatter", 0);
    let broken = vec!["ERROR    [formatter failed]".to_owned()];
    let expected =
        [lines("before", 10), lines("in a formatter", 1), broken, lines("after", 10)].concat();
    assert_eq!(outcome.lines(), expected);
}

fn panics_on_the_record(path: &Path) {
    std::mem::forget(crate::builder(path).log_panics(true).start().unwrap());
    log("line", 2);
    let thread = std::thread::Builder::new().name("worker".into());
    let thread = thread.spawn(|| panic!("on {}", "purpose")).unwrap();
    assert!(thread.join().is_err());
    let caught = std::panic::catch_unwind(|| std::panic::panic_any(7));
    assert!(caught.is_err());
    end_at_once();
}

fn inv_012_a_panic_becomes_a_record() {
    let outcome = played("panics_on_the_record", 0);
    let found = outcome.lines();
    assert_eq!(found[..2], lines("line", 2));
    assert_eq!(found.len(), 4, "{found:?}");
    let own = file!();
    let is = |line: &str, message: &str, thread: &str| {
        let start =
            format!("CRITICAL panic error.type=panic error.message={message} file={own} line=");
        let rest = line.strip_prefix(&*start).unwrap_or_else(|| panic!("{line}"));
        let (number, rest) = rest.split_once(' ').expect("a thread");
        assert!(number.parse::<u32>().is_ok_and(|n| n > 0), "{line}");
        assert_eq!(rest, format!("thread={thread}"));
    };
    is(found[2], "\"on purpose\"", "worker");
    is(found[3], "\"Box<dyn Any>\"", "main");
    // What was there before is said as before, and once.
    assert_eq!(outcome.stderr.matches("on purpose").count(), 1, "{}", outcome.stderr);
}

fn panics_on_the_record_twice(path: &Path) {
    std::mem::forget(crate::builder(path).log_panics(true).start().unwrap());
    let _bomb = Bomb;
    panic!("on purpose");
}

/// The second panic ends the process, not one in the hook.
fn inv_012_every_panic_is_one_record() {
    let outcome = aborts("panics_on_the_record_twice");
    let found = outcome.lines();
    let messages: Vec<bool> = found.iter().map(|line| line.starts_with("CRITICAL")).collect();
    // The runtime itself panics once more, to abort.
    assert_eq!(messages, [true, false, false, false, true, true], "{found:?}");
    assert!(found[0].contains("\"on purpose\"") && found[4].contains("\"again, on purpose\""));
    assert!(!outcome.stderr.contains("processing panic"), "{}", outcome.stderr);
}

/// Nothing but the guard at the end writes.
fn panics_on_the_record_unflushed(path: &Path) {
    let builder = crate::builder(path).manual().log_panics(true).flush_on_panic(false);
    let guard = builder.start().unwrap();
    assert!(std::thread::spawn(|| panic!("on purpose")).join().is_err());
    assert_eq!(std::fs::metadata(path).map_or(0, |file| file.len()), 0);
    drop(guard);
}

fn inv_012_the_backtrace_is_there_if_it_is_asked_for() {
    let told = |on: &str| {
        let child = Child::new("panics_on_the_record_unflushed").env("RUST_BACKTRACE", on);
        let outcome = child.run();
        assert!(outcome.status.success(), "{outcome:?}");
        let found = outcome.lines();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].to_owned()
    };
    assert!(!told("0").contains("error.backtrace"));
    let told = told("1");
    assert!(told.contains("error.backtrace=") && told.contains("panics_on_the_record"), "{told}");
}
