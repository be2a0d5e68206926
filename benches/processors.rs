//! What processors cost the writer: beside none, and beside one that does nothing.
//!
//! `cargo bench --bench processors`
#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ripsaw::emoji::{Emoji, Layer};
use ripsaw::format::Text;
use ripsaw::process::{
    Collapse, Draft, Filter, FlightRecorder, Flow, Processor, RateLimit, Redact, Sample,
};
use ripsaw::sink::Null;
use ripsaw::{Builder, Handle, Level, LevelFilter, Overflow, Route, info};
use std::time::Duration;

const RECORDS: u64 = 8000;

/// The same records without a processor, with one that does nothing, and with a redactor of 20 keys.
fn redaction(c: &mut Criterion) {
    let keys = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "token",
        "secret",
        "key",
        "authorization",
        "auth",
        "cookie",
        "session",
        "credit_card",
        "card",
        "cvv",
        "ssn",
        "email",
        "phone",
        "iban",
        "pin",
        "dob",
    ];
    let builder =
        || ripsaw::builder().manual().overflow(Overflow::DropNewest).json().sink(Null::new());
    redact(c, "none", builder());
    redact(c, "idle", builder().processor(|_: &mut Draft<'_>| Flow::Keep));
    redact(c, "20 keys", builder().processor(Redact::none().words(keys)));
}

fn redact(c: &mut Criterion, name: &str, builder: ripsaw::Builder) {
    let guard = builder.start_local().expect("an engine with processors");
    let _attached = guard.attach();
    let handle = guard.handle();
    let mut group = c.benchmark_group(format!("8000 records/redact {name}"));
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
    case("three fields", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
    case("three fields, one secret", &|i| info!(i, token = "abcdefgh", px = 1.25, "filled"));
    case("twenty fields, all secret", &|i| {
        info!(
            password = "a",
            passwd = "b",
            pwd = i,
            passphrase = "c",
            token = "abcdefgh",
            secret = "d",
            key = i,
            authorization = "e",
            auth = "f",
            cookie = "g",
            session = i,
            credit_card = "h",
            card = "i",
            cvv = 123,
            ssn = "j",
            email = "a@b",
            phone = "1",
            iban = "k",
            pin = 1,
            dob = "l",
            "filled"
        );
    });
    group.finish();
    assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
}

/// The same records as text, without processors, with one that does nothing, and with the marks of two layers.
fn emoji(c: &mut Criterion) {
    let builder = || ripsaw::builder().manual().overflow(Overflow::DropNewest);
    let layers = Emoji::new().layers([Layer::http(), Layer::database()]);
    let cases: [(&str, Builder); 3] = [
        ("without", builder()),
        ("idle processor", builder().processor(|_: &mut Draft<'_>| Flow::Keep)),
        ("two layers", builder().processor(layers)),
    ];
    let mut group = c.benchmark_group("8000 records/emoji");
    group.throughput(criterion::Throughput::Elements(RECORDS));
    for (name, builder) in cases {
        let route = Route::new(Null::new()).format(Text::new());
        let guard = builder.route(route).start_local().expect("an engine with emoji");
        let _attached = guard.attach();
        let handle = guard.handle();
        let call = |i| info!(http.method = "GET", db.system = "postgres", rows = i, "served {}", i);
        group.bench_function(name, |b| {
            b.iter_batched(
                || (0..RECORDS).for_each(call),
                |()| drain(&handle),
                BatchSize::PerIteration,
            );
        });
        assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
    }
    group.finish();
}

/// What filters and samplers add to a record of three fields in text, and what one costs that is dropped.
fn samplers(c: &mut Criterion) {
    let hour = Duration::from_secs(3600);
    let off = LevelFilter::Off;
    sampler(c, "closure", |_: &mut Draft<'_>| Flow::Keep);
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

criterion_group!(benches, redaction, emoji, samplers);
criterion_main!(benches);
