//! What a failure does, and what is no failure.

use crate::support::{Engine, timeless};
use ripsaw::compat::printf;
use ripsaw::{Event, Level, LevelFilter, LineFormat, Logger, Value, info, trace};

/// A field whose text cannot be made.
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Err(std::fmt::Error)
    }
}

/// Lines of JSON without their time.
fn json() -> ripsaw::Config {
    let mut config = timeless();
    config.format = LineFormat::Json;
    config
}

#[test]
fn inv_005_levels_have_the_numbers_of_python_and_a_threshold_lets_its_own_through() {
    let numbers = Level::ALL.map(|level| level as u8);
    assert_eq!(numbers, [5, 10, 20, 30, 40, 50]);
    for (name, filter) in [
        ("NOTSET", LevelFilter::NotSet),
        ("Warn", LevelFilter::Warning),
        ("fatal", LevelFilter::Critical),
        ("trace", LevelFilter::Trace),
        ("off", LevelFilter::Off),
    ] {
        assert_eq!(name.parse::<LevelFilter>().unwrap(), filter);
    }
    for threshold in Level::ALL {
        let mut config = timeless();
        config.level = threshold.into();
        let engine = Engine::of(&config);
        for level in Level::ALL {
            Event::new(level, "x").emit();
        }
        let expected: Vec<String> = Level::ALL
            .iter()
            .filter(|level| **level >= threshold)
            .map(|level| format!("[{:<9}] x", level.as_str()))
            .collect();
        assert_eq!(engine.lines(), expected);
    }
}

#[test]
fn inv_007_a_logger_is_known_by_its_name_and_cheap_to_share() {
    let engine = Engine::of(&json());
    let log = Logger::new("shop.orders");
    let clone = log.clone();
    std::thread::scope(|scope| {
        let handle = engine.handle();
        scope.spawn(move || {
            let _attached = handle.attach();
            clone.info("there").emit();
        });
    });
    info!(logger: &log, "here");
    info!("without a name it is the statement's module");
    let lines = engine.lines();
    for line in &lines[..2] {
        assert!(line.contains(r#""logger":"shop.orders""#), "{line}");
    }
    assert!(lines[2].contains(concat!(r#""logger":""#, module_path!(), "\"")), "{lines:?}");
}

#[test]
fn inv_009_printf_arguments_fill_the_event_or_follow_it() {
    let engine = Engine::of(&timeless());
    let log = Logger::new("a");
    log.info(&printf("%s has %d items", &["cart".into(), 3.into()])).field("k", 1).emit();
    log.info(&printf("100% done", &[])).emit();
    log.info(&printf("a %s b %s", &["x".into()])).emit();
    let expected = [
        "[info     ] cart has 3 items               k=1",
        "[info     ] 100% done",
        "[info     ] a %s b %s x",
    ];
    assert_eq!(engine.lines(), expected);
}

#[test]
fn inv_010_a_trace_record_can_have_another_name_and_no_field_forges_its_level() {
    let mut config = json();
    config.level = LevelFilter::Trace;
    config.module_levels = vec![("db.quiet".to_owned(), LevelFilter::Error)];
    let engine = Engine::of(&config);
    trace!(target: "db.trace", query = "SELECT 1", "q");
    trace!(target: "db.quiet", "dropped");
    Event::new(Level::Trace, "dynamic").target("db.trace").field("level_hint", "critical").emit();
    let lines = engine.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        assert!(line.starts_with(r#"{"level":"trace","logger":"db.trace","#), "{line}");
    }
}

#[test]
fn inv_011_fields_have_any_key_and_reserved_ones_are_renamed() {
    let engine = Engine::of(&json());
    let log = Logger::new("a");
    let event = log.event(Level::Info, "e").field("http.method", "GET");
    let event = event.field("event", "x").field("level", "critical").field("logger", "b");
    event.field("timestamp", 1).field("quote\"\n", Value::Null).emit();
    let line = engine.lines().remove(0);
    let rest = r#""http.method":"GET","fields.event":"x","fields.level":"critical","fields.logger":"b","fields.timestamp":1,"quote\"\n":null}"#;
    assert_eq!(line, [r#"{"level":"info","logger":"a","event":"e","#, rest].concat());
}

#[test]
fn inv_013_a_log_call_neither_panics_nor_fails() {
    let engine = Engine::of(&timeless());
    info!(broken = %Broken, "first");
    info!("{}", Broken);
    info!("second");
    let lines = engine.lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].contains("first") && lines[2].contains("second"), "{lines:?}");
}

#[test]
fn inv_014_log_calls_return_nothing_whether_disabled_or_not() {
    let engine = Engine::of(&timeless());
    let enabled: () = info!("kept");
    let mut off = timeless();
    off.globally_disabled = true;
    engine.reload(&off);
    let disabled: () = info!("dropped");
    assert_eq!((enabled, disabled), ((), ()));
    assert_eq!(engine.lines(), ["[info     ] kept"]);
}

#[test]
fn inv_020_the_environment_is_read_through_a_function_and_never_changed() {
    let before: Vec<_> = std::env::vars_os().collect();
    let asked = std::cell::RefCell::new(Vec::new());
    let (config, warnings) = ripsaw::Config::new().with_env("SHOP", |name| {
        asked.borrow_mut().push(name.to_owned());
        None
    });
    assert_eq!((config, warnings.len()), (ripsaw::Config::new(), 0));
    let asked = asked.into_inner();
    assert!(asked.iter().all(|name| name.starts_with("SHOP_") || name == "OTEL_SERVICE_NAME"));
    assert_eq!(std::env::vars_os().collect::<Vec<_>>(), before);
}

#[test]
fn fields_never_change_the_severity() {
    let mut config = timeless();
    config.format = LineFormat::Json;
    let engine = Engine::of(&config);
    let log = Logger::new("a").with("level", "debug");
    log.event(Level::Error, "x").field("level", Value::from("trace")).emit();
    let line = engine.lines().remove(0);
    assert!(line.starts_with(r#"{"level":"error","#), "{line}");
}
