//! Sinks with a thread of their own: full batches are written there, and nothing else changes.

use crate::support::{Engine, Slow, builder, until};
use ripsaw::sink::{Blocking, Durability, Memory, Sink};
use ripsaw::{DropCause, FlushError, Level, Route, info};
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

/// Records of a run: some megabytes of lines, so that many batches are full.
const RECORDS: u64 = 60_000;

/// What a [`Moody`] sink does at its `n`-th call.
type Mood = fn(n: u64, batch: &[u8]) -> io::Result<usize>;

/// Takes what its mood lets it, and wants a thread.
#[derive(Clone)]
struct Moody {
    taken: Memory,
    mood: Mood,
    calls: u64,
    threads: Arc<Mutex<HashSet<ThreadId>>>,
}

impl Moody {
    fn new(mood: Mood) -> Moody {
        Moody { taken: Memory::new(), mood, calls: 0, threads: Arc::default() }
    }
}

impl Sink for Moody {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        self.threads.lock().unwrap().insert(std::thread::current().id());
        let taken = (self.mood)(self.calls, batch)?;
        self.taken.write(&batch[..taken])
    }
    fn flush(&mut self, _durability: Durability) -> io::Result<()> {
        self.threads.lock().unwrap().insert(std::thread::current().id());
        Ok(())
    }
    fn blocking(&self) -> Blocking {
        Blocking::Brief
    }
}

/// Logs [`RECORDS`] through such a sink beside a plain one; both must have the same bytes in the end.
fn same_bytes(mood: Mood) -> Moody {
    let (moody, plain) = (Moody::new(mood), Memory::new());
    // However slow the machine is, the queue is not full.
    let route = Route::new(moody.clone()).queue_bytes(usize::MAX / 2);
    let engine = Engine::start(builder().route(route).sink(plain.clone()));
    for i in 0..RECORDS {
        info!(i, "some text that makes the line as long as lines usually are");
        if i == RECORDS / 2 {
            engine.flush();
            assert_eq!(moody.taken.text(), plain.text(), "half way");
        }
    }
    let stats = engine.stop(RECORDS);
    assert!(moody.taken.text() == plain.text(), "the streams differ");
    assert_eq!(plain.lines().len() as u64, RECORDS);
    assert_eq!(stats.bytes, 2 * plain.text().len() as u64);
    moody
}

/// Small batches of a lone file are the writer's, full ones its own thread's.
#[test]
fn full_batches_are_written_by_the_sinks_own_thread() {
    let moody = Moody::new(|_, batch| Ok(batch.len()));
    let engine = Engine::start(builder().sink(moody.clone()));
    info!("a small batch");
    engine.flush();
    for i in 0..RECORDS {
        info!(i, "some text that makes the line as long as lines usually are");
    }
    engine.stop(RECORDS + 1);
    let threads = moody.threads.lock().unwrap().len();
    let several = std::thread::available_parallelism().is_ok_and(|n| n.get() > 1);
    assert_eq!(threads, if several { 2 } else { 1 });
}

/// Beside another route, every batch of a file is.
#[test]
fn beside_other_routes_every_call_is_made_by_the_sinks_own_thread() {
    let moody = same_bytes(|_, batch| Ok(batch.len()));
    assert_eq!(moody.threads.lock().unwrap().len(), 1);
}

#[test]
fn partial_writes_on_the_sinks_own_thread_lose_and_repeat_nothing() {
    same_bytes(|n, batch| Ok(batch.len().min(1 + 9973 * (n as usize % 7))));
}

#[test]
fn errors_on_the_sinks_own_thread_lose_and_repeat_nothing() {
    same_bytes(|n, batch| match n % 9 {
        2 => Err(io::ErrorKind::Interrupted.into()),
        5 => Err(io::Error::other("on purpose")),
        7 => Ok(0),
        _ => Ok(batch.len().min(100_000)),
    });
}

#[test]
fn panics_on_the_sinks_own_thread_lose_and_repeat_nothing() {
    same_bytes(|n, batch| {
        assert!(n % 4 != 1, "a sink's panic, on purpose");
        Ok(batch.len())
    });
}

#[test]
fn what_a_sink_logs_on_its_own_thread_is_refused_and_counted() {
    let moody = Moody::new(|_, batch| {
        info!("from the sink");
        Ok(batch.len())
    });
    let engine = Engine::start(builder().sink(moody.clone()));
    for i in 0..RECORDS {
        info!(i, "some text that makes the line as long as lines usually are");
    }
    engine.flush();
    let stats = engine.stats();
    assert_eq!(stats.written, RECORDS);
    // Once a write: the engine's own notice of it is a line too, and may be written by another one.
    assert!(stats.dropped() >= 10, "{stats:?}");
    assert_eq!(stats.dropped(), stats.dropped_by(Level::Info, DropCause::OnWriter));
    assert!(!moody.taken.text().contains("from the sink"));
}

/// What the sink does not have is not counted as written, although the writer has formatted more than it sent off.
#[test]
fn what_a_stuck_sink_was_sent_is_pending() {
    static BEGIN: Mutex<()> = Mutex::new(());
    static GO_ON: Mutex<()> = Mutex::new(());
    let (begin, go_on) = (BEGIN.lock().unwrap(), GO_ON.lock().unwrap());
    // Takes nothing before everything was logged; then only what is too short for its own thread.
    let moody = Moody::new(|_, batch| {
        drop(BEGIN.lock());
        if batch.len() >= 256 << 10 {
            drop(GO_ON.lock());
        }
        Ok(batch.len())
    });
    let engine = Engine::start(builder().sink(moody.clone()));
    for i in 0..20_000 {
        info!(i, "some text that makes the line as long as lines usually are");
    }
    drop(begin);
    // A batch of some 3,500 lines is away, and the writer waits for it with more. The record at hand is pending before it
    // is counted as wanted, so that there may seem to be one too few.
    until("what the sink does not have is pending", || {
        let (has, stats) = (moody.taken.lines().len() as u64, engine.stats());
        stats.written <= has && stats.accepted >= has + 3_000
    });
    drop(go_on);
    engine.stop(20_000);
}

/// A flush ends in time although the sink's thread does not come back.
#[test]
fn a_flush_does_not_wait_for_ever_for_the_sinks_own_thread() {
    static GATE: Mutex<()> = Mutex::new(());
    let closed = GATE.lock().unwrap();
    let moody = Moody::new(|_, batch| {
        drop(GATE.lock());
        Ok(batch.len())
    });
    let engine = Engine::start(builder().sink(moody));
    for i in 0..10_000 {
        info!(i, "some text that makes the line as long as lines usually are");
    }
    let flushed = engine.handle().flush(Duration::from_millis(50));
    assert!(matches!(flushed, Err(FlushError::Timeout)), "{flushed:?}");
    drop(closed);
    engine.stop(10_000);
}

/// By the pieces of its queue that a slow sink has taken it is seen to get on: the others wait for it, and it loses nothing,
/// however long it takes for all of the queue.
#[test]
fn a_sink_that_is_merely_slow_with_all_of_its_queue_drops_nothing() {
    let (slow, other) = (Memory::new(), Memory::new());
    let sink = Slow {
        to: slow.clone(),
        // All of the queue: 2.4 s, which is more than a full queue is waited for.
        write: |bytes| Duration::from_micros(bytes as u64 * 100 / 64),
        flush: Duration::ZERO,
        blocking: Blocking::Brief,
        _lives: Arc::default(),
    };
    let route = Route::new(sink).queue_bytes(3 << 19);
    let engine = Engine::start(builder().route(route).sink(other.clone()));
    let text = "x".repeat(1000);
    (0..3000).for_each(|i| info!(i, text = text.as_str(), "much at once"));
    engine.stop(3000);
    assert_eq!((slow.lines().len(), other.lines().len()), (3000, 3000));
}
