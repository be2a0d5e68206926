//! What of a JSON line can only be told by a look at all fields of a record.

use super::escape::{JsonString, json_string};
use super::json_value::{entry, key as put_key, quoted, value as put_value};
use super::member::Duplicates;
use super::number;
use crate::codec::{Record, ValueRef};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The fields of a record, each key once.
pub(super) type Entries<'r> = Vec<(Cow<'r, str>, ValueRef<'r>)>;

/// The fields of a record. `key` is the key under which a field is written, none if it has a place of its own; `taken` says
/// whether a key belongs to something else in the same object.
pub(super) fn entries<'r>(
    record: &Record<'r>,
    duplicates: Duplicates,
    key: impl Fn(&'r str) -> Option<Cow<'r, str>>,
    taken: impl Fn(&str) -> bool,
) -> Entries<'r> {
    let fields = record.fields();
    let mut entries: Entries<'r> = fields.filter_map(|(k, value)| Some((key(k)?, value))).collect();
    match duplicates {
        Duplicates::Last => {
            let mut last: HashMap<Cow<'r, str>, usize> = HashMap::new();
            for (at, (key, _)) in entries.iter().enumerate() {
                last.insert(key.clone(), at);
            }
            keep(&mut entries, |at, key| last.get(key) == Some(&at));
        }
        Duplicates::First => {
            let mut seen = HashSet::new();
            keep(&mut entries, |_, key| seen.insert(key.clone()));
        }
        Duplicates::Suffix => number_them(&mut entries, taken),
    }
    entries
}

/// Gives every further entry of a key a number that no other key has.
fn number_them<'r>(entries: &mut Entries<'r>, taken: impl Fn(&str) -> bool) {
    let mut used: HashSet<Cow<'r, str>> = entries.iter().map(|(key, _)| key.clone()).collect();
    let mut counts: HashMap<Cow<'r, str>, usize> = HashMap::new();
    for (key, _) in entries {
        let count = counts.entry(key.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            continue;
        }
        loop {
            let new = format!("{key}_{count}");
            if !taken(&new) && used.insert(new.clone().into()) {
                *key = new.into();
                break;
            }
            *count += 1;
        }
    }
}

fn keep<'r>(entries: &mut Entries<'r>, mut keeps: impl FnMut(usize, &Cow<'r, str>) -> bool) {
    let mut at = 0;
    entries.retain(|(key, _)| {
        at += 1;
        keeps(at - 1, key)
    });
}

/// The entries as one object.
pub(super) fn object(entries: &Entries<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    entries.iter().for_each(|(key, value)| entry(key, *value, out));
    close(start, b"{}", out);
}

/// Puts brackets around entries that each have a comma in front.
fn close(start: usize, brackets: &[u8; 2], out: &mut Vec<u8>) {
    match out.get_mut(start) {
        Some(comma) => *comma = brackets[0],
        None => out.push(brackets[0]),
    }
    out.push(brackets[1]);
}

/// The key of an additional field of GELF: an underscore, then letters, digits, `_`, `.` and `-`; and not `_id`.
pub(super) fn gelf_key(prefix: &str, key: &str) -> String {
    let sound = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' };
    let mut new = String::with_capacity(prefix.len() + key.len() + 1);
    new.push('_');
    new.extend(prefix.chars().chain(key.chars()).map(sound));
    if new == "_id" {
        new.insert(0, '_');
    }
    new
}

/// The additional fields of GELF: strings and numbers, nothing else.
pub(super) fn gelf(entries: &Entries<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    for (key, value) in entries {
        put_key(key, out);
        scratch.clear();
        match value {
            ValueRef::Bool(_) | ValueRef::Null | ValueRef::List(_) | ValueRef::Map(_) => {
                put_value(*value, scratch);
                json_string(scratch, out);
            }
            value => put_value(*value, out),
        }
    }
}

/// The value of `short_message`, the first line of the message; where there are more, `full_message` with all of it follows.
pub(super) fn gelf_message(record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    super::message::<JsonString>(record, scratch, out);
    out.push(b'"');
    // Escaped as it is, a line feed is `\n`, and not behind a backslash of its own.
    let text = out[start + 1..].to_vec();
    let mut at = 0;
    while at < text.len() {
        match text[at..] {
            [b'\\', b'n' | b'r', ..] => break,
            [b'\\', ..] => at += 2,
            _ => at += 1,
        }
    }
    if at < text.len() {
        out.truncate(start + 1 + at);
        out.extend_from_slice(b"\",\"full_message\":\"");
        out.extend_from_slice(&text);
    }
}

/// The attributes of OpenTelemetry as a list of keys with typed values, and the ids of trace and span behind it.
pub(super) fn otel(entries: &Entries<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    for (key, value) in entries.iter().filter(|(key, value)| lifted(key, value).is_none()) {
        out.push(b',');
        otel_pair(key, *value, out);
    }
    close(start, b"[]", out);
    for (name, text) in entries.iter().filter_map(|(key, value)| lifted(key, value)) {
        put_key(name, out);
        json_string(text.to_ascii_lowercase().as_bytes(), out);
    }
}

/// A valid id of a trace or span: under which name it belongs to the record itself, and its text.
fn lifted<'v>(key: &str, value: &ValueRef<'v>) -> Option<(&'static str, &'v str)> {
    let (name, len) = match key {
        "trace_id" => ("traceId", 32),
        "span_id" => ("spanId", 16),
        _ => return None,
    };
    let (ValueRef::Str(text) | ValueRef::Text(text)) = *value else { return None };
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // All zeros mean that there is none.
    (text.len() == len && hex && text.contains(|c| c != '0')).then_some((name, text))
}

fn otel_pair(key: &str, value: ValueRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"key\":");
    json_string(key.as_bytes(), out);
    out.extend_from_slice(b",\"value\":");
    otel_value(value, out);
    out.push(b'}');
}

/// A value in the JSON of the protocol's `AnyValue`.
fn otel_value(value: ValueRef<'_>, out: &mut Vec<u8>) {
    let mut typed = |kind: &str, write: &dyn Fn(&mut Vec<u8>)| {
        out.extend_from_slice(b"{\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"Value\":");
        write(out);
        out.push(b'}');
    };
    match value {
        ValueRef::Null => out.extend_from_slice(b"{}"),
        ValueRef::Bool(_) => typed("bool", &|out| put_value(value, out)),
        ValueRef::I64(v) => typed("int", &|out| quoted(out, |out| number::signed(v, out))),
        ValueRef::U64(v) => {
            let kind = if i64::try_from(v).is_ok() { "int" } else { "string" };
            typed(kind, &|out| quoted(out, |out| number::unsigned(v, out)));
        }
        ValueRef::F64(_) | ValueRef::F32(_) | ValueRef::Duration(_) => {
            typed("double", &|out| put_value(value, out));
        }
        ValueRef::Bytes(v) => typed("bytes", &|out| quoted(out, |out| number::base64(v, out))),
        ValueRef::List(list) => typed("array", &|out| {
            out.extend_from_slice(b"{\"values\":");
            let start = out.len();
            for item in list.items() {
                out.push(b',');
                otel_value(item, out);
            }
            close(start, b"[]", out);
            out.push(b'}');
        }),
        ValueRef::Map(map) => typed("kvlist", &|out| {
            out.extend_from_slice(b"{\"values\":");
            let start = out.len();
            for (key, item) in map.entries() {
                out.push(b',');
                otel_pair(key, item, out);
            }
            close(start, b"[]", out);
            out.push(b'}');
        }),
        _ => typed("string", &|out| {
            let from = out.len();
            put_value(value, out);
            // Beyond 64 bits an integer is text already; within, it is not.
            if out.get(from) != Some(&b'"') {
                let text = out.split_off(from);
                json_string(&text, out);
            }
        }),
    }
}
