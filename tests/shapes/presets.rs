//! The JSON of well-known consumers.

use crate::support::{NOON, args, line, thread, words};
use crate::{keys, logged, objects};
use ripsaw::codec::{Bound, Record, Site, TreeWriter, Value, ValueRef};
use ripsaw::format::{Json, Member, Schema};
use ripsaw::{Level, Metadata, error, info, trace};
use serde_json::{Value as Parsed, json};

static PAID: Metadata =
    Metadata::new(Level::Warning, "shop", "shop::cart", "src/cart.rs", 12, "paid", &[], &["id"]);

fn paid(json: Json) -> String {
    let words = words((&7, ()));
    let thread = thread();
    let record = Record::new(Site::Static(&PAID), NOON, 3, &thread, None, args(&words));
    line(json, &record)
}

fn read(line: &str) -> Parsed {
    serde_json::from_str(line).unwrap()
}

#[test]
fn inv_031_compat_has_the_keys_and_the_order_of_structlog() {
    let compat = || Json::with(Schema::compat().constant("service_name", "svc")).unwrap();
    let text = logged(compat(), || {
        error!(target: "a.b", exception = "Traceback\n  x", a = 1, héé = "日本 🚀", b = f64::NAN, "hello");
    });
    assert_eq!(
        keys(&text),
        [
            "logger_name",
            "a",
            "héé",
            "b",
            "event",
            "level",
            "timestamp",
            "service_name",
            "exception"
        ]
    );
    let mut object = read(&text);
    let time = object["timestamp"].take();
    let time = time.as_str().unwrap();
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00.000000");
    assert_eq!(
        object,
        json!({"logger_name": "a.b", "a": 1, "héé": "日本 🚀", "b": "NaN", "event": "hello",
               "level": "error", "timestamp": null, "service_name": "svc",
               "exception": "Traceback\n  x"})
    );
    assert!(text.contains("日本 🚀"), "text stays as it is");
    // Without an error there is no key for one.
    let plain = logged(Json::compat().timestamp(false), || info!(target: "n", id = 1, "x"));
    assert_eq!(plain, "{\"logger_name\":\"n\",\"id\":1,\"event\":\"x\",\"level\":\"info\"}\n");
}

/// The time of the process's zone is told in a process that has one.
#[test]
fn inv_029_compat_times_are_local() {
    if std::env::var_os("RIPSAW_TEST_ZONE").is_some() {
        assert_eq!(
            paid(Json::compat()),
            "{\"logger_name\":\"shop\",\"id\":7,\"event\":\"paid\",\"level\":\"warning\",\
             \"timestamp\":\"2026-11-20 17:30:00.123456\"}\n"
        );
        return;
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "presets::inv_029_compat_times_are_local"])
        .env("TZ", "IST-5:30")
        .env("RIPSAW_TEST_ZONE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn inv_032_s3() {
    assert_eq!(
        paid(Json::s3()),
        "{\"timestamp\":\"2026-11-20T12:00:00.123456+00:00\",\"level\":\"WARNING\",\
         \"logger\":\"shop\",\"message\":\"paid\",\"id\":7}\n"
    );
    // What may not be overwritten keeps its value, and the field its own key.
    let object = &objects(Json::s3(), || info!(level = "x", user_id = None::<u8>, "m"))[0];
    assert_eq!((&object["level"], &object["fields.level"]), (&json!("INFO"), &json!("x")));
    assert!(object["user_id"].is_null() && object.get("user_id").is_some());
}

#[test]
fn inv_033_logstash_and_ecs() {
    let schema = Schema::logstash().constant("host", "h1").constant("service", "unknown");
    assert_eq!(
        paid(Json::with(schema).unwrap()),
        "{\"@timestamp\":\"2026-11-20T12:00:00.123Z\",\"level\":\"WARNING\",\"logger_name\":\"shop\",\
         \"thread_name\":\"worker 1\",\"message\":\"paid\",\
         \"source\":{\"file\":\"src/cart.rs\",\"line\":12,\"module\":\"shop::cart\"},\"id\":7,\
         \"@version\":\"1\",\"host\":\"h1\",\"service\":\"unknown\"}\n"
    );
    assert_eq!(
        paid(Json::ecs()),
        "{\"@timestamp\":\"2026-11-20T12:00:00.123Z\",\"log.level\":\"warning\",\"message\":\"paid\",\
         \"log.logger\":\"shop\",\"process.thread.name\":\"worker 1\",\"process.thread.id\":77,\
         \"log.origin.file.name\":\"src/cart.rs\",\"log.origin.file.line\":12,\"id\":7,\
         \"ecs.version\":\"8.11.0\"}\n"
    );
    let nested = read(&paid(Json::with(Schema::ecs().nest_keys()).unwrap()));
    assert_eq!(
        nested,
        json!({"@timestamp": "2026-11-20T12:00:00.123Z", "message": "paid", "id": 7,
               "log": {"level": "warning", "logger": "shop",
                       "origin": {"file": {"name": "src/cart.rs", "line": 12}}},
               "process": {"thread": {"name": "worker 1", "id": 77}}, "ecs": {"version": "8.11.0"}})
    );
    let ids = &objects(Json::ecs(), || info!(trace_id = "t", span_id = "s", "x"))[0];
    assert_eq!((&ids["trace.id"], &ids["span.id"]), (&json!("t"), &json!("s")));
}

#[test]
fn google_cloud() {
    assert_eq!(
        paid(Json::gcp()),
        "{\"severity\":\"WARNING\",\"time\":\"2026-11-20T12:00:00.123456Z\",\"message\":\"paid\",\
         \"logger\":\"shop\",\"logging.googleapis.com/sourceLocation\":{\"file\":\"src/cart.rs\",\
         \"line\":\"12\",\"function\":\"shop::cart\"},\"id\":7}\n"
    );
    let labels = Value::from([("team", Value::from("red"))]);
    let object = &objects(Json::gcp().location(false), || {
        trace!(trace_id = "projects/p/traces/1", span_id = "2", labels, severity = 3, "x");
    })[0];
    assert_eq!(object["severity"], "DEBUG");
    assert_eq!(object["logging.googleapis.com/trace"], "projects/p/traces/1");
    assert_eq!(object["logging.googleapis.com/spanId"], "2");
    assert_eq!(object["logging.googleapis.com/labels"]["team"], "red");
    assert_eq!(object["fields.severity"], 3);
}

#[test]
fn datadog() {
    let schema = Schema::datadog().constant("service", "shop").constant("ddsource", "rust");
    assert_eq!(
        paid(Json::with(schema).unwrap()),
        "{\"timestamp\":1795176000123,\"status\":\"warning\",\"message\":\"paid\",\
         \"logger\":{\"name\":\"shop\",\"thread_name\":\"worker 1\"},\"id\":7,\"service\":\"shop\",\
         \"ddsource\":\"rust\"}\n"
    );
    let object = &objects(Json::datadog(), || info!(trace_id = 1, span_id = 2, "x"))[0];
    assert_eq!((&object["dd.trace_id"], &object["dd.span_id"]), (&json!(1), &json!(2)));
}

#[test]
fn gelf() {
    let schema = Schema::gelf().constant("host", "h1").constant("_env", "prod");
    assert_eq!(
        paid(Json::with(schema).unwrap()),
        "{\"short_message\":\"paid\",\"timestamp\":1795176000.123456,\"level\":4,\"_logger\":\"shop\",\
         \"_thread\":\"worker 1\",\"_file\":\"src/cart.rs\",\"_line\":12,\"__id\":7,\
         \"version\":\"1.1\",\"host\":\"h1\",\"_env\":\"prod\"}\n"
    );
    let object = &objects(Json::gelf().location(false).thread(false), || {
        let map = Value::from([("a", Value::from(1))]);
        info!(
            "two words" = 1.5,
            logger = 1,
            ok = true,
            none = None::<u8>,
            map,
            version = 2,
            "a/b" = 1,
            "a b" = 2,
            "first \\n line\nsecond"
        );
    })[0];
    assert!(!object["host"].as_str().unwrap().is_empty());
    assert_eq!(object["short_message"], "first \\n line");
    assert_eq!(object["full_message"], "first \\n line\nsecond");
    let mut rest = object.clone();
    for key in ["host", "short_message", "full_message", "timestamp", "_logger"] {
        rest.as_object_mut().unwrap().remove(key);
    }
    assert_eq!(
        rest,
        json!({"version": "1.1", "level": 6, "_two_words": 1.5, "_fields.logger": 1, "_ok": "true",
               "_none": "null", "_map": "{\"a\":1}", "_version": 2, "_a_b": 2})
    );
}

#[test]
fn open_telemetry() {
    assert_eq!(
        paid(Json::otel()),
        "{\"timeUnixNano\":\"1795176000123456789\",\"severityNumber\":13,\"severityText\":\"WARNING\",\
         \"scope\":{\"name\":\"shop\"},\"body\":{\"stringValue\":\"paid\"},\
         \"attributes\":[{\"key\":\"id\",\"value\":{\"intValue\":\"7\"}}]}\n"
    );
    let trace_id = "4BF92F3577B34DA6A3CE929D0E0E4736";
    let object = &objects(Json::otel(), || {
        let tags = Value::from(vec![Value::from("a"), Value::Null]);
        let map =
            Value::from([("k", Value::from(u64::MAX)), ("b", Value::Bytes(vec![1, 2, 3, 4]))]);
        info!(
            trace_id,
            span_id = "00f067aa0ba902b7",
            tags,
            map,
            f = 1.5,
            ok = true,
            big = i128::MAX,
            nan = f32::NAN,
            timestamp = 1,
            "x"
        );
    })[0];
    assert_eq!(object["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(object["spanId"], "00f067aa0ba902b7");
    assert_eq!(
        object["attributes"],
        json!([
            {"key": "tags", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {}]}}},
            {"key": "map", "value": {"kvlistValue": {"values": [
                {"key": "k", "value": {"stringValue": "18446744073709551615"}},
                {"key": "b", "value": {"bytesValue": "AQIDBA=="}}]}}},
            {"key": "f", "value": {"doubleValue": 1.5}},
            {"key": "ok", "value": {"boolValue": true}},
            {"key": "big", "value": {"stringValue": i128::MAX.to_string()}},
            {"key": "nan", "value": {"doubleValue": "NaN"}},
            {"key": "timestamp", "value": {"intValue": "1"}},
        ])
    );
    // What is no id stays an attribute; without fields the list is empty.
    let lines = objects(Json::otel(), || {
        info!(trace_id = "4bf9", span_id = "0000000000000000", "x");
        info!("y");
    });
    assert!(lines[0].get("traceId").is_none() && lines[0].get("spanId").is_none());
    assert_eq!(lines[0]["attributes"].as_array().unwrap().len(), 2);
    assert_eq!(lines[1]["attributes"], json!([]));
}

/// A bound logger goes through every preset as the same fields of the call do.
#[test]
fn bound_fields_in_every_preset() {
    let mut tree = Vec::new();
    let at = tree.open_map();
    tree.key("id");
    tree.leaf(ValueRef::I64(7));
    tree.patch(at, 1);
    let bound = Bound::new(Some("shop".into()), tree);
    static BARE: Metadata =
        Metadata::new(Level::Warning, "x", "shop::cart", "src/cart.rs", 12, "paid", &[], &[]);
    let none = words(());
    let thread = thread();
    let record = Record::new(Site::Static(&BARE), NOON, 3, &thread, Some(&bound), args(&none));
    for json in [
        Json::new(),
        Json::compat(),
        Json::s3(),
        Json::logstash(),
        Json::ecs(),
        Json::gcp(),
        Json::datadog(),
        Json::gelf(),
        Json::otel(),
        Json::with(Schema::new().key(Member::Fields, "data")).unwrap(),
    ] {
        assert_eq!(line(json.clone(), &record), paid(json));
    }
}
