//! What the formats write: exact bytes here, equality with `format!` and safety whatever a record
//! holds in the modules.

#[path = "formats/properties.rs"]
mod properties;
#[path = "formats/support.rs"]
mod support;
#[path = "formats/templates.rs"]
mod templates;

use ripsaw::codec::{Bound, Record, Site, ThreadInfo, TreeWriter, Value, ValueRef};
use ripsaw::format::{Json, KeyValue, Text};
use ripsaw::{Level, Metadata, Piece};
use serde_json::Value as Parsed;
use support::{NOON, arg, args, line, nested_words, shown, thread, with_dynamic, words};

static ORDER: Metadata = Metadata::new(
    Level::Info,
    "shop::cart",
    "shop::cart",
    "src/cart.rs",
    12,
    "",
    &[Piece::Lit("order "), arg(3), Piece::Lit(" placed at "), arg(4)],
    &["id", "by", "note"],
);

#[test]
fn lines() {
    let words = words((&7, (&"two words", (&"", (&99u64, (&2.5, ()))))));
    let thread = thread();
    let record = Record::new(Site::Static(&ORDER), NOON, 0, &thread, None, args(&words));
    assert_eq!(
        line(Text::new(), &record),
        "2026-11-20T12:00:00.123456Z INFO     shop::cart: order 99 placed at 2.5 \
         id=7 by=\"two words\" note=\"\"\n"
    );
    assert_eq!(
        line(Text::new().thread(true).location(true).timestamp(false), &record),
        "INFO     [worker 1] shop::cart: src/cart.rs:12: order 99 placed at 2.5 \
         id=7 by=\"two words\" note=\"\"\n"
    );
    assert_eq!(
        line(KeyValue::new(), &record),
        "2026-11-20 12:00:00.123456 [info     ] order 99 placed at 2.5         \
         id=7 by=\"two words\" note=\"\"\n"
    );
    assert_eq!(
        line(KeyValue::new().timestamp(false).logger(true), &record),
        "[info     ] order 99 placed at 2.5         [shop::cart] \
         id=7 by=\"two words\" note=\"\"\n"
    );
    assert_eq!(
        line(Json::new(), &record),
        "{\"timestamp\":\"2026-11-20T12:00:00.123456Z\",\"level\":\"info\",\
         \"logger\":\"shop::cart\",\"event\":\"order 99 placed at 2.5\",\
         \"id\":7,\"by\":\"two words\",\"note\":\"\"}\n"
    );
    assert_eq!(
        line(Json::new().timestamp(false).thread(true).location(true), &record),
        "{\"level\":\"info\",\"logger\":\"shop::cart\",\"event\":\"order 99 placed at 2.5\",\
         \"file\":\"src/cart.rs\",\"line\":12,\"thread\":\"worker 1\",\
         \"id\":7,\"by\":\"two words\",\"note\":\"\"}\n"
    );
}

#[test]
fn levels_and_records_without_message() {
    let thread = ThreadInfo { id: 77, name: String::new() };
    let none = words(());
    for (level, upper, lower) in [
        (Level::Trace, "TRACE   ", "trace    "),
        (Level::Debug, "DEBUG   ", "debug    "),
        (Level::Info, "INFO    ", "info     "),
        (Level::Warning, "WARNING ", "warning  "),
        (Level::Error, "ERROR   ", "error    "),
        (Level::Critical, "CRITICAL", "critical "),
    ] {
        for name in ["", "cart.full"] {
            let meta = Metadata::new(level, "t", "t", "f", 1, name, &[], &[]);
            let meta: &'static Metadata = Box::leak(Box::new(meta));
            let record = Record::new(Site::Static(meta), NOON, 0, &thread, None, args(&none));
            let space = if name.is_empty() { "" } else { " " };
            assert_eq!(
                line(Text::new().timestamp(false).thread(true), &record),
                format!("{upper} [77] t:{space}{name}\n")
            );
            assert_eq!(
                line(KeyValue::new().timestamp(false), &record),
                format!("[{lower}]{space}{name}\n")
            );
            assert_eq!(
                line(Json::new().timestamp(false).thread(true), &record),
                format!(
                    "{{\"level\":\"{level}\",\"logger\":\"t\",\"event\":\"{name}\",\
                     \"thread\":\"77\"}}\n"
                )
            );
        }
    }
}

#[test]
fn bound_loggers() {
    let mut fields = Vec::new();
    let at = fields.open_map();
    fields.key("job");
    fields.leaf(ValueRef::U64(3));
    fields.key("id");
    fields.leaf(ValueRef::Str("hidden by the statement"));
    fields.patch(at, 2);
    let bound = Bound::new(Some("jobs".into()), fields);
    let thread = thread();
    let words = words((&7, (&"x", (&(), (&1, (&1.0, ()))))));
    let record = Record::new(Site::Static(&ORDER), NOON, 0, &thread, Some(&bound), args(&words));
    assert_eq!(
        line(Text::new().timestamp(false), &record),
        "INFO     jobs: order 1 placed at 1 job=3 id=7 by=x note=null\n"
    );
    assert_eq!(
        line(Json::new().timestamp(false), &record),
        "{\"level\":\"info\",\"logger\":\"jobs\",\"event\":\"order 1 placed at 1\",\
         \"job\":3,\"id\":7,\"by\":\"x\",\"note\":null}\n"
    );
}

#[test]
fn values_as_fields_and_in_messages() {
    let address = "192.168.0.1".parse().unwrap();
    let v6 = "2001:db8::1".parse().unwrap();
    let span = std::time::Duration::from_micros(1500);
    let date = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(NOON);
    let big = u128::from(u64::MAX);
    for (value, field, json, message) in [
        (ValueRef::Null, "null", "null", "null"),
        (ValueRef::Bool(true), "true", "true", "true"),
        (ValueRef::I64(i64::MIN), "-9223372036854775808", "-9223372036854775808", ""),
        (ValueRef::U64(u64::MAX), "18446744073709551615", "18446744073709551615", ""),
        (ValueRef::U128(big), "18446744073709551615", "18446744073709551615", ""),
        (ValueRef::U128(big + 1), "18446744073709551616", "\"18446744073709551616\"", ""),
        (ValueRef::I128(-1 << 64), "-18446744073709551616", "\"-18446744073709551616\"", ""),
        (ValueRef::I128(-7), "-7", "-7", ""),
        (ValueRef::F64(1.0), "1.0", "1.0", "1"),
        (ValueRef::F64(-0.0), "-0.0", "-0.0", "-0"),
        (ValueRef::F64(1e21), "1e21", "1e21", "1000000000000000000000"),
        (ValueRef::F64(0.1 + 0.2), "0.30000000000000004", "0.30000000000000004", ""),
        (ValueRef::F64(f64::NAN), "NaN", "\"NaN\"", "NaN"),
        (ValueRef::F64(f64::INFINITY), "inf", "\"Infinity\"", "inf"),
        (ValueRef::F32(f32::NEG_INFINITY), "-inf", "\"-Infinity\"", "-inf"),
        (ValueRef::F32(0.1), "0.1", "0.1", "0.1"),
        (ValueRef::Char('='), "\"=\"", "\"=\"", "="),
        (ValueRef::Str("a\\b"), "a\\b", "\"a\\\\b\"", "a\\b"),
        (ValueRef::Str("a\\ b"), "\"a\\\\ b\"", "\"a\\\\ b\"", "a\\ b"),
        (ValueRef::Text("x\ny"), "\"x\\ny\"", "\"x\\ny\"", "x\\ny"),
        (ValueRef::Debug("A { b: 1 }"), "\"A { b: 1 }\"", "\"A { b: 1 }\"", "A { b: 1 }"),
        (ValueRef::Bytes(&[0, 0xFE]), "00fe", "\"00fe\"", "00fe"),
        (ValueRef::Bytes(&[]), "\"\"", "\"\"", "-"),
        (ValueRef::Duration(span), "1.5ms", "1.5", "1.5ms"),
        (
            ValueRef::Time(date),
            "2026-11-20T12:00:00.123456Z",
            "\"2026-11-20T12:00:00.123456Z\"",
            "",
        ),
        (ValueRef::Ip(address), "192.168.0.1", "\"192.168.0.1\"", ""),
        (ValueRef::Ip(v6), "2001:db8::1", "\"2001:db8::1\"", ""),
        (ValueRef::Redacted, "[REDACTED]", "\"[REDACTED]\"", "[REDACTED]"),
    ] {
        let mut tree = Vec::new();
        tree.leaf(value);
        let words = nested_words(tree);
        static META: Metadata = Metadata::new(Level::Info, "", "", "", 1, "", &[arg(0)], &["k"]);
        let thread = thread();
        let record = Record::new(Site::Static(&META), NOON, 0, &thread, None, args(&words));
        let message = match message {
            "" => field,
            "-" => "",
            other => other,
        };
        let text = line(Text::new().timestamp(false), &record);
        assert_eq!(text, format!("INFO     {message} k={field}\n"));
        let text = line(Json::new().timestamp(false), &record);
        let end = format!(",\"k\":{json}}}\n");
        assert!(text.ends_with(&end), "{text} should end with {end}");
        let parsed: Parsed = serde_json::from_str(&text).unwrap();
        assert_eq!(shown(parsed["event"].as_str().unwrap()), message);
    }
}

#[test]
fn lists_and_maps() {
    let inner = Value::from([("a", Value::from([1, 2])), ("b c", Value::from("d\u{1B}"))]);
    let fields = [("m".into(), inner), ("e".into(), Value::Map(vec![]))];
    with_dynamic("", "hi", &fields, |record| {
        assert_eq!(
            line(Json::new().timestamp(false), record),
            "{\"level\":\"info\",\"logger\":\"\",\"event\":\"hi\",\
             \"m\":{\"a\":[1,2],\"b c\":\"d\\u001b\"},\"e\":{}}\n"
        );
        assert_eq!(
            line(Text::new().timestamp(false), record),
            "INFO     hi m=\"{\\\"a\\\":[1,2],\\\"b c\\\":\\\"d\\\\u001b\\\"}\" e={}\n"
        );
    });
}

#[test]
fn reserved_and_repeated_keys() {
    let keys = ["level", "k", "event", "fields.level", "k", "file", "timestamp", "logger"];
    let fields: Vec<_> =
        keys.iter().enumerate().map(|(i, key)| (key.to_string(), Value::from(i))).collect();
    with_dynamic("t", "m", &fields, |record| {
        let head = "{\"level\":\"info\",\"logger\":\"t\",\"event\":\"m\",\"fields.event\":2,\
                    \"fields.level\":3,\"k\":4,";
        let tail = ",\"fields.timestamp\":6,\"fields.logger\":7}\n";
        let json = Json::new().timestamp(false);
        assert_eq!(line(json.clone(), record), format!("{head}\"file\":5{tail}"));
        assert_eq!(line(json.location(true), record), format!("{head}\"fields.file\":5{tail}"));
    });
    // Keys of one length that agree in their first, middle and last character are still two keys.
    let fields = [("a1b2c".into(), Value::from(1)), ("a3b4c".into(), Value::from(2))];
    with_dynamic("t", "m", &fields, |record| {
        assert!(line(Json::new(), record).ends_with(",\"a1b2c\":1,\"a3b4c\":2}\n"));
    });
    // More keys than are compared one by one.
    let fields: Vec<_> = (0..200).map(|i| (format!("k{}", i % 150), Value::from(i))).collect();
    with_dynamic("t", "m", &fields, |record| {
        let parsed: Parsed = serde_json::from_str(&line(Json::new(), record)).unwrap();
        let object = parsed.as_object().unwrap();
        assert_eq!(object.len(), 154);
        assert_eq!((object["k0"].as_u64(), object["k149"].as_u64()), (Some(150), Some(149)));
    });
}

#[test]
fn repeated_keys_at_every_depth_are_cheap() {
    // A writer that took back and repeated each map would need two billion steps.
    let deep = (0..31).fold(Value::from(0), |inner, _| {
        Value::Map(vec![
            ("j".into(), inner),
            ("k".into(), Value::from(1)),
            ("k".into(), Value::from(2)),
        ])
    });
    with_dynamic("", "", &[("deep".into(), deep)], |record| {
        let parsed: Parsed = serde_json::from_str(&line(Json::new(), record)).unwrap();
        let (mut at, mut depth) = (&parsed["deep"], 0);
        while at.is_object() {
            assert_eq!(at["k"], 2);
            (at, depth) = (&at["j"], depth + 1);
        }
        assert_eq!((at, depth), (&Parsed::from(0), 31));
    });
}
