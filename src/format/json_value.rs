//! Values as JSON.

use super::escape::{JsonString, escape, json_string};
use super::keys::{Last, Seen};
use super::{float, number, spec, time};
use crate::codec::ValueRef;

/// `,"key":value`.
#[inline]
pub(super) fn entry(key: &str, v: ValueRef<'_>, out: &mut Vec<u8>) {
    self::key(key, out);
    value(v, out);
}

/// `,"key":`
pub(super) fn key(key: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    escape::<JsonString>(key.as_bytes(), out);
    out.extend_from_slice(b"\":");
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
        ValueRef::Time(v) => quoted(out, |out| time::moment(v, out)),
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
pub(super) fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
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
