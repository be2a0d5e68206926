//! Whatever a record holds, each format makes one clean line of it, which reads back.

use crate::input::{Input, frame, with_true_length, words};
use crate::logfmt;
use ripsaw::codec::{Args, Frame, Record, Site, ThreadInfo, ValueRef, dynamic_site, header};
use ripsaw::format::{ColorChoice, Format, Json, KeyValue, Pattern, Pretty, Text};
use ripsaw::{Align, Kind, Level, Metadata, Piece, Spec};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashMap;
use std::fmt;

/// Builds a record out of arbitrary bytes in one of three ways, and checks every format on it.
pub fn formats(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.byte();
    let thread = ThreadInfo { id: input.number(), name: input.text() };
    let unix_ns = input.number();
    let record = |site: Site<'_>, args: Args<'_>| {
        check(site, &Record::new(site, unix_ns, unix_ns.rotate_left(7), &thread, None, args));
    };
    match kind % 3 {
        0 => {
            let site = Site::Static(&SITES[usize::from(kind / 3) % SITES.len()]);
            raw(input.rest(), |args| record(site, args));
        }
        1 => raw(input.rest(), |args| {
            if let Some(site) = dynamic_site(args.get(0)) {
                record(site, Args::default());
            }
        }),
        _ => {
            let level = Level::ALL[usize::from(kind / 3) % Level::ALL.len()];
            let (target, message) = (input.text(), input.text());
            let (module, file) = (input.maybe_text(), input.maybe_text());
            let line = input.byte().into();
            let name = if kind.is_multiple_of(2) { "event.name" } else { "" };
            let words = frame(header::ID_DYNAMIC, unix_ns, &(&input.map(), ()));
            let args = Frame::new(&words).and_then(|frame| frame.args()).expect("a sound frame");
            let fields = match args.get(0) {
                ValueRef::Map(map) => Some(map),
                other => panic!("a map became {other:?}"),
            };
            let (target, message) = (target.as_str(), message.as_str());
            let (module, file) = (module.as_deref(), file.as_deref());
            let site = Site::Dynamic { level, target, module, file, line, name, message, fields };
            record(site, Args::default());
        }
    }
}

/// Calls `f` with the arguments of a frame made of arbitrary words.
fn raw(bytes: &[u8], f: impl Fn(Args<'_>)) {
    let mut words = words(bytes);
    with_true_length(&mut words);
    if let Ok(args) = Frame::new(&words).and_then(|frame| frame.args()) {
        f(args);
    }
}

const fn spec(kind: Kind, width: u16, fill: char) -> Spec {
    Spec { kind, fill, width: Some(width), ..Spec::NONE }
}

/// Statements whose arguments are arbitrary.
static SITES: [Metadata; 3] = [
    Metadata::new(
        Level::Info,
        "shop::cart",
        "shop::cart",
        "src/cart.rs",
        7,
        "cart.placed",
        &[],
        &["id", "level", "id", "two words", "", "timestamp", "event", "k=\"v\"", "\u{202E}"],
    ),
    Metadata::new(
        Level::Critical,
        "db",
        "shop::db",
        "src/db.rs",
        u32::MAX,
        "",
        &[
            Piece::Lit("a "),
            Piece::Arg(0, Spec::NONE),
            Piece::Arg(1, spec(Kind::Debug, 12, ' ')),
            Piece::Arg(2, spec(Kind::LowerHex, 20, '\n')),
            Piece::Lit("\n\u{1B}[31m"),
            Piece::Arg(3, Spec { precision: Some(3), plus: true, ..Spec::NONE }),
            Piece::Arg(
                4,
                Spec { align: Some(Align::Center), ..spec(Kind::Binary, 70, '\u{202E}') },
            ),
            Piece::Arg(
                5,
                Spec { alternate: true, zero: true, ..spec(Kind::DebugUpperHex, 9, ' ') },
            ),
            Piece::Arg(6, Spec { precision: Some(0), ..spec(Kind::UpperExp, 15, '*') }),
            Piece::Arg(7, Spec { precision: Some(40), ..spec(Kind::LowerExp, 0, ' ') }),
            Piece::Arg(8, spec(Kind::Octal, 3, 'é')),
            Piece::Arg(9, Spec { align: Some(Align::Right), ..spec(Kind::UpperHex, 5, ' ') }),
            Piece::Arg(u16::MAX, spec(Kind::DebugLowerHex, 5, ' ')),
        ],
        &["first"],
    ),
    Metadata::new(Level::Trace, "", "", "", 0, "", &[], &[]),
];

/// What stands in the buffer before a record is appended.
const BEFORE: &[u8] = b"before\n";

/// Every token, with all that it may be asked to be.
const EVERYTHING: &str = "{time} {time:local %F %T%.3f} {time:unix_ms} {level:lower:<8} {target:^9.4}|{message:.3}|{message} \
                          {field.id}|{field.level:>9.3}|{fields:<40}{fields} {file}:{line:>5} {module} {thread:.3} {thread_id} {seq}";

fn check(site: Site<'_>, record: &Record<'_>) {
    line(&mut Text::new(), record);
    line(&mut Text::new().thread(true).location(true).timestamp(false), record);
    line(&mut KeyValue::new(), record);
    line(&mut KeyValue::new().logger(true).timestamp(false), record);
    line(&mut KeyValue::compat(), record);
    line(&mut Pretty::new().color(ColorChoice::Never), record);
    let pattern = Pattern::parse(EVERYTHING).expect("a pattern");
    line(&mut pattern.clone(), record);
    let presets =
        [Json::logstash(), Json::ecs(), Json::gcp(), Json::datadog(), Json::gelf(), Json::otel()];
    for mut preset in presets.into_iter().chain([Json::s3(), Json::compat()]) {
        let line = line(&mut preset, record);
        let _: Unique = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e} in {line}"));
    }
    json(&line(&mut Json::new(), record), site, record);
    let mut most = Json::new().thread(true).location(true).timestamp(false);
    json(&line(&mut most, record), site, record);
    reads_back(site, record);
}

/// The record's line without its end: one line, clean, and the same at every attempt.
fn line(format: &mut dyn Format, record: &Record<'_>) -> String {
    let mut out = BEFORE.to_vec();
    format.record(record, &mut out);
    let first = out.strip_prefix(BEFORE).expect("what was there stays").to_vec();
    out.clear();
    format.record(record, &mut out);
    assert_eq!(first, out, "a format keeps nothing of a record");
    let text = String::from_utf8(first).expect("UTF-8");
    let line = text.strip_suffix('\n').expect("a line has an end");
    if let Some(c) = line.chars().find(|&c| is_unsafe(c)) {
        panic!("{c:?} in {line:?}");
    }
    line.to_owned()
}

/// Characters that can forge a line or repaint a terminal.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{061C}' | '\u{200E}' | '\u{200F}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The line is one object, with no key twice, that holds the message and the fields.
fn json(line: &str, site: Site<'_>, record: &Record<'_>) {
    let _: Unique = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"));
    let object: serde_json::Value = serde_json::from_str(line).expect("read a moment ago");
    assert_eq!(object["level"], record.level().as_str());
    assert_eq!(object["logger"], record.target());
    if let Site::Dynamic { name, message, .. } = site {
        assert_eq!(object["event"], if message.is_empty() { name } else { message });
    }
    // Of fields with the same key the last one counts.
    let fields: HashMap<&str, ValueRef<'_>> = record.fields().collect();
    for (key, value) in fields {
        let reserved = ["timestamp", "level", "logger", "event", "file", "line", "thread"];
        // Renamed, or hiding a renamed one.
        if reserved.contains(&key) || key.starts_with("fields.") {
            continue;
        }
        let found = object.get(key).unwrap_or_else(|| panic!("no {key:?} in {line}"));
        assert!(is_same(found, value), "{key:?} is {found}, not {value:?}");
    }
}

/// Whether another reader of JSON finds the value that was logged, to the innermost one.
fn is_same(found: &serde_json::Value, value: ValueRef<'_>) -> bool {
    let text = |text: &str| found == text;
    match value {
        ValueRef::Null => found.is_null(),
        ValueRef::Bool(v) => found == v,
        ValueRef::I64(v) => found == v,
        ValueRef::U64(v) => found == v,
        // Beyond 64 bits many readers would round a number.
        ValueRef::I128(v) => match (i64::try_from(v), u64::try_from(v)) {
            (Ok(v), _) => found == v,
            (_, Ok(v)) => found == v,
            _ => text(&v.to_string()),
        },
        ValueRef::U128(v) => match u64::try_from(v) {
            Ok(v) => found == v,
            Err(_) => text(&v.to_string()),
        },
        ValueRef::F64(v) if v.is_finite() => {
            found.as_f64().is_some_and(|f| f.to_bits() == v.to_bits() || f == v)
        }
        ValueRef::F32(v) if v.is_finite() => found.as_f64().is_some_and(|f| f as f32 == v),
        ValueRef::F64(_) | ValueRef::F32(_) => found.is_string(),
        ValueRef::Str(v) | ValueRef::Text(v) | ValueRef::Debug(v) => text(v),
        ValueRef::Char(v) => text(&v.to_string()),
        ValueRef::Bytes(v) => text(&v.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        ValueRef::Ip(v) => text(&v.to_string()),
        ValueRef::Duration(v) => {
            let ms = v.as_secs_f64() * 1e3;
            found.as_f64().is_some_and(|found| (found - ms).abs() <= ms * 1e-9)
        }
        ValueRef::Time(_) => {
            found.as_str().is_some_and(|text| text.ends_with('Z') && text.contains('T'))
        }
        ValueRef::List(list) => found.as_array().is_some_and(|found| {
            let items: Vec<_> = list.items().collect();
            found.len() == items.len()
                && found.iter().zip(items).all(|(found, item)| is_same(found, item))
        }),
        ValueRef::Map(map) => found.as_object().is_some_and(|found| {
            // Of entries with the same key the last one counts.
            let entries: HashMap<&str, ValueRef<'_>> = map.entries().collect();
            let same = |(key, value): (&str, ValueRef<'_>)| {
                found.get(key).is_some_and(|found| is_same(found, value))
            };
            found.len() == entries.len() && entries.into_iter().all(same)
        }),
        _ => found.is_string(),
    }
}

/// The fields of a record without a message are all that its line holds, and read back.
fn reads_back(site: Site<'_>, record: &Record<'_>) {
    let Site::Dynamic { fields, .. } = site else { return };
    let site = Site::Dynamic {
        level: Level::Info,
        target: "",
        module: None,
        file: None,
        line: 0,
        name: "",
        message: "",
        fields,
    };
    let plain = Record::new(site, 0, 0, record.thread(), None, Args::default());
    let line = line(&mut Text::new().timestamp(false), &plain);
    let found = logfmt::pairs(line.strip_prefix("INFO    ").expect("the level").trim_start());
    let expected: Vec<_> = record.fields().collect();
    assert_eq!(found.len(), expected.len(), "{line:?}");
    for ((found_key, found), (key, value)) in found.iter().zip(expected) {
        assert_eq!(found_key, key);
        match value {
            ValueRef::Str(v) | ValueRef::Text(v) | ValueRef::Debug(v) => assert_eq!(found, v),
            ValueRef::I64(v) => assert_eq!(*found, v.to_string()),
            ValueRef::U64(v) => assert_eq!(*found, v.to_string()),
            ValueRef::Char(v) => assert_eq!(*found, v.to_string()),
            ValueRef::F64(v) if v.is_finite() => assert_eq!(found.parse(), Ok(v)),
            _ => {}
        }
    }
}

/// A JSON value in which no object has a key twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Unique)
    }
}

macro_rules! accept {
    ($($name:ident: $type:ty,)*) => {$(
        fn $name<E>(self, _: $type) -> Result<Unique, E> {
            Ok(Unique)
        }
    )*};
}

impl<'de> Visitor<'de> for Unique {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without repeated keys")
    }

    accept! {
        visit_bool: bool,
        visit_i64: i64,
        visit_u64: u64,
        visit_f64: f64,
        visit_str: &str,
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Unique, A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some((key, _)) = entries.next_entry::<String, Unique>()? {
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format!("the key {key:?} comes twice")));
            }
        }
        Ok(Unique)
    }
}
