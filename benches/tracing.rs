//! What an event of `tracing` costs its thread: through the engine, and through `tracing_subscriber::fmt`, in one run.
//!
//! `cargo bench --features tracing --bench tracing`. The engine is drained by hand outside the measured time. `fmt` formats JSON
//! on the caller, which is all that it does: its writer throws the lines away.
#![allow(missing_docs)]

mod common;

use common::by_hand::{self, CALLS};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ripsaw::tracing::Layer;
use std::io;
use tracing::{Dispatch, debug, info, info_span};

fn events(c: &mut Criterion) {
    let guard = by_hand::engine(ripsaw::builder());
    let handle = guard.handle();
    let drain = || while handle.pump() > 0 {};
    let ours = Dispatch::new(Layer::new().span_list(true).into_subscriber());
    let max = tracing::Level::INFO;
    let fmt = tracing_subscriber::fmt().json().with_max_level(max).with_writer(io::sink);
    let fmt = Dispatch::new(fmt.finish());
    let mut group = c.benchmark_group("tracing: 800 calls");
    group.throughput(criterion::Throughput::Elements(CALLS));
    for (name, dispatch) in [("ripsaw", &ours), ("fmt json", &fmt)] {
        tracing::dispatcher::with_default(dispatch, || {
            let mut bench = |what: &str, call: &dyn Fn(u64)| {
                group.bench_function(format!("{what}, {name}"), |b| {
                    b.iter_batched(drain, |()| (0..CALLS).for_each(call), BatchSize::PerIteration);
                });
            };
            bench("below the level", &|i| debug!(i, "not logged"));
            bench("no span", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
            let _server = info_span!("server", port = 8080, zone = "b").entered();
            let _request = info_span!("request", id = 42, method = "GET").entered();
            let query = info_span!("query", table = "orders", shard = 3).entered();
            bench("three spans", &|i| info!(i, j = i * 7, px = 1.25, "filled"));
            let query = query.exit();
            bench("three spans, the last entered each time", &|i| {
                query.in_scope(|| info!(i, j = i * 7, px = 1.25, "filled"));
            });
        });
    }
    group.finish();
    assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
}

criterion_group!(benches, events);
criterion_main!(benches);
