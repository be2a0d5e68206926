//! Names of loggers and targets, and what may be a field.

use crate::Bench;
use ripsaw::{Level, Value, get_logger, info, trace};
use serde_json::json;
use std::time::Duration;

#[test]
fn inv_007_get_logger_gives_a_name_and_keeps_the_fields() {
    let bench = Bench::with(|builder| builder.filter("info,shop.orders=debug,shop.mute=off"));
    let orders = get_logger("shop.orders");
    let bound = orders.with("tenant", "eu").with("shard", 3);
    info!(logger: &orders, "plain");
    ripsaw::debug!(logger: &bound, shard = 4, "the call's own value counts");
    ripsaw::debug!(logger: &get_logger("shop.other"), "below its name's level");
    ripsaw::critical!(logger: &get_logger("shop.mute"), "off");
    bound.child("eu").clone().event(Level::Info, "run time").target("no more").emit();
    info!("no logger: the module");
    let records = bench.records();
    let told: Vec<_> = records
        .iter()
        .map(|r| [&r["logger"], &r["event"], &r["tenant"], &r["shard"]].map(Clone::clone))
        .collect();
    assert_eq!(
        told,
        [
            [json!("shop.orders"), json!("plain"), json!(null), json!(null)],
            [json!("shop.orders"), json!("the call's own value counts"), json!("eu"), json!(4)],
            [json!("shop.orders.eu"), json!("run time"), json!("eu"), json!(3)],
            [json!(module_path!()), json!("no logger: the module"), json!(null), json!(null)],
        ]
    );
}

#[test]
fn inv_010_trace_under_another_name() {
    let bench = Bench::with(|builder| builder.filter("info,db.trace=trace"));
    trace!("of a module whose threshold is INFO");
    trace!(target: "db.trace", rows = 3, "fetched {}", "users");
    trace!(logger: &get_logger("db.trace.pool"), "by a logger");
    trace!(target: "db.tracer", "another name, not a part of the first");
    // No field can stand in for the level or the name.
    trace!(_pyvider_level_hint = "critical", logger_name = "db.trace", level = "error", "forged");
    assert_eq!(
        bench.lines(),
        [
            r#""trace","logger":"db.trace","event":"fetched users","rows":3}"#,
            r#""trace","logger":"db.trace.pool","event":"by a logger"}"#,
        ]
    );
}

#[test]
fn inv_011_keys_of_the_record_itself_are_renamed() {
    let bench = Bench::with(|builder| builder.filter("warning"));
    ripsaw::warn!(level = "debug", event = 1, logger = "x", timestamp = "never", "kept");
    info!(level = "critical", "a field does not change the severity");
    assert_eq!(
        bench.lines(),
        [concat!(
            r#""warning","logger":"structured::names","event":"kept","fields.level":"debug","#,
            r#""fields.event":1,"fields.logger":"x","fields.timestamp":"never"}"#
        )]
    );
}

#[test]
fn inv_011_dotted_keys_and_any_text_are_keys() {
    let bench = Bench::new();
    info!(http.method = "GET", http.status_code = 200, "dotted");
    let odd = ["", " ", "a=b", "q\"q", "new\nline", "nul\0", "ключ", "🦀"];
    let event = odd.iter().fold(ripsaw::Event::new(Level::Info, "odd"), |e, k| e.field(k, *k));
    event.emit();
    let records = bench.records();
    assert_eq!(
        (&records[0]["http.method"], &records[0]["http.status_code"]),
        (&json!("GET"), &json!(200))
    );
    for key in odd {
        assert_eq!(records[1][key], json!(key), "{}", records[1]);
    }
}

#[test]
fn inv_011_values_of_every_kind() {
    let bench = Bench::new();
    let nested = Value::from([("id", Value::from(7)), ("tags", Value::from(["a", "b"]))]);
    let none: Option<u8> = None;
    info!(
        none,
        yes = true,
        small = -1_i8,
        big = u64::MAX,
        huge = i128::MIN,
        ratio = 0.5,
        letter = 'ß',
        text = "tab\t",
        took = Duration::from_millis(1500),
        nested,
        ip = std::net::IpAddr::from([127, 0, 0, 1]),
        shown = %format_args!("{}-{}", 1, 2),
        debugged = ?Some("x"),
        "all"
    );
    let records = bench.records();
    let record = &records[0];
    let is = |key: &str, value: serde_json::Value| assert_eq!(record[key], value, "{record}");
    assert!(record.get("none").is_some_and(serde_json::Value::is_null), "{record}");
    is("yes", json!(true));
    is("small", json!(-1));
    is("big", json!(u64::MAX));
    is("ratio", json!(0.5));
    is("letter", json!("ß"));
    is("text", json!("tab\t"));
    is("nested", json!({"id": 7, "tags": ["a", "b"]}));
    is("ip", json!("127.0.0.1"));
    is("shown", json!("1-2"));
    is("debugged", json!("Some(\"x\")"));
    is("took", json!(1500.0));
    assert!(record["huge"].to_string().contains("170141183460469231731687303715884105728"));
}
