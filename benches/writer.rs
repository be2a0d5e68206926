//! What a record costs the writer: drain, decode, format and an empty sink, without a second
//! thread.
//!
//! `cargo bench --bench writer`
#![allow(missing_docs)]

mod common;

use common::calls;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ripsaw::format::{Format, Json, KeyValue, Text};
use ripsaw::process::{Collapse, Filter, FlightRecorder, Processor, RateLimit, Sample};
use ripsaw::sink::Null;
use ripsaw::{Handle, Level, LevelFilter, Logger, Overflow, Route, info};
use std::time::Duration;

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

/// What filters and samplers add to a record of three fields in text, and what one costs that is dropped.
fn samplers(c: &mut Criterion) {
    let hour = Duration::from_secs(3600);
    let off = LevelFilter::Off;
    sampler(c, "closure", |_: &mut ripsaw::process::Draft<'_>| ripsaw::process::Flow::Keep);
    sampler(c, "filter by level, target and field", {
        Filter::level(Level::Info) & !Filter::target("other") & Filter::field("px").above(1)
    });
    sampler(c, "filter by message", Filter::event(&[], &["absent"]));
    sampler(c, "probability 1", Sample::probability(1.0));
    sampler(c, "probability 0", Sample::probability(0.0));
    sampler(c, "first then every, dropped", Sample::first_then_every(1, 0, hour));
    sampler(c, "by trace, kept", Sample::by_trace("i", 1.0));
    sampler(c, "adaptive, kept", Sample::adaptive(1e12));
    sampler(c, "limit a target, kept", RateLimit::new(1e12).per_target());
    sampler(c, "limit a statement, dropped", RateLimit::new(1e-9).burst(1).per_statement());
    sampler(c, "collapse, no repeats", Collapse::repeats());
    sampler(c, "collapse, repeats", Collapse::repeats().ignore("i").ignore("j").within(hour));
    sampler(c, "recorder, kept", FlightRecorder::per_thread().below(Level::Error));
    sampler(c, "exempt", Sample::probability(0.0).exempt(Level::Info).only(!Filter::level(off)));
}

fn sampler(c: &mut Criterion, name: &str, processor: impl Processor + 'static) {
    let guard = ripsaw::builder()
        .manual()
        .overflow(Overflow::DropNewest)
        .processor(processor)
        .route(Route::new(Null::new()).format(Text::new()))
        .start_local()
        .expect("an engine for this processor");
    let _attached = guard.attach();
    let handle = guard.handle();
    let mut group = c.benchmark_group("8000 records/processor");
    group.throughput(criterion::Throughput::Elements(RECORDS));
    group.bench_function(name, |b| {
        b.iter_batched(
            || (0..RECORDS).for_each(|i| info!(i, j = i * 7, px = 1.25, "filled")),
            |()| drain(&handle),
            BatchSize::PerIteration,
        );
    });
    group.finish();
    assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
}

fn drain(handle: &Handle) {
    while handle.pump() > 0 {}
}

criterion_group!(benches, writer, samplers);
criterion_main!(benches);
