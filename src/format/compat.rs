//! Fields as structlog's console renderer writes them: sorted, and quoted like Python's strings.

use super::escape::{self, Plain, Style};
use super::{json_value, spec};
use crate::codec::{Record, ValueRef};
use crate::meta::Spec;

/// What a text may not hold without quotes, beside what is not safe to print.
#[derive(Clone, Copy, Debug)]
struct Bare;

impl Style for Bare {
    const EXTRA: &'static [u8] = b" ='\"";
    fn special(_code: u32, _out: &mut Vec<u8>) {}
}

/// Between single quotes.
#[derive(Clone, Copy, Debug)]
struct Single;

impl Style for Single {
    const EXTRA: &'static [u8] = b"\\'";
    fn special(code: u32, out: &mut Vec<u8>) {
        python(code, out);
    }
}

/// Between double quotes, in a text that has none.
#[derive(Clone, Copy, Debug)]
struct Double;

impl Style for Double {
    const EXTRA: &'static [u8] = b"\\";
    fn special(code: u32, out: &mut Vec<u8>) {
        python(code, out);
    }
}

/// One special code point as Python's `repr` writes it.
fn python(code: u32, out: &mut Vec<u8>) {
    match code {
        0x27 => out.extend_from_slice(b"\\'"),
        0x5C => out.extend_from_slice(b"\\\\"),
        0x09 | 0x0A | 0x0D => Plain::special(code, out),
        ..0x100 => {
            out.extend_from_slice(b"\\x");
            escape::hex_digits(code, 2, out);
        }
        _ => {
            // Every special code point lies below U+10000.
            out.extend_from_slice(b"\\u");
            escape::hex_digits(code, 4, out);
        }
    }
}

/// The fields by key; of one key the last.
pub(super) fn sorted<'r>(record: &Record<'r>) -> Vec<(&'r str, ValueRef<'r>)> {
    let mut fields: Vec<_> = record.fields().collect();
    // Stable: of one key the last one comes last.
    fields.sort_by_key(|(key, _)| *key);
    let mut kept: Vec<(&str, ValueRef<'_>)> = Vec::with_capacity(fields.len());
    for field in fields {
        match kept.last_mut() {
            Some(last) if last.0 == field.0 => *last = field,
            _ => kept.push(field),
        }
    }
    kept
}

/// A key: as a text, but never nothing.
pub(super) fn key(key: &str, out: &mut Vec<u8>) {
    match key {
        "" => out.extend_from_slice(b"''"),
        key => text(key.as_bytes(), out),
    }
}

/// A text: bare where nothing in it asks for quotes. The empty text is bare.
fn text(text: &[u8], out: &mut Vec<u8>) {
    if escape::is_clean::<Bare>(text) {
        return out.extend_from_slice(text);
    }
    if text.contains(&b'\'') && !text.contains(&b'"') {
        out.push(b'"');
        escape::escape::<Double>(text, out);
        out.push(b'"');
    } else {
        out.push(b'\'');
        escape::escape::<Single>(text, out);
        out.push(b'\'');
    }
}

/// A value: lists, maps, finite floats and spans of time (in milliseconds) as JSON, all others as in a message.
pub(super) fn value(value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    match value {
        ValueRef::List(_) | ValueRef::Map(_) | ValueRef::Duration(_) => {
            json_value::value(value, out);
        }
        ValueRef::F64(v) if v.is_finite() => json_value::value(value, out),
        ValueRef::F32(v) if v.is_finite() => json_value::value(value, out),
        ValueRef::Str(v) | ValueRef::Text(v) | ValueRef::Debug(v) => text(v.as_bytes(), out),
        value => {
            scratch.clear();
            spec::apply(value, &Spec::NONE, scratch);
            text(scratch, out);
        }
    }
}
