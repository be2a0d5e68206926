//! Fields as ` key=value`, in quotes where that needs them.

use super::{escape, float, number, spec};
use crate::codec::ValueRef;
use crate::meta::Spec;

/// What stands before a value.
pub(super) fn key(key: &str, out: &mut Vec<u8>) {
    out.push(b' ');
    escape::logfmt(key.as_bytes(), out);
    out.push(b'=');
}

/// A value; lists and maps are JSON.
pub(super) fn value(value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    match value {
        ValueRef::I64(v) => number::signed(v, out),
        ValueRef::U64(v) => number::unsigned(v, out),
        ValueRef::F64(v) => float::shortest_f64(v, out),
        ValueRef::F32(v) => float::shortest_f32(v, out),
        ValueRef::Str(v) | ValueRef::Text(v) | ValueRef::Debug(v) => {
            escape::logfmt(v.as_bytes(), out);
        }
        ValueRef::Char(v) => escape::logfmt(v.encode_utf8(&mut [0; 4]).as_bytes(), out),
        _ => {
            scratch.clear();
            spec::apply(value, &Spec::NONE, scratch);
            escape::logfmt(scratch, out);
        }
    }
}
