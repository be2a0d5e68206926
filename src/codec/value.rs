//! Values: borrowed as the writer sees them, owned as a caller may build them.

use super::tree::Nested;
use core::net::IpAddr;
use core::time::Duration;
use std::borrow::Cow;
use std::time::SystemTime;

/// A value as it came out of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// `None`, or no value at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer of up to 64 bits.
    I64(i64),
    /// An unsigned integer of up to 64 bits.
    U64(u64),
    /// A signed integer of 128 bits.
    I128(i128),
    /// An unsigned integer of 128 bits.
    U128(u128),
    /// A 64-bit float, of any kind including NaN and infinities.
    F64(f64),
    /// A 32-bit float.
    F32(f32),
    /// A character.
    Char(char),
    /// A string.
    Str(&'a str),
    /// What a `Display` printed on the caller.
    Text(&'a str),
    /// What a `Debug` printed on the caller.
    Debug(&'a str),
    /// Bytes that are not text.
    Bytes(&'a [u8]),
    /// A span of time.
    Duration(Duration),
    /// A date with its time of day.
    Time(SystemTime),
    /// An IP address.
    Ip(IpAddr),
    /// Sixteen bytes that print as a UUID.
    Uuid([u8; 16]),
    /// An array of values.
    List(Nested<'a>),
    /// Keys with values, in the order in which they were given.
    Map(Nested<'a>),
    /// A value that was kept out of the record on purpose.
    Redacted,
}

macro_rules! borrowed {
    ($($t:ty => $variant:ident as $as:ty),* $(,)?) => {$(
        impl From<$t> for ValueRef<'_> {
            fn from(v: $t) -> Self { ValueRef::$variant(v as $as) }
        }
    )*};
}
borrowed! {
    bool => Bool as bool, i32 => I64 as i64, i64 => I64 as i64, u32 => U64 as u64, u64 => U64 as u64,
    usize => U64 as u64, f64 => F64 as f64, char => Char as char, Duration => Duration as Duration,
    SystemTime => Time as SystemTime,
}
impl<'a> From<&'a str> for ValueRef<'a> {
    fn from(v: &'a str) -> Self {
        ValueRef::Str(v)
    }
}
impl<'a> From<&'a String> for ValueRef<'a> {
    fn from(v: &'a String) -> Self {
        ValueRef::Str(v)
    }
}

/// A value that owns its parts: build arrays and objects with it.
///
/// ```
/// use ripsaw::Value;
/// let v = Value::from([("id", Value::from(7)), ("tags", Value::from(["a", "b"]))]);
/// ripsaw::info!(order = v, "placed");
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A signed integer of 128 bits.
    I128(i128),
    /// An unsigned integer of 128 bits.
    U128(u128),
    /// A float.
    F64(f64),
    /// A string.
    Str(Cow<'static, str>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A span of time.
    Duration(Duration),
    /// A date with its time of day.
    Time(SystemTime),
    /// An array.
    List(Vec<Value>),
    /// An object; keys keep their order.
    Map(Vec<(Cow<'static, str>, Value)>),
}

macro_rules! from {
    ($($t:ty => $variant:ident as $as:ty),* $(,)?) => {$(
        impl From<$t> for Value {
            fn from(v: $t) -> Self { Value::$variant(v as $as) }
        }
    )*};
}
from! {
    bool => Bool as bool, i8 => I64 as i64, i16 => I64 as i64, i32 => I64 as i64, i64 => I64 as i64,
    isize => I64 as i64, u8 => U64 as u64, u16 => U64 as u64, u32 => U64 as u64, u64 => U64 as u64,
    usize => U64 as u64, i128 => I128 as i128, u128 => U128 as u128, f32 => F64 as f64, f64 => F64 as f64,
}

impl From<&str> for Value {
    /// Copies the text; `Value::Str(Cow::Borrowed(..))` keeps a `'static` one as it is.
    fn from(v: &str) -> Self {
        Value::Str(Cow::Owned(v.to_owned()))
    }
}
impl From<char> for Value {
    fn from(v: char) -> Self {
        Value::Str(Cow::Owned(v.to_string()))
    }
}
impl From<core::net::IpAddr> for Value {
    fn from(v: core::net::IpAddr) -> Self {
        Value::Str(Cow::Owned(v.to_string()))
    }
}
impl From<String> for Value {
    fn from(v: String) -> Self {
        Value::Str(Cow::Owned(v))
    }
}
impl From<Duration> for Value {
    fn from(v: Duration) -> Self {
        Value::Duration(v)
    }
}
impl From<SystemTime> for Value {
    fn from(v: SystemTime) -> Self {
        Value::Time(v)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Value::Null, Into::into)
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(v: Vec<T>) -> Self {
        Value::List(v.into_iter().map(Into::into).collect())
    }
}
impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(v: [T; N]) -> Self {
        Value::List(v.into_iter().map(Into::into).collect())
    }
}
impl<K: Into<Cow<'static, str>>, const N: usize> From<[(K, Value); N]> for Value {
    fn from(v: [(K, Value); N]) -> Self {
        Value::Map(v.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }
}
