//! What the children do. Each prints its books and by how many bytes it grew.

use ripsaw::format::Text;
use ripsaw::sink::Sink;
use ripsaw::{Builder, Event, Guard, Level, Logger, Overflow, Stats, info};
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);
const ARENA: usize = 16 << 20;

/// The most threads that were alive at once.
static THREADS: AtomicU64 = AtomicU64::new(1);

fn builder() -> Builder {
    ripsaw::builder()
        .format(Text::new().timestamp(false).target(false))
        .arena_bytes(ARENA)
        // Long enough that only an engine which makes callers wait for nothing runs into it.
        .overflow(Overflow::Block(Duration::from_secs(5)))
}

/// A number of bytes that the kernel counts for this process.
fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")).expect("a size in kB");
    kib.trim().parse::<u64>().unwrap() * 1024
}

/// Resident bytes now.
fn resident() -> u64 {
    status("VmRSS")
}

/// The most resident bytes so far, beyond those in the beginning.
fn print_growth(before: u64) {
    println!("threads={}", THREADS.load(Ordering::Relaxed));
    println!("grown={}\narena={ARENA}", status("VmHWM").saturating_sub(before));
}

fn print_books(calls: u64, stats: &Stats) {
    println!("calls={calls}\naccepted={}", stats.accepted);
    println!("written={}\ndropped={}", stats.written, stats.dropped());
}

/// Shuts down and prints everything but the growth later on.
fn close(guard: Guard, before: u64, calls: u64, path: &Path) {
    let handle = guard.handle();
    let report = guard.shutdown(LONG);
    assert_eq!(report.unflushed, 0);
    print_growth(before);
    print_books(calls, &handle.stats());
    let file = BufReader::new(std::fs::File::open(path).unwrap());
    println!("lines={}", file.split(b'\n').count());
}

/// Runs `each` in `threads` threads that begin together, and stay until all of them are through.
fn together(threads: usize, each: impl Fn(usize, &Barrier) + Send + Sync + 'static) {
    THREADS.fetch_max(threads as u64, Ordering::Relaxed);
    let barrier = Arc::new(Barrier::new(threads));
    let each = Arc::new(each);
    let threads: Vec<_> = (0..threads)
        .map(|t| {
            let (barrier, each) = (barrier.clone(), each.clone());
            let builder = std::thread::Builder::new().stack_size(256 << 10);
            let thread = builder.spawn(move || {
                barrier.wait();
                each(t, &barrier);
                barrier.wait();
            });
            thread.expect("the system gives this many threads")
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn threads_of_200(builder: Builder, path: &Path) {
    let before = resident();
    let guard = builder.file(path).start().unwrap();
    together(500, |t, _| {
        for i in 0..200 {
            info!(t, i, "one of two hundred");
        }
    });
    close(guard, before, 500 * 200, path);
}

pub(crate) fn many_threads(path: &Path) {
    threads_of_200(builder(), path);
}

pub(crate) fn many_threads_with_small_blocks(path: &Path) {
    threads_of_200(builder().block_bytes(512), path);
}

/// Records of the largest size that is not cut, one from each of 200 threads that stay alive.
fn one_large_record_each(path: &Path, log: fn(&str)) {
    let text = Arc::new("x".repeat(250_000));
    let before = resident();
    let guard = builder().file(path).start().unwrap();
    let handle = guard.handle();
    together(200, move |t, barrier| {
        for turn in 0..200 {
            if turn == t {
                log(&text);
                handle.flush(LONG).unwrap();
            }
            barrier.wait();
        }
    });
    close(guard, before, 200, path);
}

pub(crate) fn large_records(path: &Path) {
    one_large_record_each(path, |text| info!("{text}"));
}

pub(crate) fn large_formatted_records(path: &Path) {
    one_large_record_each(path, |text| info!("{}", format_args!("{text}")));
}

pub(crate) fn short_threads(path: &Path) {
    let before = resident();
    let guard = builder().file(path).start().unwrap();
    let mut after_some = 0;
    for t in 0..2000 {
        if t == 200 {
            after_some = resident();
        }
        let thread = std::thread::spawn(move || {
            for i in 0..3 {
                info!(t, i, "short");
            }
        });
        thread.join().unwrap();
    }
    println!("grown_later={}", resident().saturating_sub(after_some));
    close(guard, before, 2000 * 3, path);
}

fn a_word_and_another(builder: Builder, threads: usize, path: &Path) {
    let before = resident();
    let guard = builder.file(path).start().unwrap();
    together(threads, |t, barrier| {
        info!(t, "a word");
        barrier.wait();
        info!(t, "another");
    });
    close(guard, before, 2 * threads as u64, path);
}

pub(crate) fn crowd(path: &Path) {
    a_word_and_another(builder(), 1500, path);
}

pub(crate) fn idle_crowd(path: &Path) {
    a_word_and_another(builder().overflow(Overflow::Shed), 1000, path);
}

fn make_loggers(n: u64, log: bool) {
    for i in 0..n {
        let logger = Logger::new("short.lived").with("i", i);
        if log && i % 10 == 0 {
            info!(logger: &logger, "lived");
        }
        if log && i % 10_000 == 0 {
            // A writer that gets no processor forgets nothing; how far it lags is not the subject.
            ripsaw::flush(LONG).unwrap();
        }
    }
}

pub(crate) fn short_loggers(path: &Path) {
    let before = resident();
    let guard = builder().file(path).start().unwrap();
    make_loggers(100_000, true);
    let after_some = resident();
    make_loggers(900_000, true);
    println!("grown_later={}", resident().saturating_sub(after_some));
    close(guard, before, 100_000, path);
}

/// Nobody drains any more, so nobody takes note of what is gone.
pub(crate) fn short_loggers_after_the_shutdown(path: &Path) {
    let before = resident();
    let guard = builder().file(path).start().unwrap();
    let handle = guard.handle();
    guard.shutdown(LONG);
    make_loggers(50_000, false);
    let after_some = resident();
    make_loggers(450_000, false);
    println!("grown_later={}", resident().saturating_sub(after_some));
    print_growth(before);
    print_books(0, &handle.stats());
}

/// Takes two megabytes a second.
struct Slow;

impl Sink for Slow {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        std::thread::sleep(Duration::from_nanos(batch.len() as u64 * 500));
        Ok(batch.len())
    }
}

/// Whether the large sizes are asked for.
fn full() -> bool {
    std::env::var_os("RIPSAW_FULL").is_some()
}

/// Four threads log without a pause, much more than the sink takes: for three seconds, or for a minute.
pub(crate) fn overload(_: &Path) {
    const THREADS: usize = 4;
    let before = resident();
    let builder = builder().overflow(Overflow::Shed);
    let guard = builder.sink(Slow).start().unwrap();
    let handle = guard.handle();
    let seconds = if full() { 60 } else { 3 };
    static CALLS: AtomicU64 = AtomicU64::new(0);
    static STOP: AtomicBool = AtomicBool::new(false);
    let clock = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        let after_some = resident();
        std::thread::sleep(Duration::from_secs(seconds - 1));
        println!("grown_later={}", resident().saturating_sub(after_some));
        STOP.store(true, Ordering::Relaxed);
    });
    together(THREADS, |t, _| {
        let mut calls = 0;
        while !STOP.load(Ordering::Relaxed) {
            info!(t, calls, "one of very many that are too much for the sink");
            calls += 1;
        }
        CALLS.fetch_add(calls, Ordering::Relaxed);
    });
    clock.join().unwrap();
    guard.shutdown(LONG);
    print_growth(before);
    print_books(CALLS.load(Ordering::Relaxed), &handle.stats());
}

/// Keys that come once each, and targets too.
pub(crate) fn distinct_keys(path: &Path) {
    let records = if cfg!(debug_assertions) && !full() { 200_000 } else { 1_000_000 };
    let before = resident();
    let guard = builder().file(path).start().unwrap();
    let mut after_some = 0;
    for i in 0..records {
        if i == records / 10 {
            after_some = resident();
        }
        let (key, target) = (format!("key{i}"), format!("target{i}"));
        Event::new(Level::Info, "m").target(&target).field(&key, i).emit();
    }
    println!("grown_later={}", resident().saturating_sub(after_some));
    close(guard, before, records, path);
}

struct Down;

impl Sink for Down {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("down"))
    }
}

pub(crate) fn down(_: &Path) {
    const EACH: u64 = 100_000;
    let before = resident();
    let guard = builder().overflow(Overflow::Shed).level(Level::Info).sink(Down).start().unwrap();
    let handle = guard.handle();
    together(8, |t, _| {
        for i in 0..EACH {
            info!(t, i, "one of very many that nobody takes");
        }
    });
    assert_eq!(guard.shutdown(Duration::from_millis(50)).written, 0);
    print_growth(before);
    print_books(8 * EACH, &handle.stats());
}
