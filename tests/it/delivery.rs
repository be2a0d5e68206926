//! Under `Overflow::Block` every record arrives: once, whole, and in the order of its thread's
//! calls.

use crate::support::{Engine, builder, full, scratch};
use ripsaw::info;
use ripsaw::sink::Memory;
use std::io::{BufRead, BufReader};
use std::sync::Barrier;
use std::time::Duration;

/// Text whose length and content follow from the record's number, so that a torn or mixed line is
/// noticed.
fn padding(i: u64) -> &'static str {
    const PAD: &str = "0123456789abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let start = i as usize % 7;
    &PAD[start..start + i as usize % 53]
}

#[test]
fn ten_threads_lose_nothing() {
    const THREADS: u64 = 10;
    let each: u64 = if full() { 1_000_000 } else { 200_000 };
    let path = scratch("delivery.log");
    let engine = Engine::start(builder().file(&path));
    let handle = engine.handle();
    std::thread::scope(|scope| {
        for t in 0..THREADS {
            let handle = handle.clone();
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..each {
                    info!(t, i, pad = padding(i), "line");
                }
            });
        }
    });
    let stats = engine.stop(THREADS * each);
    assert_eq!(stats.bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(stats.notices, 0);

    let mut next = [0; THREADS as usize];
    for line in BufReader::new(std::fs::File::open(&path).unwrap()).lines() {
        let line = line.unwrap();
        let rest = line.strip_prefix("INFO     line t=").expect(&line);
        let (t, rest) = rest.split_once(" i=").expect(&line);
        let (i, pad) = rest.split_once(" pad=").expect(&line);
        let i: u64 = i.parse().expect(&line);
        let place: &mut u64 = &mut next[t.parse::<usize>().expect(&line)];
        assert_eq!(i, *place, "thread {t}");
        assert_eq!(pad.trim_matches('"'), padding(i), "{line}");
        *place += 1;
    }
    assert_eq!(next, [each; THREADS as usize]);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_small_arena_is_crossed_many_times() {
    const EACH: u64 = 20_000;
    let memory = Memory::new();
    let engine =
        Engine::start(builder().arena_bytes(8 << 10).block_bytes(512).sink(memory.clone()));
    let handle = engine.handle();
    std::thread::scope(|scope| {
        for t in 0..3 {
            let handle = handle.clone();
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..EACH {
                    info!(t, i, pad = padding(i), "line");
                }
            });
        }
    });
    let stats = engine.stop(3 * EACH);
    assert_eq!((stats.blocks_total, stats.blocks_in_use), (16, 0));
    assert!((1..=16).contains(&stats.blocks_high_water), "{stats:?}");
    for t in 0..3 {
        let text = memory.text();
        let prefix = format!("INFO     line t={t} ");
        let numbers: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix(&prefix)?.strip_prefix("i=")?.split(' ').next())
            .collect();
        assert!(numbers.iter().enumerate().all(|(i, n)| n.parse() == Ok(i)), "thread {t}");
        assert_eq!(numbers.len() as u64, EACH);
    }
}

/// Lanes that come into being at the same moment, while the writer looks for new ones.
#[test]
fn threads_that_begin_together_are_all_heard() {
    const THREADS: u64 = 6;
    const EACH: u64 = 50;
    for round in 0..150 {
        let memory = Memory::new();
        let engine = Engine::start(
            builder()
                .arena_bytes(64 << 10)
                .block_bytes(512)
                .max_delay(Duration::from_micros(1))
                .sink(memory.clone()),
        );
        let (handle, start) = (engine.handle(), Barrier::new(THREADS as usize));
        std::thread::scope(|scope| {
            for t in 0..THREADS {
                let (handle, start) = (&handle, &start);
                scope.spawn(move || {
                    let _attached = handle.attach();
                    start.wait();
                    for i in 0..EACH {
                        info!(t, i, "together");
                    }
                });
            }
        });
        engine.stop(THREADS * EACH);
        let mut lines = memory.lines();
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len() as u64, THREADS * EACH, "round {round}: some line came twice");
    }
}

#[test]
fn one_thread_serves_two_engines_in_turn() {
    let (first, second) = (Memory::new(), Memory::new());
    let outer = Engine::start(builder().sink(first.clone()));
    let inner = builder().sink(second.clone()).start_local().unwrap();
    for i in 0..500 {
        info!(i, "outer");
        let attached = inner.attach();
        info!(i, "inner");
        drop(attached);
    }
    let report = inner.shutdown(crate::support::LONG);
    assert_eq!((report.written, report.dropped), (500, 0));
    outer.stop(500);
    for (memory, word) in [(first, "outer"), (second, "inner")] {
        let expected: Vec<String> = (0..500).map(|i| format!("INFO     {word} i={i}")).collect();
        assert_eq!(memory.lines(), expected);
    }
}

/// Attachments that end in another order than they began leave the thread attached to nothing.
#[test]
fn attachments_may_end_in_any_order() {
    let memory = Memory::new();
    let start = || builder().sink(memory.clone()).start_local().unwrap();
    let (first, second) = (start(), start());
    let (outer, inner) = (first.attach(), second.attach());
    info!("one");
    drop(outer);
    info!("two");
    drop(inner);
    info!("nobody");
    let written = [first, second].map(|guard| guard.shutdown(crate::support::LONG).written);
    assert_eq!((written, memory.lines().len()), ([0, 2], 2));
}
