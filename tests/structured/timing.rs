//! Timed blocks and functions, thresholds, histograms.

use crate::{Bench, block_on, pause};
use ripsaw::{Histogram, Level, Logger, Observer, Outcome, timed};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

#[test]
fn inv_081_timed_block_success_and_error() {
    let bench = Bench::new();
    let mut t = ripsaw::timed("database_query").with("db_table", "users").with("rows", 0);
    bench.clock.advance(Duration::from_micros(12_345));
    t.field("rows", 7);
    assert_eq!(t.elapsed(), Duration::from_micros(12_345));
    assert_eq!(t.ok(), Duration::from_micros(12_345));
    let t = ripsaw::timed("bad");
    bench.clock.advance(2 * MS);
    t.err(&std::io::Error::other("no\nroute"));
    assert_eq!(
        bench.lines(),
        [
            r#""info","logger":"timing","event":"database_query","db_table":"users","rows":7,"outcome":"success","duration_ms":12.345}"#,
            r#""error","logger":"timing","event":"bad","outcome":"error","error.message":"no\nroute","error.type":"std::io::error::Error","duration_ms":2.0}"#,
        ]
    );
}

#[test]
fn inv_081_timed_layer_keys_and_own_fields_win() {
    let bench = Bench::new();
    let t = ripsaw::timed("e").layer("a", "layer").layer("llm.task", "generation");
    let mut t = t.with("a", "init").with("b", 1).with("outcome", "mine").with("duration_ms", -1);
    t.field("a", "later");
    t.with("b", 2).decimals(0).ok();
    let t = ripsaw::timed("whole").with("error.message", "kept without an error").decimals(0);
    bench.clock.advance(Duration::from_micros(1_999));
    t.ok();
    assert_eq!(
        bench.lines(),
        [
            r#""info","logger":"timing","event":"e","a":"layer","llm.task":"generation","b":2,"outcome":"success","duration_ms":0}"#,
            r#""info","logger":"timing","event":"whole","error.message":"kept without an error","outcome":"success","duration_ms":1}"#,
        ]
    );
}

#[test]
fn inv_081_timed_dropped_is_cancelled_and_unwound_is_panicked() {
    let bench = Bench::new();
    drop(ripsaw::timed("early").level(Level::Debug));
    let log = Logger::new("shop.db").with("tenant", "eu");
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        log.timed("query").run(|| std::panic::resume_unwind(Box::new("x")))
    }));
    assert!(unwound.is_err());
    // Work that begins and ends in a destructor while the thread unwinds did not panic itself.
    struct Cleanup;
    impl Drop for Cleanup {
        fn drop(&mut self) {
            ripsaw::timed("cleanup").ok();
            drop(ripsaw::timed("left"));
        }
    }
    let unwound = catch_unwind(|| {
        let _cleanup = Cleanup;
        std::panic::resume_unwind(Box::new("x"))
    });
    assert!(unwound.is_err());
    let lines = bench.lines();
    assert_eq!(
        lines[..2],
        [
            r#""warning","logger":"timing","event":"early","outcome":"cancelled","duration_ms":0.0}"#,
            r#""error","logger":"shop.db","event":"query","tenant":"eu","outcome":"panicked","duration_ms":0.0}"#,
        ]
    );
    let outcome =
        |line: &String| line.split("\"outcome\":").nth(1).map(|rest| rest[..9].to_owned());
    assert_eq!(outcome(&lines[2]).as_deref(), Some("\"success\""));
    assert_eq!(outcome(&lines[3]).as_deref(), Some("\"cancelle"));
}

#[test]
fn inv_081_timed_filtered_success_but_not_error() {
    let bench = Bench::with(|builder| builder.filter("warn"));
    ripsaw::timed("ok").ok();
    assert_eq!(ripsaw::timed("fine").attempt(|| "1".parse::<u8>()), Ok(1));
    assert!(ripsaw::timed("bad").attempt(|| "x".parse::<u8>()).is_err());
    let records = bench.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["error.type"], "core::num::error::ParseIntError");
    assert_eq!(records[0]["error.message"], "invalid digit found in string");
}

#[test]
fn inv_081_timed_blocks_end_by_their_value() {
    let bench = Bench::new();
    let log = Logger::new("shop");
    let parse = |text: &str| -> Result<u8, std::num::ParseIntError> {
        ripsaw::timed_block!(logger: log, "parse", http.method = "GET", len = text.len(), {
            let number: u8 = text.parse()?;
            Ok(number)
        })
    };
    assert_eq!(parse("7"), Ok(7));
    assert!(parse("seven").is_err());
    assert_eq!(ripsaw::timed_block!("plain", { 5 }), 5);
    struct Mute;
    assert!(ripsaw::timed_block!("mute", { Err::<(), _>(Mute) }).is_err());
    let records = bench.records();
    let told = |i: usize| {
        let r = &records[i];
        [&r["logger"], &r["event"], &r["level"], &r["outcome"]].map(|v| v.as_str().unwrap_or("-"))
    };
    assert_eq!(told(0), ["shop", "parse", "info", "success"]);
    assert_eq!((&records[0]["http.method"], &records[0]["len"]), (&"GET".into(), &1.into()));
    assert_eq!(told(1), ["shop", "parse", "error", "error"]);
    assert_eq!(told(2), ["structured::timing", "plain", "info", "success"]);
    assert_eq!(told(3), ["structured::timing", "mute", "error", "error"]);
    assert!(records[3]["error.type"].as_str().is_some_and(|kind| kind.ends_with("Mute")));
}

struct Store {
    rows: Vec<String>,
    clock: ripsaw::ManualClock,
}

impl Store {
    #[timed(name = "find_row", log_args, skip(secret), target = "shop::db")]
    fn find(&mut self, at: usize, secret: &str) -> Result<&mut String, std::num::ParseIntError> {
        self.clock.advance(Duration::from_micros(1_234));
        let offset: usize = secret.parse()?;
        if at == 99 {
            return Ok(&mut self.rows[0]);
        }
        Ok(&mut self.rows[at + offset])
    }

    #[timed(level = Debug)]
    fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a String> + 'a {
        self.rows.iter().filter(move |row| row.starts_with(prefix))
    }

    #[timed(err)]
    async fn fetch<T: ToString>(&self, key: T) -> Result<String, Box<Failed>> {
        pause().await;
        self.clock.advance(3 * MS);
        let key = key.to_string().parse::<u8>().map_err(|e| Box::new(Failed(e)))?;
        Ok(self.rows[usize::from(key)].clone())
    }
}

#[derive(Debug)]
struct Failed(std::num::ParseIntError);
impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such row")
    }
}
impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn store(bench: &Bench) -> Store {
    Store { rows: vec!["ada".into(), "bob".into()], clock: bench.clock }
}

#[test]
fn inv_082_timed_methods() {
    let bench = Bench::new();
    let mut store = store(&bench);
    store.find(0, "1").expect("a row").push('!');
    assert_eq!(store.find(99, "0").expect("a row"), "ada");
    assert!(store.find(0, "x").is_err());
    assert_eq!(store.names("a").count(), 1);
    assert_eq!(store.rows[1], "bob!");
    assert_eq!(
        bench.lines(),
        [
            r#""info","logger":"shop::db","event":"find_row completed","operation":"find_row","at":"0","outcome":"success","duration_ms":1.23}"#,
            r#""info","logger":"shop::db","event":"find_row completed","operation":"find_row","at":"99","outcome":"success","duration_ms":1.23}"#,
            r#""error","logger":"shop::db","event":"find_row failed","operation":"find_row","at":"0","outcome":"error","error.message":"invalid digit found in string","error.type":"core::num::error::ParseIntError","duration_ms":1.23}"#,
            r#""debug","logger":"structured::timing","event":"names completed","operation":"names","outcome":"success","duration_ms":0.0}"#,
        ]
    );
}

#[test]
fn inv_082_timed_async_functions() {
    let bench = Bench::new();
    let store = store(&bench);
    assert_eq!(block_on(store.fetch("1")).expect("a row"), "bob");
    assert!(block_on(store.fetch("y")).is_err());
    {
        // Polled once, then dropped; and one that never began leaves nothing.
        let mut begun = std::pin::pin!(store.fetch(0));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(begun.as_mut().poll(&mut cx).is_pending());
        drop(store.fetch(0));
    }
    let records = bench.records();
    let events: Vec<_> = records.iter().map(|r| r["event"].as_str().unwrap_or("-")).collect();
    assert_eq!(events, ["fetch completed", "fetch failed", "fetch cancelled"]);
    assert_eq!(records[0]["duration_ms"], 3.0);
    assert_eq!(records[1]["error.chain"], serde_json::json!(["invalid digit found in string"]));
    assert_eq!(records[1]["error.message"], "no such row");
    assert_eq!(
        (&records[2]["outcome"], &records[2]["level"]),
        (&"cancelled".into(), &"warning".into())
    );
}

#[timed]
fn never_returns(code: i32) -> ! {
    std::panic::resume_unwind(Box::new(code))
}

#[timed(threshold_ms = 100, log_args)]
fn slow(clock: ripsaw::ManualClock, (ms, _): (u64, u8), text: String) {
    clock.advance(Duration::from_millis(ms));
    assert!(ms != 13, "unlucky {text}");
}

#[test]
fn inv_082_timed_panics_and_inv_083_thresholds() {
    let bench = Bench::new();
    assert!(catch_unwind(|| never_returns(3)).is_err());
    slow(bench.clock, (99, 0), "fast".to_owned());
    slow(bench.clock, (100, 0), "é".repeat(300));
    assert!(catch_unwind(|| slow(bench.clock, (13, 0), String::new())).is_err());
    let records = bench.records();
    let events: Vec<_> = records.iter().map(|r| r["event"].as_str().unwrap_or("-")).collect();
    assert_eq!(events, ["never_returns panicked", "slow completed", "slow panicked"]);
    assert_eq!(records[1]["ms"], "100");
    assert_eq!(records[1]["text"].as_str().map(|text| text.chars().count()), Some(200));
}

#[test]
fn inv_083_threshold_keeps_what_is_no_success() {
    let bench = Bench::new();
    let slow = |name| ripsaw::timed(name).threshold(5 * MS);
    slow("fast").ok();
    slow("failed").err("text");
    drop(slow("dropped"));
    let t = slow("slow").error_level(Level::Critical);
    bench.clock.advance(5 * MS);
    t.ok();
    slow("worse").error_level(Level::Critical).err("text");
    let records = bench.records();
    let told: Vec<_> = records
        .iter()
        .map(|r| [&r["event"], &r["level"]].map(|v| v.as_str().unwrap_or("-")))
        .collect();
    let expected =
        [["failed", "error"], ["dropped", "warning"], ["slow", "info"], ["worse", "critical"]];
    assert_eq!(told, expected);
    assert_eq!(records[0]["error.type"], "str");
}

#[test]
fn inv_084_histogram_counts_what_is_timed() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<(String, Duration, Outcome)>>);
    impl Observer for Seen {
        fn observe(&self, name: &str, duration: Duration, outcome: Outcome) {
            self.0.lock().expect("unpoisoned").push((name.to_owned(), duration, outcome));
            assert!(name != "broken", "an observer that panics");
        }
    }
    let bench = Bench::with(|builder| builder.filter("off"));
    let (histogram, seen) = (Arc::new(Histogram::new()), Arc::new(Seen::default()));
    for ms in 1..=100 {
        let t = ripsaw::timed("work").observe(histogram.clone());
        bench.clock.advance(ms * MS);
        t.ok();
    }
    let snapshot = histogram.snapshot();
    assert_eq!((snapshot.count, snapshot.max, snapshot.sum), (100, 100 * MS, 5050 * MS));
    assert_eq!(snapshot.mean(), 50 * MS + 500 * (MS / 1000));
    for (share, ms) in [(0.50, 50_u32), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1)] {
        let found = snapshot.quantile(share);
        assert!(found >= ms * MS && found <= ms * MS * 17 / 16, "{share}: {found:?}");
    }
    assert_eq!((snapshot.p50(), snapshot.p99()), (snapshot.quantile(0.5), snapshot.quantile(0.99)));
    {
        let _timing = histogram.time();
    }
    assert_eq!(histogram.snapshot().count, 101);
    assert_eq!(Histogram::new().snapshot().p99(), Duration::ZERO);

    ripsaw::timed("failed").observe(seen.clone()).err("why");
    drop(ripsaw::timed("dropped").observe(seen.clone()));
    ripsaw::timed("broken").observe(seen.clone()).ok();
    let seen = seen.0.lock().map(|seen| seen.clone()).unwrap_or_else(|e| e.into_inner().clone());
    let outcomes: Vec<_> =
        seen.iter().map(|(name, _, outcome)| (name.as_str(), *outcome)).collect();
    let expected =
        [("failed", Outcome::Error), ("dropped", Outcome::Cancelled), ("broken", Outcome::Success)];
    assert_eq!(outcomes, expected);
}
