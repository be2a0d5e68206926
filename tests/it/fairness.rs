//! Too much of one thing does not cost another: quiet threads, severe records, and a caller's time.

use crate::support::{Engine, LONG, Valve, plain, until};
use ripsaw::{DropCause, Level, Overflow, debug, error, info, warn};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A thread that holds a block with room in it loses nothing, however much another one floods.
#[test]
fn a_flood_spares_quiet_threads() {
    const QUIET: u64 = 3;
    const EACH: u64 = 100;
    let valve = Valve::new();
    valve.shut();
    let builder = ripsaw::builder().format(plain()).arena_bytes(1 << 20).block_bytes(64 << 10);
    let engine = Engine::start(builder.sink(valve.clone()));
    let handle = engine.handle();
    let (stop, dropped) = (AtomicBool::new(false), || handle.stats().dropped());
    // Whoever comes when the arena is full already gets no block.
    let blocks_held = Barrier::new(QUIET as usize + 1);
    let flooded = std::thread::scope(|scope| {
        let (stop, handle, blocks_held) = (&stop, &handle, &blocks_held);
        let quiet: Vec<_> = (0..QUIET)
            .map(|t| {
                scope.spawn(move || {
                    let _attached = handle.attach();
                    info!(target: "quiet", t, i = 0, "quiet");
                    blocks_held.wait();
                    // From now on the arena is full, and what the flood says is dropped.
                    until("an overload", || handle.stats().dropped() > 0);
                    for i in 1..EACH {
                        let before = handle.stats().dropped();
                        info!(target: "quiet", t, i, "quiet");
                        until("more of the flood", || handle.stats().dropped() > before);
                    }
                })
            })
            .collect();
        let flood = scope.spawn(move || {
            let _attached = handle.attach();
            let mut calls = 0_u64;
            blocks_held.wait();
            while !stop.load(Ordering::Relaxed) {
                info!(target: "flood", calls, "one of very many");
                calls += 1;
            }
            calls
        });
        quiet.into_iter().for_each(|thread| thread.join().unwrap());
        stop.store(true, Ordering::Relaxed);
        flood.join().unwrap()
    });
    assert!(dropped() > 0);
    valve.open();
    let (_, stats) = engine.stop_within(LONG, flooded + QUIET * EACH);
    assert_eq!(stats.dropped_by_target, [("flood".to_owned(), stats.dropped())]);
    let lines = valve.records();
    for t in 0..QUIET {
        let said =
            |i| lines.iter().filter(|line| line.ends_with(&format!("quiet t={t} i={i}"))).count();
        assert!((0..EACH).all(|i| said(i) == 1), "thread {t}");
    }
}

/// Much too much, most of it DEBUG and INFO: they are shed, and whatever is more severe is kept. It fits in the eighth of the
/// arena that is left to it, so nothing depends on how fast the sink is.
#[test]
fn severe_records_outlive_an_overload() {
    const THREADS: u64 = 4;
    let valve = Valve::new().pace(4_000_000);
    let builder = ripsaw::builder().format(plain()).level(Level::Debug).arena_bytes(4 << 20);
    let engine = Engine::start(builder.sink(valve.clone()));
    let handle = engine.handle();
    let each = 40_000;
    std::thread::scope(|scope| {
        for t in 0..THREADS {
            let handle = handle.clone();
            scope.spawn(move || {
                let _attached = handle.attach();
                let payload = "sixty bytes or so of payload, which is about what a line has";
                for i in 0..each {
                    match i % 100 {
                        0 => warn!(t, i, payload, "flood"),
                        1 => error!(t, i, payload, "flood"),
                        2..20 => info!(t, i, payload, "flood"),
                        _ => debug!(t, i, payload, "flood"),
                    }
                }
            });
        }
    });
    let (_, stats) = engine.stop_within(LONG, THREADS * each);
    assert!(stats.dropped() > stats.accepted / 10, "not much of an overload: {stats:?}");
    assert!(stats.dropped_at(Level::Debug) < THREADS * each * 80 / 100, "no DEBUG was accepted");
    for level in [Level::Warning, Level::Error] {
        assert_eq!(stats.dropped_at(level), 0, "{stats:?}");
        let name = if level == Level::Error { "ERROR  " } else { "WARNING" };
        let written = valve.records().iter().filter(|line| line.starts_with(name)).count() as u64;
        assert_eq!(written, THREADS * each / 100, "{level}");
    }
    // INFO has a reserve that DEBUG may not touch.
    let share = |level, calls| stats.dropped_at(level) as f64 / calls as f64;
    let (info, debug) = (share(Level::Info, 18), share(Level::Debug, 80));
    assert!(info < debug, "INFO {info}, DEBUG {debug}");
}

/// A caller waits as long as it was told to, and not longer than a thread that sleeps for the same time, plus 10 ms.
#[test]
fn a_wait_has_its_end() {
    const WAIT: Duration = Duration::from_millis(20);
    const ROUNDS: usize = 21;
    let valve = Valve::new();
    valve.shut();
    let builder = ripsaw::builder().format(plain()).arena_bytes(64 << 10).block_bytes(1 << 10);
    let builder =
        builder.overflow(Overflow::Block(WAIT)).overflow_for(Level::Info, Overflow::DropNewest);
    let engine = Engine::start(builder.sink(valve.clone()));
    let payload = "p".repeat(500);
    let mut calls = 0;
    // WARNING may take the last block, so it fills up what INFO leaves.
    while engine.stats().dropped_at(Level::Info) < 500 {
        info!("{payload}");
        calls += 1;
    }
    while engine.stats().dropped_at(Level::Warning) == 0 {
        warn!("{payload}");
        calls += 1;
    }
    let (mut waits, mut sleeps) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        warn!("{payload}");
        waits.push(start.elapsed());
        let start = Instant::now();
        std::thread::sleep(WAIT);
        sleeps.push(start.elapsed());
    }
    calls += ROUNDS as u64;
    valve.open();
    let (_, stats) = engine.stop_within(LONG, calls);
    let late = stats.dropped_by(Level::Warning, DropCause::Deadline);
    assert_eq!(late, 1 + ROUNDS as u64, "{stats:?}");
    assert!(waits.iter().all(|wait| *wait >= WAIT), "gave up early: {waits:?}");
    waits.sort_unstable();
    sleeps.sort_unstable();
    let limit = sleeps[ROUNDS / 2] + Duration::from_millis(10);
    assert!(waits[ROUNDS / 2] <= limit, "{waits:?}, where a sleep takes {sleeps:?}");
}
