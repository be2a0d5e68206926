//! What a call costs its thread: means over many calls, by criterion. For percentiles see the
//! benchmark `latency`.
//!
//! `cargo bench --bench call`. The engine is drained by hand outside the measured time, so that
//! nothing else runs.
#![allow(missing_docs)]

mod common;

use common::by_hand::{self, CALLS};
use common::calls;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ripsaw::{HeadSampling, Level, LevelOverride, Logger, debug, info, scope};
use std::hint::black_box;

fn calls(c: &mut Criterion) {
    let none = HeadSampling::Probability(0.0);
    let guard = by_hand::engine(ripsaw::builder().sample("sampled", Level::Info, none));
    let handle = guard.handle();
    let mut group = c.benchmark_group("800 calls");
    group.throughput(criterion::Throughput::Elements(CALLS));
    let drain = || while handle.pump() > 0 {};
    let five = calls::context();
    let log = Logger::new("bench").with("tenant", "eu").with("shard", 3).with("zone", "b");

    let mut bench = |name: &str, call: &dyn Fn(u64)| {
        group.bench_function(name, |b| {
            b.iter_batched(drain, |()| (0..CALLS).for_each(call), BatchSize::PerIteration);
        });
    };
    bench("below the level", &|i| debug!(i, "not logged"));
    bench("int int float", &|i| info!("int {}, int {}, float {}", i, i * 7, 1.25));
    bench("three fields", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
    bench("35-byte string", &|_| {
        info!(text = black_box("thirty-five bytes of text, or so it "), "x")
    });
    bench("1 KB string", &calls::long_string);
    bench("sampled out", &|i| info!(target: "sampled", i, "not chosen"));
    bench("context of five", &|i| calls::in_context(&five, i));
    bench("bound context", &|i| info!(logger: &log, i, "filled"));
    let entered = scope! { tenant = "eu" };
    bench("in a scope", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
    drop(entered);
    let rule = LevelOverride::new(Level::Debug).field("customer", 4711);
    let id = handle.override_level(rule).expect("the rule is good");
    let one = scope! { tenant = "eu", shard = 3, customer = 4712 };
    bench("below the level, asked by an override", &|i| debug!(i, "not logged"));
    bench("enabled, beside an override", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
    drop(one);
    let one = scope! { tenant = "eu", shard = 3, customer = 4711 };
    bench("let through by an override", &|i| debug!(i, j = i * 7, px = 1.25, "filled"));
    drop(one);
    handle.remove_override(id);
    bench("display argument", &|i| info!("at {}", std::net::Ipv4Addr::from_bits(i as u32)));
    bench("debug argument", &|i| info!(pair = ?(i, 1), "x"));
    bench("log facade", &|i| log::info!("int {i}, float {}", 1.25));
    // From now on each call asks which engine it belongs to.
    let other = ripsaw::builder()
        .sink(ripsaw::sink::Null::new())
        .start_local()
        .expect("an engine of its own");
    bench("three fields, beside another engine", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
    drop(other);
    group.finish();
    assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
}

/// What no caller escapes: the clock, a copy of 40 bytes and a release store.
fn floor(c: &mut Criterion) {
    use std::sync::atomic::{AtomicU64, Ordering};
    let place: Vec<AtomicU64> = (0..8 * CALLS).map(|_| AtomicU64::new(0)).collect();
    let mut group = c.benchmark_group("floor");
    group.throughput(criterion::Throughput::Elements(CALLS));
    group.bench_function("clock, 40 bytes, release store", |b| {
        b.iter(|| {
            for frame in place.chunks_exact(8) {
                let now = clock();
                for (i, word) in frame[1..6].iter().enumerate() {
                    word.store(black_box(now + i as u64), Ordering::Relaxed);
                }
                frame[0].store(6, Ordering::Release);
            }
        });
    });
    group.finish();
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn clock() -> u64 {
    // SAFETY: every x86_64 processor has the instruction, and it has no other effect than to return
    // a number.
    unsafe { core::arch::x86_64::_rdtsc() }
}
#[cfg(not(target_arch = "x86_64"))]
fn clock() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.as_nanos() as u64)
}

criterion_group!(benches, floor, calls);
criterion_main!(benches);
