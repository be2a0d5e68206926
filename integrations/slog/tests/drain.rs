//! Records of slog, as they arrive.

use ripsaw::testing::{Capture, CapturedRecord};
use ripsaw::{Level, Value};
use ripsaw_slog::Ripsaw;
use slog::{FnValue, Logger, PushFnValue, crit, debug, error, info, o, trace, warn};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

fn root() -> Logger {
    Logger::root(Ripsaw::new(), o!("version" => 3))
}

fn fields(record: &CapturedRecord) -> Vec<(&str, Value)> {
    record.fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect()
}

#[test]
fn levels_targets_and_messages() {
    let capture = Capture::with(|builder| builder.level(Level::Trace));
    let log = root();
    crit!(log, "c");
    error!(log, "e");
    warn!(log, # "db", "w");
    info!(log, "{} of {}", 1, "i");
    debug!(log, "d");
    trace!(log, "t");
    let records = capture.records();
    let levels: Vec<Level> = records.iter().map(|record| record.level).collect();
    let expected =
        [Level::Critical, Level::Error, Level::Warning, Level::Info, Level::Debug, Level::Trace];
    assert_eq!(levels, expected);
    assert_eq!((records[1].target.as_str(), records[2].target.as_str()), (module_path!(), "db"));
    assert_eq!(records[3].message, "1 of i");
}

#[test]
fn values_are_typed_and_the_inner_one_counts() {
    let capture = Capture::new();
    let request = root().new(o!("request" => "r-17", "attempt" => 1_u8));
    let _scope = ripsaw::scope! { host = "h-1" };
    info!(request, "all";
        "attempt" => 2_u64, "yes" => true, "letter" => 'x', "half" => 0.5, "wide" => u128::MAX,
        "least" => i128::MIN, "none" => None::<u8>, "some" => Some(7), "unit" => (),
        "shown" => %format_args!("{:>3}", 7), "debug" => ?Some("d"), "late" => FnValue(|_| 1.25),
        "pushed" => PushFnValue(|_, s| s.emit("p")), "nan" => f32::NAN);
    let record = capture.records().remove(0);
    let Some(Value::F64(nan)) = record.field("nan") else { panic!("{record:#?}") };
    assert!(nan.is_nan());
    let own: Vec<_> = fields(&record).into_iter().filter(|(key, _)| *key != "nan").collect();
    let expected: Vec<(&str, Value)> = vec![
        ("host", "h-1".into()),
        ("version", 3.into()),
        ("request", "r-17".into()),
        ("attempt", 2_u64.into()),
        ("yes", true.into()),
        ("letter", "x".into()),
        ("half", 0.5.into()),
        ("wide", u128::MAX.into()),
        ("least", i128::MIN.into()),
        ("none", Value::Null),
        ("some", 7.into()),
        ("unit", Value::Null),
        ("shown", "  7".into()),
        ("debug", "Some(\"d\")".into()),
        ("late", 1.25.into()),
        ("pushed", "p".into()),
    ];
    assert_eq!(own, expected);
}

#[test]
fn what_is_not_wanted_is_not_worked_out() {
    let capture = Capture::with(|builder| builder.filter("warn,loud=debug"));
    let worked = AtomicU32::new(0);
    let work = |_: &slog::Record<'_>| worked.fetch_add(1, Ordering::Relaxed);
    let log = root();
    info!(log, "off"; "n" => FnValue(work));
    assert_eq!(worked.load(Ordering::Relaxed), 0);
    debug!(log, # "loud", "on"; "n" => FnValue(work));
    capture.handle().set_filter("off,loud=warn").unwrap();
    debug!(log, # "loud", "off"; "n" => FnValue(work));
    error!(log, "off"; "n" => FnValue(work));
    assert_eq!((worked.load(Ordering::Relaxed), capture.records().len()), (1, 1));
}

struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("begun ")?;
        panic!("a formatter's panic, on purpose")
    }
}

#[test]
fn values_that_panic_reach_nobody() {
    let capture = Capture::new();
    let log = root();
    info!(log, "shown"; "first" => 1, "bad" => %Panics, "last" => 2);
    info!(log, "{}", Panics);
    info!(log, "late"; "last" => 2, "bad" => FnValue(|_| -> u8 { panic!("on purpose") }));
    info!(log, "after");
    let records = capture.records();
    assert_eq!(records.len(), 4, "{records:#?}");
    assert_eq!(records[0].field("bad"), Some(&"[formatter failed]".into()));
    assert_eq!(
        (records[0].field("first"), records[0].field("last")),
        (Some(&1.into()), Some(&2.into()))
    );
    assert_eq!(records[1].message, "[formatter failed]");
    assert_eq!(records[2].field("slog.failed"), Some(&true.into()));
    assert_eq!(
        (records[2].field("version"), records[3].message.as_str()),
        (Some(&3.into()), "after")
    );
}

/// What a panic brings, and whose destructor panics too.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor's panic, on purpose")
    }
}

struct Bombed;

impl fmt::Display for Bombed {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::panic_any(Bomb)
    }
}

#[test]
fn what_a_panic_brings_reaches_nobody_either() {
    let capture = Capture::new();
    let log = root();
    info!(log, "{}", Bombed);
    info!(log, "value"; "bad" => %Bombed, "late" => FnValue(|_| -> u8 { std::panic::panic_any(Bomb) }));
    let records = capture.records();
    assert_eq!(records.len(), 2, "{records:#?}");
    assert_eq!(records[0].message, "[formatter failed]");
    assert_eq!(records[1].field("slog.failed"), Some(&true.into()));
}

#[test]
fn one_stream_in_the_order_of_calls() {
    let capture = Capture::new();
    let log = root();
    for i in 0..100 {
        info!(log, "theirs"; "i" => i);
        ripsaw::info!(i, "ours");
    }
    let records = capture.records();
    let said: Vec<_> =
        records.iter().map(|r| (r.message.as_str(), r.field("i").cloned())).collect();
    let expected = (0..100).flat_map(|i| [("theirs", Some(i.into())), ("ours", Some(i.into()))]);
    assert_eq!(said, expected.collect::<Vec<(&str, Option<Value>)>>());
}
