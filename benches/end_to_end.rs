//! From the moment before a call until its line stands in the file: until the `write` that held it
//! has returned.
//!
//! `cargo bench --bench end_to_end`. An ordinary call does not wake the writer. It sleeps for 0.1
//! ms after its last work, then twice as long each time up to `max_delay`, so the first line after
//! a pause waits for what is left of that sleep. Each row is a process and an engine of its own.
#![allow(missing_docs)]

mod common;

use common::calls;
use common::child::{self, Scratch};
use common::stopwatch::{Stopwatch, Times};
use ripsaw::sink::{Durability, File, Sink};
use ripsaw::{Level, LevelFilter, Overflow};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Longer than any run.
const DEADLINE: Duration = Duration::from_secs(60);

/// A row of the table.
#[derive(Clone, Copy, Debug)]
struct Case {
    max_delay_ms: u64,
    /// Every call wakes the writer: `flush_on(Info)`.
    wakes: bool,
    /// The pause before a call is chosen at random between this and three times as much.
    pause_us: u64,
    calls: usize,
}

#[rustfmt::skip]
const CASES: [Case; 7] = [
    Case { max_delay_ms: 1,  wakes: false, pause_us: 1_000,  calls: 1_000 },
    Case { max_delay_ms: 5,  wakes: false, pause_us: 5_000,  calls: 300 },
    Case { max_delay_ms: 50, wakes: false, pause_us: 50_000, calls: 60 },
    Case { max_delay_ms: 50, wakes: false, pause_us: 1_000,  calls: 1_000 },
    Case { max_delay_ms: 50, wakes: false, pause_us: 50,     calls: 5_000 },
    Case { max_delay_ms: 50, wakes: true,  pause_us: 1_000,  calls: 1_000 },
    Case { max_delay_ms: 50, wakes: true,  pause_us: 50,     calls: 5_000 },
];

fn main() {
    match child::request() {
        Some(request) => {
            let number = request.first().and_then(|n| n.parse::<usize>().ok());
            println!("{}", run(CASES[number.expect("the number of a case")]));
        }
        None if common::is_smoke_test() => {
            let row = run(Case { calls: 20, ..CASES[4] });
            assert_eq!(row.split_whitespace().count(), HEAD.split_whitespace().count(), "{row}");
        }
        None => {
            println!("microseconds from a call until its line stands in the file\n{HEAD}");
            for number in 0..CASES.len() {
                print!("{}", child::ask(&[&number.to_string()], &["--bench"]));
            }
        }
    }
}

const HEAD: &str =
    "max_delay/ms  woken  pause/ms  samples        p50        p90        p99      p99.9        max";

fn run(case: Case) -> String {
    let scratch = Scratch::new();
    let watch = Stopwatch::new();
    let written: Arc<[AtomicU64]> = (0..case.calls).map(|_| AtomicU64::new(0)).collect();
    let file = File::append(scratch.path().join("run.log")).expect("a file for the run");
    let guard = ripsaw::builder()
        .level(Level::Info)
        .overflow(Overflow::Block(DEADLINE))
        .max_delay(Duration::from_millis(case.max_delay_ms))
        .flush_on(if case.wakes { LevelFilter::Info } else { LevelFilter::Off })
        .sink(Stamped { file, watch, written: written.clone(), lines: 0 })
        .start()
        .expect("the only engine of this process");
    let mut called = vec![0; case.calls];
    let mut random = 0x9E37_79B9_7F4A_7C15;
    for (n, called) in (0..).zip(&mut called) {
        std::thread::sleep(case.pause(&mut random));
        *called = watch.before();
        calls::int_int_float(n);
    }
    guard.handle().flush(DEADLINE).expect("the file takes everything");
    let report = guard.shutdown(DEADLINE);
    assert_eq!((report.dropped, report.written), (0, case.calls as u64), "dropped, written");

    let mut times = Times::new();
    for (called, written) in called.iter().zip(written.iter()) {
        // The shutdown has waited for the writer, so all of its stores are visible.
        let written = written.load(Ordering::Relaxed);
        assert_ne!(written, 0, "a line that was never written");
        times.record(written.saturating_sub(*called));
    }
    let columns = times.summary(watch.ns_per_tick()).columns();
    format!(
        "{:>12}  {:<5}  {:>8}  {:>7}{}",
        case.max_delay_ms,
        if case.wakes { "yes" } else { "no" },
        format!("{}-{}", case.pause_us as f64 / 1e3, case.pause_us as f64 * 3e-3),
        times.len(),
        columns.map(|ns| format!(" {:>10.1}", ns / 1e3)).concat()
    )
}

impl Case {
    /// The next pause; xorshift64.
    fn pause(&self, random: &mut u64) -> Duration {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        Duration::from_micros(self.pause_us + *random % (2 * self.pause_us))
    }
}

/// A file that notes for each line when the write that held its end returned.
struct Stamped {
    file: File,
    watch: Stopwatch,
    written: Arc<[AtomicU64]>,
    lines: usize,
}

impl Sink for Stamped {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let taken = self.file.write(batch)?;
        let now = self.watch.after();
        for _ in batch[..taken].iter().filter(|byte| **byte == b'\n') {
            self.written[self.lines].store(now, Ordering::Relaxed);
            self.lines += 1;
        }
        Ok(taken)
    }

    fn flush(&mut self, durability: Durability) -> io::Result<()> {
        self.file.flush(durability)
    }
}
