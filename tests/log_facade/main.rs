//! `log`'s macros and ours arrive in one ordered stream, with levels, targets, places and typed
//! values.

#![cfg(feature = "log")]

mod levels;
mod values;

use ripsaw::format::Json;
use ripsaw::sink::Memory;
use ripsaw::{Guard, Level, LevelFilter, LevelOverride};
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The global engine, which all tests here share one after the other.
static ENGINE: OnceLock<(Guard, Memory)> = OnceLock::new();
static ALONE: Mutex<()> = Mutex::new(());

/// What `statements` log at this level.
fn logged_at(level: impl Into<LevelFilter>, statements: impl FnOnce()) -> Vec<Map<String, Value>> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (guard, memory) = ENGINE.get_or_init(|| {
        let memory = Memory::new();
        let format = Json::new().timestamp(false).location(true).thread(true);
        let builder = ripsaw::builder().format(format).sink(memory.clone());
        (builder.start().expect("the engine starts"), memory.clone())
    });
    guard.handle().set_level(level);
    statements();
    log::logger().flush();
    let text = memory.text();
    memory.clear();
    text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

fn logged(statements: impl FnOnce()) -> Vec<Map<String, Value>> {
    logged_at(LevelFilter::NotSet, statements)
}

/// The one object without its `line` and `thread`, after a look at them.
#[track_caller]
fn only(mut objects: Vec<Map<String, Value>>) -> Value {
    assert_eq!(objects.len(), 1, "{objects:?}");
    let mut object = objects.remove(0);
    assert!(object.remove("line").is_some_and(|line| line.as_u64() > Some(1)));
    assert!(object.remove("thread").is_some());
    Value::Object(object)
}

#[test]
fn levels_and_place() {
    let objects = logged(|| {
        log::trace!("t");
        log::debug!("d");
        log::info!("i");
        log::warn!("w");
        log::error!("e");
    });
    let levels: Vec<&Value> = objects.iter().map(|object| &object["level"]).collect();
    assert_eq!(levels, ["trace", "debug", "info", "warning", "error"]);
    let lines: Vec<u64> = objects.iter().map(|object| object["line"].as_u64().unwrap()).collect();
    assert!(lines.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{lines:?}");
    for object in objects {
        assert_eq!(object["logger"], module_path!());
        assert_eq!(object["file"], file!());
    }
}

#[test]
fn messages_and_targets() {
    let (id, px) = (42, 1.25);
    let object =
        only(logged(|| log::info!(target: "shop", "order {id} at {px:.3} for {:?}", "me")));
    let expected = json!({
        "level": "info", "logger": "shop", "file": file!(), "event": "order 42 at 1.250 for \"me\"",
    });
    assert_eq!(object, expected);
}

#[test]
fn one_stream_in_the_order_of_calls() {
    let objects = logged(|| {
        for i in 0..1000 {
            log::info!(i; "theirs");
            ripsaw::info!(i, "ours");
        }
    });
    let numbers: Vec<_> =
        objects.iter().map(|o| (o["i"].as_u64().unwrap(), o["event"].as_str().unwrap())).collect();
    let expected: Vec<_> = (0..1000).flat_map(|i| [(i, "theirs"), (i, "ours")]).collect();
    assert_eq!(numbers, expected);
}

struct Fails;
impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        log::info!("inner");
        f.write_str("begun ")?;
        panic!("a formatter's panic, on purpose")
    }
}

#[test]
fn formatters_that_log_and_panic() {
    let objects = logged(|| {
        log::error!("outer {Fails}");
        log::error!(key:% = Fails; "field");
        log::info!("after");
    });
    let events: Vec<&Value> = objects.iter().map(|object| &object["event"]).collect();
    assert_eq!(events, ["inner", "outer begun [formatter failed]", "inner", "field", "after"]);
    assert_eq!(objects[3]["key"], "begun [formatter failed]");
}

#[test]
fn an_endless_message_arrives() {
    let text = "x".repeat(10_000_000);
    let objects = logged(|| {
        log::warn!("{text}");
        log::warn!(text = text.as_str(); "field");
        log::info!("after");
    });
    assert_eq!(objects.len(), 3, "a record is missing");
    let message = objects[0]["event"].as_str().unwrap();
    assert_eq!(objects[0]["level"], "warning");
    assert!(message.starts_with("xxx") && message.len() < text.len() && message.contains("…[+"));
    assert_eq!(objects[1]["event"], "field");
}

#[test]
fn threads_are_told_apart() {
    let objects = logged(|| {
        let thread = std::thread::Builder::new().name("worker seven".to_owned());
        thread.spawn(|| log::info!("from a thread")).unwrap().join().unwrap();
    });
    assert_eq!(objects[0]["thread"], "worker seven");
}

/// `log`'s own flush waits until everything is with the sink.
#[test]
fn flush_waits() {
    for _ in 0..50 {
        assert_eq!(logged(|| log::info!("flushed")).len(), 1);
    }
    let (guard, _) = ENGINE.get().expect("it was started");
    assert_eq!(guard.handle().flush(Duration::from_secs(30)), Ok(()));
}

/// The ceiling of the `log` crate is lifted as far as an override asks, and comes down after it.
#[test]
fn overrides_are_followed() {
    let handle = || ENGINE.get().expect("the engine runs").0.handle();
    let deep = || log::debug!(target: "deep", "said");
    let mut ids = Vec::new();
    let lines = logged_at(Level::Error, || {
        deep();
        let rule = LevelOverride::new(Level::Debug).target("deep").field("customer", "7");
        ids.push(handle().override_level(rule).unwrap());
        deep();
        assert_eq!(log::max_level(), log::LevelFilter::Debug);
        let _scope = ripsaw::Context::new().with("customer", 7).enter();
        deep();
    });
    assert_eq!((lines.len(), &lines[0]["customer"]), (1, &json!(7)));
    let lines = logged_at(Level::Error, || {
        assert!(handle().remove_override(ids[0]));
        assert_eq!(log::max_level(), log::LevelFilter::Error);
        let place = format!("log_facade/main.rs:{}", line!() + 3);
        let rule = LevelOverride::new(Level::Trace).place(place);
        ids.push(handle().override_level(rule).unwrap());
        log::trace!("here");
        log::trace!("not here");
        handle().remove_override(ids[1]);
    });
    assert_eq!((lines.len(), &lines[0]["event"]), (1, &json!("here")), "{lines:?}");
}
