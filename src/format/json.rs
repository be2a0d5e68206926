//! One JSON object a line.

use super::keys::{Last, Seen, print};
use super::layout::{Layout, Parts};
use super::lines::Lines;
use super::time::Stamp;
use super::{Format, escape, float, number, spec};
use crate::codec::{Record, ValueRef};
use escape::{JsonString, json_string};

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
    shape: Shape,
    lines: Lines,
}

/// The options.
#[derive(Clone, Copy, Debug)]
struct Shape {
    timestamp: bool,
    thread: bool,
    location: bool,
}

impl Json {
    /// With the time, without thread and location.
    pub const fn new() -> Self {
        let shape = Shape { timestamp: true, thread: false, location: false };
        Json { shape, lines: Lines::new(Stamp::rfc3339()) }
    }
    /// Whether there is a `timestamp`. On by default.
    pub const fn timestamp(self, show: bool) -> Self {
        let shape = Shape { timestamp: show, ..self.shape };
        self.with(shape)
    }
    /// Whether there is a `thread`: its name, or its id as a string if it has none. Off by default.
    pub const fn thread(self, show: bool) -> Self {
        let shape = Shape { thread: show, ..self.shape };
        self.with(shape)
    }
    /// Whether there are `file` and `line`, where known. Off by default.
    pub const fn location(self, show: bool) -> Self {
        let shape = Shape { location: show, ..self.shape };
        self.with(shape)
    }

    const fn with(self, shape: Shape) -> Self {
        // What was worked out for other options. There is nothing yet, unless a format was changed after it was used.
        core::mem::forget(self);
        Json { shape, lines: Lines::new(Stamp::rfc3339()) }
    }
}

impl Default for Json {
    fn default() -> Self {
        Json::new()
    }
}

impl Format for Json {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.lines.write(&self.shape, record, out);
    }
}

impl Layout for Shape {
    type Text = JsonString;
    type Bare = JsonString;
    type Quoted = JsonString;
    const QUOTED_ALWAYS: bool = true;
    const UNIQUE_KEYS: bool = true;

    fn line(&self, parts: &mut impl Parts) {
        parts.raw(b"{");
        if self.timestamp {
            parts.raw(br#""timestamp":""#);
            parts.stamp();
            parts.raw(br#"","#);
        }
        parts.raw(br#""level":""#);
        parts.raw(parts.level().as_str().as_bytes());
        parts.raw(br#"","logger":""#);
        parts.target(b"", b"");
        parts.raw(br#"","event":""#);
        parts.message();
        parts.raw(b"\"");
        if self.location {
            parts.location([br#","file":""#, b"\""], [br#","line":"#, b""]);
        }
        if self.thread {
            parts.raw(br#","thread":""#);
            parts.thread();
            parts.raw(b"\"");
        }
        parts.fields();
        parts.raw(b"}");
    }

    fn rename<'a>(&self, key: &'a str) -> &'a str {
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

    fn key(key: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"");
        escape::escape::<JsonString>(key.as_bytes(), out);
        out.extend_from_slice(b"\":");
    }

    fn value(value: ValueRef<'_>, _scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        self::value(value, out);
    }

    fn fields(&self, record: &Record<'_>, _scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
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
    }
}

impl Shape {
    /// The fields where a key is reserved or comes twice.
    #[cold]
    fn renamed_fields(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let last = Last::of(record.fields().map(|(key, _)| self.rename(key)));
        for (at, (key, v)) in record.fields().enumerate() {
            let key = self.rename(key);
            if last.is(key, at) {
                entry(key, v, out);
            }
        }
    }
}

/// `,"key":value`.
#[inline]
fn entry(key: &str, v: ValueRef<'_>, out: &mut Vec<u8>) {
    Shape::key(key, out);
    value(v, out);
}

/// Any value as JSON.
#[inline(never)]
pub(super) fn value(value: ValueRef<'_>, out: &mut Vec<u8>) {
    match value {
        ValueRef::Null => out.extend_from_slice(b"null"),
        ValueRef::Bool(true) => out.extend_from_slice(b"true"),
        ValueRef::Bool(false) => out.extend_from_slice(b"false"),
        ValueRef::I64(v) => number::signed(v, out),
        ValueRef::U64(v) => number::unsigned(v, out),
        ValueRef::I128(v) => big(i64::try_from(v).is_ok() || u64::try_from(v).is_ok(), v, out),
        ValueRef::U128(v) => big(u64::try_from(v).is_ok(), v, out),
        ValueRef::F64(v) if v.is_finite() => float::shortest_f64(v, out),
        ValueRef::F64(v) => not_finite(v, out),
        ValueRef::F32(v) if v.is_finite() => float::shortest_f32(v, out),
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
        number::wide(value, out);
    } else {
        quoted(out, |out| number::wide(value, out));
    }
}

fn not_finite(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(match value {
        f64::INFINITY => b"\"Infinity\"".as_slice(),
        f64::NEG_INFINITY => b"\"-Infinity\"",
        _ => b"\"NaN\"",
    });
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
