//! What single calls cost their thread: percentiles in five regimes, and beside each the floor.
//!
//! `cargo bench --bench latency`, with `-- --json` for JSON lines. The floor is what no caller of a
//! logger with time stamps escapes (a read of the clock, a copy of 40 bytes and a release store),
//! measured between the calls in the same way. For a string of 1 KB it copies 1 KB. Calls are timed
//! with the time stamp counter between fences; what the timing itself costs is contained in the raw
//! figures and subtracted from the net ones. The engine writes text to `/dev/null`.
#![allow(missing_docs)]

mod common;

use common::calls;
use common::stopwatch::{Stopwatch, Summary, Times};
use ripsaw::{Clock, Guard, Handle, Level, Overflow};
use serde_json::json;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Longer than any run.
const DEADLINE: Duration = Duration::from_secs(60);
/// Calls in a burst with pauses.
const BURST: usize = 20;
/// Between two bursts: the writer falls idle.
const PAUSE: Duration = Duration::from_millis(2);
/// Before a cold call.
const IDLE: Duration = Duration::from_millis(1);
/// Calls between two looks at anything else where there are no pauses: several blocks.
const ROW: usize = 1_000;

fn main() {
    match common::child::request().as_deref() {
        Some([clock, engine]) => child(clock, engine),
        Some(request) => panic!("not a request: {request:?}"),
        None if common::is_smoke_test() => child("auto", "wide"),
        None => {
            if !common::has_flag("--json") {
                println!(
                    "nanoseconds; `mean` is the net mean of the fastest nine tenths, `ratio` \
                     that of a call to that of the floor"
                );
            }
            for request in
                [["auto", "wide"], ["auto", "narrow"], ["coarse", "wide"], ["coarse", "narrow"]]
            {
                print!("{}", common::child::ask(&request, &flags()));
            }
        }
    }
}

/// What a child must know of the parent's command line.
fn flags() -> Vec<&'static str> {
    let json = common::has_flag("--json").then_some("--json");
    ["--bench"].into_iter().chain(json).collect()
}

/// The pattern of calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Regime {
    /// Bursts of [`BURST`] with pauses of [`PAUSE`].
    Bursts,
    /// The same, each timed as a whole: finer than the clock, and without fences between the calls.
    WholeBursts,
    /// [`ROW`] calls just after a flush, through fresh blocks.
    EmptyBlocks,
    /// One call after [`IDLE`].
    Cold,
    /// Without a pause, in a small arena that is full: calls wait for the writer.
    Saturated,
}

impl Regime {
    const WIDE: [Regime; 4] =
        [Regime::Bursts, Regime::WholeBursts, Regime::EmptyBlocks, Regime::Cold];

    fn name(self) -> &'static str {
        match self {
            Regime::Bursts => "bursts of 20, 2 ms apart",
            Regime::WholeBursts => "bursts of 20, 2 ms apart, each timed as a whole",
            Regime::EmptyBlocks => "1000 calls into empty blocks after a flush",
            Regime::Cold => "cold: after 1 ms of idleness",
            Regime::Saturated => "saturated: no pause, arena of 1 MiB full, blocking",
        }
    }

    /// How often the pattern is repeated.
    fn rounds(self) -> usize {
        match self {
            _ if common::is_smoke_test() => 2,
            Regime::Bursts | Regime::WholeBursts => 450,
            Regime::EmptyBlocks => 200,
            Regime::Cold => 1_000,
            Regime::Saturated => 100,
        }
    }

    /// Calls in a round.
    fn calls(self) -> usize {
        match self {
            Regime::Bursts | Regime::WholeBursts => BURST,
            Regime::EmptyBlocks | Regime::Saturated => ROW,
            Regime::Cold => 1,
        }
    }

    /// Calls timed as one.
    fn batch(self) -> usize {
        if self == Regime::WholeBursts { BURST } else { 1 }
    }
}

fn child(clock: &str, engine: &str) {
    let coarse = clock == "coarse";
    let saturated = engine == "narrow";
    let guard = ripsaw::builder()
        .level(Level::Info)
        .text()
        .file("/dev/null")
        .clock(if coarse { Clock::Coarse } else { Clock::Auto })
        .arena_bytes(if saturated { 1 << 20 } else { 16 << 20 })
        .overflow(Overflow::Block(DEADLINE))
        .start()
        .expect("the only engine of this process");
    let regimes = if saturated { &[Regime::Saturated][..] } else { &Regime::WIDE };
    let mut bench = Bench::new(&guard, if coarse { "coarse" } else { "auto" });
    for &regime in regimes {
        bench.heading(regime);
        bench.case::<40>(regime, "int int float", calls::int_int_float);
        if coarse {
            continue;
        }
        let log = calls::context();
        bench.case::<40>(regime, "35-byte string", calls::short_string);
        bench.case::<1040>(regime, "1 KB string", calls::long_string);
        bench.case::<40>(regime, "context of five", |n| calls::in_context(&log, n));
    }
    if !coarse && !saturated {
        bench.disabled();
    }
    let report = guard.shutdown(DEADLINE);
    assert_eq!(report.dropped, 0, "every call must be written");
}

/// What the cases of a process share.
struct Bench {
    watch: Stopwatch,
    handle: Handle,
    clock: &'static str,
    json: bool,
}

impl Bench {
    fn new(guard: &Guard, clock: &'static str) -> Bench {
        let json = common::has_flag("--json");
        Bench { watch: Stopwatch::new(), handle: guard.handle(), clock, json }
    }

    fn heading(&self, regime: Regime) {
        if !self.json {
            let columns = ["p50", "p90", "p99", "p99.9", "max"].map(|c| format!("{c:>8}")).concat();
            println!("\n{}; clock: {}", regime.name(), self.clock);
            println!("{:<24}{columns}  | net{columns} {:>8} {:>6}", "raw", "mean", "ratio");
        }
    }

    /// Measures `call` and the floor with a copy of `BYTES` in turns, and prints both.
    fn case<const BYTES: usize>(&mut self, regime: Regime, name: &str, call: impl Fn(u64)) {
        let mut floor = Floor::<BYTES>::new(self.watch);
        let (mut calls, mut floors) = (Times::new(), Times::new());
        let mut timer = Times::new();
        let mut ticks = vec![0; regime.calls() / regime.batch()];
        if regime == Regime::Saturated {
            // Until the arena is full.
            (0..50 * ROW as u64).for_each(&call);
        }
        for round in 0..regime.rounds() as u64 {
            let first = 10_000 + round * regime.calls() as u64;
            self.prepare(regime);
            time(self.watch, regime.batch(), &mut ticks, first, &call);
            ticks.iter().for_each(|t| calls.record(*t));
            if regime != Regime::Saturated {
                self.prepare(regime);
                time(self.watch, regime.batch(), &mut ticks, first, |n| floor.write(n));
                ticks.iter().for_each(|t| floors.record(*t));
                time(self.watch, 1, &mut ticks, first, |_| ());
                ticks.iter().for_each(|t| timer.record(*t));
            }
        }
        if regime == Regime::Saturated {
            self.flush();
            for _ in 0..regime.rounds() {
                time(self.watch, 1, &mut ticks, 0, |n| floor.write(n));
                ticks.iter().for_each(|t| floors.record(*t));
                time(self.watch, 1, &mut ticks, 0, |_| ());
                ticks.iter().for_each(|t| timer.record(*t));
            }
        }
        let unit = self.watch.ns_per_tick() / regime.batch() as f64;
        let [call, floor, timer] = [&calls, &floors, &timer].map(|times| times.summary(unit));
        let floor_net = floor.net_of(&timer);
        self.row(regime, name, "call", &calls, (call, timer, floor_net));
        self.row(regime, name, "floor", &floors, (floor, timer, floor_net));
    }

    /// What comes before the calls of a round.
    fn prepare(&self, regime: Regime) {
        match regime {
            Regime::Bursts | Regime::WholeBursts => std::thread::sleep(PAUSE),
            Regime::EmptyBlocks => self.flush(),
            Regime::Cold => std::thread::sleep(IDLE),
            Regime::Saturated => {}
        }
    }

    fn flush(&self) {
        self.handle.flush(DEADLINE).expect("/dev/null takes everything");
    }

    fn row(
        &self,
        regime: Regime,
        name: &str,
        what: &str,
        times: &Times,
        (raw, timer, floor): (Summary, Summary, Summary),
    ) {
        let net = raw.net_of(&timer);
        let ratio = net.mean90 / floor.mean90.max(0.01);
        if self.json {
            let figures = |of: &Summary| {
                let [p50, p90, p99, p99_9, max] = of.columns().map(tenths);
                json!({ "p50": p50, "p90": p90, "p99": p99, "p99_9": p99_9, "max": max })
            };
            let line = json!({
                "regime": regime.name(),
                "clock": self.clock,
                "case": name,
                "what": what,
                "samples": times.len(),
                "timer_ns": tenths(timer.p50),
                "raw": figures(&raw),
                "net": figures(&net),
                "mean90_net": tenths(net.mean90),
                "to_floor": (ratio * 100.0).round() / 100.0,
            });
            println!("{line}");
        } else {
            let name = if what == "call" { name.to_owned() } else { format!("  {what}") };
            let columns = |of: &Summary| of.columns().map(column).concat();
            let mean = net.mean90;
            println!(
                "{name:<24}{}  |    {} {mean:>8.1} {ratio:>6.2}",
                columns(&raw),
                columns(&net)
            );
        }
    }

    /// A call below the level takes less than a tick: only many of them can be timed.
    fn disabled(&self) {
        const BATCH: usize = 10_000;
        let mut ticks = vec![0; 200];
        time(self.watch, BATCH, &mut ticks, 0, calls::disabled);
        let mut times = Times::new();
        ticks.iter().for_each(|t| times.record(*t));
        let ns = times.summary(self.watch.ns_per_tick() / BATCH as f64);
        if self.json {
            let ns = (ns.mean90 * 1000.0).round() / 1000.0;
            println!("{}", json!({ "regime": "loop", "case": "disabled", "mean90_net": ns }));
        } else {
            println!(
                "\ndisabled call, in a loop of {BATCH}: {:.2} ns, the loop included",
                ns.mean90
            );
        }
    }
}

/// Rounded: more digits would claim more than the clock can tell.
fn tenths(ns: f64) -> f64 {
    (ns * 10.0).round() / 10.0
}

/// Nanoseconds, with tenths as long as these say anything.
fn column(ns: f64) -> String {
    if ns < 1000.0 { format!("{ns:>8.1}") } else { format!("{ns:>8.0}") }
}

/// Times `batch` calls as one for each place in `ticks`. Calls are numbered from `first`.
#[inline(always)]
fn time(watch: Stopwatch, batch: usize, ticks: &mut [u64], first: u64, mut call: impl FnMut(u64)) {
    let mut n = first;
    for ticks in ticks {
        let end = n + batch as u64;
        let before = watch.before();
        while n < end {
            call(n);
            n += 1;
        }
        *ticks = watch.after().saturating_sub(before);
    }
}

/// The least that a logger does which hands records with time stamps to another thread.
struct Floor<const BYTES: usize> {
    watch: Stopwatch,
    buffer: Box<[u8]>,
    payload: [u8; BYTES],
    at: usize,
    published: AtomicU64,
}

impl<const BYTES: usize> Floor<BYTES> {
    fn new(watch: Stopwatch) -> Floor<BYTES> {
        // Behind `black_box` nothing is known of the buffer, so each store must be made before the
        // one that releases it.
        let buffer = black_box(vec![1; 64 << 10].into_boxed_slice());
        Floor { watch, buffer, payload: black_box([2; BYTES]), at: 0, published: AtomicU64::new(0) }
    }

    #[inline(always)]
    fn write(&mut self, n: u64) {
        if self.at + BYTES > self.buffer.len() {
            self.at = 0;
        }
        let frame = &mut self.buffer[self.at..self.at + BYTES];
        frame.copy_from_slice(&self.payload);
        frame[..8].copy_from_slice(&self.watch.stamp().to_ne_bytes());
        frame[8..16].copy_from_slice(&n.to_ne_bytes());
        self.at += BYTES;
        self.published.store(self.at as u64, Ordering::Release);
    }
}
