//! One JSON object a line.

use super::time::Stamp;
use super::{Format, escape, number, spec};
use crate::codec::{Record, ValueRef};
use escape::{JsonString, json_string};
use std::collections::HashMap;

/// Compact JSON, one object a line.
///
/// ```text
/// {"timestamp":"2026-11-20T12:00:00.123456Z","level":"info","logger":"shop","event":"paid","id":7}
/// ```
///
/// The four keys in front always come in this order; the fields follow in the order of the call. A
/// field that has the key of one of them, or of a part that was switched on, is written as
/// `fields.level` and so on. Every key comes once: of fields with the same key the last one counts.
///
/// Numbers keep their exact value; integers beyond 64 bits are strings, as are `"NaN"`,
/// `"Infinity"` and `"-Infinity"`. Bytes are hexadecimal digits, spans of time are milliseconds.
/// Characters that are not safe on a terminal are written as `\uXXXX`.
///
/// ```
/// use ripsaw::format::Json;
/// let format = Json::new().location(true);
/// # let _: &dyn ripsaw::format::Format = &format;
/// ```
#[derive(Clone, Debug)]
pub struct Json {
    timestamp: bool,
    thread: bool,
    location: bool,
    stamp: Stamp,
    scratch: Vec<u8>,
}

impl Json {
    /// With the time, without thread and location.
    pub const fn new() -> Self {
        Json {
            timestamp: true,
            thread: false,
            location: false,
            stamp: Stamp::new(b'T'),
            scratch: Vec::new(),
        }
    }
    /// Whether there is a `timestamp`. On by default.
    pub const fn timestamp(mut self, show: bool) -> Self {
        self.timestamp = show;
        self
    }
    /// Whether there is a `thread`: its name, or its id as a string if it has none. Off by default.
    pub const fn thread(mut self, show: bool) -> Self {
        self.thread = show;
        self
    }
    /// Whether there are `file` and `line`, where known. Off by default.
    pub const fn location(mut self, show: bool) -> Self {
        self.location = show;
        self
    }

    /// The key under which a field is written.
    fn key<'a>(&self, key: &'a str) -> &'a str {
        match key {
            "timestamp" => "fields.timestamp",
            "level" => "fields.level",
            "logger" => "fields.logger",
            "event" => "fields.event",
            "file" if self.location => "fields.file",
            "line" if self.location => "fields.line",
            "thread" if self.thread => "fields.thread",
            key => key,
        }
    }

    /// The fields where a key is reserved or comes twice.
    #[cold]
    fn renamed_fields(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let last = Last::of(record.fields().map(|(key, _)| self.key(key)));
        for (at, (key, v)) in record.fields().enumerate() {
            let key = self.key(key);
            if last.is(key, at) {
                entry(key, v, out);
            }
        }
    }
}

impl Default for Json {
    fn default() -> Self {
        Json::new()
    }
}

/// By [`Level::index`](crate::Level::index).
const LEVELS: [&[u8]; 6] = [
    br#""level":"trace","logger":""#,
    br#""level":"debug","logger":""#,
    br#""level":"info","logger":""#,
    br#""level":"warning","logger":""#,
    br#""level":"error","logger":""#,
    br#""level":"critical","logger":""#,
];

impl Format for Json {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        if self.timestamp {
            out.extend_from_slice(br#"{"timestamp":""#);
            out.extend_from_slice(self.stamp.of(record.unix_ns()));
            out.extend_from_slice(br#"","#);
        } else {
            out.push(b'{');
        }
        out.extend_from_slice(LEVELS[record.level().index()]);
        escape::escape::<JsonString>(record.target().as_bytes(), out);
        out.extend_from_slice(br#"","event":""#);
        super::message::<JsonString>(record, &mut self.scratch, out);
        out.push(b'"');
        if self.location {
            if let Some(file) = record.file() {
                out.extend_from_slice(br#","file":"#);
                json_string(file.as_bytes(), out);
            }
            if let Some(line) = record.line() {
                out.extend_from_slice(br#","line":"#);
                number::int(line, out);
            }
        }
        if self.thread {
            out.extend_from_slice(br#","thread":""#);
            super::thread::<JsonString>(record.thread(), out);
            out.push(b'"');
        }
        let start = out.len();
        let mut seen = Seen::new();
        let mut clash = false;
        record.fields().for_each(|(key, v)| {
            clash = clash || seen.may_clash(key, &RESERVED);
            if !clash {
                entry(key, v, out);
            }
        });
        if clash {
            out.truncate(start);
            self.renamed_fields(record, out);
        }
        out.extend_from_slice(b"}\n");
    }
}

/// `,"key":value`.
#[inline]
fn entry(key: &str, v: ValueRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    escape::escape::<JsonString>(key.as_bytes(), out);
    out.extend_from_slice(b"\":");
    match v {
        ValueRef::I64(v) => number::int(v, out),
        ValueRef::U64(v) => number::int(v, out),
        ValueRef::Str(v) => json_string(v.as_bytes(), out),
        _ => value(v, out),
    }
}

/// Any value as JSON.
#[inline(never)]
pub(super) fn value(value: ValueRef<'_>, out: &mut Vec<u8>) {
    match value {
        ValueRef::Null => out.extend_from_slice(b"null"),
        ValueRef::Bool(true) => out.extend_from_slice(b"true"),
        ValueRef::Bool(false) => out.extend_from_slice(b"false"),
        ValueRef::I64(v) => number::int(v, out),
        ValueRef::U64(v) => number::int(v, out),
        ValueRef::I128(v) => big(i64::try_from(v).is_ok() || u64::try_from(v).is_ok(), v, out),
        ValueRef::U128(v) => big(u64::try_from(v).is_ok(), v, out),
        ValueRef::F64(v) if v.is_finite() => number::shortest_f64(v, out),
        ValueRef::F64(v) => not_finite(v, out),
        ValueRef::F32(v) if v.is_finite() => number::shortest_f32(v, out),
        ValueRef::F32(v) => not_finite(v.into(), out),
        ValueRef::Char(v) => json_string(v.encode_utf8(&mut [0; 4]).as_bytes(), out),
        ValueRef::Str(v) | ValueRef::Text(v) | ValueRef::Debug(v) => json_string(v.as_bytes(), out),
        ValueRef::Bytes(v) => quoted(out, |out| number::hex(v, out)),
        ValueRef::Duration(v) => number::milliseconds(v, out),
        ValueRef::Ip(v) => quoted(out, |out| spec::ip(v, out)),
        ValueRef::Uuid(v) => quoted(out, |out| number::uuid(&v, out)),
        ValueRef::Redacted => quoted(out, |out| out.extend_from_slice(super::REDACTED)),
        ValueRef::List(list) => {
            out.push(b'[');
            list.items().enumerate().for_each(|(at, item)| {
                if at > 0 {
                    out.push(b',');
                }
                self::value(item, out);
            });
            out.push(b']');
        }
        ValueRef::Map(map) => {
            // The keys are looked at before anything is written: a map that is written again, in a
            // map that is written again, and so on, would take time exponential in the depth.
            let mut seen = Seen::new();
            let keys = || map.entries().map(|(key, _)| key);
            let last = keys().any(|key| seen.may_clash(key, &[])).then(|| Last::of(keys()));
            let start = out.len();
            for (at, (key, item)) in map.entries().enumerate() {
                if last.as_ref().is_none_or(|last| last.is(key, at)) {
                    entry(key, item, out);
                }
            }
            // The first entry's comma is where the brace belongs.
            match out.get_mut(start) {
                Some(comma) => *comma = b'{',
                None => out.push(b'{'),
            }
            out.push(b'}');
        }
    }
}

/// Without escapes: for text of our own.
fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn big(exact: bool, value: impl itoa::Integer, out: &mut Vec<u8>) {
    if exact {
        number::int(value, out);
    } else {
        quoted(out, |out| number::int(value, out));
    }
}

fn not_finite(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(match value {
        f64::INFINITY => b"\"Infinity\"".as_slice(),
        f64::NEG_INFINITY => b"\"-Infinity\"",
        _ => b"\"NaN\"",
    });
}

/// Length and three characters of a key: keys that differ here are different.
const fn print(key: &[u8]) -> u32 {
    match key {
        [] => 0,
        [first, .., last] => {
            u32::from_le_bytes([*first, key[key.len() / 2], *last, key.len() as u8])
        }
        [only] => u32::from_le_bytes([*only, 0, 0, 1]),
    }
}

/// The keys that a line may have of its own.
const RESERVED: [u32; 7] = [
    print(b"timestamp"),
    print(b"level"),
    print(b"logger"),
    print(b"event"),
    print(b"file"),
    print(b"line"),
    print(b"thread"),
];

/// Keys that are compared without a look at the whole of them.
const FEW: usize = 32;

/// The keys so far of one object.
struct Seen {
    prints: [u32; FEW],
    count: usize,
}

impl Seen {
    fn new() -> Self {
        Seen { prints: [0; FEW], count: 0 }
    }
    /// Whether `key` may have come before or may be one of `reserved`. Never false where it is so.
    #[inline]
    fn may_clash(&mut self, key: &str, reserved: &[u32]) -> bool {
        let print = print(key.as_bytes());
        let known = self.prints.get(..self.count).is_none_or(|seen| seen.contains(&print));
        if let Some(place) = self.prints.get_mut(self.count) {
            *place = print;
        }
        self.count += 1;
        known || self.count > FEW || reserved.contains(&print)
    }
}

/// Where each key comes last: the keys in order, or a table where there are too many.
struct Last<'a> {
    few: [&'a str; FEW],
    count: usize,
    many: Option<HashMap<&'a str, usize>>,
}

impl<'a> Last<'a> {
    fn of(keys: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut last = Last { few: [""; FEW], count: 0, many: None };
        for key in keys.clone() {
            let Some(place) = last.few.get_mut(last.count) else {
                last.many = Some(keys.enumerate().map(|(at, key)| (key, at)).collect());
                break;
            };
            *place = key;
            last.count += 1;
        }
        last
    }
    /// Whether `key`, which stands at `at`, does not come again.
    fn is(&self, key: &str, at: usize) -> bool {
        match &self.many {
            None => !self.few[at + 1..self.count].contains(&key),
            Some(places) => places.get(key) == Some(&at),
        }
    }
}
