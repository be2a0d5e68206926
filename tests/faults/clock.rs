//! A wall clock that is set by an hour, forth and back, while threads log by it.

use crate::harness::{Child, Scenario, Test};
use crate::{by_name, format};
use ripsaw::{Clock, Overflow, info};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![a_clock_that_is_set_changes_no_order];
pub(crate) const SCENARIOS: &[Scenario] = by_name![sets_the_clock];

const THREADS: u64 = 4;
const ROUNDS: u64 = 6;
const RECORDS: u64 = 500;

/// Stands before the C library: the real-time clock, moved by as many seconds as the child says.
const SHIM: &str = r"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
_Atomic long ripsaw_test_offset;
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, __func__);
    int result = real(id, now);
    if (id == CLOCK_REALTIME) now->tv_sec += ripsaw_test_offset;
    return result;
}
";

/// Moves the clock of this process; false where the shim is not loaded.
#[allow(unsafe_code)]
fn set_clock(seconds: i64) -> bool {
    // SAFETY: the name ends with a zero.
    let offset = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"ripsaw_test_offset".as_ptr()) };
    if offset.is_null() {
        return false;
    }
    // SAFETY: the shim defines it as an atomic long, which is never freed.
    let offset = unsafe { std::sync::atomic::AtomicI64::from_ptr(offset.cast()) };
    offset.store(seconds, std::sync::atomic::Ordering::Relaxed);
    true
}

fn sets_the_clock(log: &Path) {
    let guard = ripsaw::builder()
        .format(format())
        .overflow(Overflow::Block(Duration::MAX))
        .clock(Clock::System)
        .file(log)
        .start()
        .unwrap();
    for round in 0..ROUNDS {
        let hours = [0, 1, -1, 2, 0, -3][round as usize];
        assert!(set_clock(hours * 3600), "the shim is not loaded");
        std::thread::scope(|scope| {
            for t in 0..THREADS {
                scope.spawn(move || {
                    (0..RECORDS).for_each(|i| info!(round, t, i, "logged"));
                });
            }
        });
        // A record whose time is yet to come is not waited for.
        guard.handle().flush(Duration::from_secs(30)).expect("the flush covers all");
    }
    let report = guard.shutdown(Duration::from_secs(30));
    println!("written={}\ndropped={}", report.written, report.dropped);
}

fn a_clock_that_is_set_changes_no_order() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, shim) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, SHIM).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&source).arg("-ldl");
    if !cc.status().is_ok_and(|status| status.success()) {
        println!("SKIPPED a_clock_that_is_set_changes_no_order: there is no C compiler here");
        return;
    }
    let child = Child::new("sets_the_clock").env("LD_PRELOAD", shim.to_str().unwrap());
    let outcome = child.run().exited(0);
    assert_eq!(outcome.number("written"), THREADS * ROUNDS * RECORDS);
    assert_eq!(outcome.number("dropped"), 0);
    for t in 0..THREADS {
        let mine = format!(" t={t} ");
        let lines = outcome.lines().into_iter().filter(|line| line.contains(&mine));
        let expected = (0..ROUNDS).flat_map(|round| {
            (0..RECORDS).map(move |i| format!("INFO     logged round={round} t={t} i={i}"))
        });
        assert!(lines.eq(expected), "the records of thread {t} are not in the order of its calls");
    }
}
