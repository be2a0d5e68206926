//! Named and bound loggers.

use crate::support::{Engine, builder};
use ripsaw::format::{Json, Text};
use ripsaw::sink::Memory;
use ripsaw::{Level, Logger, Value, debug, enabled, error, info};
use serde_json::{Value as Tree, json};

/// Lines with the target.
fn targets() -> Text {
    Text::new().timestamp(false)
}

#[test]
fn bound_fields_come_and_go() {
    let memory = Memory::new();
    let engine = Engine::start(builder().format(targets()).sink(memory.clone()));
    let plain = Logger::new("shop.orders");
    let bound = plain.with("tenant", "eu").with("shard", 3);
    let replaced = bound.with("tenant", "us");
    let fewer = replaced.without("shard").without("never bound");
    info!(logger: &plain, n = 1, "a");
    info!(logger: &bound, n = 2, "b");
    info!(logger: &replaced, n = 3, "c");
    info!(logger: &fewer, n = 4, "d");
    info!(logger: &bound, shard = 9, "the statement's own field wins");
    bound.event(Level::Error, "dynamic").field("n", 5).emit();
    Logger::unnamed().with("who", "nobody").event(Level::Info, "dynamic").emit();
    let unnamed = Logger::unnamed().with("k", true);
    info!(logger: &unnamed, "keeps its target");
    engine.stop(8);
    assert_eq!(
        memory.lines(),
        [
            "INFO     shop.orders: a n=1".to_owned(),
            "INFO     shop.orders: b tenant=eu shard=3 n=2".to_owned(),
            // A key that is bound again stands where it is bound last.
            "INFO     shop.orders: c shard=3 tenant=us n=3".to_owned(),
            "INFO     shop.orders: d tenant=us n=4".to_owned(),
            "INFO     shop.orders: the statement's own field wins tenant=eu shard=9".to_owned(),
            "ERROR    shop.orders: dynamic tenant=eu shard=3 n=5".to_owned(),
            "INFO     event: dynamic who=nobody".to_owned(),
            format!("INFO     {}: keeps its target k=true", module_path!()),
        ]
    );
}

#[test]
fn nested_bound_values_survive_rebinding() {
    let memory = Memory::new();
    let engine = Engine::start(builder().format(Json::new().timestamp(false)).sink(memory.clone()));
    let request = Value::from([("id", Value::from(7)), ("tags", Value::from(["a", "b"]))]);
    let log = Logger::new("web").with("request", request).with("n", 1).with("none", None::<i64>);
    let log = log.with("n", 2.5);
    info!(logger: &log, "nested");
    engine.stop(1);
    let line: Tree = serde_json::from_str(memory.lines()[0].as_str()).unwrap();
    let expected = json!({
        "level": "info", "logger": "web", "event": "nested",
        "request": {"id": 7, "tags": ["a", "b"]}, "none": null, "n": 2.5,
    });
    assert_eq!(line, expected);
}

#[test]
fn levels_go_by_the_loggers_name() {
    let memory = Memory::new();
    let engine = Engine::start(
        builder().filter("warn,shop=info,shop.db=debug,quiet=off").sink(memory.clone()),
    );
    let [web, db, quiet, other] = ["shop.web", "shop.db.pool", "quiet", "other"].map(Logger::new);
    let mut expected = Vec::new();
    for (log, lowest) in [
        (&web, Some(Level::Info)),
        (&db, Some(Level::Debug)),
        (&quiet, None),
        (&other, Some(Level::Warning)),
    ] {
        for level in Level::ALL {
            let on = lowest.is_some_and(|lowest| level >= lowest);
            assert_eq!(log.enabled(level), on, "{log:?} {level:?}");
            log.event(level, "dynamic").emit();
            if on {
                expected.push("dynamic");
            }
        }
        debug!(logger: log, "debug");
        info!(logger: log, "info");
        error!(logger: log, "error");
        let on = |level| lowest.is_some_and(|lowest| level >= lowest);
        let statements = [(Level::Debug, "debug"), (Level::Info, "info"), (Level::Error, "error")];
        expected.extend(statements.iter().filter(|(level, _)| on(*level)).map(|(_, name)| *name));
        assert_eq!(enabled!(logger: log, Level::Debug), on(Level::Debug));
    }
    engine.stop(expected.len() as u64);
    let lines = memory.lines();
    let messages: Vec<&str> = lines.iter().map(|line| &line[9..]).collect();
    assert_eq!(messages, expected);
}

#[test]
fn levels_of_living_loggers_follow_the_filter() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let log = Logger::new("follows").with("k", 1);
    debug!(logger: &log, "no");
    engine.handle().set_filter("info,follows=debug").unwrap();
    debug!(logger: &log, "yes");
    log.clone().event(Level::Debug, "yes too").emit();
    engine.handle().set_filter("info,follows=error").unwrap();
    info!(logger: &log, "no");
    log.event(Level::Info, "no").emit();
    engine.stop(2);
    assert_eq!(memory.lines(), ["DEBUG    yes k=1", "DEBUG    yes too k=1"]);
}

#[test]
fn a_logger_that_is_gone_is_remembered_by_its_records() {
    let memory = Memory::new();
    let engine = Engine::start(builder().format(targets()).manual().sink(memory.clone()));
    let mut expected = Vec::new();
    for i in 0..100 {
        let log = Logger::new(format!("gone.{i}")).with("i", i);
        info!(logger: &log, "waiting");
        log.event(Level::Info, "waiting too").emit();
        expected.push(format!("INFO     gone.{i}: waiting i={i}"));
        expected.push(format!("INFO     gone.{i}: waiting too i={i}"));
        if i % 7 == 0 {
            // Some are learned by the writer while they live, some after they died.
            engine.pump();
        }
        drop(log);
        if i % 3 == 0 {
            engine.pump();
        }
    }
    engine.stop(200);
    assert_eq!(memory.lines(), expected);
}

#[test]
fn loggers_that_die_on_other_threads_are_remembered() {
    const EACH: u64 = 2000;
    let memory = Memory::new();
    let engine = Engine::start(builder().format(targets()).sink(memory.clone()));
    let handle = engine.handle();
    std::thread::scope(|scope| {
        for t in 0..3_u64 {
            let handle = handle.clone();
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..EACH {
                    let log = Logger::new("short").with("t", t).with("i", i);
                    info!(logger: &log, "lived");
                }
            });
        }
    });
    engine.stop(3 * EACH);
    let mut next = [0; 3];
    for line in memory.lines() {
        let (t, i) = line
            .strip_prefix("INFO     short: lived t=")
            .and_then(|rest| rest.split_once(" i="))
            .unwrap_or_else(|| panic!("{line}"));
        let place: &mut u64 = &mut next[t.parse::<usize>().unwrap()];
        assert_eq!(i.parse(), Ok(*place));
        *place += 1;
    }
    assert_eq!(next, [EACH; 3]);
}
