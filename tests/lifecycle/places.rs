//! Awkward places to log from: before `main` and after it, in destructors of threads that are not
//! Rust's, in signal handlers, in the middle of a panic or of a shutdown.

use crate::harness::{Child, Scenario, Test};
use crate::signals::{send, until_the_writer_sleeps};
use crate::{LONG, builder, by_name, lines, log, played, start};
use ripsaw::info;
use ripsaw::sink::{Durability, Sink};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![
    before_main_and_after_it,
    the_last_destructor_of_a_foreign_thread,
    the_last_destructor_during_a_shutdown,
    a_quick_exit_loses_nothing_that_was_flushed,
    a_signal_handler_that_logs,
    a_panic_in_a_panic_hook,
    a_signal_during_a_shutdown,
    a_signal_in_a_sink,
    starts_race,
    after_a_fork_of_an_engine_that_was_shut_down,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    logs_around_main,
    logs_on_a_foreign_thread,
    shuts_down_while_a_thread_ends,
    exits_quickly,
    logs_in_a_signal_handler,
    panics_in_its_panic_hook,
    gets_a_signal_in_its_shutdown,
    gets_a_signal_in_its_sink,
    starts_many_times,
    forks_after_its_shutdown,
];

/// The scenario wants to hear from constructors and destructors of the program itself.
static AROUND_MAIN: AtomicBool = AtomicBool::new(false);

extern "C" fn before_main() {
    info!("nobody is there yet");
}

extern "C" fn after_main() {
    if AROUND_MAIN.load(Ordering::Relaxed) {
        log("after main", 3);
    }
}

#[cfg(target_os = "linux")]
#[used]
#[allow(unsafe_code)]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = before_main;

#[cfg(target_os = "linux")]
#[used]
#[allow(unsafe_code)]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = after_main;

fn logs_around_main(path: &Path) {
    AROUND_MAIN.store(true, Ordering::Relaxed);
    std::mem::forget(start(path));
    log("line", 100);
}

fn before_main_and_after_it() {
    let outcome = played("logs_around_main", 0);
    let after = if cfg!(target_os = "linux") { 3 } else { 0 };
    assert_eq!(outcome.lines(), [lines("line", 100), lines("after main", after)].concat());
}

extern "C" fn says_farewell(_: *mut libc::c_void) {
    log("farewell", 3);
}

extern "C" fn foreign(key: *mut libc::c_void) -> *mut libc::c_void {
    log("foreign", 3);
    set_specific(key.addr() as libc::pthread_key_t);
    std::ptr::null_mut()
}

#[allow(unsafe_code)]
fn set_specific(key: libc::pthread_key_t) {
    // SAFETY: the key exists; the value is only a sign that there is one.
    assert_eq!(unsafe { libc::pthread_setspecific(key, std::ptr::without_provenance(1)) }, 0);
}

/// The C library calls destructors of keys after those of thread-local variables.
#[allow(unsafe_code)]
fn logs_on_a_foreign_thread(path: &Path) {
    let _guard = start(path);
    for _ in 0..3 {
        let mut key = 0;
        // SAFETY: a place for the key, and a function that lives as long as the program.
        assert_eq!(unsafe { libc::pthread_key_create(&mut key, Some(says_farewell)) }, 0);
        let mut thread = 0;
        let argument = std::ptr::without_provenance_mut(key as usize);
        // SAFETY: a place for the id, default attributes, and a function of the right type.
        let made =
            unsafe { libc::pthread_create(&mut thread, std::ptr::null(), foreign, argument) };
        assert_eq!(made, 0);
        // SAFETY: the thread exists, and is joined once.
        assert_eq!(unsafe { libc::pthread_join(thread, std::ptr::null_mut()) }, 0);
    }
}

fn the_last_destructor_of_a_foreign_thread() {
    let once = [lines("foreign", 3), lines("farewell", 3)].concat();
    assert_eq!(
        played("logs_on_a_foreign_thread", 0).lines(),
        [once.clone(), once.clone(), once].concat()
    );
}

static KEY: AtomicU32 = AtomicU32::new(0);
static LATE: AtomicU32 = AtomicU32::new(0);
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// In the third round the standard library has let go of all that it had for the thread.
extern "C" fn goes_on(round: *mut libc::c_void) {
    if round.addr() < 3 {
        return begin_round(round.addr() + 1);
    }
    log("late", 1);
    LATE.fetch_add(1, Ordering::Relaxed);
    while !IS_OVER.load(Ordering::Relaxed) {
        log("late", 1);
    }
}

#[allow(unsafe_code)]
fn begin_round(round: usize) {
    let (key, round) = (KEY.load(Ordering::Relaxed), std::ptr::without_provenance(round));
    // SAFETY: the key exists; the value is only a number.
    assert_eq!(unsafe { libc::pthread_setspecific(key, round) }, 0);
}

#[allow(unsafe_code)]
fn shuts_down_while_a_thread_ends(path: &Path) {
    // Beside another route the file has a thread of its own.
    let guard = builder(path).sink(ripsaw::sink::Null::new()).start().unwrap();
    let mut key = 0;
    // SAFETY: a place for the key, and a function that lives as long as the program.
    assert_eq!(unsafe { libc::pthread_key_create(&mut key, Some(goes_on)) }, 0);
    KEY.store(key, Ordering::Relaxed);
    let threads = [1, 0].map(|early| {
        std::thread::spawn(move || {
            log("early", early);
            begin_round(1);
        })
    });
    while LATE.load(Ordering::Relaxed) < 2 {
        std::thread::yield_now();
    }
    guard.shutdown(LONG);
    IS_OVER.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    println!("survived");
}

/// It must neither ask for its name nor drain by means that it does not have any more.
fn the_last_destructor_during_a_shutdown() {
    for _ in 0..10 {
        let outcome = played("shuts_down_while_a_thread_ends", 0);
        assert_eq!(outcome.stdout, "survived\n");
        let lines = outcome.lines();
        assert!(lines.contains(&"INFO     early i=0") && lines.len() > 2, "{lines:?}");
    }
}

#[allow(unsafe_code)]
fn exits_quickly(path: &Path) {
    unsafe extern "C" {
        fn quick_exit(code: libc::c_int) -> !;
    }
    let guard = start(path);
    log("line", 1000);
    guard.handle().flush(LONG).unwrap();
    // SAFETY: ends the process; nothing runs afterwards that could depend on anything.
    unsafe { quick_exit(5) }
}

fn a_quick_exit_loses_nothing_that_was_flushed() {
    assert_eq!(played("exits_quickly", 5).lines(), lines("line", 1000));
}

static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn logs(_: libc::c_int) {
    info!("handled {}", HANDLED.fetch_add(1, Ordering::Relaxed));
}

/// Is interrupted while it is rendered: in the middle of a call, but not of a frame.
struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        send(libc::SIGUSR1);
        f.write_str("rendered")
    }
}

#[allow(unsafe_code)]
fn logs_in_a_signal_handler(path: &Path) {
    // SAFETY: a function of the right type; that it logs is the point.
    unsafe { libc::signal(libc::SIGUSR1, logs as *const () as libc::sighandler_t) };
    let guard = start(path);
    for _ in 0..100 {
        send(libc::SIGUSR1);
        info!("{}", Interrupted);
    }
    println!("handled={}", HANDLED.load(Ordering::Relaxed));
    let report = guard.shutdown(LONG);
    assert_eq!((report.written, report.dropped), (300, 0));
}

fn a_signal_handler_that_logs() {
    let outcome = played("logs_in_a_signal_handler", 0);
    assert_eq!(outcome.number("handled"), 200);
    let count = |text: &str| outcome.lines().iter().filter(|line| line.contains(text)).count();
    assert_eq!((count(" handled "), count(" rendered")), (200, 100));
}

/// Panics when it is displayed.
struct Bomb;

impl std::fmt::Display for Bomb {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("again, on purpose")
    }
}

/// A panic in a hook aborts at once, whoever would have caught it.
fn panics_in_its_panic_hook(path: &Path) {
    std::panic::set_hook(Box::new(|_| {
        log("hook", 3);
        info!("{}", Bomb);
    }));
    std::mem::forget(builder(path).flush_on_crash(LONG).start().unwrap());
    until_the_writer_sleeps();
    log("line", 1000);
    panic!("on purpose");
}

fn a_panic_in_a_panic_hook() {
    let outcome = Child::new("panics_in_its_panic_hook").run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGABRT), "{}", outcome.stderr);
    assert_eq!(outcome.lines(), [lines("line", 1000), lines("hook", 3)].concat());
}

/// A file that takes its time.
#[derive(Debug)]
struct Slow {
    file: File,
}

static WRITING: AtomicBool = AtomicBool::new(false);

impl Sink for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITING.store(true, Ordering::Release);
        std::thread::sleep(Duration::from_millis(200));
        self.file.write(bytes)
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        Ok(())
    }
}

fn slow(path: &Path) -> Slow {
    Slow { file: File::create(path).unwrap() }
}

/// The handler interrupts the very thread that shuts down. Did it wait in vain, the child would hang.
fn gets_a_signal_in_its_shutdown(path: &Path) {
    let builder =
        ripsaw::builder().format(ripsaw::format::Text::new().timestamp(false).target(false));
    let builder = builder.max_delay(Duration::from_secs(600)).sink(slow(path));
    let guard = builder.flush_on_signals(Duration::from_secs(3600)).start().unwrap();
    until_the_writer_sleeps();
    log("line", 1000);
    std::thread::spawn(|| {
        while !WRITING.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(1));
        }
        send(libc::SIGTERM);
    });
    guard.shutdown(LONG);
    std::thread::sleep(LONG);
}

fn a_signal_during_a_shutdown() {
    let outcome = Child::new("gets_a_signal_in_its_shutdown").run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGTERM), "{}", outcome.stderr);
    assert_eq!(outcome.lines(), lines("line", 1000));
}

/// Ends the process from within.
#[derive(Debug)]
struct Ending;

impl Sink for Ending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(libc::SIGTERM);
        Ok(bytes.len())
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        Ok(())
    }
}

fn gets_a_signal_in_its_sink(_: &Path) {
    let builder = ripsaw::builder().sink(Ending).flush_on_signals(LONG);
    std::mem::forget(builder.start().unwrap());
    log("line", 1);
    std::thread::sleep(LONG);
}

fn a_signal_in_a_sink() {
    let outcome = Child::new("gets_a_signal_in_its_sink").run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGTERM), "{}", outcome.stderr);
}

/// Of many starts at once, one wins, and everybody logs into its engine.
fn starts_many_times(path: &Path) {
    let won = AtomicU32::new(0);
    let barrier = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                if let Ok(guard) = builder(path).start() {
                    won.fetch_add(1, Ordering::Relaxed);
                    std::mem::forget(guard);
                }
                barrier.wait();
                log("line", 100);
            });
        }
    });
    assert_eq!(won.into_inner(), 1);
}

fn starts_race() {
    for _ in 0..5 {
        let outcome = played("starts_many_times", 0);
        assert_eq!(outcome.lines().len(), 400);
    }
}

/// What is logged after the shutdown is written before the call returns, in a child too.
#[allow(unsafe_code)]
fn forks_after_its_shutdown(path: &Path) {
    drop(start(path));
    log("parent", 3);
    // SAFETY: what the child does afterwards is what this test is about.
    let child = unsafe { libc::fork() };
    if child == 0 {
        log("child", 3);
        // SAFETY: ends the process; nothing runs afterwards that could depend on anything.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: a place for the status.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
}

fn after_a_fork_of_an_engine_that_was_shut_down() {
    let outcome = played("forks_after_its_shutdown", 0);
    assert_eq!(outcome.lines(), [lines("parent", 3), lines("child", 3)].concat());
}
