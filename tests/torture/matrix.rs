//! Which runs are played, and what came of them.

use crate::events::{self, Event};
use crate::run::{Run, below};
use crate::watch;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Producers of a run of the short form, and their calls.
const THREADS: usize = 4;
const CALLS: u64 = 2000;

/// The short form: every event meets every policy and every sink that it knows, but not in every combination.
pub(crate) fn short(seed: u64, later: bool) -> Vec<Run> {
    let mut runs = Vec::new();
    for (row, event) in events::of(later).iter().enumerate() {
        for n in 0..event.policies.len().max(event.outlets.len()) {
            let policy = event.policies[n % event.policies.len()];
            let outlet = event.outlets[(n + row) % event.outlets.len()];
            let seed = seed + runs.len() as u64;
            runs.push(Run { event, policy, outlet, seed, threads: THREADS, calls: CALLS });
        }
    }
    runs
}

/// Any run.
pub(crate) fn random(state: &mut u64, events: &[&'static Event]) -> Run {
    let event = events[below(state, events.len() as u64) as usize];
    let policy = event.policies[below(state, event.policies.len() as u64) as usize];
    let outlet = event.outlets[below(state, event.outlets.len() as u64) as usize];
    let threads = 1 + below(state, 8) as usize;
    let calls = 1 << (4 + below(state, 12));
    let calls = calls + below(state, calls);
    // What does not fit in the end is no subject.
    let calls = if event.small_disk { calls.min(8000) } else { calls };
    Run { event, policy, outlet, seed: crate::run::next(state) >> 1, threads, calls }
}

/// What came of the runs of one place in the matrix.
#[derive(Clone, Copy, Default)]
struct Cell {
    runs: u64,
    failed: u64,
    delivered: u64,
    dropped: u64,
}

/// What came of all runs.
#[derive(Default)]
pub(crate) struct Report {
    cells: BTreeMap<String, Cell>,
    failed: Vec<String>,
    pub(crate) skipped: BTreeMap<&'static str, String>,
}

impl Report {
    fn note(&mut self, run: &Run, result: Result<watch::Finished, String>) {
        let cell = self.cells.entry(run.place()).or_default();
        cell.runs += 1;
        let violations = match result {
            Ok(finished) => {
                cell.delivered += finished.delivered;
                cell.dropped += finished.dropped;
                finished.violations
            }
            Err(why) => vec![why],
        };
        if !violations.is_empty() {
            cell.failed += 1;
            println!("FAILED {run}\n  {}", violations.join("\n  "));
            println!("  again: cargo test --test torture -- --run {run}");
            self.failed.push(run.to_string());
        }
    }

    /// Prints the table and returns whether all is well.
    pub(crate) fn print(&self, long: bool) -> bool {
        for (event, why) in &self.skipped {
            println!("SKIPPED {event}: {why}");
        }
        if long {
            println!(
                "\n| event | policy | sink | runs | violations | delivered | told as dropped |"
            );
            println!("|---|---|---|---:|---:|---:|---:|");
            for (place, cell) in &self.cells {
                let Cell { runs, failed, delivered, dropped } = cell;
                let place = place.replace('/', " | ");
                println!("| {place} | {runs} | {failed} | {delivered} | {dropped} |");
            }
        }
        let sum = |of: fn(&Cell) -> u64| self.cells.values().map(of).sum::<u64>();
        println!(
            "\ntorture: {} runs, {} failed; {} records delivered, {} told as dropped",
            sum(|cell| cell.runs),
            self.failed.len(),
            sum(|cell| cell.delivered),
            sum(|cell| cell.dropped)
        );
        self.failed.is_empty()
    }
}

/// Leaves out the events that cannot be played here.
pub(crate) fn possible(runs: Vec<Run>, report: &mut Report) -> Vec<Run> {
    let mut mounts: Option<Result<(), String>> = None;
    let mut keep = |run: &Run| {
        if !run.event.small_disk {
            return true;
        }
        match mounts.get_or_insert_with(|| watch::can_mount(run)) {
            Ok(()) => true,
            Err(why) => {
                report.skipped.insert(run.event.name, why.clone());
                false
            }
        }
    };
    runs.into_iter().filter(|run| keep(run)).collect()
}

/// Plays what `next` hands out, as many at a time as there are processors.
pub(crate) fn play(report: &Mutex<Report>, next: impl FnMut() -> Option<Run> + Send) {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = Mutex::new(next);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(run) = { next.lock().expect("no one panics here")() } {
                    let result = watch::play(&run);
                    report.lock().expect("no one panics here").note(&run, result);
                }
            });
        }
    });
}

/// Random runs for so many seconds.
pub(crate) fn long(seconds: u64, seed: u64, later: bool, report: &Mutex<Report>) {
    let all: Vec<Run> =
        possible(short(seed, later), &mut report.lock().expect("no one panics here"));
    let mut events: Vec<&'static Event> = all.iter().map(|run| run.event).collect();
    events.dedup_by_key(|event| event.name);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut state = seed;
    play(report, || (Instant::now() < deadline).then(|| random(&mut state, &events)));
}
