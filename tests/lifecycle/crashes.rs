//! Crashes: what was logged is written by the writer that is still alive, and the process ends as it
//! would have without a logger.

use crate::harness::{Child, Outcome, Scenario, Test};
use crate::signals::{allow_core, run, send, until_the_writer_sleeps};
use crate::{LONG, by_name, lines, log};
use ripsaw::sink::{Durability, Sink};
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![
    crashes_write_and_end_the_process,
    a_stack_overflow_says_so,
    a_crash_of_the_writer_is_passed_on,
    a_crash_while_another_waits,
    two_threads_crash,
    a_handler_that_puts_things_right,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    crashes,
    crashes_in_a_sink,
    crashes_while_the_writer_does,
    crashes_twice_at_once,
    crashes_and_goes_on,
];

/// How a child is to crash, and whether it has an engine.
const HOW: &str = "RIPSAW_TEST_CRASH";
const PLAIN: &str = "RIPSAW_TEST_PLAIN";

/// Ways to crash, with the signal that ends the process.
const WAYS: &[(&str, i32)] = &[
    ("segv", libc::SIGSEGV),
    ("bus", libc::SIGBUS),
    ("ill", libc::SIGILL),
    ("fpe", libc::SIGFPE),
    ("abort", libc::SIGABRT),
    ("sent segv", libc::SIGSEGV),
    ("sent bus", libc::SIGBUS),
    ("sent abrt", libc::SIGABRT),
    ("segv in a thread", libc::SIGSEGV),
];

fn crash(how: &str) {
    match how {
        "segv" => segv(),
        "bus" => bus(),
        "ill" => trap(),
        "fpe" => divide(),
        "abort" => std::process::abort(),
        // The standard library's handler lets the first one pass: it takes it for a fault, which would come again.
        "sent segv" => (0..2).for_each(|_| send(libc::SIGSEGV)),
        "sent bus" => (0..2).for_each(|_| send(libc::SIGBUS)),
        "sent abrt" => send(libc::SIGABRT),
        "segv in a thread" => std::thread::spawn(segv).join().unwrap(),
        "overflow" => {
            black_box(recurse(1));
        }
        "overflow in a thread" => {
            let thread = std::thread::Builder::new().name("deep".to_owned());
            let thread = thread
                .spawn(|| {
                    black_box(recurse(1));
                })
                .unwrap();
            drop(thread.join());
        }
        other => panic!("no such crash: {other}"),
    }
    std::thread::sleep(LONG);
    panic!("the crash did not end the process");
}

#[allow(unsafe_code)]
fn segv() {
    // SAFETY: none; nothing is mapped there, and to crash is the point.
    unsafe { black_box(std::ptr::without_provenance_mut::<u8>(64)).write_volatile(1) };
}

/// A page of a file behind the file's end.
#[allow(unsafe_code)]
fn bus() {
    use std::os::fd::AsRawFd;
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open("empty")
        .unwrap();
    // SAFETY: a new mapping at a place of the kernel's choice.
    let page = unsafe {
        let both = libc::PROT_READ | libc::PROT_WRITE;
        libc::mmap(std::ptr::null_mut(), 4096, both, libc::MAP_SHARED, file.as_raw_fd(), 0)
    };
    assert_ne!(page, libc::MAP_FAILED);
    // SAFETY: none; the page is not backed, and to crash is the point.
    unsafe { page.cast::<u8>().write_volatile(1) };
}

#[allow(unsafe_code)]
#[cfg(target_arch = "x86_64")]
fn trap() {
    // SAFETY: none; the instruction is invalid, and to crash is the point.
    unsafe { std::arch::asm!("ud2") };
}
#[cfg(not(target_arch = "x86_64"))]
fn trap() {
    send(libc::SIGILL);
}

#[allow(unsafe_code)]
#[cfg(target_arch = "x86_64")]
fn divide() {
    // SAFETY: none; it divides by zero, and to crash is the point.
    unsafe {
        std::arch::asm!("xor edx, edx", "mov eax, 1", "xor ecx, ecx", "div ecx",
            out("eax") _, out("ecx") _, out("edx") _);
    }
}
#[cfg(not(target_arch = "x86_64"))]
fn divide() {
    send(libc::SIGFPE);
}

#[allow(unconditional_recursion)]
fn recurse(n: u64) -> u64 {
    let room = black_box([n; 64]);
    recurse(n + 1) + room[0]
}

fn start(path: &Path) {
    std::mem::forget(crate::builder(path).flush_on_crash(LONG).start().unwrap());
    until_the_writer_sleeps();
}

fn crashes(path: &Path) {
    allow_core(path);
    if std::env::var_os(PLAIN).is_none() {
        start(path);
        log("line", 2000);
    }
    crash(&std::env::var(HOW).expect("a way"));
}

/// Runs the same crash with an engine and without one; returns both, and compares the wait status.
#[track_caller]
fn compared(how: &str) -> (Outcome, Outcome) {
    let plain = run(Child::new("crashes").env(HOW, how).env(PLAIN, "1"));
    let outcome = run(Child::new("crashes").env(HOW, how));
    // All of it, with the bit that tells of a core.
    assert_eq!(outcome.status.into_raw(), plain.status.into_raw(), "{how}: {}", outcome.stderr);
    assert_eq!(outcome.lines(), lines("line", 2000), "{how}");
    (plain, outcome)
}

fn crashes_write_and_end_the_process() {
    for (how, signal) in WAYS {
        let (plain, outcome) = compared(how);
        assert_eq!(plain.status.signal(), Some(*signal), "{how}: {}", plain.stderr);
        assert_eq!(outcome.stderr, plain.stderr, "{how}");
    }
}

fn a_stack_overflow_says_so() {
    for how in ["overflow", "overflow in a thread"] {
        let (plain, outcome) = compared(how);
        assert_eq!(plain.status.signal(), Some(libc::SIGABRT), "{}", plain.stderr);
        let told = "has overflowed its stack";
        assert!(outcome.stderr.contains(told) && plain.stderr.contains(told), "{}", outcome.stderr);
    }
}

/// A sink that crashes when it is given a word.
#[derive(Debug)]
struct Crashing;

impl Sink for Crashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.windows(4).any(|word| word == b"now!") {
            segv();
        }
        Ok(bytes.len())
    }
    fn flush(&mut self, _: Durability) -> std::io::Result<()> {
        Ok(())
    }
}

fn crashes_in_a_sink(path: &Path) {
    allow_core(path);
    let builder = ripsaw::builder().sink(Crashing).flush_on_crash(Duration::from_secs(3600));
    std::mem::forget(builder.start().unwrap());
    ripsaw::info!("now!");
    std::thread::sleep(LONG);
}

fn a_crash_of_the_writer_is_passed_on() {
    let outcome = run(Child::new("crashes_in_a_sink"));
    assert_eq!(outcome.status.signal(), Some(libc::SIGSEGV), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("ripsaw: the writer cannot write"), "{}", outcome.stderr);
}

/// The first crash makes the writer write, and that makes the writer crash.
fn crashes_while_the_writer_does(path: &Path) {
    allow_core(path);
    let builder = ripsaw::builder().sink(Crashing).flush_on_crash(Duration::from_secs(3600));
    let builder = builder.max_delay(Duration::from_secs(600));
    std::mem::forget(builder.start().unwrap());
    until_the_writer_sleeps();
    ripsaw::info!("now!");
    send(libc::SIGABRT);
    std::thread::sleep(LONG);
}

fn a_crash_while_another_waits() {
    let outcome = run(Child::new("crashes_while_the_writer_does"));
    let signal = outcome.status.signal();
    assert!([Some(libc::SIGABRT), Some(libc::SIGSEGV)].contains(&signal), "{outcome:?}");
    assert!(outcome.stderr.contains("ripsaw: the writer cannot write"), "{}", outcome.stderr);
}

fn crashes_twice_at_once(path: &Path) {
    allow_core(path);
    start(path);
    log("line", 2000);
    let both = std::sync::Arc::new(std::sync::Barrier::new(2));
    let other = both.clone();
    std::thread::spawn(move || {
        other.wait();
        segv();
    });
    both.wait();
    segv();
}

fn two_threads_crash() {
    for _ in 0..5 {
        let outcome = run(Child::new("crashes_twice_at_once"));
        assert_eq!(outcome.status.signal(), Some(libc::SIGSEGV), "{}", outcome.stderr);
        assert_eq!(outcome.lines(), lines("line", 2000));
    }
}

extern "C" fn repair(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    println!("repaired");
}

/// A handler that returns from a signal that was sent, as one that repairs a fault would.
#[allow(unsafe_code)]
fn crashes_and_goes_on(path: &Path) {
    // SAFETY: all zero is a value of the structure; the handler lives as long as the program.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = repair as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut()), 0);
    }
    start(path);
    log("first", 10);
    send(libc::SIGSEGV);
    log("second", 10);
    send(libc::SIGSEGV);
    log("third", 10);
    std::process::abort();
}

fn a_handler_that_puts_things_right() {
    let outcome = Child::new("crashes_and_goes_on").run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGABRT), "{}", outcome.stderr);
    assert_eq!(outcome.stdout.matches("repaired").count(), 2);
    let all = [lines("first", 10), lines("second", 10), lines("third", 10)].concat();
    assert_eq!(outcome.lines(), all);
}
