//! Ends that nobody wanted: panics that unwind, and those that abort.

use crate::harness::{Child, Scenario, Test};
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
    a_formatter_panics,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    panics_in_main,
    panics_twice,
    panics_in_a_c_function,
    panics_in_a_thread,
    panics_with_a_hook,
    panics_unflushed,
    panics_in_a_formatter,
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
