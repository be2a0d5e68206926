//! A global allocator whose methods log: what it logs is delivered, or refused and counted; nothing
//! hangs, panics or is damaged.

mod harness;

use harness::{Child, Scenario, Test};
use ripsaw::format::Text;
use ripsaw::{DropCause, Event, Level, Logger, Overflow, info};
use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const TESTS: &[Test] = by_name![an_allocator_that_logs, an_allocator_that_logs_from_the_beginning];
const SCENARIOS: &[Scenario] = by_name![allocates, allocates_from_the_beginning];

fn main() -> ExitCode {
    harness::main(TESTS, SCENARIOS)
}

static ON: AtomicBool = AtomicBool::new(false);

/// Logs every call, in all the ways that there are.
struct Logging;

struct Shown(usize);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:>8}>", self.0)
    }
}

fn tell(what: &'static str, size: usize) {
    if ON.load(Ordering::Relaxed) {
        info!(size, "{what}");
        info!("{what} of {}", Shown(size));
    }
}

// SAFETY: hands every call on to the system's allocator as it is.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Logging {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        tell("alloc", layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        tell("realloc", size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(at, layout, size) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        tell("dealloc", layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Logging = Logging;

/// Every way to log, with arguments that need memory.
fn work(t: usize) {
    let wide = "x".repeat(5000);
    let huge = "y".repeat(400_000);
    for i in 0..200 {
        info!(t, i, "mine: plain");
        info!("mine: rendered {}", format_args!("{t} {i} {:?}", [i; 4]));
        info!(wide = &*wide, "mine: wide");
        if i % 50 == 0 {
            info!(huge = &*huge, "mine: huge");
            info!("mine: huge and rendered {}", Long(&huge));
        }
        let logger = Logger::new(format!("shop.{t}.{}", i % 7)).with("i", i as u64);
        info!(logger: &logger, "mine: bound");
        Event::new(Level::Info, "mine: event").target("elsewhere").field("i", i as u64).emit();
        let target = format!("target{i}");
        log::info!(target: &target, "mine: facade {i}");
    }
}

struct Long<'a>(&'a str);

impl fmt::Display for Long<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

fn play(path: &Path, overflow: Overflow) {
    let guard = ripsaw::builder()
        .format(Text::new().timestamp(false).target(false))
        .overflow(overflow)
        .file(path)
        .start()
        .unwrap();
    ON.store(true, Ordering::Relaxed);
    let threads: Vec<_> = (0..3).map(|t| std::thread::spawn(move || work(t))).collect();
    let handle = guard.handle();
    for level in [Level::Debug, Level::Info, Level::Trace] {
        handle.set_level(level);
        handle.flush(Duration::from_secs(30)).unwrap();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let report = guard.shutdown(Duration::from_secs(30));
    info!("after the shutdown");
    ON.store(false, Ordering::Relaxed);
    // Also tells what was refused last; the exit would do that too, but not before the counters are read.
    handle.flush(Duration::from_secs(30)).unwrap();
    let stats = handle.stats();
    assert_eq!(report.unflushed, 0);
    assert_eq!(stats.accepted, stats.written + stats.filtered + stats.dropped(), "{stats:?}");
    assert_eq!(stats.sequence_gaps, 0);
    println!("written={}", stats.written);
    println!("notices={}", stats.notices);
    let by = |cause| Level::ALL.iter().map(|level| stats.dropped_by(*level, cause)).sum::<u64>();
    println!("nested={}", by(DropCause::Nested));
    println!("damaged={}", by(DropCause::Damaged));
    println!("other={}", stats.dropped() - by(DropCause::Nested) - by(DropCause::OnWriter));
}

fn allocates(path: &Path) {
    play(path, Overflow::Block(Duration::MAX));
}

fn allocates_from_the_beginning(path: &Path) {
    ON.store(true, Ordering::Relaxed);
    play(path, Overflow::Shed);
}

fn check(scenario: &str) -> harness::Outcome {
    let outcome = Child::new(scenario).run().exited(0);
    assert_eq!(outcome.number("damaged"), 0);
    let lines = outcome.lines().len() as u64;
    assert_eq!(lines, outcome.number("written") + outcome.number("notices"));
    // The first call of each thread makes its lane.
    assert!(outcome.number("nested") > 0, "{}", outcome.stdout);
    outcome
}

fn an_allocator_that_logs() {
    let outcome = check("allocates");
    assert_eq!(outcome.number("other"), 0);
    let mine = outcome.lines().iter().filter(|line| line.contains("mine: ")).count();
    // Nothing of the program's own is lost.
    assert_eq!(mine, 3 * (200 * 6 + 4 * 2));
}

fn an_allocator_that_logs_from_the_beginning() {
    check("allocates_from_the_beginning");
}
