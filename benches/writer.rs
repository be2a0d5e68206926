//! What a record costs the writer: drain, decode, format and an empty sink, without a second
//! thread.
//!
//! `cargo bench --bench writer`
#![allow(missing_docs)]

mod common;

use common::calls;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ripsaw::format::{Format, Json, KeyValue, Text};
use ripsaw::sink::Null;
use ripsaw::{Handle, Logger, Overflow, Route, info};

const RECORDS: u64 = 8000;

fn writer(c: &mut Criterion) {
    bench(c, "text", Text::new());
    bench(c, "key_value", KeyValue::new());
    bench(c, "json", Json::new());
}

fn bench(c: &mut Criterion, name: &str, format: impl Format + 'static) {
    let guard = ripsaw::builder()
        .manual()
        .overflow(Overflow::DropNewest)
        .route(Route::new(Null::new()).format(format))
        .start_local()
        .expect("an engine for this format");
    let _attached = guard.attach();
    let handle = guard.handle();
    let log = Logger::unnamed().with("tenant", "eu").with("user", 17).with("zone", "b");
    let five = calls::context();

    let mut group = c.benchmark_group(format!("8000 records/{name}"));
    group.throughput(criterion::Throughput::Elements(RECORDS));
    let mut case = |case: &str, call: &dyn Fn(u64)| {
        group.bench_function(case, |b| {
            b.iter_batched(
                || (0..RECORDS).for_each(call),
                |()| drain(&handle),
                BatchSize::PerIteration,
            );
        });
    };
    case("message of int int float", &|i| info!("int {}, int {}, float {}", i, i * 7, 1.25));
    case("three fields", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
    case("three fields, three bound", &|i| info!(logger: &log, i, j = i * 7, px = 1.25, "filled"));
    case("three fields in a context of five", &|i| calls::in_context(&five, i));
    case("eight fields of 1 KB", &calls::large);
    group.finish();
    assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
}

fn drain(handle: &Handle) {
    while handle.pump() > 0 {}
}

criterion_group!(benches, writer);
criterion_main!(benches);
