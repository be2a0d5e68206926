//! The declarative schema.

use crate::support::{NOON, args, line, thread, with_dynamic, words};
use crate::{keys, logged, objects};
use ripsaw::codec::{Record, Site, ThreadInfo, Value};
use ripsaw::format::{Duplicates, Json, LevelForm, Member, Schema, TimeForm};
use ripsaw::{Level, Logger, Metadata, info, warn};
use serde_json::json;

static PAID: Metadata = Metadata::new(
    Level::Warning,
    "shop::cart",
    "shop::cart",
    "src/cart.rs",
    12,
    "paid",
    &[],
    &["id", "user"],
);

/// The line of a statement with the fields `id` and `user`.
fn paid(json: Json) -> String {
    let words = words((&7, (&"ann", ())));
    let thread = thread();
    let record = Record::new(Site::Static(&PAID), NOON, 3, &thread, None, args(&words));
    line(json, &record)
}

fn with(schema: Schema) -> Json {
    Json::with(schema).unwrap()
}

#[test]
fn inv_023_the_time_can_be_left_out() {
    for format in [Json::new(), Json::compat(), Json::s3(), Json::ecs(), Json::gelf()] {
        let without = paid(format.clone().timestamp(false));
        let with = paid(format);
        assert!(
            with.contains("12:00:00") || with.contains("1795176000") || with.contains(":00:00")
        );
        assert!(!without.contains(":00:00") && !without.contains("1795176000"), "{without}");
        assert_eq!(keys(&with).len(), keys(&without).len() + 1);
    }
    assert_eq!(
        paid(Json::new().timestamp(false)),
        "{\"level\":\"warning\",\"logger\":\"shop::cart\",\"event\":\"paid\",\"id\":7,\"user\":\"ann\"}\n"
    );
}

#[test]
fn a_schema_without_changes_is_the_default() {
    assert_eq!(paid(with(Schema::new())), paid(Json::new()));
    let all = |json: Json| json.thread(true).location(true);
    assert_eq!(paid(all(with(Schema::new()))), paid(all(Json::new())));
    assert_eq!(paid(all(Json::new()).thread(false).location(false)), paid(Json::new()));
}

#[test]
fn order_keys_and_places() {
    use Member::{Event, Fields, File, Level, Line, Module, Pid, Seq, Thread, ThreadId, Timestamp};
    let schema = Schema::new()
        .order([Fields, Event, Seq, Level, File, Timestamp, Line, Module, Thread, ThreadId, Pid])
        .key(Event, "msg")
        .path(File, ["log", "origin", "file"])
        .path(Level, ["log", "level"])
        .path(Line, ["log", "origin", "line"])
        .level(LevelForm::Upper)
        .time(TimeForm::Seconds)
        .constant("service", "shop")
        .constant_at(["labels", "team"], "red")
        .constant("retries", 3);
    // Fields never come first, and members of one object stand together.
    assert_eq!(
        paid(with(schema)),
        format!(
            "{{\"msg\":\"paid\",\"id\":7,\"user\":\"ann\",\"seq\":3,\"log\":{{\"level\":\"WARNING\",\
             \"origin\":{{\"file\":\"src/cart.rs\",\"line\":12}}}},\"timestamp\":1795176000,\
             \"module\":\"shop::cart\",\"thread\":\"worker 1\",\"thread_id\":77,\"pid\":{},\
             \"service\":\"shop\",\"labels\":{{\"team\":\"red\"}},\"retries\":3}}\n",
            std::process::id()
        )
    );
    let dotted = Schema::new().key(Level, "log.level").key(File, "log.file.name").nest_keys();
    assert!(
        paid(with(dotted)).contains(r#""log":{"level":"warning","file":{"name":"src/cart.rs"}}"#)
    );
    let one = paid(with(Schema::new().order([Level])));
    assert_eq!(one, "{\"level\":\"warning\"}\n");
}

#[test]
fn fields_in_an_object_of_their_own() {
    let format =
        with(Schema::new().order([Member::Fields, Member::Level]).key(Member::Fields, "data"));
    // No key is reserved there.
    let lines = logged(format, || {
        info!(level = 1, id = 2, "x");
        info!("y");
        let bound = Logger::new("l").with("id", 3).with("b", true);
        info!(logger: &bound, id = 4, "z");
    });
    assert_eq!(
        lines,
        "{\"data\":{\"level\":1,\"id\":2},\"level\":\"info\"}\n{\"data\":{},\"level\":\"info\"}\n\
         {\"data\":{\"b\":true,\"id\":4},\"level\":\"info\"}\n"
    );
}

#[test]
fn spellings_of_levels_and_times() {
    let level = |form| {
        let schema = Schema::new().order([Member::Level, Member::LevelText]).level(form);
        Level::ALL.map(|level| {
            let meta = Box::leak(Box::new(Metadata::new(level, "t", "t", "f", 1, "", &[], &[])));
            let thread = ThreadInfo::default();
            let none = words(());
            let record = Record::new(Site::Static(meta), NOON, 0, &thread, None, args(&none));
            let text = line(with(schema.clone()), &record);
            let (level, upper) = text.split_once(",\"level_text\":\"").unwrap();
            assert_eq!(upper, format!("{}\"}}\n", level_name(level, meta.level)));
            level.strip_prefix("{\"level\":").unwrap().to_owned()
        })
    };
    fn level_name(_: &str, level: Level) -> String {
        level.as_str().to_uppercase()
    }
    assert_eq!(level(LevelForm::Number), ["5", "10", "20", "30", "40", "50"]);
    assert_eq!(level(LevelForm::Syslog), ["7", "7", "6", "4", "3", "2"]);
    assert_eq!(level(LevelForm::OpenTelemetry), ["1", "5", "9", "13", "17", "21"]);
    let lower = level(LevelForm::Lower);
    assert_eq!(lower[0], "\"trace\"");
    assert_eq!(level(LevelForm::Upper), lower.clone().map(|name| name.to_uppercase()));
    assert_eq!(level(LevelForm::Gcp)[..2], ["\"DEBUG\"", "\"DEBUG\""]);

    for (form, text) in [
        (TimeForm::Rfc3339, "\"2026-11-20T12:00:00.123456Z\""),
        (TimeForm::Rfc3339Millis, "\"2026-11-20T12:00:00.123Z\""),
        (TimeForm::Rfc3339Offset, "\"2026-11-20T12:00:00.123456+00:00\""),
        (TimeForm::WithoutZone, "\"2026-11-20 12:00:00.123456\""),
        (TimeForm::Seconds, "1795176000"),
        (TimeForm::SecondsDecimal, "1795176000.123456"),
        (TimeForm::Millis, "1795176000123"),
        (TimeForm::Micros, "1795176000123456"),
        (TimeForm::Nanos, "1795176000123456789"),
        (TimeForm::NanosText, "\"1795176000123456789\""),
    ] {
        let schema = Schema::new().order([Member::Level, Member::Timestamp]).time(form);
        let wanted = format!("{{\"level\":\"warning\",\"timestamp\":{text}}}\n");
        assert_eq!(paid(with(schema.clone())), wanted);
        // A record that brings its own metadata goes another way.
        let dynamic = with_dynamic("t", "m", &[], |record| line(with(schema), record));
        assert_eq!(dynamic, wanted.replace("warning", "info"));
    }
}

#[test]
fn fields_of_other_names_and_in_other_places() {
    let schema = Schema::new()
        .rename("user", "usr.name")
        .reserved_prefix("ctx_")
        .order([Member::Fields, Member::Event])
        .last("error");
    let lines = logged(with(schema.clone()), || {
        info!(user = "ann", error = "no", event = 5, "x");
        info!("y");
    });
    assert_eq!(
        lines,
        "{\"event\":\"x\",\"usr.name\":\"ann\",\"ctx_event\":5,\"error\":\"no\"}\n{\"event\":\"y\"}\n"
    );
    let fields = [("error", 1), ("user", 2), ("event", 3)];
    let fields = fields.map(|(key, value)| (key.to_owned(), Value::from(value)));
    assert_eq!(
        with_dynamic("", "x", &fields, |record| line(with(schema), record)),
        "{\"event\":\"x\",\"usr.name\":2,\"ctx_event\":3,\"error\":1}\n"
    );
}

#[test]
fn rules_for_fields_with_the_same_key() {
    let fields = [("id", 1), ("id", 2), ("id_2", 3), ("id", 4), ("level", 5), ("level", 6)];
    let fields = fields.map(|(key, value)| (key.to_owned(), Value::from(value)));
    let line = |rule| {
        let schema = Schema::new().order([Member::Level, Member::Fields]).duplicates(rule);
        with_dynamic("t", "m", &fields, |record| line(with(schema), record))
    };
    assert_eq!(
        line(Duplicates::Last),
        "{\"level\":\"info\",\"id_2\":3,\"id\":4,\"fields.level\":6}\n"
    );
    assert_eq!(
        line(Duplicates::First),
        "{\"level\":\"info\",\"id\":1,\"id_2\":3,\"fields.level\":5}\n"
    );
    assert_eq!(
        line(Duplicates::Suffix),
        "{\"level\":\"info\",\"id\":1,\"id_3\":2,\"id_2\":3,\"id_4\":4,\"fields.level\":5,\
         \"fields.level_2\":6}\n"
    );
}

#[test]
fn a_bound_logger_keeps_to_the_schema() {
    let schema = Schema::new()
        .order([Member::Logger, Member::Fields, Member::Level])
        .rename("tenant", "org")
        .key(Member::Logger, "name");
    let bound = Logger::new("shop.orders").with("tenant", "eu").with("name", 1);
    let lines = logged(with(schema), || {
        info!(logger: &bound, id = 1, "x");
        info!(logger: &bound, org = "us", "y");
        warn!(logger: &bound, tenant = "uk", "z");
    });
    assert_eq!(
        lines,
        "{\"name\":\"shop.orders\",\"org\":\"eu\",\"fields.name\":1,\"id\":1,\"level\":\"info\"}\n\
         {\"name\":\"shop.orders\",\"fields.name\":1,\"org\":\"us\",\"level\":\"info\"}\n\
         {\"name\":\"shop.orders\",\"fields.name\":1,\"org\":\"uk\",\"level\":\"warning\"}\n"
    );
}

#[test]
fn a_schema_that_is_wrong_says_what_and_how_to_mend_it() {
    use Member::{Event, Fields, File, Level, Logger, Timestamp};
    for (schema, value, remedy) in [
        (Schema::new().key(Level, ""), "", "no key may be empty"),
        (Schema::new().key(Level, "event"), "event", "already taken"),
        (Schema::new().path(File, ["event", "file"]), "event.file", "already taken"),
        (Schema::new().path(Fields, ["a"]).constant_at(["a", "b"], 1), "a.b", "already taken"),
        (Schema::new().order([Level, Level]), "level", "once"),
        (Schema::new().order([Fields, File, Timestamp]), "order", "needs Level"),
        (Schema::new().reserved_prefix(""), "reserved_prefix", "must not be empty"),
        (Schema::new().rename("a", "logger"), "logger", "choose another"),
        (Schema::gelf().constant("service", "shop"), "service", "underscore"),
        (Schema::new().path(Logger, [""; 0]), "", "needs a key"),
        (Schema::new().path(Event, [""; 0]), "", "needs a key"),
    ] {
        let error = Json::with(schema).unwrap_err();
        assert_eq!((error.field(), error.value()), ("schema", value), "{error}");
        assert!(error.remedy().contains(remedy), "{error}");
    }
}

#[test]
fn inv_012_an_error_is_one_entry_of_one_line() {
    let chain = Value::from([
        ("type", Value::from("io::Error")),
        ("message", Value::from("no\nroute")),
        ("chain", Value::from(["refused", "unreachable"])),
    ]);
    let plain = "first\n  caused by: second\n";
    let objects = objects(Json::new(), || {
        warn!(error = chain.clone(), "a");
        warn!(exception = plain, "b");
        let error = "x".parse::<i32>().unwrap_err();
        warn!(%error, "c");
        warn!("no error, no key");
    });
    let wanted =
        json!({"type": "io::Error", "message": "no\nroute", "chain": ["refused", "unreachable"]});
    assert_eq!(objects[0]["error"], wanted);
    assert_eq!(objects[1]["exception"], plain);
    assert_eq!(objects[2]["error"], "invalid digit found in string");
    assert!(objects[3].get("error").is_none() && objects[3].get("exception").is_none());

    for format in [ripsaw::format::KeyValue::new(), ripsaw::format::KeyValue::compat()] {
        let text = logged(format.timestamp(false), || {
            warn!(error = chain.clone(), "a");
            warn!(exception = plain, "b");
        });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].contains("io::Error") && lines[0].contains("unreachable"));
        assert!(
            lines[1].contains("exception=") && lines[1].contains(r"first\n  caused by: second\n")
        );
    }
}
