//! Forks: a child's records arrive, its parent's arrive once, and nobody hangs.

use crate::harness::{Scenario, Test};
use crate::{LONG, builder, by_name, lines, log, played};
use ripsaw::format::Format;
use ripsaw::sink::{Durability, Sink};
use ripsaw::{Builder, Record, info};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![
    many_forks_while_others_log,
    a_child_that_does_not_log_costs_nothing,
    a_daemon_logs,
    a_child_keeps_handles_and_guards,
    a_child_has_its_own_thread_id,
    a_child_takes_no_lines_of_its_parent,
    without_the_option_a_child_logs_nowhere,
    a_child_may_start_an_engine,
    a_sink_that_is_busy_is_lost_to_the_child,
    forks_in_odd_places,
    forks_of_a_thread_of_another_engine,
    a_child_does_not_touch_the_arena_file,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    forks_often,
    forks_quietly,
    becomes_a_daemon,
    forks_with_handles,
    forks_and_tells_threads,
    forks_with_pending_lines,
    forks_unfollowed,
    forks_and_starts,
    forks_while_a_sink_is_busy,
    forks_oddly,
    forks_attached,
    forks_with_arena_files,
];

/// Plays `child` in a forked child, which ends without destructors; returns its number.
#[allow(unsafe_code)]
pub(crate) fn fork(child: impl FnOnce()) -> i32 {
    // SAFETY: what the child does afterwards is what these tests are about.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            child();
            end(0)
        }
        id => id,
    }
}

#[allow(unsafe_code)]
fn end(code: i32) -> ! {
    // SAFETY: ends the process; nothing runs afterwards that could depend on anything.
    unsafe { libc::_exit(code) }
}

/// Waits for a child that must end well.
#[allow(unsafe_code)]
#[track_caller]
pub(crate) fn wait(id: i32) {
    let mut status = 0;
    // SAFETY: a place for the status.
    assert_eq!(unsafe { libc::waitpid(id, &mut status, 0) }, id);
    assert_eq!(status, 0, "a child ended with {status:#x}");
}

fn flush() {
    ripsaw::flush(LONG).expect("a flush");
}

pub(crate) fn small(path: &Path) -> Builder {
    builder(path).arena_bytes(1 << 20).follow_forks(true)
}

const FORKS: u64 = 48;
const RECORDS: u64 = 100;

fn say(who: &str, fork: u64, n: u64) {
    for i in 0..n {
        info!("{who} {fork}: {i}");
    }
}

fn forks_often(path: &Path) {
    static OVER: AtomicBool = AtomicBool::new(false);
    let _guard = small(path).start().unwrap();
    let other = std::thread::spawn(|| {
        let mut n = 0_u64;
        while !OVER.load(Ordering::Relaxed) {
            info!("other 0: {n}");
            n += 1;
            if n.is_multiple_of(1000) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        n
    });
    let calm = std::thread::spawn(|| {
        let mut n = 0_u64;
        while !OVER.load(Ordering::Relaxed) {
            info!("calm 0: {n}");
            n += 1;
            std::thread::sleep(Duration::from_micros(300));
        }
        n
    });
    for k in 0..FORKS {
        say("parent", k, 7);
        wait(fork(|| match k % 4 {
            0 => {
                say("child", k, RECORDS);
                std::process::exit(0);
            }
            1 => {
                say("child", k, RECORDS);
                flush();
            }
            2 => {
                say("child", k, RECORDS);
                flush();
                exec();
            }
            _ => {
                say("child", k, RECORDS);
                let grandchild = fork(|| {
                    say("grandchild", k, RECORDS);
                    std::process::exit(0);
                });
                say("late child", k, RECORDS);
                wait(grandchild);
                flush();
            }
        }));
    }
    OVER.store(true, Ordering::Relaxed);
    println!("other={}", other.join().unwrap());
    println!("calm={}", calm.join().unwrap());
}

fn exec() {
    use std::os::unix::process::CommandExt;
    panic!("{}", std::process::Command::new("/bin/true").exec());
}

/// Each speaker's lines stand there once, whole and in order.
fn many_forks_while_others_log() {
    let outcome = played("forks_often", 0);
    let mut spoken = std::collections::HashMap::<&str, u64>::new();
    for line in outcome.lines() {
        let parts = line.strip_prefix("INFO     ").and_then(|rest| rest.split_once(": "));
        let (who, i) = parts.unwrap_or_else(|| panic!("torn: {line:?}"));
        let next = spoken.entry(who).or_default();
        assert_eq!(i.parse(), Ok(*next), "{line:?}");
        *next += 1;
    }
    let count = |who: String| spoken.get(&*who).copied().unwrap_or(0);
    for k in 0..FORKS {
        assert_eq!(count(format!("parent {k}")), 7);
        assert_eq!(count(format!("child {k}")), RECORDS, "{}", outcome.stderr);
        let expected = if k % 4 == 3 { RECORDS } else { 0 };
        assert_eq!(count(format!("grandchild {k}")), expected);
        assert_eq!(count(format!("late child {k}")), expected);
    }
    assert_eq!(count("other 0".to_owned()), outcome.number("other"));
    assert_eq!(count("calm 0".to_owned()), outcome.number("calm"));
    assert_eq!(outcome.stderr, "");
}

#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}
#[cfg(not(target_os = "linux"))]
fn threads() -> usize {
    1
}

fn forks_quietly(path: &Path) {
    let _guard = small(path).start().unwrap();
    log("line", 10);
    wait(fork(|| {
        flush();
        assert_eq!(threads(), 1);
    }));
    wait(fork(exec));
    wait(fork(|| std::process::exit(0)));
    // In a child of a child that does not log, the first record still finds the sinks.
    wait(fork(|| {
        wait(fork(|| {
            log("grandchild", 10);
            flush();
        }));
    }));
}

fn a_child_that_does_not_log_costs_nothing() {
    let outcome = played("forks_quietly", 0);
    let mut found = outcome.lines();
    found.sort_unstable();
    assert_eq!(found, [lines("grandchild", 10), lines("line", 10)].concat());
    assert_eq!(outcome.stderr, "");
}

/// The usual two forks, below a process that lives to see the end of the daemon.
#[allow(unsafe_code)]
fn becomes_a_daemon(path: &Path) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    wait(fork(|| {
        std::mem::forget(small(path).start().unwrap());
        log("before", 10);
        flush();
        fork(|| {
            // SAFETY: takes no arguments, touches no memory.
            assert_ne!(unsafe { libc::setsid() }, -1);
            fork(|| {
                log("daemon", 1000);
                std::process::exit(0);
            });
        });
    }));
    // Closed by the last of them.
    drop(writer);
    std::io::Read::read_to_end(&mut reader, &mut Vec::new()).unwrap();
}

fn a_daemon_logs() {
    let outcome = played("becomes_a_daemon", 0);
    assert_eq!(outcome.lines(), [lines("before", 10), lines("daemon", 1000)].concat());
}

fn forks_with_handles(path: &Path) {
    let guard = small(path).start().unwrap();
    let handle = guard.handle();
    log("parent", 10);
    wait(fork(|| {
        ripsaw::debug!("not yet");
        handle.set_level(ripsaw::Level::Debug);
        ripsaw::debug!("now");
        handle.flush(LONG).unwrap();
        assert_eq!(handle.stats().written, 1);
        std::thread::spawn(|| log("thread", 10)).join().unwrap();
        log("last", 10);
        // As at the end of a `main` that has the guard.
        let report = guard.shutdown(LONG);
        assert_eq!((report.written, report.dropped), (21, 0));
        log("after", 1);
    }));
    ripsaw::debug!("still off in the parent");
}

fn a_child_keeps_handles_and_guards() {
    let outcome = played("forks_with_handles", 0);
    let mut found = outcome.lines();
    found.sort_unstable();
    let mut expected = [lines("parent", 10), lines("thread", 10), lines("last", 10)].concat();
    expected.extend(lines("after", 1));
    expected.push("DEBUG    now".to_owned());
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", outcome.stderr);
}

/// Thread id and message.
#[derive(Clone, Debug)]
struct Threads;

impl Format for Threads {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{} line\n", record.thread().id).as_bytes());
    }
}

#[allow(unsafe_code)]
fn own_id() -> i32 {
    // SAFETY: takes no arguments, touches no memory. The id of a process is that of its first thread.
    unsafe { libc::getpid() }
}

fn forks_and_tells_threads(path: &Path) {
    let _guard = small(path).format(Threads).start().unwrap();
    info!("parent");
    println!("parent={}", own_id());
    let child = fork(|| {
        info!("child");
        flush();
    });
    println!("child={child}");
    wait(child);
}

fn a_child_has_its_own_thread_id() {
    let outcome = played("forks_and_tells_threads", 0);
    let mut found = outcome.lines();
    found.sort_unstable();
    let mut expected = ["parent", "child"].map(|who| format!("{} line", outcome.number(who)));
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// Lines that are in the arena at the fork, and lines that are in the route's buffer.
fn forks_with_pending_lines(path: &Path) {
    let guard = small(path).start().unwrap();
    crate::signals::until_the_writer_sleeps();
    log("parent", 1000);
    let child = fork(|| {
        log("child", 1000);
        flush();
    });
    wait(child);
    drop(guard);
}

fn a_child_takes_no_lines_of_its_parent() {
    let outcome = played("forks_with_pending_lines", 0);
    let of = |word: &str| -> Vec<&str> {
        let word = format!(" {word} ");
        outcome.lines().into_iter().filter(|line| line.contains(&word)).collect()
    };
    assert_eq!(of("parent"), lines("parent", 1000));
    assert_eq!(of("child"), lines("child", 1000));
    assert_eq!(outcome.lines().len(), 2000);
}

/// More than the arena holds, and callers wait for ever if need be.
fn forks_unfollowed(path: &Path) {
    let _guard = builder(path).arena_bytes(1 << 16).start().unwrap();
    log("parent", 10);
    wait(fork(|| {
        log("child", 10_000);
        std::thread::spawn(|| log("thread", 10_000)).join().unwrap();
        assert_eq!(ripsaw::flush(LONG), Err(ripsaw::FlushError::NotStarted));
        std::process::exit(0);
    }));
    log("later", 10);
}

fn without_the_option_a_child_logs_nowhere() {
    let outcome = played("forks_unfollowed", 0);
    assert_eq!(outcome.lines(), [lines("parent", 10), lines("later", 10)].concat());
}

fn forks_and_starts(path: &Path) {
    for follow in [false, true] {
        let guard = small(path).follow_forks(follow).start().unwrap();
        log("parent", 1);
        wait(fork(|| {
            let own = small(path).start().unwrap();
            log("own", 10);
            let report = own.shutdown(LONG);
            assert_eq!((report.written, report.dropped), (10, 0));
        }));
        drop(guard);
    }
}

fn a_child_may_start_an_engine() {
    let outcome = played("forks_and_starts", 0);
    let mut found = outcome.lines();
    found.sort_unstable();
    let mut expected = [lines("parent", 1), lines("own", 10)].concat();
    expected.extend_from_within(..);
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", outcome.stderr);
}

/// A sink that says when it is in a write, and stays there.
#[derive(Debug)]
struct Slow;

static WRITING: AtomicBool = AtomicBool::new(false);

impl Sink for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITING.store(true, Ordering::Release);
        std::thread::sleep(Duration::from_secs(3));
        Ok(bytes.len())
    }
    fn flush(&mut self, _: Durability) -> std::io::Result<()> {
        Ok(())
    }
}

fn forks_while_a_sink_is_busy(_: &Path) {
    let _guard = Builder::new().sink(Slow).follow_forks(true).start().unwrap();
    log("parent", 1);
    while !WRITING.load(Ordering::Acquire) {
        std::thread::sleep(Duration::from_millis(1));
    }
    wait(fork(|| {
        log("child", 10);
        flush();
        let stats = ripsaw::stats().unwrap();
        println!("accepted={}", stats.accepted);
        println!("written={}", stats.written);
        println!("filtered={}", stats.filtered);
        println!("dropped={}", stats.dropped());
    }));
}

fn a_sink_that_is_busy_is_lost_to_the_child() {
    let outcome = played("forks_while_a_sink_is_busy", 0);
    assert_eq!(outcome.stderr.matches("busy at the fork").count(), 1, "{}", outcome.stderr);
    let count = |what| outcome.number(what);
    assert_eq!((count("accepted"), count("written")), (10, 0));
    assert_eq!(count("filtered") + count("dropped"), 10);
}

/// Forks in the middle of its own `Display`.
struct Forking;

impl std::fmt::Display for Forking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        wait(fork(|| {
            log("child of a formatter", 10);
            flush();
        }));
        f.write_str("forked")
    }
}

/// A sink that forks, and whose child logs.
#[derive(Debug)]
struct Forks;

impl Sink for Forks {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        wait(fork(|| {
            log("child of a sink", 10);
            std::thread::spawn(|| log("thread of a child of a sink", 10)).join().unwrap();
        }));
        Ok(bytes.len())
    }
    fn flush(&mut self, _: Durability) -> std::io::Result<()> {
        Ok(())
    }
}

fn forks_oddly(path: &Path) {
    let guard = small(path).sink(Forks).start().unwrap();
    info!("{}", Forking);
    guard.handle().flush(LONG).unwrap();
    // In a destructor of a thread's local variables.
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            wait(fork(|| {
                log("child of a destructor", 10);
                // Its result depends on whether the thread can still remember what it took.
                let _ = ripsaw::flush(LONG);
            }));
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
    std::thread::spawn(|| {
        LAST.set(Some(Last));
        log("thread", 1);
    })
    .join()
    .unwrap();
}

fn forks_in_odd_places() {
    let outcome = played("forks_oddly", 0);
    let count = |text: &str| outcome.lines().iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("child of a formatter"), 10);
    assert_eq!(count("forked"), 1);
    assert_eq!(count(" thread i="), 1);
    assert_eq!(count("child of a sink"), 0);
}

/// The child logs into the copy of another engine, which has no writer.
fn forks_attached(path: &Path) {
    let _guard = small(path).start().unwrap();
    let local = small(path).start_local().unwrap();
    let attached = local.attach();
    log("local", 10);
    wait(fork(|| {
        log("lost", 100_000);
        drop(attached);
        log("child", 10);
        flush();
    }));
}

fn forks_of_a_thread_of_another_engine() {
    let outcome = played("forks_attached", 0);
    let mut found = outcome.lines();
    found.sort_unstable();
    assert_eq!(found, [lines("child", 10), lines("local", 10)].concat(), "{}", outcome.stderr);
}

/// The parent's arena is a file, which no child has mapped.
fn forks_with_arena_files(path: &Path) {
    let folder = path.with_extension("arenas");
    std::fs::create_dir_all(&folder).unwrap();
    for follow in [false, true] {
        let builder = || small(path).follow_forks(follow);
        let guard = builder().arena_file(folder.join("global")).start().unwrap();
        let local = builder().arena_file(folder.join("local")).start_local().unwrap();
        log("parent", 10);
        let ended = |what: &str| {
            log(what, 100);
            ripsaw::Logger::new("a new one").event(ripsaw::Level::Info, "event").emit();
            let _ = ripsaw::flush(LONG);
            std::process::exit(0);
        };
        wait(fork(|| {
            info!("a statement of its own");
            ended("child");
        }));
        let attached = local.attach();
        log("local", 10);
        wait(fork(|| {
            log("lost", 10);
            drop(attached);
            ended("attached child");
        }));
        drop((guard, local));
        wait(fork(|| log("after the shutdown", 10)));
    }
    // Each process has taken its file away.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir(&folder).unwrap();
}

fn a_child_does_not_touch_the_arena_file() {
    let outcome = played("forks_with_arena_files", 0);
    let count = |text: &str| outcome.lines().iter().filter(|line| line.contains(text)).count();
    assert_eq!((count(" parent i="), count(" local i=")), (20, 20));
    // Those of either kind, and those of the second.
    assert_eq!((count(" child i="), count(" attached child i=")), (200, 100));
    assert_eq!((count(" a statement of its own"), count(" event")), (1, 2));
    assert_eq!(count(" lost i="), 0);
}
