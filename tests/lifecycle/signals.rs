//! Signals that end the process: what was logged is written, and the wait status is that of a
//! program without a logger.

use crate::harness::{Child, Outcome, Scenario, Test};
use crate::{LONG, by_name, lines, log};
use ripsaw::Builder;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) const TESTS: &[Test] = by_name![
    signals_write_and_end_the_process,
    a_signal_that_is_ignored_stays_ignored,
    a_handler_that_was_there_is_called,
    a_second_signal_does_not_wait,
    signals_amid_producers,
    signals_around_a_shutdown,
    without_a_writer_it_is_an_error,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    gets_a_signal,
    gets_a_signal_without_an_engine,
    gets_an_ignored_signal,
    gets_a_signal_with_a_handler,
    gets_two_signals,
    gets_a_signal_amid_producers,
    gets_a_signal_after_a_shutdown,
    gets_a_signal_in_its_second_life,
];

/// The signal that a child is to get.
pub(crate) const SIGNAL: &str = "RIPSAW_TEST_SIGNAL";

pub(crate) fn signal() -> i32 {
    std::env::var(SIGNAL).expect("a signal").parse().expect("a number")
}

/// Sends a signal to this process.
#[allow(unsafe_code)]
pub(crate) fn send(signal: i32) {
    // SAFETY: takes numbers, touches no memory.
    assert_eq!(unsafe { libc::kill(libc::getpid(), signal) }, 0);
}

/// Keeps a signal from the calling thread.
#[allow(unsafe_code)]
fn block(signal: i32) {
    // SAFETY: all zero is an empty set on the systems that this runs on; then the sets are initialised.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&mut set, signal);
        assert_eq!(libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()), 0);
    }
}

#[allow(unsafe_code)]
pub(crate) fn handle(signal: i32, handler: libc::sighandler_t) {
    // SAFETY: SIG_IGN, or a function of the right type that does what handlers may do.
    assert_ne!(unsafe { libc::signal(signal, handler) }, libc::SIG_ERR);
}

/// Lets the process leave a core, in a folder of its own.
#[allow(unsafe_code)]
pub(crate) fn allow_core(path: &Path) {
    let folder = path.with_extension("cores");
    std::fs::create_dir_all(&folder).unwrap();
    std::env::set_current_dir(&folder).unwrap();
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a place for the result, then a valid value; raising the soft limit to the hard one is always allowed.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_CORE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_CORE, &limit), 0);
    }
}

/// Runs a child whose core, if it leaves one, is taken away again.
#[track_caller]
pub(crate) fn run(child: Child) -> Outcome {
    let cores = child.file().with_extension("cores");
    let outcome = child.run();
    drop(std::fs::remove_dir_all(cores));
    outcome
}

/// The writer sleeps for the better part of a second by then, and longer each time.
pub(crate) fn until_the_writer_sleeps() {
    std::thread::sleep(Duration::from_millis(300));
}

fn start(path: &Path) {
    allow_core(path);
    std::mem::forget(crate::builder(path).flush_on_signals(LONG).start().unwrap());
    until_the_writer_sleeps();
}

/// Nobody comes here whom the signal has ended.
fn survive() {
    std::thread::sleep(LONG);
    panic!("the signal did not end the process");
}

fn gets_a_signal(path: &Path) {
    start(path);
    log("line", 2000);
    send(signal());
    survive();
}

fn gets_a_signal_without_an_engine(path: &Path) {
    allow_core(path);
    send(signal());
    survive();
}

fn signals_write_and_end_the_process() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
        let child = |scenario| run(Child::new(scenario).env(SIGNAL, &signal.to_string()));
        let plain = child("gets_a_signal_without_an_engine");
        assert_eq!(plain.status.signal(), Some(signal));
        let outcome = child("gets_a_signal");
        // The whole wait status, with the bit that tells of a core.
        assert_eq!(outcome.status.into_raw(), plain.status.into_raw(), "{}", outcome.stderr);
        assert_eq!(outcome.lines(), lines("line", 2000));
        assert_eq!(outcome.stderr, "");
    }
}

fn gets_an_ignored_signal(path: &Path) {
    handle(libc::SIGHUP, libc::SIG_IGN);
    start(path);
    send(libc::SIGHUP);
    log("line", 10);
}

fn a_signal_that_is_ignored_stays_ignored() {
    let outcome = run(Child::new("gets_an_ignored_signal")).exited(0);
    assert_eq!(outcome.lines(), lines("line", 10));
}

static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn end_at_once(_: libc::c_int) {
    if HANDLED.fetch_add(1, Ordering::Relaxed) == 2 {
        exit_without_hooks();
    }
}

#[allow(unsafe_code)]
fn exit_without_hooks() -> ! {
    // SAFETY: ends the process; nothing runs afterwards that could depend on anything.
    unsafe { libc::_exit(9) }
}

fn gets_a_signal_with_a_handler(path: &Path) {
    handle(libc::SIGTERM, end_at_once as *const () as libc::sighandler_t);
    start(path);
    for round in 1..=3 {
        log("line", 100);
        send(libc::SIGTERM);
        // Calls to oneself arrive before they return, as no other thread takes this signal.
        println!("{round}={}", HANDLED.load(Ordering::Relaxed));
    }
}

/// The handler is called each time, the third time it ends the process without a hook of ours.
fn a_handler_that_was_there_is_called() {
    let outcome = run(Child::new("gets_a_signal_with_a_handler")).exited(9);
    assert_eq!(outcome.lines().len(), 300);
}

/// A sink that does not return.
#[derive(Debug)]
pub(crate) struct Stuck;

impl ripsaw::sink::Sink for Stuck {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_secs(3600));
        Ok(0)
    }
    fn flush(&mut self, _: ripsaw::sink::Durability) -> std::io::Result<()> {
        Ok(())
    }
}

fn gets_two_signals(_: &Path) {
    let builder = Builder::new().sink(Stuck).flush_on_signals(Duration::from_secs(3600));
    std::mem::forget(builder.start().unwrap());
    log("line", 1);
    let deadline = Instant::now() + LONG;
    std::thread::spawn(move || {
        // Or the handler might wait on this thread.
        block(libc::SIGTERM);
        // The first waits for the sink; one of the others finds it waiting.
        while Instant::now() < deadline {
            send(libc::SIGTERM);
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    survive();
}

fn a_second_signal_does_not_wait() {
    let outcome = Child::new("gets_two_signals").run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGTERM), "{}", outcome.stderr);
}

/// Producers that are interrupted anywhere.
fn gets_a_signal_amid_producers(path: &Path) {
    std::mem::forget(crate::builder(path).flush_on_signals(LONG).start().unwrap());
    for t in 0..3 {
        std::thread::spawn(move || {
            for i in 0_u64.. {
                ripsaw::info!(i, text = %format_args!("{i}"), "{t}");
            }
        });
    }
    log("main", 1000);
    send(libc::SIGTERM);
    survive();
}

/// The signal may be taken by a thread that is just being made; the engine's own must not.
fn signals_amid_producers() {
    for _ in 0..20 {
        let outcome = Child::new("gets_a_signal_amid_producers").run();
        assert_eq!(outcome.status.signal(), Some(libc::SIGTERM), "{}", outcome.stderr);
        let main: Vec<_> =
            outcome.lines().into_iter().filter(|line| line.contains(" main ")).collect();
        assert_eq!(main, lines("main", 1000));
    }
}

fn gets_a_signal_after_a_shutdown(path: &Path) {
    let guard = crate::builder(path).flush_on_signals(LONG).start().unwrap();
    log("before", 10);
    drop(guard);
    log("after", 10);
    send(libc::SIGTERM);
    survive();
}

fn gets_a_signal_in_its_second_life(path: &Path) {
    gets_a_life(path);
    start(path);
    log("second", 1000);
    send(libc::SIGTERM);
    survive();
}

fn gets_a_life(path: &Path) {
    let _guard = crate::builder(path).flush_on_signals(LONG).start().unwrap();
    log("first", 10);
}

fn signals_around_a_shutdown() {
    let outcome = Child::new("gets_a_signal_after_a_shutdown").run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGTERM), "{}", outcome.stderr);
    assert_eq!(outcome.lines(), [lines("before", 10), lines("after", 10)].concat());
    let outcome = run(Child::new("gets_a_signal_in_its_second_life"));
    assert_eq!(outcome.status.signal(), Some(libc::SIGTERM), "{}", outcome.stderr);
    assert_eq!(outcome.lines(), [lines("first", 10), lines("second", 1000)].concat());
}

fn without_a_writer_it_is_an_error() {
    let limit = Duration::from_secs(1);
    for (builder, field) in [
        (Builder::new().manual().flush_on_signals(limit), "flush_on_signals"),
        (Builder::new().manual().flush_on_crash(limit), "flush_on_crash"),
        (Builder::new().manual().crash_file("1s"), "crash_file"),
    ] {
        let error = builder.start_local().unwrap_err().to_string();
        assert!(error.contains(field) && error.contains("manual"), "{error}");
        assert!(error.contains("1s"), "{error}");
    }
}
