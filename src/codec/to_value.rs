//! From what a record holds to values that outlive it.

use super::value::{Value, ValueRef};
use crate::sync::caught;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};

impl From<ValueRef<'_>> for Value {
    /// What has no variant of its own becomes text, as the formats write it: characters, addresses, UUIDs, and what was kept
    /// out of the record (`[REDACTED]`). 32-bit floats become 64-bit ones, as by `Value::from`.
    fn from(value: ValueRef<'_>) -> Value {
        let text = |text: String| Value::Str(Cow::Owned(text));
        match value {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(v) => Value::Bool(v),
            ValueRef::I64(v) => Value::I64(v),
            ValueRef::U64(v) => Value::U64(v),
            ValueRef::I128(v) => Value::I128(v),
            ValueRef::U128(v) => Value::U128(v),
            ValueRef::F64(v) => Value::F64(v),
            ValueRef::F32(v) => Value::F64(v.into()),
            ValueRef::Char(v) => text(v.into()),
            ValueRef::Str(v) | ValueRef::Text(v) | ValueRef::Debug(v) => text(v.to_owned()),
            ValueRef::Bytes(v) => Value::Bytes(v.to_owned()),
            ValueRef::Duration(v) => Value::Duration(v),
            ValueRef::Time(v) => Value::Time(v),
            ValueRef::Ip(v) => text(v.to_string()),
            ValueRef::Uuid(bytes) => text(uuid(bytes)),
            ValueRef::List(list) => Value::List(list.items().map(Value::from).collect()),
            ValueRef::Map(map) => Value::Map(
                map.entries()
                    .map(|(key, value)| (Cow::Owned(key.to_owned()), value.into()))
                    .collect(),
            ),
            ValueRef::Redacted => Value::Str(Cow::Borrowed("[REDACTED]")),
        }
    }
}

fn uuid(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The most causes of an error that are followed: a chain that bites its tail must end too.
const MAX_CAUSES: usize = 32;

/// The messages of what caused an error.
pub(crate) fn causes<E: Error + ?Sized>(error: &E) -> Vec<Value> {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.take(MAX_CAUSES).map(|cause| shown(cause).into()).collect()
}

/// What a `Display` prints; one that fails costs its own text only.
pub(crate) fn shown<T: fmt::Display + ?Sized>(value: &T) -> String {
    let mut text = String::new();
    match caught(|| write!(text, "{value}")) {
        Some(Ok(())) => text,
        _ => "[formatter failed]".to_owned(),
    }
}
