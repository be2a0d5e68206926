//! Conditions on the value of a field.

use super::{Filter, Node};
use crate::codec::{Record, Value, ValueRef};
use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A field whose value is to be compared, see [`Filter::field`].
///
/// Numbers are compared by their values, whatever their types, without rounding: `3` equals `3.0`. A field of type `f32` is compared
/// with a float as `f32`. Texts are compared as texts, and IP addresses and UUIDs with the texts that stand for them.
/// Values of different kinds are not equal, and neither less nor greater; nor is a value that was redacted. A record without
/// the field meets none of these conditions.
#[derive(Clone, Debug)]
#[must_use = "a condition is made by one of the methods"]
pub struct FieldTest {
    key: Box<str>,
}

impl FieldTest {
    pub(super) fn new(key: Box<str>) -> FieldTest {
        FieldTest { key }
    }
    /// The field is there.
    pub fn present(self) -> Filter {
        self.test(Op::Present)
    }
    /// The value equals this one.
    pub fn equals(self, value: impl Into<Value>) -> Filter {
        self.test(Op::In(vec![value.into()]))
    }
    /// The field is there, and its value is another one.
    pub fn differs(self, value: impl Into<Value>) -> Filter {
        self.test(Op::Differs(value.into()))
    }
    /// The value equals one of these.
    pub fn is_in<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.test(Op::In(values.into_iter().map(Into::into).collect()))
    }
    /// The value is greater.
    pub fn above(self, value: impl Into<Value>) -> Filter {
        self.test(Op::Compare(">", Ordering::is_gt, value.into()))
    }
    /// The value is equal or greater.
    pub fn at_least(self, value: impl Into<Value>) -> Filter {
        self.test(Op::Compare(">=", Ordering::is_ge, value.into()))
    }
    /// The value is less.
    pub fn below(self, value: impl Into<Value>) -> Filter {
        self.test(Op::Compare("<", Ordering::is_lt, value.into()))
    }
    /// The value is equal or less.
    pub fn at_most(self, value: impl Into<Value>) -> Filter {
        self.test(Op::Compare("<=", Ordering::is_le, value.into()))
    }
    /// The value is a text with this one in it, or a list with this text as an item.
    pub fn contains(self, text: impl Into<Box<str>>) -> Filter {
        self.test(Op::Contains(text.into()))
    }

    fn test(self, op: Op) -> Filter {
        Filter { node: Node::Field(Arc::new(Test { key: self.key, op })) }
    }
}

/// A condition that is complete.
#[derive(Debug)]
pub(super) struct Test {
    key: Box<str>,
    op: Op,
}

#[derive(Debug)]
enum Op {
    Present,
    In(Vec<Value>),
    Differs(Value),
    Compare(&'static str, fn(Ordering) -> bool, Value),
    Contains(Box<str>),
}

impl Test {
    pub(super) fn holds(&self, record: &Record<'_>) -> bool {
        let found = record.fields().fold(
            None,
            |found, (key, value)| {
                if *key == *self.key { Some(value) } else { found }
            },
        );
        found.is_some_and(|value| self.op.holds(value))
    }
}

impl Op {
    fn holds(&self, value: ValueRef<'_>) -> bool {
        match self {
            Op::Present => true,
            Op::In(values) => values.iter().any(|other| is_equal(value, other)),
            Op::Differs(other) => !is_equal(value, other),
            Op::Compare(_, holds, other) => order(value, other).is_some_and(holds),
            Op::Contains(text) => match value {
                ValueRef::List(list) => list.items().any(|item| as_text(item) == Some(text)),
                value => as_text(value).is_some_and(|value| value.contains(&**text)),
            },
        }
    }
}

fn as_text(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Str(text) | ValueRef::Text(text) | ValueRef::Debug(text) => Some(text),
        _ => None,
    }
}

pub(crate) fn is_equal(value: ValueRef<'_>, other: &Value) -> bool {
    order(value, other) == Some(Ordering::Equal)
}

/// How a field's value compares with another one; none if they are of different kinds.
fn order(value: ValueRef<'_>, other: &Value) -> Option<Ordering> {
    if let (Some(text), Value::Str(other)) = (as_text(value), other) {
        return Some(text.cmp(other));
    }
    match (value, other) {
        (ValueRef::Null, Value::Null) => Some(Ordering::Equal),
        (ValueRef::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (ValueRef::Char(a), Value::Str(b)) => Some((*a.encode_utf8(&mut [0; 4])).cmp(b)),
        (ValueRef::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (ValueRef::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (ValueRef::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (ValueRef::Ip(a), Value::Str(b)) => Some(a.cmp(&b.parse::<IpAddr>().ok()?)),
        (ValueRef::Uuid(a), Value::Str(b)) => Some(a.cmp(&uuid(b)?)),
        (ValueRef::F32(a), Value::F64(b)) => a.partial_cmp(&(*b as f32)),
        _ => Number::of(value)?.order(Number::of_owned(other)?),
    }
}

/// The UUID that a text stands for.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let mut digits =
        text.bytes().filter(|byte| *byte != b'-').map(|byte| (byte as char).to_digit(16));
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = (digits.next()?? * 16 + digits.next()??) as u8;
    }
    digits.next().is_none().then_some(bytes)
}

#[derive(Clone, Copy)]
enum Number {
    Int(i128),
    /// Above all others.
    Big(u128),
    Float(f64),
}

impl Number {
    fn of(value: ValueRef<'_>) -> Option<Number> {
        Some(match value {
            ValueRef::I64(v) => Number::Int(v.into()),
            ValueRef::U64(v) => Number::Int(v.into()),
            ValueRef::I128(v) => Number::Int(v),
            ValueRef::U128(v) => Number::unsigned(v),
            ValueRef::F64(v) => Number::Float(v),
            ValueRef::F32(v) => Number::Float(v.into()),
            _ => return None,
        })
    }
    fn of_owned(value: &Value) -> Option<Number> {
        Some(match *value {
            Value::I64(v) => Number::Int(v.into()),
            Value::U64(v) => Number::Int(v.into()),
            Value::I128(v) => Number::Int(v),
            Value::U128(v) => Number::unsigned(v),
            Value::F64(v) => Number::Float(v),
            _ => return None,
        })
    }
    fn unsigned(v: u128) -> Number {
        i128::try_from(v).map_or(Number::Big(v), Number::Int)
    }

    fn order(self, other: Number) -> Option<Ordering> {
        use Number::{Big, Float, Int};
        Some(match (self, other) {
            (Int(a), Int(b)) => a.cmp(&b),
            (Big(a), Big(b)) => a.cmp(&b),
            (Big(_), Int(_)) => Ordering::Greater,
            (Int(_), Big(_)) => Ordering::Less,
            (Float(a), Float(b)) => return a.partial_cmp(&b),
            (Int(a), Float(b)) => return int_with_float(a, b),
            (Float(a), Int(b)) => return int_with_float(b, a).map(Ordering::reverse),
            (Big(a), Float(b)) => return big_with_float(a, b),
            (Float(a), Big(b)) => return big_with_float(b, a).map(Ordering::reverse),
        })
    }
}

/// 2^127, above every `i128`.
const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

fn int_with_float(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        None
    } else if float >= BEYOND {
        Some(Ordering::Less)
    } else if float < -BEYOND {
        Some(Ordering::Greater)
    } else {
        // Exact: the whole part of a float in this range is an i128.
        let whole = int.cmp(&(float.trunc() as i128));
        Some(whole.then(0.0.partial_cmp(&float.fract())?))
    }
}

fn big_with_float(big: u128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        None
    } else if float >= BEYOND * 2.0 {
        Some(Ordering::Less)
    } else if float < BEYOND {
        Some(Ordering::Greater)
    } else {
        Some(big.cmp(&(float as u128)))
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.op {
            Op::Present => write!(f, "has {key}"),
            Op::In(values) if values.len() == 1 => write!(f, "{key} = {}", Shown(&values[0])),
            Op::In(values) => {
                let values: Vec<String> = values.iter().map(|v| Shown(v).to_string()).collect();
                write!(f, "{key} in ({})", values.join(", "))
            }
            Op::Differs(value) => write!(f, "{key} != {}", Shown(value)),
            Op::Compare(sign, _, value) => write!(f, "{key} {sign} {}", Shown(value)),
            Op::Contains(text) => write!(f, "{key} contains {text:?}"),
        }
    }
}

/// A value in a condition.
pub(crate) struct Shown<'v>(pub(crate) &'v Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Bool(v) => v.fmt(f),
            Value::I64(v) => v.fmt(f),
            Value::U64(v) => v.fmt(f),
            Value::I128(v) => v.fmt(f),
            Value::U128(v) => v.fmt(f),
            Value::F64(v) => v.fmt(f),
            Value::Str(v) => write!(f, "{v:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        use Ordering::{Equal, Greater, Less};
        let big = u128::MAX;
        for (a, b, expected) in [
            (ValueRef::I64(3), Value::F64(3.0), Some(Equal)),
            (ValueRef::I64(3), Value::F64(3.5), Some(Less)),
            (ValueRef::I64(-3), Value::F64(-3.5), Some(Greater)),
            (ValueRef::I64(-4), Value::F64(-3.5), Some(Less)),
            (ValueRef::I64(0), Value::F64(-0.5), Some(Greater)),
            (ValueRef::I64(0), Value::F64(-0.0), Some(Equal)),
            (ValueRef::U64(u64::MAX), Value::I64(-1), Some(Greater)),
            (ValueRef::U64(u64::MAX), Value::F64(u64::MAX as f64), Some(Less)),
            (ValueRef::F64(f64::NAN), Value::I64(1), None),
            (ValueRef::F64(f64::INFINITY), Value::U128(big), Some(Greater)),
            (ValueRef::F64(f64::NEG_INFINITY), Value::I128(i128::MIN), Some(Less)),
            (ValueRef::I128(i128::MIN), Value::F64(-BEYOND), Some(Equal)),
            (ValueRef::U128(big), Value::I64(1), Some(Greater)),
            (ValueRef::U128(big), Value::F64(BEYOND * 2.0), Some(Less)),
            (ValueRef::U128(1 << 127), Value::F64(BEYOND), Some(Equal)),
            (ValueRef::F32(0.1), Value::F64(0.1), Some(Equal)),
            (ValueRef::Str("3"), Value::I64(3), None),
            (ValueRef::Redacted, Value::Null, None),
            (ValueRef::Text("b"), Value::from("a"), Some(Greater)),
            (ValueRef::Char('é'), Value::from('é'), Some(Equal)),
            (ValueRef::Bool(true), Value::Bool(false), Some(Greater)),
        ] {
            assert_eq!(order(a, &b), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn texts_stand_for_addresses_and_uuids() {
        let ip = ValueRef::Ip("::1".parse().unwrap());
        assert!(is_equal(ip, &Value::from("0:0::1")) && !is_equal(ip, &Value::from("x")));
        let id = ValueRef::Uuid([0xAB; 16]);
        assert!(is_equal(id, &Value::from("abababab-abab-abab-abab-ABABABABABAB")));
        for wrong in ["abab", "abababab-abab-abab-abab-ababababababab", "zz"] {
            assert!(!is_equal(id, &Value::from(wrong)), "{wrong}");
        }
    }
}
