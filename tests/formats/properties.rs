//! Whatever a record holds, its line is one safe line, and reads back.

use crate::support::{NOON, arg, args, forbidden, line, shown, with_dynamic, words};
use proptest::prelude::*;
use ripsaw::codec::{Args, Record, Site, ThreadInfo, Value};
use ripsaw::format::{Duplicates, Json, KeyValue, Member, Pretty, Schema, Text};
use ripsaw::{Level, Metadata, Piece};
use serde_json::Value as Parsed;

/// Characters that formats treat in a special way, and all others.
fn any_char() -> impl Strategy<Value = char> {
    let special = " =\"\\\n\r\t\0\u{1B}\u{7F}\u{80}\u{85}\u{9F}\u{A0}\u{61C}\u{200D}\u{200E}\
                   \u{2027}\u{2028}\u{2029}\u{202A}\u{202E}\u{2066}\u{2069}\u{FE0F}\u{FEFF}🛎'{},";
    prop_oneof![
        2 => any::<char>(),
        3 => proptest::char::range(' ', '~'),
        2 => proptest::sample::select(special.chars().collect::<Vec<_>>()),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(any_char(), 0..24).prop_map(String::from_iter)
}

fn any_key() -> impl Strategy<Value = String> {
    let known = ["timestamp", "level", "logger", "event", "fields.level", "file", "k", ""];
    prop_oneof![any_text(), proptest::sample::select(known.to_vec()).prop_map(String::from)]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i128>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            proptest::collection::vec((any_key(), inner), 0..6)
                .prop_map(|m| Value::Map(m.into_iter().map(|(k, v)| (k.into(), v)).collect())),
        ]
    })
}

fn any_fields() -> impl Strategy<Value = Vec<(String, Value)>> {
    proptest::collection::vec((any_key(), any_value()), 0..6)
}

/// What a reader of JSON must find for this value.
fn expected(value: &Value) -> Parsed {
    match value {
        Value::Null => Parsed::Null,
        Value::Bool(v) => (*v).into(),
        Value::I64(v) => (*v).into(),
        Value::U64(v) => (*v).into(),
        Value::I128(v) => match (i64::try_from(*v), u64::try_from(*v)) {
            (Ok(v), _) => v.into(),
            (_, Ok(v)) => v.into(),
            _ => v.to_string().into(),
        },
        Value::F64(v) if v.is_nan() => "NaN".into(),
        Value::F64(v) if v.is_infinite() => if *v > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        Value::F64(v) => (*v).into(),
        Value::Str(v) => v.to_string().into(),
        Value::Bytes(v) => v.iter().map(|b| format!("{b:02x}")).collect::<String>().into(),
        Value::List(v) => v.iter().map(expected).collect(),
        Value::Map(v) => {
            Parsed::Object(v.iter().map(|(k, v)| (k.to_string(), expected(v))).collect())
        }
        other => panic!("not made here: {other:?}"),
    }
}

/// Equality, with the last bits of a float left to the parser, which does not promise them.
fn same(a: &Parsed, b: &Parsed) -> bool {
    match (a, b) {
        (Parsed::Array(a), Parsed::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Parsed::Object(a), Parsed::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        (Parsed::Number(x), Parsed::Number(y)) if x.is_f64() && y.is_f64() => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            (x - y).abs() <= x.abs() * 1e-15 || (x - y).abs() < 1e-300
        }
        _ => a == b,
    }
}

/// Reads ` key=value key="value"`; the flags say whether there were quotes.
fn read_logfmt(mut text: &str) -> Vec<(String, String)> {
    fn token<'t>(text: &'t str, ends: &[char]) -> (String, &'t str) {
        let Some(quoted) = text.strip_prefix('"') else {
            let (bare, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
            assert!(!bare.is_empty() && !bare.contains(['"', '=']), "ambiguous: {text}");
            return (bare.to_owned(), rest);
        };
        let (mut out, mut chars) = (String::new(), quoted.chars());
        loop {
            match chars.next().unwrap() {
                '"' => return (out, chars.as_str()),
                '\\' => match chars.next().unwrap() {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    't' => out.push('\t'),
                    'u' => {
                        let hex = chars.as_str().strip_prefix('{').unwrap();
                        let (hex, rest) = hex.split_once('}').unwrap();
                        out.push(char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap());
                        chars = rest.chars();
                    }
                    c @ ('"' | '\\') => out.push(c),
                    c => panic!("unknown escape {c:?}"),
                },
                c => out.push(c),
            }
        }
    }
    let mut pairs = Vec::new();
    while !text.is_empty() {
        let (key, rest) = token(text.strip_prefix(' ').unwrap(), &[' ', '=']);
        let (value, rest) = token(rest.strip_prefix('=').unwrap(), &[' ']);
        pairs.push((key, value));
        text = rest;
    }
    pairs
}

/// One line, nothing in it that a terminal or a line reader would obey.
fn assert_safe(line: &str) {
    let body = line.strip_suffix('\n').expect("a line ends with a line feed");
    assert!(!body.contains(forbidden), "{body:?}");
}

static NOTHING: Metadata = Metadata::new(Level::Info, "", "", "", 1, "", &[], &[]);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_reads_back(target in any_text(), message in any_text(), fields in any_fields()) {
        let text = with_dynamic(&target, &message, &fields, |record| line(Json::new(), record));
        assert_safe(&text);
        let mut object = serde_json::Map::new();
        object.insert("timestamp".into(), "2026-11-20T12:00:00.123456Z".into());
        object.insert("level".into(), "info".into());
        object.insert("logger".into(), target.into());
        object.insert("event".into(), message.into());
        for (key, value) in &fields {
            let reserved = ["timestamp", "level", "logger", "event"].contains(&key.as_str());
            let key = if reserved { format!("fields.{key}") } else { key.clone() };
            object.insert(key, expected(value));
        }
        let parsed: Parsed = serde_json::from_str(&text).unwrap();
        prop_assert!(same(&parsed, &Parsed::Object(object)), "{text}");
    }

    /// Whatever the schema, fields in an object of their own read back as they are.
    #[test]
    fn inv_031_fields_read_back_from_every_schema(
        target in any_text(), message in any_text(), fields in any_fields(),
    ) {
        let data = || Schema::new().key(Member::Fields, "data");
        let entries = fields.iter().map(|(key, value)| (key.clone(), expected(value)));
        let wanted = Parsed::Object(entries.collect());
        let text = with_dynamic(&target, &message, &fields, |record| {
            line(Json::with(data()).unwrap(), record)
        });
        assert_safe(&text);
        let parsed: Parsed = serde_json::from_str(&text).unwrap();
        prop_assert!(same(&parsed["data"], &wanted), "{text}");
        prop_assert_eq!(parsed["logger"].as_str(), Some(target.as_str()));
        // With a number instead of the last one only, none is missing.
        let all = Json::with(data().duplicates(Duplicates::Suffix)).unwrap();
        let text = with_dynamic(&target, &message, &fields, |record| line(all, record));
        let parsed: Parsed = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(parsed["data"].as_object().unwrap().len(), fields.len());

        let presets: [(Json, &str); 8] = [
            (Json::compat(), "/event"), (Json::s3(), "/message"), (Json::logstash(), "/message"),
            (Json::ecs(), "/message"), (Json::gcp(), "/message"), (Json::datadog(), "/message"),
            (Json::gelf(), ""), (Json::otel(), "/body/stringValue"),
        ];
        for (json, place) in presets {
            let text = with_dynamic(&target, &message, &fields, |record| line(json, record));
            assert_safe(&text);
            let parsed: Parsed = serde_json::from_str(&text).unwrap();
            if place.is_empty() {
                let short = message.split(['\n', '\r']).next();
                prop_assert_eq!(parsed["short_message"].as_str(), short);
                let fields = parsed.as_object().unwrap().iter().filter(|(key, _)| key.starts_with('_'));
                for (key, value) in fields {
                    prop_assert!(value.is_string() || value.is_number(), "{}", text);
                    prop_assert!(key != "_id" && key.is_ascii() && !key.contains(' '), "{}", key);
                }
            } else {
                let found = parsed.pointer(place).and_then(Parsed::as_str);
                prop_assert_eq!(found, Some(message.as_str()));
            }
        }
        for format in [KeyValue::compat(), KeyValue::compat().logger(true)] {
            assert_safe(&with_dynamic(&target, &message, &fields, |record| line(format, record)));
        }
        let pretty = with_dynamic(&target, &message, &fields, |record| line(Pretty::new(), record));
        assert_safe(&pretty);
    }

    #[test]
    fn pairs_read_back(target in any_text(), message in any_text(), fields in any_fields()) {
        with_dynamic(&target, &message, &fields, |record| {
            let text = line(Text::new().timestamp(false), record);
            assert_safe(&text);
            let mut head = String::from("INFO    ");
            if !target.is_empty() {
                head += &format!(" {}:", shown(&target));
            }
            if !message.is_empty() {
                head += &format!(" {}", shown(&message));
            }
            let pairs = read_logfmt(text.strip_prefix(&head).unwrap().strip_suffix('\n').unwrap());
            assert_eq!(pairs.len(), fields.len());
            for ((key, value), (wanted_key, wanted)) in pairs.iter().zip(&fields) {
                assert_eq!(key, wanted_key);
                match wanted {
                    Value::Str(wanted) => assert_eq!(value, wanted),
                    Value::F64(wanted) => {
                        assert_eq!(value.parse::<f64>().unwrap().to_bits() << 1, bits(*wanted));
                    }
                    Value::I128(wanted) => assert_eq!(*value, wanted.to_string()),
                    Value::List(_) | Value::Map(_) => {
                        let parsed: Parsed = serde_json::from_str(value).unwrap();
                        assert!(same(&parsed, &expected(wanted)), "{value}");
                    }
                    Value::Bytes(_) => assert_eq!(Parsed::from(value.clone()), expected(wanted)),
                    _ => assert_eq!(*value, expected(wanted).to_string()),
                }
            }
            let text = line(KeyValue::new().timestamp(false), record);
            assert_safe(&text);
            if fields.is_empty() {
                let space = if message.is_empty() { "" } else { " " };
                assert_eq!(text, format!("[info     ]{space}{}\n", shown(&message)));
            } else {
                let head = format!("[info     ] {:30}", shown(&message));
                let rest = text.strip_prefix(&head).unwrap().strip_suffix('\n').unwrap();
                assert_eq!(read_logfmt(rest), pairs);
            }
        });
    }

    #[test]
    fn messages_print_as_the_standard_library_prints(
        i in any::<i64>(), u in any::<u64>(), f in any::<f64>(), g in any::<f32>(),
        cents in -10_000_000_000_i64..10_000_000_000, text in any_text(), c in any_char(),
    ) {
        static META: Metadata = Metadata::new(Level::Info, "", "", "", 1, "", &[
            arg(0), Piece::Lit("|"), arg(1), Piece::Lit("|"), arg(2), Piece::Lit("|\n|"), arg(3),
            Piece::Lit("|"), arg(4), Piece::Lit("|"), arg(5), Piece::Lit("|"), arg(6),
        ], &[]);
        let cents = cents as f64 / 100.0;
        let words = words((&i, (&u, (&f, (&g, (&cents, (&text, (&c, ()))))))));
        let thread = ThreadInfo::default();
        let record = Record::new(Site::Static(&META), NOON, 0, &thread, None, args(&words));
        let message = format!("{i}|{u}|{f}|\n|{g}|{cents}|{text}|{c}");
        let text = line(Text::new().timestamp(false), &record);
        prop_assert_eq!(text, format!("INFO     {}\n", shown(&message)));
        let parsed: Parsed = serde_json::from_str(&line(Json::new(), &record)).unwrap();
        prop_assert_eq!(parsed["event"].as_str(), Some(message.as_str()));
    }

    #[test]
    fn time_stamps(second in 0..7_258_118_400_u64, nanos in 0..1_000_000_000_u64) {
        let leap = |year: u64| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        let (mut year, mut month, mut day) = (1970, 1, second / 86_400);
        while day >= 365 + u64::from(leap(year)) {
            day -= 365 + u64::from(leap(year));
            year += 1;
        }
        let february = 28 + u64::from(leap(year));
        for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
            if day < length {
                break;
            }
            (day, month) = (day - length, month + 1);
        }
        let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
        let time = format!(
            "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{:02}.{:06}Z",
            day + 1, second % 60, nanos / 1000
        );
        let at = second * 1_000_000_000 + nanos;
        let thread = ThreadInfo::default();
        let record = Record::new(Site::Static(&NOTHING), at, 0, &thread, None, Args::default());
        prop_assert_eq!(line(Text::new(), &record), format!("{time} INFO    \n"));
    }
}

/// The bits of a float without its sign where it is not a number, so that any NaN equals any other.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() << 1 } else { value.to_bits() << 1 }
}
