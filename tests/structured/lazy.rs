//! Values that are worked out only if they are logged.

use crate::Bench;
use ripsaw::{Level, Logger, lazy};
use std::cell::Cell;

#[test]
fn inv_091_lazy_is_worked_out_once_and_only_if_enabled() {
    let bench = Bench::with(|builder| builder.filter("info"));
    let times = Cell::new(0);
    let total = lazy(|| {
        times.set(times.get() + 1);
        42_u64
    });
    ripsaw::debug!(total = total, "disabled {total}");
    assert_eq!(times.get(), 0);
    ripsaw::info!(total = total, "sum {total} {total:>4}");
    ripsaw::warn!(again = total, "again");
    assert_eq!(times.get(), 1);
    let records = bench.records();
    assert_eq!(records[0]["event"], "sum 42   42");
    // Typed, not text.
    assert_eq!((&records[0]["total"], &records[1]["again"]), (&42.into(), &42.into()));
}

#[test]
fn inv_092_lazy_closures_run_on_the_callers_thread_and_may_fail() {
    let bench = Bench::new();
    let caller = std::thread::current().id();
    ripsaw::info!(
        text = lazy(|| format!("here: {}", std::thread::current().id() == caller)),
        list = lazy(|| vec![1, 2]),
        none = lazy(|| None::<u8>),
        "made"
    );
    let broken = lazy(|| -> u8 { std::panic::resume_unwind(Box::new("no value")) });
    ripsaw::info!(broken = broken, whole = 1, "also {broken} and {broken:?}");
    // One that logs while it is worked out.
    ripsaw::info!(
        outer = lazy(|| {
            ripsaw::info!("inner");
            "done"
        }),
        "outer"
    );
    let records = bench.records();
    assert_eq!(records[0]["text"], "here: true");
    assert_eq!(
        (&records[0]["list"], &records[0]["none"]),
        (&serde_json::json!([1, 2]), &().into())
    );
    assert_eq!(records[1]["broken"], "[lazy value failed]");
    assert_eq!(records[1]["whole"], 1);
    assert_eq!(records[1]["event"], "also [lazy value failed] and [lazy value failed]");
    assert_eq!((&records[2]["event"], &records[3]["outer"]), (&"inner".into(), &"done".into()));
}

#[test]
fn inv_093_levels_can_be_asked_for() {
    let _bench = Bench::with(|builder| builder.filter("warn,shop=debug"));
    let log = Logger::new("shop.orders");
    assert!(log.enabled(Level::Debug) && !log.enabled(Level::Trace));
    assert!(!ripsaw::enabled!(Level::Info) && ripsaw::enabled!(Level::Warning));
}
