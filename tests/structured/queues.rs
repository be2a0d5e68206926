//! Buffers, batches and tasks: options of the one engine.

use crate::Bench;
use ripsaw::format::Json;
use ripsaw::sink::{Memory, Sink};
use ripsaw::{
    Builder, DropCause, FlushError, Guard, Level, Overflow, Stats, debug, error, info, warn,
};
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// Only a broken engine takes so long.
const LONG: Duration = Duration::from_secs(60);

/// A sink that lets no write through while it is shut. Clones share everything.
#[derive(Clone, Default)]
struct Gate {
    memory: Memory,
    shut: Arc<(Mutex<bool>, Condvar)>,
}

impl Gate {
    fn shut() -> Gate {
        let gate = Gate::default();
        *gate.shut.0.lock().unwrap() = true;
        gate
    }
    fn open(&self) {
        *self.shut.0.lock().unwrap() = false;
        self.shut.1.notify_all();
    }
}

impl Sink for Gate {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let shut = self.shut.0.lock().unwrap();
        drop(self.shut.1.wait_while(shut, |shut| *shut).unwrap());
        self.memory.write(batch)
    }
}

/// An engine with a writer's thread, into which nobody logs yet.
fn start(gate: &Gate, configure: impl FnOnce(Builder) -> Builder) -> Guard {
    let builder = ripsaw::builder().arena_bytes(1 << 20).filter("debug").format(Json::new());
    configure(builder).sink(gate.clone()).start_local().expect("the engine starts")
}

fn by_cause(stats: &Stats, cause: DropCause) -> u64 {
    Level::ALL.iter().map(|level| stats.dropped_by(*level, cause)).sum()
}

/// Waits for something that must happen; how long it takes decides nothing.
#[track_caller]
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !happened() {
        assert!(Instant::now() < deadline, "{what} never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn number(record: &serde_json::Value) -> Option<u64> {
    record["i"].as_u64()
}

#[test]
fn inv_085_a_full_buffer_drops_the_newest_and_says_how_many() {
    let bench = Bench::with(|builder| builder.overflow(Overflow::DropNewest));
    let calls = 20_000;
    for i in 0..calls {
        info!(i, payload = "sixty bytes or so, which is what a line has on the average", "item");
    }
    let stats = bench.guard.handle().stats();
    assert!(by_cause(&stats, DropCause::Full) > 0, "{stats:?}");
    let records = bench.records();
    // Those that were kept are the first ones, without a gap.
    let kept: Vec<u64> = records.iter().filter_map(number).collect();
    assert_eq!(kept, (0..kept.len() as u64).collect::<Vec<_>>());
    let told: u64 = records.iter().filter_map(|r| r["dropped"].as_u64()).sum();
    assert_eq!((kept.len() as u64 + told, told), (calls, bench.guard.handle().stats().dropped()));
    // There is room again.
    info!(i = calls, "item");
    assert_eq!(bench.records().iter().filter_map(number).collect::<Vec<_>>(), [calls]);
}

#[test]
fn inv_085_shedding_keeps_room_by_level() {
    let bench = Bench::with(|builder| builder.filter("debug").overflow(Overflow::Shed));
    let payload = "sixty bytes or so, which is what a line has on the average";
    let dropped = |level| bench.guard.handle().stats().dropped_at(level);
    let fill = |level, log: &dyn Fn()| {
        while dropped(level) == 0 {
            log();
        }
    };
    fill(Level::Debug, &|| debug!(payload, "fills three quarters"));
    assert_eq!((dropped(Level::Info), dropped(Level::Warning)), (0, 0));
    info!("still room");
    assert_eq!(dropped(Level::Info), 0);
    fill(Level::Info, &|| info!(payload, "fills seven eighths"));
    for _ in 0..100 {
        warn!(payload, "still room");
    }
    assert_eq!((dropped(Level::Warning), dropped(Level::Error)), (0, 0));
    let records = bench.records();
    assert_eq!(records.iter().filter(|r| r["event"] == "still room").count(), 101);
}

#[test]
fn inv_086_callers_wait_for_room_until_their_deadline() {
    let gate = Gate::shut();
    let guard = start(&gate, |b| b.overflow(Overflow::Block(Duration::from_millis(20))));
    let attached = guard.attach();
    let stats = || guard.handle().stats();
    let (mut calls, mut waited) = (0_u64, Duration::ZERO);
    while by_cause(&stats(), DropCause::Deadline) == 0 {
        let began = Instant::now();
        info!(i = calls, payload = "p".repeat(2_000), "blocked");
        waited = began.elapsed();
        calls += 1;
    }
    assert!(waited >= Duration::from_millis(20), "{waited:?}");
    gate.open();
    drop(attached);
    let handle = guard.handle();
    guard.shutdown(LONG);
    let stats = handle.stats();
    assert_eq!(stats.written + stats.dropped(), calls);
    assert_eq!(by_cause(&stats, DropCause::Deadline), stats.dropped());
}

#[test]
fn inv_086_each_level_has_a_policy_of_its_own() {
    let gate = Gate::shut();
    let guard = start(&gate, |builder| {
        let wait = Overflow::Block(Duration::MAX);
        builder.overflow(Overflow::DropNewest).overflow_for(Level::Error, wait)
    });
    let handle = guard.handle();
    let logger = std::thread::spawn(move || {
        let _attached = handle.attach();
        let payload = "p".repeat(2_000);
        while handle.stats().dropped_at(Level::Info) == 0 {
            info!(payload = &*payload, "may be dropped");
        }
        (0..2_000_u64).for_each(|i| error!(i, payload = &*payload, "must arrive"));
    });
    until("the arena is full", || guard.handle().stats().dropped_at(Level::Info) > 0);
    gate.open();
    logger.join().unwrap();
    let handle = guard.handle();
    guard.shutdown(LONG);
    assert_eq!(handle.stats().dropped_at(Level::Error), 0);
    let lines = gate.memory.lines();
    let records = lines.iter().map(|line| serde_json::from_str(line).expect("JSON"));
    let errors: Vec<u64> = records.filter_map(|r: serde_json::Value| number(&r)).collect();
    assert_eq!(errors, (0..2_000).collect::<Vec<_>>());
}

#[test]
fn inv_087_a_timer_delivers_without_a_further_call() {
    let gate = Gate::default();
    let guard = start(&gate, |builder| builder.max_delay(Duration::from_millis(10)));
    let attached = guard.attach();
    info!("the only one");
    until("the line", || gate.memory.lines().len() == 1);
    // After a long sleep of the writer, too.
    std::thread::sleep(Duration::from_millis(50));
    info!("the second one");
    until("the line", || gate.memory.lines().len() == 2);
    drop(attached);
}

#[test]
fn inv_087_a_batch_is_one_write_and_keeps_the_times_of_the_calls() {
    #[derive(Clone, Default)]
    struct Counts(Memory, Arc<AtomicU64>);
    impl Sink for Counts {
        fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.write(batch)
        }
    }
    let sink = Counts::default();
    let bench =
        Bench::with(|builder| builder.route(ripsaw::Route::new(sink.clone()).format(Json::new())));
    for i in 0..100 {
        info!(i, "item");
        bench.clock.advance(Duration::from_secs(1));
    }
    let records = bench.records();
    let times: Vec<_> = records.iter().map(|r| r["timestamp"].as_str().unwrap()).collect();
    // The clock stood at one second when the first call was made; all were written after the last one.
    let expected: Vec<String> =
        (1..=100).map(|s| format!("1970-01-01T00:{:02}:{:02}.000000Z", s / 60, s % 60)).collect();
    assert_eq!(times, expected);
    assert_eq!((sink.0.lines().len(), sink.1.load(Ordering::Relaxed)), (100, 1));
}

#[test]
fn inv_089_a_flush_covers_all_calls_before_it() {
    let gate = Gate::default();
    let guard = start(&gate, |builder| builder.max_delay(LONG));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (guard, gate) = (&guard, &gate);
            scope.spawn(move || {
                let _attached = guard.attach();
                for i in 0..50 {
                    info!(thread, i, "line");
                    guard.handle().flush(LONG).unwrap();
                    let own = format!("\"thread\":{thread}");
                    let lines = gate.memory.lines();
                    assert_eq!(lines.iter().filter(|line| line.contains(&own)).count(), i + 1);
                }
            });
        }
    });
}

#[test]
fn inv_089_what_is_buffered_is_written_at_the_end() {
    let gate = Gate::default();
    let guard = start(&gate, |builder| builder.max_delay(LONG));
    let attached = guard.attach();
    (0..1_000).for_each(|i| info!(i, "buffered"));
    drop(attached);
    drop(guard);
    assert_eq!(gate.memory.lines().len(), 1_000);
}

/// Wakes a thread, and counts.
struct Unpark(Thread, AtomicU64);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.unpark();
    }
}

/// Waits for a future as an executor does: it is polled again only after its waker was called.
fn wait_for<F: Future>(future: F) -> F::Output {
    let unpark = Arc::new(Unpark(std::thread::current(), AtomicU64::new(0)));
    let waker = Waker::from(unpark.clone());
    let mut future = pin!(future);
    let mut seen = 0;
    let deadline = Instant::now() + LONG;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        while unpark.1.load(Ordering::Relaxed) == seen {
            assert!(Instant::now() < deadline, "nobody called the waker");
            std::thread::park_timeout(LONG);
        }
        seen = unpark.1.load(Ordering::Relaxed);
    }
}

type Boxed = Pin<Box<dyn Future<Output = Result<(), FlushError>> + Send>>;

/// Polls once, with a waker that counts.
fn poll_once(future: &mut Boxed) -> (Poll<Result<(), FlushError>>, Arc<Unpark>) {
    let unpark = Arc::new(Unpark(std::thread::current(), AtomicU64::new(0)));
    let waker = Waker::from(unpark.clone());
    (future.as_mut().poll(&mut Context::from_waker(&waker)), unpark)
}

#[test]
fn inv_088_tasks_wait_for_a_flush_without_a_thread() {
    let gate = Gate::shut();
    let guard = start(&gate, |builder| builder.max_delay(LONG));
    let handle = guard.handle();
    let attached = guard.attach();
    info!("before");
    let mut first: Boxed = Box::pin(handle.flush_async(LONG));
    // It covers what came before it was made, not before it is polled.
    info!("between");
    let second: Boxed = Box::pin(handle.flush_async(LONG));
    let mut dropped: Boxed = Box::pin(handle.flush_async(LONG));
    let (state, woken) = poll_once(&mut first);
    assert!(state.is_pending());
    let (state, lost) = poll_once(&mut dropped);
    assert!(state.is_pending());
    drop(dropped);
    // Nothing is left of it: its waker is ours again.
    assert_eq!(Arc::strong_count(&lost), 1);
    let waiter = std::thread::spawn(move || wait_for(second));
    gate.open();
    assert_eq!(wait_for(&mut first), Ok(()));
    assert_eq!(waiter.join().unwrap(), Ok(()));
    assert_eq!(gate.memory.lines().len(), 2);
    // The waker of the second poll took the first one's place; after its end a future says the same again.
    assert_eq!((Arc::strong_count(&woken), lost.1.load(Ordering::Relaxed)), (1, 0));
    assert_eq!(poll_once(&mut first).0, Poll::Ready(Ok(())));
    // One that is never polled, or made by a task that is gone, disturbs nobody.
    drop(handle.flush_async(LONG));
    info!("after");
    assert_eq!(wait_for(handle.flush_async(LONG)), Ok(()));
    assert_eq!(gate.memory.lines().len(), 3);
    assert!(handle.stats().flushes >= 3);
    drop(attached);
}

#[test]
fn inv_088_a_flush_of_a_task_has_a_deadline() {
    let gate = Gate::shut();
    let guard = start(&gate, |builder| builder.max_delay(LONG));
    let attached = guard.attach();
    info!("stuck");
    let handle = guard.handle();
    let mut patient: Boxed = Box::pin(handle.flush_async(LONG));
    assert!(poll_once(&mut patient).0.is_pending());
    let result = wait_for(handle.flush_async(Duration::from_millis(20)));
    assert_eq!(result, Err(FlushError::Timeout));
    assert_eq!(wait_for(handle.flush_async(Duration::ZERO)), Err(FlushError::Timeout));
    gate.open();
    assert_eq!(wait_for(patient), Ok(()));
    drop(attached);
}

#[test]
fn inv_088_a_shutdown_tells_the_tasks_that_wait() {
    let gate = Gate::shut();
    let guard = start(&gate, |builder| builder.max_delay(LONG));
    let handle = guard.handle();
    let attached = guard.attach();
    info!("written by the shutdown");
    drop(attached);
    let mut waiting: Boxed = Box::pin(handle.flush_async(LONG));
    assert!(poll_once(&mut waiting).0.is_pending());
    let waiter = std::thread::spawn(move || wait_for(waiting));
    let opener = gate.clone();
    let opener = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        opener.open();
    });
    assert_eq!(guard.shutdown(LONG).unflushed, 0);
    assert_eq!(waiter.join().unwrap(), Ok(()));
    opener.join().unwrap();
    // Who comes later is served on the spot.
    assert_eq!(
        poll_once(&mut (Box::pin(handle.flush_async(LONG)) as Boxed)).0,
        Poll::Ready(Ok(()))
    );
}

#[test]
fn inv_088_a_shutdown_that_gives_up_does_not_leave_tasks_behind() {
    let gate = Gate::shut();
    let guard = start(&gate, |builder| builder.max_delay(LONG));
    let handle = guard.handle();
    let attached = guard.attach();
    info!("lost");
    drop(attached);
    let waiting = handle.flush_async(LONG);
    let waiter = std::thread::spawn(move || wait_for(waiting));
    assert_eq!(guard.shutdown(Duration::from_millis(20)).unflushed, 1);
    assert!(waiter.join().unwrap().is_err());
    gate.open();
}

#[test]
fn inv_088_without_a_writer_the_task_does_the_work() {
    let bench = Bench::new();
    info!("one");
    let mut flush: Boxed = Box::pin(bench.guard.handle().flush_async(LONG));
    assert_eq!(poll_once(&mut flush).0, Poll::Ready(Ok(())));
    assert_eq!(bench.memory.lines().len(), 1);
}
