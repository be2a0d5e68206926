//! Many threads log at once.

use crate::Bench;
use ripsaw::format::Json;
use ripsaw::sink::Memory;
use ripsaw::{Overflow, info};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::Duration;

#[test]
fn inv_090_threads_keep_their_order_and_lines_stay_whole() {
    const THREADS: u64 = 10;
    const EACH: u64 = 500;
    let memory = Memory::new();
    let guard = ripsaw::builder()
        .arena_bytes(1 << 20)
        .overflow(Overflow::Block(Duration::MAX))
        .format(Json::new())
        .sink(memory.clone())
        .start_local()
        .expect("the engine starts");
    let log = ripsaw::get_logger("shared").with("service", "x".repeat(50));
    let start = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (guard, log, start) = (&guard, &log, &start);
            scope.spawn(move || {
                let _attached = guard.attach();
                start.wait();
                for i in 0..EACH {
                    info!(logger: log, thread, i, pad = "é".repeat((i % 90) as usize), "line {i}");
                }
            });
        }
    });
    let report = guard.shutdown(Duration::from_secs(60));
    assert_eq!((report.written, report.dropped, report.unflushed), (THREADS * EACH, 0, 0));
    let mut next: BTreeMap<u64, u64> = BTreeMap::new();
    for line in memory.lines() {
        let record: Value = serde_json::from_str(&line).expect("a whole line");
        let (thread, i) = (record["thread"].as_u64().unwrap(), record["i"].as_u64().unwrap());
        let expected = next.entry(thread).or_default();
        assert_eq!(i, *expected, "thread {thread}");
        assert_eq!(record["event"], format!("line {i}"));
        assert_eq!(record["pad"].as_str().unwrap().chars().count() as u64, i % 90);
        assert_eq!(record["service"].as_str().unwrap().len(), 50);
        *expected += 1;
    }
    assert_eq!(next, (0..THREADS).map(|thread| (thread, EACH)).collect());
}

#[test]
fn inv_090_names_and_levels_change_while_others_log() {
    let bench = Bench::new();
    let handle = bench.guard.handle();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let handle = &handle;
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..200 {
                    // A name of its own each, so that names are learnt while verdicts change.
                    let log = ripsaw::get_logger(format!("worker.{thread}.{i}"));
                    ripsaw::warn!(logger: &log, i, "always");
                    ripsaw::trace!(logger: &log, i, "never");
                }
            });
        }
        for n in 0..50 {
            handle.set_filter(if n % 2 == 0 { "info" } else { "warning" }).unwrap();
        }
    });
    let mut names: Vec<String> =
        bench.records().iter().map(|r| r["logger"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 800);
}
