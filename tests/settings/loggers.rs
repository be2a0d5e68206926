//! What a failure does, and what is no failure.

use crate::support::{Engine, timeless};
use ripsaw::{Event, Level, LevelFilter, LineFormat, Logger, Value, info};

/// A field whose text cannot be made.
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Err(std::fmt::Error)
    }
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
