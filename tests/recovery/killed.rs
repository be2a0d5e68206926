//! Killed at a random moment under full load.

use crate::harness::{Child, Scenario, Test};
use crate::{arena_of, builder, by_name};
use ripsaw::format::{Format, Text};
use ripsaw::sink::{FileEnd, Sink};
use ripsaw::{Event, Level, Logger, Overflow, Recovery, info};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) const TESTS: &[Test] = by_name![
    what_a_killed_process_accepted_is_there_once,
    the_next_start_writes_what_was_left,
    a_second_route_gets_what_it_lacks,
    what_a_sink_took_by_halves_is_not_asked_for_again,
    routes_that_follow_each_other_lose_and_double_nothing,
    large_records_in_a_small_arena_are_there_once,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    floods,
    floods_two,
    floods_by_halves,
    floods_and_reloads,
    floods_a_small_arena,
    returns
];

const THREADS: usize = 4;
/// How often each test kills; the long run of `cargo xtask torture` kills more often.
fn rounds() -> usize {
    std::env::var("RIPSAW_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8)
}

/// Counters of the calls that have returned, a word a thread, where the parent can read them.
fn progress_of(log: &Path) -> PathBuf {
    log.with_extension("progress")
}

fn returned(log: &Path) -> Vec<u64> {
    let mut words = [0; THREADS * 8];
    let Ok(file) = File::open(progress_of(log)) else { return vec![0; THREADS] };
    let Ok(_) = file.read_exact_at(&mut words, 0) else { return vec![0; THREADS] };
    words.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect()
}

/// What the `n`-th record of a thread says: some are larger than a block, most are small.
fn payload(thread: usize, n: u64) -> String {
    let len = match n % 1000 {
        999 => 70_000,
        n => (n as usize * 7 + thread) % 90,
    };
    ['a', 'b', 'c', 'd'][thread].to_string().repeat(len)
}

fn flood(log: &Path) {
    let progress = File::create(progress_of(log)).unwrap();
    progress.write_all_at(&[0; THREADS * 8], 0).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let progress = &progress;
            let flooding = move || {
                let bound = Logger::new("bound").with("shard", thread as u64);
                for n in 0.. {
                    let payload = payload(thread, n);
                    match n % 4 {
                        0 => info!(t = thread, n, "{payload}"),
                        1 => info!(logger: &bound, t = thread, n, "{payload}"),
                        2 => info!(t = thread, n, "{:?}", payload),
                        _ => Event::new(Level::Info, &payload)
                            .field("t", thread as u64)
                            .field("n", n)
                            .emit(),
                    }
                    progress.write_all_at(&(n + 1).to_le_bytes(), thread as u64 * 8).unwrap();
                }
            };
            let name = format!("worker {thread}");
            std::thread::Builder::new().name(name).spawn_scoped(scope, flooding).unwrap();
        }
    });
}

fn floods(log: &Path) {
    let _guard = builder(log).start().unwrap();
    flood(log);
}

fn second(log: &Path) -> PathBuf {
    log.with_extension("second")
}

fn floods_two(log: &Path) {
    let _guard = builder(log).file(second(log)).start().unwrap();
    flood(log);
}

/// A file that takes half of what it is offered, and nothing of the rest at first.
struct Halves {
    file: ripsaw::sink::File,
    calls: u64,
}

impl Sink for Halves {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        match self.calls % 2 {
            0 => Err(io::ErrorKind::StorageFull.into()),
            // Whole lines: of one that is cut off here, a killed process leaves the beginning.
            _ => {
                let half = batch[..batch.len() / 2].iter().rposition(|byte| *byte == b'\n');
                self.file.write(&batch[..half.map_or(batch.len(), |at| at + 1)])
            }
        }
    }
    fn end(&self) -> Option<FileEnd> {
        self.file.end()
    }
    fn name(&self) -> String {
        self.file.name()
    }
}

fn small(log: &Path) -> ripsaw::Builder {
    let lines = Text::new().timestamp(false).target(false);
    ripsaw::builder()
        .format(lines)
        .overflow(Overflow::Block(Duration::MAX))
        .arena_bytes(512 << 10)
        .block_bytes(512)
        .arena_file(arena_of(log))
}

fn floods_by_halves(log: &Path) {
    let file = ripsaw::sink::File::append(log).unwrap();
    let _guard = small(log).sink(Halves { file, calls: 0 }).start().unwrap();
    flood(log);
}

fn floods_a_small_arena(log: &Path) {
    let _guard = small(log).file(log).start().unwrap();
    flood(log);
}

fn floods_and_reloads(log: &Path) {
    let guard = builder(log).start().unwrap();
    let handle = guard.handle().clone();
    std::thread::spawn({
        let log = log.to_owned();
        move || {
            loop {
                // Often faster than a route can leave: a new one must not find all places in the arena's file taken.
                std::thread::sleep(Duration::from_micros(random(2000)));
                handle.reload(builder(&log)).unwrap();
            }
        }
    });
    flood(log);
}

/// Starts with what another process left, and says how much that was.
fn returns(log: &Path) {
    let mut builder = builder(log);
    if second(log).exists() {
        builder = builder.file(second(log));
    }
    let guard = builder.start().unwrap();
    info!("alive");
    println!("recovered={}", guard.handle().stats().recovered);
}

/// Some number below `n` that differs from run to run.
fn random(n: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (u64::from(now.subsec_nanos()) ^ u64::from(std::process::id()) << 20)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(31)
        % n
}

/// Lets a child flood and kills it somewhere on the way; returns its log.
fn kill_one(scenario: &str) -> PathBuf {
    let child = Child::new(scenario);
    let log = child.file().to_owned();
    let goal = 1 + random(150_000);
    child.kill_when(|| {
        let reached = returned(&log).iter().sum::<u64>() >= goal;
        if reached {
            // Not always in step with a call.
            std::thread::sleep(Duration::from_micros(random(3000)));
        }
        reached
    });
    log
}

/// Numbers of each thread's records in a text, whole and in order; `line` must hold what the record said.
fn numbers(text: &str) -> HashMap<usize, Vec<u64>> {
    let mut numbers: HashMap<usize, Vec<u64>> = HashMap::new();
    for line in text.lines() {
        let field = |key: &str| {
            let (_, rest) = line.rsplit_once(&format!(" {key}="))?;
            rest.split(' ').next()?.parse::<u64>().ok()
        };
        let (Some(thread), Some(n)) = (field("t"), field("n")) else {
            assert!(line.contains("alive"), "a line that nobody logged: {line:?}");
            continue;
        };
        let said = payload(thread as usize, n);
        assert!(line.contains(&said), "record {n} of thread {thread} is not whole: {line:?}");
        numbers.entry(thread as usize).or_default().push(n);
    }
    numbers
}

/// Each thread's numbers go from zero to at least what had returned, one by one.
fn is_complete(text: &str, returned: &[u64], what: &str) {
    let numbers = numbers(text);
    for (thread, returned) in returned.iter().enumerate() {
        let found = numbers.get(&thread).map_or(&[][..], Vec::as_slice);
        let wrong = found.iter().enumerate().find(|(i, n)| *i as u64 != **n);
        assert_eq!(wrong, None, "{what}: thread {thread} has {} records", found.len());
        let len = found.len() as u64;
        assert!(len >= *returned, "{what}: thread {thread} has {len} of {returned} records");
        assert!(len <= returned + 1, "{what}: thread {thread} has {len} of {returned} records");
    }
}

fn clean(log: &Path) {
    let aside = arena_of(log).with_extension("arena.recovered");
    for path in [log.to_owned(), progress_of(log), second(log), arena_of(log), aside] {
        drop(std::fs::remove_file(path));
    }
}

fn what_a_killed_process_accepted_is_there_once() {
    let (mut recovered, rounds) = (0, rounds());
    for round in 0..rounds {
        let log = kill_one("floods");
        let recovery = Recovery::open(arena_of(&log)).unwrap();
        let (mut format, mut rest) = (Text::new().timestamp(false).target(false), Vec::new());
        for record in recovery.records() {
            assert!(record.thread().name.starts_with("worker "), "{record:?}");
            assert!(record.fields().any(|(key, _)| key == "recovered"), "{record:?}");
            recovered += 1;
            format.record(&record, &mut rest);
        }
        recovery.finish().unwrap();
        let text = std::fs::read_to_string(&log).unwrap() + std::str::from_utf8(&rest).unwrap();
        is_complete(&text, &returned(&log), &format!("round {round}"));
        clean(&log);
    }
    assert!(recovered > 0, "in {rounds} rounds nothing was on its way");
}

fn the_next_start_writes_what_was_left() {
    let mut recovered = 0;
    for round in 0..rounds() / 2 {
        let log = kill_one("floods");
        // The same arena and the same log.
        let outcome = Child::at("returns", &log).run().exited(0);
        recovered += outcome.number("recovered");
        assert!(!arena_of(&log).exists(), "a clean end leaves no file");
        is_complete(&outcome.file, &returned(&log), &format!("round {round}"));
        let marked = outcome.file.matches(" recovered=true").count() as u64;
        assert_eq!(marked, outcome.number("recovered"));
        clean(&log);
    }
    assert!(recovered > 0);
}

fn a_second_route_gets_what_it_lacks() {
    for round in 0..rounds() / 2 {
        let log = kill_one("floods_two");
        let outcome = Child::at("returns", &log).run().exited(0);
        is_complete(&outcome.file, &returned(&log), &format!("round {round}, first"));
        let text = std::fs::read_to_string(second(&log)).unwrap();
        is_complete(&text, &returned(&log), &format!("round {round}, second"));
        clean(&log);
    }
}

/// Kills in a scenario and starts again: each record that was accepted is in the log, once.
fn comes_back_whole(scenario: &str) {
    for round in 0..rounds() / 2 {
        let log = kill_one(scenario);
        let outcome = Child::at("returns", &log).run().exited(0);
        is_complete(&outcome.file, &returned(&log), &format!("{scenario}, round {round}"));
        clean(&log);
    }
}

fn what_a_sink_took_by_halves_is_not_asked_for_again() {
    comes_back_whole("floods_by_halves");
}

fn routes_that_follow_each_other_lose_and_double_nothing() {
    comes_back_whole("floods_and_reloads");
}

fn large_records_in_a_small_arena_are_there_once() {
    comes_back_whole("floods_a_small_arena");
}
