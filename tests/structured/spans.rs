//! Spans and traced functions.

use crate::{Bench, block_on, pause};
use ripsaw::{Context, FutureExt, Span, context, info, traced, warn};
use serde_json::{Value, json};
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Waker;
use std::time::Duration;

fn span(name: &'static str) -> Span {
    Span::enter(name)
}

/// Event, trace, span and parent of each record; ids by the order in which they were first seen.
fn ids(records: &[Value]) -> Vec<(String, [String; 3])> {
    let mut seen: Vec<String> = Vec::new();
    let mut short = |prefix: &str, value: &Value| {
        let Some(id) = value.as_str() else { return "-".to_owned() };
        let at = seen.iter().position(|s| s == id).unwrap_or_else(|| {
            seen.push(id.to_owned());
            seen.len() - 1
        });
        format!("{prefix}{at}")
    };
    let name = |r: &Value| {
        let name = r["span"].as_str().map_or(String::new(), |name| format!(" {name}"));
        format!("{}{name}", r["event"].as_str().expect("an event"))
    };
    records
        .iter()
        .map(|r| {
            let trace = short("t", &r["trace_id"]);
            (name(r), [trace, short("s", &r["span_id"]), short("s", &r["parent_span_id"])])
        })
        .collect()
}

#[track_caller]
fn told(records: &[Value], expected: &[(&str, [&str; 3])]) {
    let ids = ids(records);
    let ids: Vec<(&str, [&str; 3])> = ids
        .iter()
        .map(|(name, [a, b, c])| (name.as_str(), [a.as_str(), b.as_str(), c.as_str()]))
        .collect();
    assert_eq!(ids, expected);
}

#[test]
fn inv_108_spans_share_a_trace_and_leave_nothing_behind() {
    let bench = Bench::new();
    let _user = context::scope([("user", "u1")]);
    {
        let mut outer = span("outer");
        outer.tag("cart", 7);
        info!("in outer");
        {
            let inner = span("inner");
            info!("in inner");
            inner.ok();
        }
        let second = span("second");
        second.ok();
        bench.clock.advance(Duration::from_micros(1_500));
        outer.ok();
    }
    info!("after");
    let next = span("another trace");
    assert_eq!(next.context().len(), 3);
    next.ok();
    assert_eq!(Context::current(), Context::from([("user", "u1")]));
    let records = bench.records();
    told(
        &records,
        &[
            ("in outer", ["t0", "s1", "-"]),
            ("in inner", ["t0", "s2", "s1"]),
            ("span_end inner", ["t0", "s2", "s1"]),
            ("span_end second", ["t0", "s3", "s1"]),
            ("span_end outer", ["t0", "s1", "-"]),
            ("after", ["-", "-", "-"]),
            ("span_end another trace", ["t4", "s5", "-"]),
        ],
    );
    let end = &records[4];
    assert_eq!(
        [&end["level"], &end["logger"], &end["cart"], &end["outcome"], &end["duration_ms"]],
        [&json!("info"), &json!("span"), &json!(7), &json!("success"), &json!(1.5)]
    );
    assert!(records.iter().all(|r| r["user"] == "u1"));
    let (trace, id) = (&records[0]["trace_id"], &records[0]["span_id"]);
    assert_eq!((trace.as_str().unwrap().len(), id.as_str().unwrap().len()), (32, 16));
}

#[test]
fn inv_108_spans_end_as_errors_and_panics_do() {
    let bench = Bench::new();
    let mut failed = span("failed");
    for (key, value) in [("span", 0), ("outcome", 0), ("try", 1), ("try", 2)] {
        failed.tag(key, value);
    }
    failed.err(&fmt::Error);
    drop(span("left"));
    let panicked = catch_unwind(|| {
        let _span = span("panicked");
        panic!("on purpose");
    });
    assert!(panicked.is_err());
    // A span of a destructor that runs while another panic unwinds did not panic itself.
    struct Cleanup;
    impl Drop for Cleanup {
        fn drop(&mut self) {
            let _span = span("cleanup");
        }
    }
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _cleanup = Cleanup;
        panic!("on purpose");
    }));
    let records = bench.records();
    let told: Vec<_> = records
        .iter()
        .map(|r| ["span", "level", "outcome"].map(|key| r[key].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(
        told,
        [
            ["failed", "error", "error"],
            ["left", "warning", "cancelled"],
            ["panicked", "error", "panicked"],
            ["cleanup", "warning", "cancelled"],
        ]
    );
    assert_eq!(
        (&records[0]["try"], &records[0]["error.type"]),
        (&json!(2), &json!("core::fmt::Error"))
    );
    assert!(Context::current().is_empty());
}

#[test]
fn inv_108_spans_go_on_with_the_trace_of_a_request() {
    let bench = Bench::new();
    let request = Context::from([("trace_id", "upstream-1"), ("span_id", "a1")]).enter();
    let inner = span("handler");
    // Spans may end in any order, and each record has its own ids.
    let context = inner.context().clone();
    let innermost = span("innermost");
    inner.ok();
    innermost.ok();
    drop(request);
    let elsewhere = bench.guard.handle();
    std::thread::spawn(move || {
        let _attached = elsewhere.attach();
        context.wrap(|| warn!("on another thread"))();
    })
    .join()
    .unwrap();
    let records = bench.records();
    assert!(records.iter().all(|r| r["trace_id"] == "upstream-1"), "{records:?}");
    let is = |r: &Value, of: &Value| assert_eq!(r["parent_span_id"], of["span_id"], "{records:?}");
    assert_eq!(
        (&records[0]["span"], &records[0]["parent_span_id"]),
        (&json!("handler"), &json!("a1"))
    );
    is(&records[1], &records[0]);
    assert_eq!(records[2]["span_id"], records[0]["span_id"]);
    // A parent without a trace is no parent.
    let _orphan = Context::from([("span_id", "b1"), ("parent_span_id", "c1")]).enter();
    span("root").ok();
    told(&bench.records(), &[("span_end root", ["t0", "s1", "-"])]);
}

#[traced]
fn plain(n: u32) -> Result<u32, std::num::ParseIntError> {
    info!("in plain");
    if n == 0 { "x".parse() } else { Ok(n) }
}

#[traced(name = "task", level = Debug, target = "shop", log_args, skip(secret))]
async fn task(who: &str, secret: u32) -> u32 {
    info!(who, "begins");
    pause().await;
    assert!(plain(1).is_ok());
    pause().await;
    info!(who, "ends");
    secret
}

#[traced]
async fn outer() {
    task("nested", 1).await;
}

#[test]
fn inv_108_traced_functions() {
    let bench = Bench::new();
    assert_eq!(plain(1), Ok(1));
    assert!(plain(0).is_err());
    let records = bench.records();
    told(
        &records,
        &[
            ("in plain", ["t0", "s1", "-"]),
            ("span_end plain", ["t0", "s1", "-"]),
            ("in plain", ["t2", "s3", "-"]),
            ("span_end plain", ["t2", "s3", "-"]),
        ],
    );
    assert_eq!(
        (&records[1]["outcome"], &records[3]["outcome"]),
        (&json!("success"), &json!("error"))
    );
    assert_eq!(records[3]["error.message"], "invalid digit found in string");
    assert_eq!(records[3]["logger"], module_path!());
}

#[test]
fn inv_108_traced_tasks_keep_their_ids() {
    let bench = Bench::new();
    {
        // Two tasks in turn on one thread, the second on another thread in the middle.
        let mut cx = std::task::Context::from_waker(Waker::noop());
        let request = Context::from([("request", "r1")]);
        let mut one = pin!(task("one", 1).in_context(request));
        let mut two = Box::pin(task("two", 2));
        assert!(one.as_mut().poll(&mut cx).is_pending() && two.as_mut().poll(&mut cx).is_pending());
        info!("between");
        assert!(one.as_mut().poll(&mut cx).is_pending());
        // By the clock, records of two threads stand in order.
        bench.clock.advance(Duration::from_secs(1));
        let handle = bench.guard.handle();
        let mut two = std::thread::spawn(move || {
            let _attached = handle.attach();
            let mut cx = std::task::Context::from_waker(Waker::noop());
            assert!(two.as_mut().poll(&mut cx).is_pending());
            two
        })
        .join()
        .unwrap();
        bench.clock.advance(Duration::from_secs(1));
        assert!(one.as_mut().poll(&mut cx).is_ready() && two.as_mut().poll(&mut cx).is_ready());
        // Dropped before it is through.
        let mut third = Box::pin(task("third", 3));
        assert!(third.as_mut().poll(&mut cx).is_pending());
        drop(third);
    }
    assert!(Context::current().is_empty());
    let records = bench.records();
    let of = |who: &str| -> Vec<Value> {
        let trace = &records.iter().find(|r| r["who"] == who).expect("a record")["trace_id"];
        records.iter().filter(|r| r["trace_id"] == *trace).cloned().collect()
    };
    for who in ["one", "two"] {
        told(
            &of(who),
            &[
                ("begins", ["t0", "s1", "-"]),
                ("in plain", ["t0", "s2", "s1"]),
                ("span_end plain", ["t0", "s2", "s1"]),
                ("ends", ["t0", "s1", "-"]),
                ("span_end task", ["t0", "s1", "-"]),
            ],
        );
    }
    assert!(of("one").iter().all(|r| r["request"] == "r1"));
    let between = records.iter().find(|r| r["event"] == "between").unwrap();
    assert!(between.get("trace_id").is_none());
    let end = of("one").pop().unwrap();
    assert_eq!(
        (&end["level"], &end["logger"], &end["who"]),
        (&json!("debug"), &json!("shop"), &json!("\"one\""))
    );
    assert!(end.get("secret").is_none());
    let third = of("third");
    assert_eq!(
        (&third[1]["outcome"], &third[1]["span_id"]),
        (&json!("cancelled"), &third[0]["span_id"])
    );
    block_on(outer());
    let nested = bench.records();
    let ends: Vec<_> = nested.iter().filter(|r| r["event"] == "span_end").collect();
    assert_eq!(ends.iter().map(|r| &r["span"]).collect::<Vec<_>>(), ["plain", "task", "outer"]);
    assert_eq!(ends[1]["parent_span_id"], ends[2]["span_id"]);
    assert_eq!(ends[1]["trace_id"], ends[2]["trace_id"]);
}
