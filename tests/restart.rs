//! The global engine is shut down and started again, in one process, while threads log.

use ripsaw::format::Text;
use ripsaw::sink::Memory;
use ripsaw::{Builder, Guard, Logger, Overflow, info};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);

/// There is one global engine, so there is one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(memory: &Memory) -> Guard {
    builder().sink(memory.clone()).start().expect("the engine starts")
}

fn builder() -> Builder {
    ripsaw::builder()
        .format(Text::new().timestamp(false).target(false))
        .overflow(Overflow::Block(Duration::MAX))
}

#[test]
fn one_thread_through_three_lives() {
    let _alone = alone();
    let memories = [Memory::new(), Memory::new(), Memory::new()];
    for (life, memory) in memories.iter().enumerate() {
        let guard = start(memory);
        info!(life, "running");
        let report = guard.shutdown(LONG);
        assert_eq!((report.written, report.dropped, report.unflushed), (1, 0, 0));
        info!(life, "stopped");
        let stats = ripsaw::stats().unwrap();
        assert_eq!((stats.accepted, stats.written), (2, 2));
    }
    for (life, memory) in memories.iter().enumerate() {
        let expected = ["running", "stopped"].map(|word| format!("INFO     {word} life={life}"));
        assert_eq!(memory.lines(), expected);
    }
}

#[test]
fn loggers_survive_a_restart() {
    let _alone = alone();
    let (first, second) = (Memory::new(), Memory::new());
    let log = Logger::new("survivor").with("k", 1);
    let guard = start(&first);
    info!(logger: &log, "one");
    guard.shutdown(LONG);
    info!(logger: &log, "two");
    let guard = start(&second);
    info!(logger: &log, "three");
    drop(log);
    guard.shutdown(LONG);
    assert_eq!(first.lines(), ["INFO     one k=1", "INFO     two k=1"]);
    assert_eq!(second.lines(), ["INFO     three k=1"]);
}

#[test]
fn a_start_that_fails_leaves_the_stopped_engine_as_it_was() {
    let _alone = alone();
    let memory = Memory::new();
    start(&memory).shutdown(LONG);
    assert!(builder().block_bytes(1000).start().is_err());
    info!("still synchronous");
    assert_eq!(memory.lines(), ["INFO     still synchronous"]);
}

/// Threads that were parked with a lane of the first engine log into the second.
#[test]
fn waiting_threads_move_on() {
    let _alone = alone();
    let (first, second) = (Memory::new(), Memory::new());
    let guard = start(&first);
    let (before, after) = (std::sync::Barrier::new(5), std::sync::Barrier::new(5));
    std::thread::scope(|scope| {
        for t in 0..4 {
            let (before, after) = (&before, &after);
            scope.spawn(move || {
                info!(t, "first");
                before.wait();
                after.wait();
                info!(t, "second");
            });
        }
        before.wait();
        assert_eq!(guard.shutdown(LONG).written, 4);
        let guard = start(&second);
        after.wait();
        guard
    })
    .shutdown(LONG);
    assert_eq!((first.lines().len(), second.lines().len()), (4, 4));
    assert!(second.lines().iter().all(|line| line.contains("second")));
}

/// Whatever the threads call at whatever moment, it is a line somewhere: before, between and after.
#[test]
fn nothing_is_lost_while_threads_log() {
    let _alone = alone();
    let memories: Vec<Memory> = (0..60).map(|_| Memory::new()).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let calls: Arc<[AtomicU64; 2]> = Arc::default();
    let mut guard = start(&memories[0]);
    let threads: Vec<_> = (0..2)
        .map(|t| {
            let (stop, calls) = (stop.clone(), calls.clone());
            std::thread::spawn(move || {
                let mut i = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    info!("{t} {i}");
                    i += 1;
                }
                calls[t].store(i, Ordering::Relaxed);
            })
        })
        .collect();
    for memory in &memories[1..] {
        std::thread::sleep(Duration::from_millis(2));
        guard.shutdown(LONG);
        std::thread::sleep(Duration::from_millis(1));
        guard = start(memory);
    }
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    guard.shutdown(LONG);
    ripsaw::flush(LONG).unwrap();

    let mut next = [0_u64; 2];
    let (mut missing, mut first) = (0, None);
    for (life, memory) in memories.iter().enumerate() {
        for line in memory.text().lines() {
            let (t, i) = line.strip_prefix("INFO     ").unwrap().split_once(' ').expect(line);
            let (t, i): (usize, u64) = (t.parse().unwrap(), i.parse().unwrap());
            assert!(i >= next[t], "life {life}: record {i} of thread {t} comes late or twice");
            if i > next[t] {
                missing += i - next[t];
                first = first.or(Some((life, t, next[t])));
            }
            next[t] = i + 1;
        }
    }
    assert_eq!(missing, 0, "lost; the first, as (life, thread, number), is {first:?}");
    assert_eq!(next, [0, 1].map(|t| calls[t].load(Ordering::Relaxed)));
}
