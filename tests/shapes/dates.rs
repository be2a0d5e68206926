//! Dates as fields, in messages and in what is nested.

use crate::{logged, objects};
use ripsaw::format::{Json, KeyValue, Pattern, Pretty, Text};
use ripsaw::process::Filter;
use ripsaw::sink::Memory;
use ripsaw::{Event, Level, Logger, Value, info};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(1_795_176_000_123_456_789)
}

const NOON: &str = "2026-11-20T12:00:00.123456Z";

fn logs() {
    let at = noon();
    let maybe: Option<SystemTime> = None;
    info!(at, later = &Some(at), never = maybe, all = [at, at], "it is {at:?}");
}

#[test]
fn inv_031_dates_are_typed_and_written_alike_in_every_format() {
    let json = &objects(Json::new(), logs)[0];
    assert_eq!(json["at"], NOON);
    assert_eq!(json["later"], NOON);
    assert!(json["never"].is_null());
    assert_eq!(json["all"], serde_json::json!([NOON, NOON]));
    // A template asks for `Debug`, and gets it: there is no `Display`.
    assert_eq!(json["event"], format!("it is {:?}", noon()));
    let fields =
        format!("at={NOON} later={NOON} never=null all=\"[\\\"{NOON}\\\",\\\"{NOON}\\\"]\"\n");
    for text in [
        logged(Text::new(), logs),
        logged(KeyValue::new(), logs),
        logged(Pretty::new(), logs),
        logged(Pattern::parse("{message} {fields}").unwrap(), logs),
    ] {
        assert!(text.ends_with(&fields), "{text}");
    }
    assert!(logged(KeyValue::compat(), logs).contains(&format!(" at={NOON} later={NOON} ")));
    let otel = logged(Json::otel(), logs);
    let attribute = format!("{{\"key\":\"at\",\"value\":{{\"stringValue\":\"{NOON}\"}}}}");
    assert!(otel.contains(&attribute), "{otel}");
    assert!(logged(Json::gelf(), logs).contains(&format!("\"_at\":\"{NOON}\"")));
    assert_eq!(objects(Json::ecs(), logs)[0]["at"], NOON);
}

#[test]
fn inv_031_dates_before_1970_and_beyond_9999_and_at_the_ends_of_what_the_system_knows() {
    let ends = |sign: fn(&SystemTime, Duration) -> Option<SystemTime>| {
        // The farthest time that there is, by halving.
        let mut time = UNIX_EPOCH;
        let mut step = Duration::from_secs(1 << 63);
        while step > Duration::ZERO {
            time = sign(&time, step).unwrap_or(time);
            step /= 2;
        }
        time
    };
    let (first, last) = (ends(SystemTime::checked_sub), ends(SystemTime::checked_add));
    for (time, expected) in [
        (UNIX_EPOCH, "1970-01-01T00:00:00.000000Z"),
        (UNIX_EPOCH - Duration::from_nanos(1), "1969-12-31T23:59:59.999999Z"),
        (UNIX_EPOCH - Duration::from_secs(62_167_219_200), "0000-01-01T00:00:00.000000Z"),
        (UNIX_EPOCH - Duration::from_secs(62_167_219_201), "-0001-12-31T23:59:59.000000Z"),
        (UNIX_EPOCH + Duration::from_secs(253_402_300_799), "9999-12-31T23:59:59.000000Z"),
        (UNIX_EPOCH + Duration::from_secs(253_402_300_800), "+10000-01-01T00:00:00.000000Z"),
        (first, ""),
        (last, ""),
    ] {
        let line = logged(Pattern::parse("{field.at}").unwrap(), || {
            info!(at = time, "");
            Event::new(Level::Info, "").field("at", time).emit();
            info!(logger: &Logger::new("l").with("at", time), "");
        });
        let lines: Vec<&str> = line.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
        let shape = lines[0].ends_with('Z') && lines[0].contains('T');
        assert!(if expected.is_empty() { shape } else { lines[0] == expected }, "{lines:?}");
    }
}

#[test]
fn inv_031_dates_stay_dates_for_filters_and_processors() {
    let memory = Memory::new();
    let later = Filter::field("at").above(noon());
    let route = ripsaw::Route::new(memory.clone()).filter(later);
    let guard = ripsaw::builder().route(route).start_local().unwrap();
    let attached = guard.attach();
    info!(at = noon(), "no");
    info!(at = noon() + Duration::from_nanos(1), "yes");
    info!(at = "9999", "no text");
    guard.handle().flush(Duration::from_secs(10)).unwrap();
    drop(attached);
    let text = memory.text();
    assert!(text.lines().count() == 1 && text.contains(" yes "), "{text}");

    assert_eq!(Value::from(noon()), Value::Time(noon()));
    assert_eq!(Value::from(ripsaw::ValueRef::Time(noon())), Value::Time(noon()));
}
