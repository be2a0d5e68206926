//! Ordinary ends: `main` returns, or somebody calls `exit`.

use crate::harness::{Scenario, Test};
use crate::{by_name, lines, log, played, start};
use ripsaw::info;
use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![
    main_returns,
    main_returns_with_a_guard,
    exit_on_the_main_thread,
    exit_on_another_thread,
    exit_while_others_log,
    thread_locals_of_main_are_heard,
    exit_handlers_are_heard,
    the_flush_at_exit_can_be_switched_off,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    forgets_its_guard,
    drops_its_guard,
    exits,
    exits_elsewhere,
    exits_amid_producers,
    leaves_a_thread_local,
    logs_in_exit_handlers,
    exits_unflushed,
    exits_flushed,
];

fn forgets_its_guard(path: &Path) {
    std::mem::forget(start(path));
    log("line", 1000);
}

fn main_returns() {
    assert_eq!(played("forgets_its_guard", 0).lines(), lines("line", 1000));
}

fn drops_its_guard(path: &Path) {
    let _guard = start(path);
    log("line", 1000);
}

fn main_returns_with_a_guard() {
    assert_eq!(played("drops_its_guard", 0).lines(), lines("line", 1000));
}

fn exits(path: &Path) {
    let _guard = start(path);
    log("line", 1000);
    std::process::exit(7);
}

fn exit_on_the_main_thread() {
    assert_eq!(played("exits", 7).lines(), lines("line", 1000));
}

fn exits_elsewhere(path: &Path) {
    let _guard = start(path);
    log("main", 1000);
    let other = std::thread::spawn(|| {
        log("other", 1000);
        std::process::exit(8);
    });
    drop(other.join());
}

fn exit_on_another_thread() {
    let outcome = played("exits_elsewhere", 8);
    assert_eq!(outcome.lines(), [lines("main", 1000), lines("other", 1000)].concat());
}

/// Calls that have returned, by thread.
static RETURNED: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

fn exits_amid_producers(path: &Path) {
    let _guard = start(path);
    for (t, returned) in RETURNED.iter().enumerate() {
        std::thread::spawn(move || {
            for i in 0_u64.. {
                info!("{t} {i}");
                returned.store(i + 1, Ordering::Release);
            }
        });
    }
    std::thread::sleep(Duration::from_millis(30));
    for (t, returned) in RETURNED.iter().enumerate() {
        println!("{t}={}", returned.load(Ordering::Acquire));
    }
    std::process::exit(0);
}

fn exit_while_others_log() {
    for _ in 0..5 {
        let outcome = played("exits_amid_producers", 0);
        let mut next = [0; RETURNED.len()];
        for line in outcome.lines() {
            let numbers = line.strip_prefix("INFO     ").and_then(|rest| rest.split_once(' '));
            let (t, i) = numbers.unwrap_or_else(|| panic!("torn: {line:?}"));
            let place: &mut u64 = &mut next[t.parse::<usize>().unwrap()];
            assert_eq!(i.parse(), Ok(*place), "thread {t}");
            *place += 1;
        }
        for (t, written) in next.into_iter().enumerate() {
            let returned = outcome.number(&t.to_string());
            assert!(written >= returned, "thread {t}: {returned} calls, {written} lines");
        }
    }
}

/// Logs when it is dropped.
struct Farewell;

impl Drop for Farewell {
    fn drop(&mut self) {
        log("farewell", 3);
    }
}

fn leaves_a_thread_local(path: &Path) {
    thread_local!(static LAST: RefCell<Option<Farewell>> = const { RefCell::new(None) });
    LAST.set(Some(Farewell));
    std::mem::forget(start(path));
    log("line", 100);
}

fn thread_locals_of_main_are_heard() {
    let outcome = played("leaves_a_thread_local", 0);
    assert_eq!(outcome.lines(), [lines("line", 100), lines("farewell", 3)].concat());
}

extern "C" fn registered_before() {
    log("registered before", 3);
}

extern "C" fn registered_after() {
    log("registered after", 3);
}

fn logs_in_exit_handlers(path: &Path) {
    at_exit(registered_before);
    std::mem::forget(start(path));
    at_exit(registered_after);
    log("line", 100);
}

#[allow(unsafe_code)]
fn at_exit(handler: extern "C" fn()) {
    // SAFETY: the handler is a function that lives as long as the program and does not unwind.
    assert_eq!(unsafe { libc::atexit(handler) }, 0);
}

/// Handlers run in the reverse order: the engine's own in the middle, and what comes later is
/// written at once.
fn exit_handlers_are_heard() {
    let outcome = played("logs_in_exit_handlers", 0);
    let expected =
        [lines("line", 100), lines("registered after", 3), lines("registered before", 3)].concat();
    assert_eq!(outcome.lines(), expected);
}

/// Without a writer's thread, only the flush at exit can have written anything.
fn exits_unflushed(path: &Path) {
    let builder = crate::builder(path).manual().flush_at_exit(false);
    std::mem::forget(builder.start().unwrap());
    log("line", 10);
}

fn exits_flushed(path: &Path) {
    std::mem::forget(crate::builder(path).manual().start().unwrap());
    log("line", 10);
}

fn the_flush_at_exit_can_be_switched_off() {
    assert_eq!(played("exits_unflushed", 0).file, "");
    assert_eq!(played("exits_flushed", 0).lines(), lines("line", 10));
}
