//! What a flush covers, and what it says when it cannot.

use crate::support::{Engine, LONG, Valve, builder, until};
use ripsaw::sink::Memory;
use ripsaw::{Clock, FlushError, Level, LevelFilter, error, info};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

#[test]
fn covers_what_other_threads_did_before() {
    let memory = Memory::new();
    let engine = Engine::start(builder().max_delay(Duration::from_secs(10)).sink(memory.clone()));
    let handle = engine.handle();
    let (done, is_done) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let _attached = handle.attach();
        for round in 0..200 {
            for i in 0..20 {
                info!(round, i, "other");
            }
            done.send(()).unwrap();
            may_go_on.recv().unwrap();
        }
    });
    for round in 1..=200 {
        is_done.recv().unwrap();
        info!(round, "mine");
        engine.flush();
        assert_eq!(memory.lines().len(), round * 21);
        go_on.send(()).unwrap();
    }
    thread.join().unwrap();
    engine.stop(200 * 21);
}

#[test]
fn eight_threads_flush_at_once_while_others_log() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let stop = AtomicBool::new(false);
    let calls: u64 = std::thread::scope(|scope| {
        let (stop, memory) = (&stop, &memory);
        let noise = engine.handle();
        let noise = scope.spawn(move || {
            let _attached = noise.attach();
            let mut calls = 0;
            while !stop.load(Ordering::Relaxed) {
                info!("noise");
                calls += 1;
                std::thread::sleep(Duration::from_micros(20));
            }
            calls
        });
        let flushers: Vec<_> = (0..8)
            .map(|t| {
                let handle = engine.handle();
                scope.spawn(move || {
                    let _attached = handle.attach();
                    for i in 0..50 {
                        info!("flushed {t}.{i}.");
                        handle.flush(LONG).unwrap();
                        assert!(memory.text().contains(&format!("flushed {t}.{i}.")));
                    }
                })
            })
            .collect();
        flushers.into_iter().for_each(|thread| thread.join().unwrap());
        stop.store(true, Ordering::Relaxed);
        noise.join().unwrap()
    });
    let stats = engine.stop(calls + 400);
    assert_eq!(stats.flushes, 400);
    assert!(stats.flush_latency_max >= stats.flush_latency);
}

#[test]
fn a_failing_sink_is_named_and_keeps_its_records() {
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(valve.clone()));
    let handle = engine.handle();
    valve.set_failing(true);
    for i in 0..100 {
        info!(i, "kept");
    }
    assert_eq!(handle.flush(SHORT), Err(FlushError::Sink));
    let stats = handle.stats();
    assert!(stats.sink_errors > 0);
    assert_eq!((stats.written, stats.dropped(), valve.len()), (0, 0, 0), "{stats:?}");
    valve.set_failing(false);
    for i in 100..200 {
        info!(i, "kept");
    }
    engine.flush();
    engine.stop(200);
    let expected: Vec<String> = (0..200).map(|i| format!("INFO     kept i={i}")).collect();
    assert_eq!(valve.lines(), expected);
}

#[test]
fn a_sink_that_does_not_return_runs_into_the_deadline() {
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(valve.clone()));
    valve.shut();
    info!("stuck");
    assert_eq!(engine.handle().flush(SHORT), Err(FlushError::Timeout));
    valve.open();
    engine.flush();
    assert_eq!(valve.lines(), ["INFO     stuck"]);
    engine.stop(1);
}

#[test]
fn a_flush_that_fails_is_tried_again() {
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(valve.clone()));
    valve.set_flush_failing(true);
    info!("written, not flushed");
    assert_eq!(engine.handle().flush(SHORT), Err(FlushError::Sink));
    assert_eq!((valve.lines().len(), valve.flushes()), (1, 0));
    valve.set_flush_failing(false);
    engine.flush();
    assert!(valve.flushes() > 0);
    engine.stop(1);
}

/// A flush that is under way when a shutdown gives its records up for lost must not say that all
/// went well.
#[test]
fn a_flush_whose_records_were_given_up_does_not_succeed() {
    let valve = Valve::new();
    let guard = builder().sink(valve.clone()).start_local().unwrap();
    let handle = guard.handle();
    valve.set_failing(true);
    let attached = guard.attach();
    info!("given up");
    drop(attached);
    let (began, has_begun) = mpsc::channel();
    let flusher = {
        let handle = handle.clone();
        std::thread::spawn(move || {
            began.send(()).unwrap();
            handle.flush(LONG)
        })
    };
    has_begun.recv().unwrap();
    until("a failed write", || handle.stats().sink_errors > 2);
    // A request leaves no other trace: give it time to be made.
    std::thread::sleep(SHORT);
    let report = guard.shutdown(Duration::from_millis(20));
    assert_eq!((report.written, report.unflushed), (0, 1));
    let result = flusher.join().unwrap();
    assert!(result.is_err(), "the record is lost, and the flush says {result:?}");
}

#[test]
fn nothing_to_do_is_done() {
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(valve.clone()));
    for round in 1..=10 {
        engine.handle().flush(LONG).unwrap();
        assert_eq!(valve.flushes(), round);
    }
    assert_eq!(valve.attempts(), 0);
    engine.stop(0);
}

/// Each call asks the device after its own records: none may be answered by an earlier one.
#[test]
fn a_durable_flush_of_what_has_no_device_is_a_flush() {
    let engine = Engine::start(builder().file("/dev/null"));
    info!("nowhere");
    engine.handle().flush_durable(LONG).unwrap();
    engine.flush();
    engine.stop(1);
}

#[test]
fn a_durable_flush_reaches_the_device() {
    let valve = Valve::new();
    let engine = Engine::start(builder().sink(valve.clone()));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let handle = engine.handle();
        let stop = &stop;
        // Ordinary flushes keep the writer busy with tickets that do not ask for the device.
        let ordinary = scope.spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                handle.flush(LONG).unwrap();
            }
        });
        let handle = engine.handle();
        for round in 0..20_000 {
            let before = valve.synced();
            handle.flush_durable(LONG).unwrap();
            if valve.synced() == before {
                stop.store(true, Ordering::Relaxed);
                panic!("the durable flush of round {round} did not reach the device");
            }
        }
        stop.store(true, Ordering::Relaxed);
        ordinary.join().unwrap();
    });
    engine.stop(0);
}

#[test]
fn manual_mode_does_nothing_by_itself() {
    let memory = Memory::new();
    let engine = Engine::start(builder().manual().sink(memory.clone()));
    let handle = engine.handle();
    for i in 0..10 {
        info!(i, "manual");
    }
    std::thread::sleep(SHORT);
    assert_eq!((handle.stats().accepted, memory.lines().len()), (0, 0));
    assert_eq!(engine.pump(), 10);
    assert_eq!(handle.pump(), 0);
    assert_eq!(memory.lines().len(), 10);
    info!("for a flush");
    handle.flush(LONG).unwrap();
    assert_eq!(memory.lines().len(), 11);
    let thread = {
        let handle = handle.clone();
        std::thread::spawn(move || {
            let _attached = handle.attach();
            info!("from another thread");
            handle.flush(LONG).unwrap();
        })
    };
    thread.join().unwrap();
    assert_eq!(memory.lines().len(), 12);
    engine.stop(12);
}

/// `pump` is to be repeated until it returns zero: then nothing is left, however young the records
/// are and however many lanes they are in.
#[test]
fn pumping_until_zero_leaves_nothing() {
    for clock in [Clock::Auto, Clock::System, Clock::Coarse] {
        let memory = Memory::new();
        let engine = Engine::start(builder().clock(clock).manual().sink(memory.clone()));
        for round in 0..50 {
            let handle = engine.handle();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let _attached = handle.attach();
                    info!(round, "other");
                });
            });
            info!(round, "mine");
            assert_eq!(engine.pump(), 2, "round {round}, {clock:?}");
            assert_eq!(memory.lines().len(), 2 * (round + 1));
        }
        engine.stop(100);
    }
}

/// Nobody else could make room: the caller that waits for it does.
#[test]
fn a_full_arena_in_manual_mode_is_drained_by_its_callers() {
    let memory = Memory::new();
    let engine = Engine::start(
        builder().manual().arena_bytes(4 << 10).block_bytes(512).sink(memory.clone()),
    );
    for i in 0..2000 {
        info!(i, "waits for itself");
    }
    let handle = engine.handle();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _attached = handle.attach();
            for i in 2000..4000 {
                info!(i, "waits for itself");
            }
        });
    });
    engine.stop(4000);
    let expected: Vec<String> =
        (0..4000).map(|i| format!("INFO     waits for itself i={i}")).collect();
    assert_eq!(memory.lines(), expected);
}

#[test]
fn a_failing_sink_in_manual_mode() {
    let valve = Valve::new();
    let engine = Engine::start(builder().manual().sink(valve.clone()));
    valve.set_failing(true);
    info!("kept");
    assert_eq!(engine.handle().flush(SHORT), Err(FlushError::Sink));
    valve.set_failing(false);
    engine.flush();
    engine.stop(1);
    assert_eq!(valve.lines(), ["INFO     kept"]);
}

/// The writer would sleep for minutes: only a severe record wakes it before.
#[test]
fn flush_on_wakes_the_writer() {
    let memory = Memory::new();
    let start = builder().max_delay(Duration::from_secs(600)).flush_on(Level::Error);
    let engine = Engine::start(start.sink(memory.clone()));
    for i in 0..20 {
        // Long enough for the writer to sleep longer than this again.
        std::thread::sleep(Duration::from_millis(2 * i));
        info!(i, "waits");
        error!(i, "wakes");
        until("the line of an error", || {
            memory.text().contains(&format!("ERROR    wakes i={i}\n"))
        });
        assert_eq!(memory.lines().len() as u64, 2 * (i + 1));
    }
    engine.stop(40);
}

/// Nobody rings: the writer looks by itself within `max_delay`.
#[test]
fn a_record_arrives_without_any_flush() {
    let memory = Memory::new();
    let start = builder().max_delay(Duration::from_millis(5)).flush_on(LevelFilter::Off);
    let engine = Engine::start(start.sink(memory.clone()));
    for i in 0..20 {
        std::thread::sleep(Duration::from_millis(i));
        info!(i, "by itself");
        until("a line", || memory.lines().len() as u64 > i);
    }
    engine.stop(20);
}
