//! Sinks in trouble: they stall nobody else, and what they miss is told to the record.

use crate::support::{Engine, LONG, Valve, builder, plain, until};
use ripsaw::format::Json;
use ripsaw::sink::{Blocking, Durability, Failover, Memory, Sink};
use ripsaw::{DropCause, FlushError, Level, LevelFilter, Overflow, Route, RouteStats, SinkState};
use ripsaw::{debug, error, info, warn};
use serde_json::Value;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A queue that is soon full.
const SMALL: usize = 64 << 10;
const RECORDS: u64 = 20_000;

fn json(sink: impl Sink + 'static) -> Route {
    Route::new(sink).format(Json::new()).queue_bytes(SMALL)
}

/// Lines that are not the engine's own, and those that are.
fn sorted(text: &str) -> (Vec<Value>, Vec<Value>) {
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a whole line"));
    lines.partition(|line: &Value| line["logger"] != "ripsaw")
}

fn number(line: &Value, key: &str) -> u64 {
    line.get(key).map_or(0, |n| n.as_u64().expect(key))
}

#[track_caller]
fn assert_balance(route: &RouteStats, wanted: u64) {
    assert_eq!(route.wanted, wanted, "{route:?}");
    assert_eq!(route.written + route.dropped + route.pending, wanted, "{route:?}");
}

/// The healthy route has every record while the other one does not return from its first write.
#[test]
fn a_sink_that_does_not_return_holds_up_no_other() {
    let (stuck, healthy) = (Valve::new(), Memory::new());
    stuck.shut();
    let engine = Engine::start(builder().route(json(stuck.clone())).sink(healthy.clone()));
    for i in 0..RECORDS {
        info!(i, "for both");
    }
    until("the healthy sink has everything", || healthy.lines().len() as u64 == RECORDS);
    until("the stuck sink is known", || engine.stats().routes[0].state == SinkState::Down);
    assert_eq!(engine.handle().flush(Duration::from_millis(20)), Err(FlushError::Timeout));
    let routes = engine.stats().routes;
    assert_balance(&routes[0], RECORDS);
    assert!(routes[0].dropped > 0 && routes[0].pending > 0, "{routes:?}");
    assert_eq!((routes[0].written, routes[1].written), (0, RECORDS), "{routes:?}");

    let began = Instant::now();
    let (report, stats) = engine.stop_despite(RECORDS);
    assert!(began.elapsed() < Duration::from_secs(20), "the deadline was 0.1 s");
    assert_eq!((report.written, report.dropped, report.unflushed), (RECORDS, 0, 0));
    assert_balance(&stats.routes[0], RECORDS);
    assert_eq!((stats.routes[0].dropped, stats.routes[0].pending), (RECORDS, 0), "{stats:?}");
    stuck.open();
}

/// What a route has dropped stands in its own stream, behind what it kept and before what came later.
#[test]
fn a_route_that_recovers_is_first_told_what_it_missed() {
    for failing in [false, true] {
        let (bad, healthy) = (Valve::new(), Memory::new());
        if failing {
            bad.set_failing(true)
        } else {
            bad.shut()
        }
        let engine = Engine::start(builder().route(json(bad.clone())).sink(healthy.clone()));
        for i in 0..RECORDS {
            if i % 100 == 0 { warn!(i, "n") } else { info!(i, "n") }
        }
        until("the healthy sink has everything", || healthy.lines().len() as u64 == RECORDS);
        until("it is down", || engine.stats().routes[0].state == SinkState::Down);
        bad.set_failing(false);
        bad.open();
        until("it works again", || {
            let route = &engine.stats().routes[0];
            route.state == SinkState::Ok && route.pending == 0
        });
        error!(i = RECORDS, "n");
        engine.flush();
        let stats = engine.stop(RECORDS + 1);
        let (records, notices) = sorted(&bad.text());
        let route = &stats.routes[0];
        assert_balance(route, RECORDS + 1);
        assert_eq!((records.len() as u64, route.pending), (route.written, 0));
        // One gap; the engine has lost nothing as a whole.
        let [gap] = &notices[..] else { panic!("failing {failing}: {notices:?}") };
        assert_eq!(number(gap, "dropped"), route.dropped);
        assert_eq!(number(gap, "sink"), route.dropped, "by cause");
        assert_eq!(healthy.lines().len() as u64, RECORDS + 1);
        let numbers: Vec<u64> = records.iter().map(|line| number(line, "i")).collect();
        assert!(numbers.is_sorted(), "in order");
        assert_eq!(numbers.last(), Some(&RECORDS));
        let missing = |level: &str| {
            let all = if level == "warning" { RECORDS / 100 } else { RECORDS - RECORDS / 100 };
            all - records.iter().filter(|line| line["level"] == level).count() as u64
        };
        assert_eq!(number(gap, "info"), missing("info"));
        assert_eq!(number(gap, "warning"), missing("warning"));
        let text = bad.text();
        let place = text.lines().position(|line| line.contains("by this route")).unwrap();
        assert_eq!(place, records.len() - 1, "between what was kept and what came later");
        let error = if failing { "told to fail" } else { "does not return" };
        assert!(gap.to_string().contains(error), "{gap}");
    }
}

#[test]
fn two_of_three_sinks_are_dead() {
    let (stuck, failing, healthy) = (Valve::new(), Valve::new(), Memory::new());
    stuck.shut();
    failing.set_failing(true);
    let engine = Engine::start(
        builder()
            .route(json(stuck.clone()))
            .route(json(failing.clone()).level(Level::Warning))
            .sink(healthy.clone()),
    );
    for i in 0..RECORDS {
        if i % 2 == 0 { warn!(i, "n") } else { info!(i, "n") }
    }
    until("the healthy sink has everything", || healthy.lines().len() as u64 == RECORDS);
    let (report, stats) = engine.stop_despite(RECORDS);
    assert_eq!((report.written, report.dropped), (RECORDS, 0), "{stats:?}");
    assert_eq!(healthy.lines().len() as u64, RECORDS);
    assert_balance(&stats.routes[0], RECORDS);
    assert_balance(&stats.routes[1], RECORDS / 2);
    for route in &stats.routes[..2] {
        assert_eq!((route.written, route.pending), (0, 0), "{route:?}");
    }
    stuck.open();
}

/// With all sinks dead a record is lost once, and only what no route has.
#[test]
fn what_no_route_has_is_dropped_once() {
    let valves = [Valve::new(), Valve::new()];
    let mut start = builder();
    for valve in &valves {
        valve.set_failing(true);
        start = start.route(json(valve.clone()));
    }
    let engine = Engine::start(start);
    for i in 0..RECORDS {
        info!(i, "n");
    }
    let (report, stats) = engine.stop_within(Duration::from_millis(500), RECORDS);
    assert_eq!((report.written, report.dropped), (0, RECORDS), "{stats:?}");
    assert_eq!(stats.dropped_by(Level::Info, DropCause::Sink), RECORDS);
}

/// All lanes together, once, with what was wrong.
#[test]
fn an_outage_of_the_only_sink_is_one_notice() {
    let valve = Valve::new();
    let start = ripsaw::builder().arena_bytes(64 << 10).block_bytes(512).format(Json::new());
    let engine = Engine::start(start.overflow(Overflow::Shed).sink(valve.clone()));
    valve.set_failing(true);
    info!("the first");
    until("it fails", || engine.stats().routes[0].state != SinkState::Ok);
    let handle = engine.handle();
    std::thread::scope(|scope| {
        for t in 0..4 {
            let handle = &handle;
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..3_000 {
                    info!(t, i, "text that fills the arena before long");
                }
            });
        }
    });
    valve.set_failing(false);
    engine.flush();
    let calls = 1 + 4 * 3_000;
    let (report, stats) = engine.stop_within(LONG, calls);
    assert!(report.dropped > 0, "{stats:?}");
    let (records, notices) = sorted(&valve.text());
    assert_eq!(records.len() as u64, stats.written);
    let [notice] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!(number(notice, "dropped"), stats.dropped(), "{notice}");
    assert_eq!(number(notice, "info"), stats.dropped());
    assert_eq!((&notice["route"], &notice["error"]), (&"valve".into(), &"told to fail".into()));
}

#[test]
fn a_sink_goes_from_ok_to_degraded_to_down_and_back() {
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(valve.clone()));
    let state = || engine.stats().routes[0].state;
    assert_eq!(state(), SinkState::Ok);
    valve.set_failing(true);
    info!("kept");
    until("degraded or worse", || state() != SinkState::Ok);
    until("down", || state() == SinkState::Down);
    let route = engine.stats().routes.remove(0);
    assert_eq!(route.last_error.as_deref(), Some("told to fail"));
    assert_eq!((route.pending, route.written, route.dropped), (1, 0, 0));
    assert!(route.errors > 1, "{route:?}");
    valve.set_failing(false);
    engine.flush();
    assert_eq!(state(), SinkState::Ok);
    engine.stop(1);
}

/// Takes a number of bytes, and can give back what it took.
#[derive(Clone, Default)]
struct Elastic {
    bytes: Arc<Mutex<Vec<u8>>>,
    room: Arc<AtomicUsize>,
}

impl Sink for Elastic {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.lock().unwrap();
        match batch.len().min(self.room.load(Ordering::SeqCst) - bytes.len()) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            n => {
                bytes.extend_from_slice(&batch[..n]);
                Ok(n)
            }
        }
    }
    fn retract(&mut self, n: usize) -> bool {
        let mut bytes = self.bytes.lock().unwrap();
        let whole = bytes.len() - n;
        bytes.truncate(whole);
        true
    }
}

#[test]
fn a_line_that_was_cut_off_is_taken_back() {
    let sink = Elastic::default();
    let line = "INFO     line\n".len();
    sink.room.store(2 * line + 9, Ordering::SeqCst);
    let engine = Engine::start(builder().manual().sink(sink.clone()));
    for _ in 0..4 {
        info!("line");
    }
    assert_eq!(engine.pump(), 4);
    let text = || String::from_utf8(sink.bytes.lock().unwrap().clone()).unwrap();
    assert_eq!(text(), "INFO     line\n".repeat(2));
    let stats = engine.stats();
    assert_eq!((stats.written, stats.bytes), (2, 2 * line as u64), "{stats:?}");
    sink.room.store(usize::MAX, Ordering::SeqCst);
    engine.flush();
    assert_eq!(text(), "INFO     line\n".repeat(4));
    assert_eq!(engine.stop(4).bytes, 4 * line as u64);
}

/// The device failed: the flush that asked must not be told that all is well, nor wait for its deadline.
#[test]
fn a_device_that_fails_fails_the_flush_at_once() {
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(valve.clone()));
    valve.set_flush_failing(true);
    info!("not on the device");
    let began = Instant::now();
    assert_eq!(engine.handle().flush_durable(LONG), Err(FlushError::Sink));
    assert!(began.elapsed() < LONG / 2, "the deadline was a minute");
    assert_eq!(engine.stats().routes[0].last_error.as_deref(), Some("told to fail"));
    valve.set_flush_failing(false);
    // It works again without anything to write.
    until("it is well again", || engine.stats().routes[0].state == SinkState::Ok);
    engine.handle().flush_durable(LONG).unwrap();
    assert_eq!(valve.synced(), 1);
    engine.stop(1);
}

/// Admits only warnings as long as it is told to.
#[derive(Clone)]
struct Narrow {
    memory: Memory,
    narrow: Arc<AtomicBool>,
}

impl Sink for Narrow {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        self.memory.write(batch)
    }
    fn admits(&mut self) -> LevelFilter {
        match self.narrow.load(Ordering::SeqCst) {
            true => LevelFilter::Warning,
            false => LevelFilter::NotSet,
        }
    }
}

/// Below the floor only severe records are written; the notice comes when there is room again.
#[test]
fn a_sink_without_space_takes_the_severe_records() {
    let sink = Narrow { memory: Memory::new(), narrow: Arc::new(AtomicBool::new(true)) };
    let beside = Memory::new();
    for lone in [true, false] {
        sink.narrow.store(true, Ordering::SeqCst);
        let mut start = builder().level(Level::Debug).route(json(sink.clone()));
        if !lone {
            start = start.sink(beside.clone());
        }
        let engine = Engine::start(start);
        for i in 0..100 {
            debug!(i, "low");
            info!(i, "low");
            warn!(i, "severe");
        }
        // A flush does not wait for what is dropped.
        engine.flush();
        let (records, notices) = sorted(&sink.memory.text());
        assert_eq!((records.len(), notices.len()), (100, 0), "lone: {lone}");
        sink.narrow.store(false, Ordering::SeqCst);
        until("the sink is asked again, and told", || sink.memory.text().contains("dropped"));
        info!("room again");
        let (report, stats) = engine.stop_within(LONG, 301);
        let (records, notices) = sorted(&sink.memory.text());
        assert_eq!((records.len(), notices.len()), (101, 1), "{notices:?}");
        let gap = &notices[0];
        assert_eq!(
            (number(gap, "dropped"), number(gap, "space"), number(gap, "debug")),
            (200, 200, 100),
            "{gap}"
        );
        assert_balance(&stats.routes[0], 301);
        let lost = if lone { 200 } else { 0 };
        assert_eq!((report.dropped, report.written), (lost, 301 - lost), "{stats:?}");
        assert_eq!(stats.dropped_by(Level::Info, DropCause::Space), lost / 2);
        sink.memory.clear();
    }
    assert_eq!(beside.lines().len(), 301);
}

/// There and back; the line that the primary has a part of stands whole in the secondary.
#[test]
fn failover_there_and_back() {
    let (primary, secondary) = (Valve::new(), Memory::new());
    let line = "INFO     line i=0\n".len();
    primary.set_capacity(Some(line + 9));
    let sink = Failover::new(primary.clone(), secondary.clone()).patience(Duration::ZERO);
    assert_eq!(sink.blocking(), Blocking::Unbounded);
    let engine = Engine::start(builder().sink(sink));
    info!(i = 0, "line");
    engine.flush();
    info!(i = 1, "line");
    engine.flush();
    assert_eq!(primary.len(), line + 9);
    assert_eq!(secondary.lines()[0], "INFO     line i=1");
    info!(i = 2, "line");
    engine.flush();
    primary.set_capacity(None);
    let mut i = 3;
    until("the primary takes over", || {
        info!(i, "line");
        i += 1;
        engine.flush();
        primary.text().contains("takes over from")
    });
    let stats = engine.stop(i);
    assert_eq!(stats.routes[0].state, SinkState::Ok);
    // Together they have each line once, but for the torn one.
    let (first, second) = (primary.lines(), secondary.lines());
    assert_eq!(first[1], "INFO     ", "what was torn stands alone");
    let mut seen: Vec<&String> =
        first.iter().chain(&second).filter(|l| l.contains("line i=")).collect();
    seen.sort_by_key(|line| line[line.find('=').unwrap() + 1..].parse::<u64>().unwrap());
    let expected: Vec<String> = (0..i).map(|i| format!("INFO     line i={i}")).collect();
    assert!(seen.iter().copied().eq(&expected), "{seen:?}");
    // Each change is told once, in the stream that takes over.
    let told = |lines: &[String], what: &str| lines.iter().filter(|l| l.contains(what)).count();
    assert_eq!(told(&second, "memory takes over"), 1, "{second:?}");
    assert_eq!(told(&first, "valve works again and takes over from memory"), 1, "{first:?}");
}

/// Takes a byte of what it cannot take, and gives it back, as a full disk does: for ever.
struct Full;

impl Sink for Full {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        if batch.len() > 1 { Ok(1) } else { Err(io::ErrorKind::StorageFull.into()) }
    }
    fn retract(&mut self, _bytes: usize) -> bool {
        true
    }
}

#[test]
fn a_primary_that_takes_parts_of_lines_is_given_up() {
    let secondary = Memory::new();
    let sink = Failover::new(Full, secondary.clone()).patience(Duration::from_millis(20));
    let engine = Engine::start(builder().sink(sink));
    info!(i = 0, "line");
    until("the secondary takes over", || secondary.text().contains("line i=0"));
    engine.stop(1);
}

/// Something happens to it at its second call.
struct Eventful(Memory, u32);

impl Sink for Eventful {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        self.0.write(batch)
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        Ok(())
    }
    fn event(&mut self) -> Option<String> {
        (self.1 == 2).then(|| {
            self.1 += 1;
            "something happened".to_owned()
        })
    }
}

#[test]
fn events_of_a_sink_are_warnings_in_its_stream() {
    let (memory, other) = (Memory::new(), Memory::new());
    let start = builder().route(Route::new(Eventful(memory.clone(), 0)).format(plain()));
    let engine = Engine::start(start.sink(other.clone()));
    for i in 0..3 {
        info!(i, "n");
        engine.flush();
    }
    engine.stop(3);
    let expected =
        ["INFO     n i=0", "INFO     n i=1", "WARNING  something happened", "INFO     n i=2"];
    assert_eq!(memory.lines(), expected);
    assert_eq!(other.lines().len(), 3);
}
