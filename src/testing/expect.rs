//! What a test expects of a record.

use super::CapturedRecord;
use crate::codec::Value;
use crate::meta::Level;
use core::fmt;

/// What a record must be like: each part that is set must hold. Numbers are compared by value, whatever their type.
///
/// ```
/// use ripsaw::Level;
/// use ripsaw::testing::{Capture, Expect};
/// let capture = Capture::new();
/// ripsaw::info!(order = 42_u8, "placed");
/// let placed = Expect::new().level(Level::Info).message("placed").fields([("order", 42.into())]);
/// assert!(capture.find(&placed).is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Expect {
    level: Option<Level>,
    target: Option<String>,
    message: Option<String>,
    contains: Vec<String>,
    fields: Vec<(String, Value)>,
    times: Option<usize>,
}

impl Expect {
    /// Any record.
    pub fn new() -> Expect {
        Expect::default()
    }
    /// Of this level.
    pub fn level(mut self, level: Level) -> Expect {
        self.level = Some(level);
        self
    }
    /// Of this target, or of a logger of this name.
    pub fn target(mut self, target: impl Into<String>) -> Expect {
        self.target = Some(target.into());
        self
    }
    /// With this message and no other.
    pub fn message(mut self, message: impl Into<String>) -> Expect {
        self.message = Some(message.into());
        self
    }
    /// With this text in the message. Several may be asked for.
    pub fn contains(mut self, text: impl Into<String>) -> Expect {
        self.contains.push(text.into());
        self
    }
    /// With these fields; others may be there too.
    pub fn fields<const N: usize>(mut self, fields: [(&str, Value); N]) -> Expect {
        self.fields.extend(fields.map(|(key, value)| (key.to_owned(), value)));
        self
    }
    /// Just so many of these, for [`Capture::assert_logged`](super::Capture::assert_logged). Default: one or more.
    pub fn times(mut self, times: usize) -> Expect {
        self.times = Some(times);
        self
    }

    /// Whether the record is so.
    pub fn fits(&self, record: &CapturedRecord) -> bool {
        self.level.is_none_or(|level| level == record.level)
            && self.target.as_ref().is_none_or(|target| *target == record.target)
            && self.message.as_ref().is_none_or(|message| *message == record.message)
            && self.contains.iter().all(|text| record.message.contains(text))
            && self
                .fields
                .iter()
                .all(|(key, value)| record.field(key).is_some_and(|found| same(found, value)))
    }

    pub(super) fn is_met_by(&self, found: usize) -> bool {
        self.times.map_or(found > 0, |times| found == times)
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("as expected (")?;
        if let Some(times) = self.times {
            write!(f, "{times} times, ")?;
        }
        if let Some(level) = self.level {
            write!(f, "level {level}, ")?;
        }
        if let Some(target) = &self.target {
            write!(f, "target {target:?}, ")?;
        }
        if let Some(message) = &self.message {
            write!(f, "message {message:?}, ")?;
        }
        self.contains.iter().try_for_each(|text| write!(f, "containing {text:?}, "))?;
        self.fields.iter().try_for_each(|(key, value)| write!(f, "{key} = {value:?}, "))?;
        f.write_str("nothing else asked)")
    }
}

/// Whether two values say the same: numbers by value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => match (integer(a), integer(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::I64(v) => Some((*v).into()),
        Value::U64(v) => Some((*v).into()),
        Value::I128(v) => Some(*v),
        Value::U128(v) => i128::try_from(*v).ok(),
        _ => None,
    }
}

/// What stands behind one word of `assert_logged!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __ripsaw_expected {
    (level $level:ident) => { $crate::__private::Level::$level };
    (fields { $($key:ident $(. $rest:ident)* = $value:expr),* $(,)? }) => {
        [$((
            ::core::concat!(::core::stringify!($key) $(, ".", ::core::stringify!($rest))*),
            $crate::__private::Value::from($value),
        )),*]
    };
    ($word:ident $what:tt) => { $what };
}
