//! A sink that is too slow: callers never wait under the default policy, and the books balance to
//! the last record.

use crate::support::{Engine, LONG, Valve, WAIT, plain, until};
use ripsaw::format::Json;
use ripsaw::sink::{Memory, Sink};
use ripsaw::{Builder, DropCause, Handle, Level, Overflow, Route, Stats};
use ripsaw::{debug, error, info, warn};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

const THREADS: u64 = 4;
/// Of so many records one is a warning.
const ONE_IN: u64 = 100;

/// How often the calling thread has gone to sleep so far.
#[cfg(target_os = "linux")]
fn sleeps() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|n| n.trim().parse().ok()).expect("the kernel counts switches")
}
#[cfg(not(target_os = "linux"))]
fn sleeps() -> u64 {
    0
}

/// `each` records from each of four threads. Returns how often they went to sleep in their calls.
fn flood(handle: &Handle, each: u64) -> u64 {
    let start = Barrier::new(THREADS as usize);
    let payload = "sixty bytes or so of payload, which is about what a line has";
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|t| {
                let start = &start;
                scope.spawn(move || {
                    let _attached = handle.attach();
                    info!(t, i = 0, payload, "flood");
                    warn!(t, i = 1, payload, "flood");
                    start.wait();
                    let before = sleeps();
                    for i in 2..each {
                        if i % ONE_IN == 0 {
                            warn!(t, i, payload, "flood");
                        } else {
                            info!(t, i, payload, "flood");
                        }
                    }
                    sleeps() - before
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

/// What the lines of a sink say: ordinary records by level, and the sums of the notices.
#[derive(Default, Debug)]
struct Told {
    records: u64,
    warnings: u64,
    dropped: u64,
    notices: u64,
    /// Dropped by level, in the order of [`Level::ALL`].
    by_level: [u64; 6],
    by_cause: [u64; DropCause::ALL.len()],
}

impl Told {
    fn read(text: &str) -> Told {
        let mut told = Told::default();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("a whole line");
            let number = |key: &str| line.get(key).map_or(0, |n| n.as_u64().expect(key));
            if line["logger"] != "ripsaw" {
                told.records += 1;
                told.warnings += u64::from(line["level"] == "warning");
                continue;
            }
            told.notices += 1;
            told.dropped += number("dropped");
            assert!(line["first"].as_str() <= line["last"].as_str(), "{line}");
            for level in Level::ALL {
                told.by_level[level.index()] += number(level.as_str());
            }
            for cause in DropCause::ALL {
                told.by_cause[cause as usize] += number(cause.as_str());
            }
        }
        told
    }
}

fn slow(sink: impl Sink + 'static) -> Builder {
    ripsaw::builder().arena_bytes(2 << 20).format(Json::new()).sink(sink)
}

fn by_cause(stats: &Stats, cause: DropCause) -> u64 {
    Level::ALL.iter().map(|level| stats.dropped_by(*level, cause)).sum()
}

#[test]
fn shedding_is_exact_told_and_spares_warnings() {
    let each = 25_000;
    let valve = Valve::new().pace(1_000_000);
    let engine = Engine::start(slow(valve.clone()));
    let slept = flood(&engine.handle(), each);
    let calls = THREADS * each;
    let (report, stats) = engine.stop_within(LONG, calls);
    assert_eq!(report.unflushed, 0);
    // 4 threads at 2 MB each against 1 MB/s: most is shed, or the test tries nothing.
    assert!(stats.dropped() > calls / 10, "{stats:?}");
    assert_eq!(stats.dropped(), by_cause(&stats, DropCause::Shed), "{stats:?}");
    assert_eq!(stats.dropped_at(Level::Warning), 0, "{stats:?}");
    assert_eq!(slept, 0, "callers went to sleep");

    let told = Told::read(&valve.text());
    assert_eq!(told.records, stats.written);
    // Numbers 1, 100, 200, ... of each thread.
    assert_eq!(told.warnings, THREADS * ((each - 1) / ONE_IN + 1));
    assert_eq!((told.notices, told.dropped), (stats.notices, stats.dropped()));
    for level in Level::ALL {
        assert_eq!(told.by_level[level.index()], stats.dropped_at(level), "{level:?}");
    }
    for cause in DropCause::ALL {
        assert_eq!(told.by_cause[cause as usize], by_cause(&stats, cause), "{cause:?}");
    }
    assert_eq!(stats.dropped_by_target, [(module_path!().to_owned(), stats.dropped())]);
}

#[test]
fn a_short_deadline_leaves_an_exact_rest() {
    let each = 5_000;
    // A write takes some milliseconds: what it took can be known at the deadline.
    let valve = Valve::new().pace(1_000_000).mouthful(5_000);
    let engine = Engine::start(slow(valve.clone()).overflow(Overflow::DropNewest));
    flood(&engine.handle(), each);
    let (report, stats) = engine.stop_within(Duration::from_millis(100), THREADS * each);
    assert!(report.unflushed > 0, "{report:?}");
    assert_eq!(by_cause(&stats, DropCause::Sink), report.unflushed, "{stats:?}");
    // The last line may have been cut; and on a busy machine the last write may not have returned in time.
    let text = valve.text();
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    let more = Told::read(&text[..whole]).records - stats.written;
    assert!(more <= 5_000 / 100, "{more} more than {stats:?}");
}

#[test]
fn a_deadline_that_passes_between_two_writes_leaves_an_exact_rest() {
    let valve = Valve::new();
    let engine = Engine::start(slow(valve.clone()));
    for i in 0..1000 {
        info!(i, "taken");
    }
    engine.flush();
    valve.set_failing(true);
    for i in 0..1000 {
        info!(i, "not taken");
    }
    let (report, stats) = engine.stop_within(Duration::from_millis(20), 2000);
    assert_eq!((report.written, report.dropped, report.unflushed), (1000, 1000, 1000));
    assert_eq!(stats.dropped_by(Level::Info, DropCause::Sink), 1000);
    assert_eq!(Told::read(&valve.text()).records, 1000);
}

/// Lines that the sink took before it failed for good are written, not lost.
#[test]
fn a_sink_that_fills_up_is_credited_with_what_it_took() {
    let valve = Valve::new();
    let line = "INFO     taken\n".len();
    valve.set_capacity(Some(10 * line + 7));
    let engine = Engine::start(ripsaw::builder().format(plain()).manual().sink(valve.clone()));
    for _ in 0..25 {
        info!("taken");
    }
    let (report, stats) = engine.stop_within(Duration::from_millis(20), 25);
    assert_eq!(valve.len(), 10 * line + 7);
    assert_eq!((report.written, report.unflushed), (10, 15), "{stats:?}");
}

#[test]
fn two_failing_sinks_lose_a_record_once() {
    let valves = [Valve::new(), Valve::new()];
    let mut builder = ripsaw::builder().format(plain());
    for valve in &valves {
        valve.set_failing(true);
        builder = builder.sink(valve.clone());
    }
    let engine = Engine::start(builder);
    for _ in 0..10 {
        info!("lost");
    }
    let (report, _) = engine.stop_within(Duration::from_millis(20), 10);
    assert_eq!((report.written, report.dropped, report.unflushed), (0, 10, 10));
}

#[test]
fn a_record_that_one_of_two_sinks_took_is_written() {
    let (good, bad) = (Valve::new(), Valve::new());
    bad.set_failing(true);
    let errors_only = Route::new(bad.clone()).level(Level::Error);
    let engine =
        Engine::start(ripsaw::builder().format(plain()).sink(good.clone()).route(errors_only));
    for _ in 0..10 {
        info!("for the good one");
        error!("for both");
    }
    let handle = engine.handle();
    until("the good sink has everything", || good.records().len() == 20);
    let (report, _) = engine.stop_within(Duration::from_millis(20), 20);
    assert_eq!(good.records().len(), 20);
    // On a busy machine the writer may be a little later than the shutdown waits.
    until("the writer has ended", || handle.stats().routes[1].pending == 0);
    let stats = handle.stats();
    assert_eq!((report.written, report.dropped), (20, 0), "{stats:?}");
    let [whole, errors] = &stats.routes[..] else { panic!("two routes: {stats:?}") };
    assert_eq!((whole.wanted, whole.written, whole.dropped, whole.pending), (20, 20, 0, 0));
    assert_eq!((errors.wanted, errors.written, errors.dropped, errors.pending), (10, 0, 10, 0));
    assert_eq!(errors.last_error.as_deref(), Some("told to fail"));
}

#[test]
fn each_policy_has_its_cause() {
    let valve = Valve::new();
    valve.shut();
    let engine = Engine::start(
        ripsaw::builder()
            .format(plain())
            .level(Level::Debug)
            .arena_bytes(64 << 10)
            .block_bytes(1 << 10)
            .overflow_for(Level::Info, Overflow::DropNewest)
            .overflow_for(Level::Warning, Overflow::Block(Duration::from_millis(1)))
            .sink(valve.clone()),
    );
    // Big lines: the writer is stuck in its first write when it has taken what fills its buffer.
    let payload = "p".repeat(500);
    for _ in 0..2000 {
        debug!("{payload}");
    }
    for _ in 0..2000 {
        info!("{payload}");
    }
    for _ in 0..200 {
        warn!("{payload}");
    }
    for _ in 0..200 {
        error!("{payload}");
    }
    let calls = 2 * 2000 + 2 * 200;
    valve.open();
    let (_, stats) = engine.stop_within(LONG, calls);
    for (level, cause) in [
        (Level::Debug, DropCause::Shed),
        (Level::Info, DropCause::Full),
        (Level::Warning, DropCause::Deadline),
        (Level::Error, DropCause::Full),
    ] {
        assert!(stats.dropped_by(level, cause) > 0, "{level:?} {cause:?}: {stats:?}");
        assert_eq!(stats.dropped_at(level), stats.dropped_by(level, cause), "{level:?}: {stats:?}");
    }
    assert_eq!(valve.records().len() as u64, stats.written);
}

/// The control of the first test: the same flood under `Block` does put callers to sleep, and loses
/// nothing.
#[test]
fn blocking_callers_wait_and_lose_nothing() {
    let valve = Valve::new().pace(20_000_000);
    let engine = Engine::start(slow(valve.clone()).arena_bytes(256 << 10).overflow(WAIT));
    let slept = flood(&engine.handle(), 5_000);
    let stats = engine.stop(THREADS * 5_000);
    assert_eq!(stats.notices, 0);
    assert!(slept > 0 || cfg!(not(target_os = "linux")));
    assert_eq!(Told::read(&valve.text()).records, THREADS * 5_000);
}

/// However soon after the last notice: nobody may come again.
#[test]
fn a_flush_tells_what_is_missing() {
    let valve = Valve::new();
    let builder = slow(valve.clone()).arena_bytes(64 << 10).block_bytes(1 << 10);
    let engine = Engine::start(builder.overflow(Overflow::DropNewest).manual());
    let payload = "p".repeat(500);
    for _ in 0..3 {
        for i in 0..500 {
            info!(i, "{payload}");
        }
        engine.flush();
        let (told, stats) = (Told::read(&valve.text()), engine.stats());
        assert!(stats.dropped() > 0);
        assert_eq!((told.records, told.dropped), (stats.written, stats.dropped()));
    }
    engine.stop_within(LONG, 3 * 500);
}

/// Fails once when it is given a notice.
struct Shy {
    sink: Memory,
    failed: bool,
}

impl Sink for Shy {
    fn write(&mut self, batch: &[u8]) -> std::io::Result<usize> {
        let told = String::from_utf8_lossy(batch).contains("records dropped");
        if told && !std::mem::replace(&mut self.failed, true) {
            return Err(std::io::Error::other("not now"));
        }
        self.sink.write(batch)
    }
    fn name(&self) -> String {
        "shy".to_owned()
    }
}

/// The notice of what was dropped is the last that a sink gets: one that fails just then is asked again.
#[test]
fn the_last_notice_is_written_by_a_sink_that_fails_once() {
    let memory = Memory::new();
    let sink = Shy { sink: memory.clone(), failed: false };
    let small = ripsaw::builder().arena_bytes(16 << 10).block_bytes(4 << 10).manual();
    let engine = Engine::start(small.overflow(Overflow::DropNewest).format(Json::new()).sink(sink));
    // Drops were just looked for: those that come now are told at the end.
    engine.pump();
    (0..1000).for_each(|i| info!(i, "more than the arena holds"));
    let (_, stats) = engine.stop_within(LONG, 1000);
    let told = Told::read(&memory.text());
    assert!(stats.dropped() > 0);
    assert_eq!((told.records, told.dropped), (stats.written, stats.dropped()));
}

/// Writes and flushes only while it may.
#[derive(Clone, Default)]
struct Gated {
    memory: Memory,
    writes: Arc<AtomicBool>,
    flushes: Arc<AtomicBool>,
}

impl Gated {
    fn wait(gate: &AtomicBool) {
        while !gate.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Sink for Gated {
    fn write(&mut self, batch: &[u8]) -> std::io::Result<usize> {
        Gated::wait(&self.writes);
        self.memory.write(batch)
    }
    fn flush(&mut self, _: ripsaw::sink::Durability) -> std::io::Result<()> {
        Gated::wait(&self.flushes);
        Ok(())
    }
    fn name(&self) -> String {
        "gated".to_owned()
    }
}

/// A route that took the place of another one of its name waits for that one, also with the last notice.
#[test]
fn the_last_notice_waits_for_the_route_before() {
    let (old, new) = (Gated::default(), Gated::default());
    let open = |gate: &AtomicBool, on| gate.store(on, Ordering::Relaxed);
    let builder = |sink: &Gated| {
        let small = ripsaw::builder().arena_bytes(16 << 10).block_bytes(4 << 10);
        small.overflow(Overflow::DropNewest).format(Json::new()).sink(sink.clone())
    };
    let engine = Engine::start(builder(&old));
    let flood = || {
        (0..2000).for_each(|i| info!(i, "more than the arena and a batch hold"));
    };
    open(&old.flushes, true);
    flood();
    open(&old.writes, true);
    // What was dropped is told, and nothing more is told for a second.
    engine.flush();
    open(&old.writes, false);
    flood();
    open(&old.writes, true);
    let handle = engine.handle();
    until("all is written", || {
        let stats = handle.stats();
        stats.written + stats.dropped() == 4000
    });
    open(&old.flushes, false);
    [&new.writes, &new.flushes].into_iter().for_each(|gate| open(gate, true));
    handle.reload(builder(&new)).unwrap();
    let stats = std::thread::scope(|scope| {
        let opens = || {
            std::thread::sleep(Duration::from_millis(100));
            open(&old.flushes, true);
        };
        scope.spawn(opens);
        engine.stop_within(Duration::from_secs(5), 4000).1
    });
    let told = Told::read(&(old.memory.text() + &new.memory.text()));
    assert!(stats.dropped() > 0);
    assert_eq!((told.records, told.dropped), (stats.written, stats.dropped()));
}

/// Threads that begin at once must not hold all blocks of a small arena: nobody would get on.
#[test]
fn threads_that_begin_at_once_leave_blocks_to_others() {
    const THREADS: u64 = 6;
    for _ in 0..400 {
        let sink = Memory::new();
        let small = ripsaw::builder().overflow(WAIT).arena_bytes(16 << 10).block_bytes(4 << 10);
        let engine = Engine::start(small.format(plain()).sink(sink.clone()));
        let handle = engine.handle();
        let barrier = std::sync::Barrier::new(THREADS as usize);
        std::thread::scope(|scope| {
            for t in 0..THREADS {
                let (handle, barrier) = (handle.clone(), &barrier);
                scope.spawn(move || {
                    let _attached = handle.attach();
                    barrier.wait();
                    (0..200).for_each(|i| info!(t, i, "begins at once with the others"));
                    barrier.wait();
                });
            }
        });
        engine.stop(THREADS * 200);
        assert_eq!(sink.lines().len() as u64, THREADS * 200);
    }
}
