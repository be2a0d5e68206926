//! Lines a second end to end, from the first call until a flush has returned, by format, sink and
//! number of threads.
//!
//! `cargo bench --bench throughput`. Each run has a process and an engine of its own, which blocks
//! where the arena is full; a run that drops a record or writes another number of lines than there
//! were calls ends the benchmark. The figures are medians of five runs, made in rotation so that a
//! slow minute of the machine meets all cases.
//!
//! The floor is a bare loop on one thread: it formats a line of the same contents, with a fixed
//! time stamp, into a buffer of 64 KiB and writes it to a file.
#![allow(missing_docs)]

mod common;

use common::calls;
use common::child::{self, Scratch};
use common::{median, stopwatch};
use ripsaw::{Level, Overflow};
use std::fs;
use std::hint::black_box;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Longer than any run.
const DEADLINE: Duration = Duration::from_secs(60);
/// Runs of each case.
const ROUNDS: usize = 5;
/// The buffer of the bare loop.
const BUFFER: usize = 64 << 10;

/// What a run does.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// `text`, `key_value`, `json`; `bare` for the bare loop.
    format: &'static str,
    /// `file` or `null`.
    sink: &'static str,
    /// One of those in [`produce`].
    calls: &'static str,
    threads: u64,
    /// Calls of all threads together.
    messages: u64,
}

const fn case(
    format: &'static str,
    sink: &'static str,
    calls: &'static str,
    threads: u64,
    messages: u64,
) -> Case {
    Case { format, sink, calls, threads, messages }
}

const MILLION: u64 = 1_000_000;

#[rustfmt::skip]
const CASES: [Case; 18] = [
    case("bare",      "file", "message", 1, MILLION),
    case("text",      "file", "message", 1, MILLION),
    case("text",      "file", "message", 2, MILLION),
    case("text",      "file", "message", 4, MILLION),
    case("text",      "file", "message", 10, MILLION),
    case("text",      "null", "message", 1, MILLION),
    case("bare",      "file", "fields", 1, MILLION),
    case("key_value", "file", "fields", 1, MILLION),
    case("key_value", "null", "fields", 1, MILLION),
    case("json",      "file", "fields", 1, MILLION),
    case("json",      "null", "fields", 1, MILLION),
    case("json",      "file", "fields", 2, MILLION),
    case("json",      "file", "fields", 4, MILLION),
    case("json",      "file", "fields", 10, MILLION),
    case("json",      "file", "context", 1, MILLION),
    case("json",      "null", "context", 1, MILLION),
    case("json",      "file", "large", 1, MILLION / 5),
    case("json",      "null", "large", 1, MILLION / 5),
];

/// What a run found.
#[derive(Clone, Copy, Debug)]
struct Run {
    bytes: u64,
    seconds: f64,
    cpu_seconds: f64,
}

fn main() {
    match child::request() {
        Some(request) => {
            let number = request.first().and_then(|n| n.parse::<usize>().ok());
            let run = run(CASES[number.expect("the number of a case")]);
            println!("{} {} {}", run.bytes, run.seconds, run.cpu_seconds);
        }
        None if common::is_smoke_test() => {
            let run = run(Case { messages: 200, ..CASES[2] });
            assert!(run.bytes > 200 * 40, "{run:?}");
        }
        None => all(),
    }
}

fn all() {
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); CASES.len()];
    for _ in 0..ROUNDS {
        for (number, runs) in runs.iter_mut().enumerate() {
            let reply = child::ask(&[&number.to_string()], &["--bench"]);
            runs.push(parse(&reply).unwrap_or_else(|| panic!("not a reply: {reply:?}")));
        }
    }
    check_bare_lines(&runs);
    println!(
        "{:<10} {:<5} {:<9} {:>7} {:>10} {:>7} {:>7} {:>11} {:>8}  ratio",
        "format", "sink", "calls", "threads", "M lines/s", "MB/s", "B/line", "CPU s/M", "spread"
    );
    let rates: Vec<f64> = CASES.iter().zip(&runs).map(|(case, runs)| case.rate(runs)).collect();
    for (case, runs) in CASES.iter().zip(&runs) {
        let (rate, bytes) = (case.rate(runs), runs[0].bytes as f64);
        let cpu = median(runs.iter().map(|run| run.cpu_seconds).collect());
        let seconds = |pick: fn(f64, f64) -> f64| runs.iter().map(|r| r.seconds).reduce(pick);
        let spread = seconds(f64::max).unwrap_or(0.0) / seconds(f64::min).unwrap_or(1.0) - 1.0;
        println!(
            "{:<10} {:<5} {:<9} {:>7} {:>10.2} {:>7.0} {:>7.1} {:>11.3} {:>6.0} %  {}",
            case.format,
            case.sink,
            case.calls,
            case.threads,
            rate / 1e6,
            rate * bytes / case.messages as f64 / 1e6,
            bytes / case.messages as f64,
            cpu * 1e6 / case.messages as f64,
            spread * 100.0,
            case.ratio(rate, &rates),
        );
    }
}

/// A bare loop whose lines are shorter than the engine's would be no floor. `100` and `100.0` may
/// differ.
fn check_bare_lines(runs: &[Vec<Run>]) {
    let bytes = |format: &str, calls: &str| {
        let i = CASES.iter().position(|case| (case.format, case.calls) == (format, calls));
        i.map_or(f64::NAN, |i| runs[i][0].bytes as f64)
    };
    for (format, calls) in [("text", "message"), ("key_value", "fields")] {
        let ratio = bytes("bare", calls) / bytes(format, calls);
        assert!((0.99..1.01).contains(&ratio), "{format}, {calls}: lengths differ: {ratio}");
    }
}

fn parse(reply: &str) -> Option<Run> {
    let mut words = reply.split_whitespace();
    let bytes = words.next()?.parse().ok()?;
    let seconds = words.next()?.parse().ok()?;
    Some(Run { bytes, seconds, cpu_seconds: words.next()?.parse().ok()? })
}

impl Case {
    /// Lines a second, the median of the runs.
    fn rate(&self, runs: &[Run]) -> f64 {
        self.messages as f64 / median(runs.iter().map(|run| run.seconds).collect())
    }

    /// What this case is to be compared with, in words.
    fn ratio(&self, rate: f64, rates: &[f64]) -> String {
        let to = |what: &str, other: Case| {
            let same = |case: &Case| {
                (case.format, case.sink, case.calls, case.threads)
                    == (other.format, other.sink, other.calls, other.threads)
            };
            let of = CASES.iter().position(same).map_or(f64::NAN, |i| rates[i]);
            format!("{:.2} of {what}", rate / of)
        };
        match *self {
            case if case.threads > 1 => to("one thread", Case { threads: 1, ..case }),
            case if case.calls == "context" => to("no context", Case { calls: "fields", ..case }),
            Case { format: "text" | "key_value", sink: "file", .. } => {
                to("the bare loop", Case { format: "bare", ..*self })
            }
            _ => String::new(),
        }
    }
}

fn run(case: Case) -> Run {
    let scratch = Scratch::new();
    let file = scratch.path().join("run.log");
    let run = match case.format {
        "bare" => bare_loop(case, &file),
        _ => engine(case, &file),
    };
    if case.sink == "file" {
        let (lines, bytes) = count(&file);
        assert_eq!((lines, bytes), (case.messages, run.bytes), "{case:?}: lines and bytes");
    }
    run
}

fn engine(case: Case, file: &Path) -> Run {
    let builder = ripsaw::builder().level(Level::Info).overflow(Overflow::Block(DEADLINE));
    let builder = match case.format {
        "text" => builder.text(),
        "key_value" => builder.key_value(),
        "json" => builder.json(),
        format => panic!("no format: {format}"),
    };
    let builder = match case.sink {
        "file" => builder.file(file),
        "null" => builder.sink(ripsaw::sink::Null::new()),
        sink => panic!("no sink: {sink}"),
    };
    let guard = builder.start().expect("the only engine of this process");
    let cpu = stopwatch::cpu_seconds();
    let began = match case.threads {
        1 => {
            let began = Instant::now();
            produce(case.calls, case.messages);
            began
        }
        threads => on_threads(case, threads),
    };
    guard.handle().flush(DEADLINE).expect("the sink takes everything");
    let (seconds, cpu_seconds) = (began.elapsed().as_secs_f64(), stopwatch::cpu_seconds() - cpu);
    let stats = guard.handle().stats();
    let report = guard.shutdown(DEADLINE);
    assert_eq!((report.dropped, report.written), (0, case.messages), "{case:?}: dropped, written");
    Run { bytes: stats.bytes, seconds, cpu_seconds }
}

/// Shares the calls among threads; gives the moment just before the first call.
fn on_threads(case: Case, threads: u64) -> Instant {
    assert_eq!(case.messages % threads, 0, "{case:?}: no equal shares");
    let barrier = Barrier::new(threads as usize + 1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                barrier.wait();
                barrier.wait();
                produce(case.calls, case.messages / threads);
            });
        }
        barrier.wait();
        // All threads run. Before the second wait: behind it they may be far before this thread
        // gets on.
        let began = Instant::now();
        barrier.wait();
        began
    })
}

fn produce(calls: &str, n: u64) {
    match calls {
        "message" => (0..n).for_each(calls::int_int_float),
        "fields" => (0..n).for_each(calls::three_fields),
        "large" => (0..n).for_each(calls::large),
        "context" => {
            let log = calls::context();
            (0..n).for_each(|i| calls::in_context(&log, i));
        }
        calls => panic!("no calls: {calls}"),
    }
}

/// Lines and bytes.
fn count(file: &Path) -> (u64, u64) {
    let mut file = fs::File::open(file).expect("the file of the run");
    let mut buffer = vec![0; 256 << 10];
    let (mut lines, mut bytes) = (0, 0);
    loop {
        let n = file.read(&mut buffer).expect("to read it");
        if n == 0 {
            return (lines, bytes);
        }
        lines += buffer[..n].iter().filter(|byte| **byte == b'\n').count() as u64;
        bytes += n as u64;
    }
}

/// The same lines by hand: `message` as text, `fields` as key_value.
fn bare_loop(case: Case, path: &Path) -> Run {
    let mut file = fs::File::create(path).expect("a file for the run");
    let cpu = stopwatch::cpu_seconds();
    let began = Instant::now();
    let (mut buffer, mut bytes) = (Vec::with_capacity(BUFFER + 4096), 0);
    for n in 0..case.messages {
        match case.calls {
            "message" => bare_message(&mut buffer, n),
            _ => bare_fields(&mut buffer, n),
        }
        if buffer.len() >= BUFFER {
            bytes += buffer.len() as u64;
            file.write_all(&buffer).expect("to write it");
            buffer.clear();
        }
    }
    bytes += buffer.len() as u64;
    file.write_all(&buffer).expect("to write it");
    let seconds = began.elapsed().as_secs_f64();
    Run { bytes, seconds, cpu_seconds: stopwatch::cpu_seconds() - cpu }
}

fn bare_message(buffer: &mut Vec<u8>, n: u64) {
    buffer.extend_from_slice(black_box(b"2026-11-20T12:00:00.123456Z INFO     bench: int "));
    buffer.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    buffer.extend_from_slice(b", int ");
    buffer.extend_from_slice(itoa::Buffer::new().format(n * 7).as_bytes());
    buffer.extend_from_slice(b", float ");
    bare_price(buffer, n);
}

fn bare_fields(buffer: &mut Vec<u8>, n: u64) {
    let head = b"2026-11-20 12:00:00.123456 [info     ] order filled                   n=";
    buffer.extend_from_slice(black_box(head));
    buffer.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    buffer.extend_from_slice(b" volume=");
    buffer.extend_from_slice(itoa::Buffer::new().format(n * 7).as_bytes());
    buffer.extend_from_slice(b" px=");
    bare_price(buffer, n);
}

fn bare_price(buffer: &mut Vec<u8>, n: u64) {
    buffer.extend_from_slice(zmij::Buffer::new().format(calls::price(n)).as_bytes());
    buffer.push(b'\n');
}
