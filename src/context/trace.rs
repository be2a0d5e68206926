//! Ids of traces, spans and requests.

use crate::callsite::unique;
use crate::codec::Value;
use std::fmt;
use std::str::FromStr;

/// Why a text is no id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdError(&'static str);

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for IdError {}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $error:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The id with these bytes, unless all are zero.
            pub fn from_bytes(bytes: [u8; $bytes]) -> Option<Self> {
                (bytes != [0; $bytes]).then_some(Self(bytes))
            }
            /// The bytes, the most significant first.
            pub fn to_bytes(self) -> [u8; $bytes] {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            /// Lower-case hexadecimal digits, not all of them zero.
            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = IdError($error);
                let mut bytes = [0; $bytes];
                if text.len() != 2 * $bytes {
                    return Err(error);
                }
                for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    let high = digit(digits[0]).ok_or(error)?;
                    *byte = high << 4 | digit(digits[1]).ok_or(error)?;
                }
                Self::from_bytes(bytes).ok_or(error)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 2 * $bytes];
                for (digits, byte) in text.chunks_exact_mut(2).zip(self.0) {
                    digits.copy_from_slice(&hex(byte));
                }
                f.write_str(core::str::from_utf8(&text).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl From<$name> for Value {
            fn from(id: $name) -> Value {
                Value::from(id.to_string())
            }
        }
    };
}

hex_id! {
    /// Sixteen bytes that name a trace, in W3C's form: 32 lower-case hexadecimal digits.
    ///
    /// ```
    /// use ripsaw::context::TraceId;
    /// let id: TraceId = "4bf92f3577b34da6a3ce929d0e0e4736".parse()?;
    /// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    /// assert_ne!(TraceId::random(), TraceId::random());
    /// # Ok::<(), ripsaw::context::IdError>(())
    /// ```
    TraceId, 16, "a trace id has 32 lower-case hexadecimal digits, not all of them 0"
}

hex_id! {
    /// Eight bytes that name a span, in W3C's form: 16 lower-case hexadecimal digits.
    ///
    /// ```
    /// use ripsaw::context::SpanId;
    /// assert!("0000000000000000".parse::<SpanId>().is_err());
    /// assert_eq!(SpanId::random().to_string().len(), 16);
    /// ```
    SpanId, 8, "a span id has 16 lower-case hexadecimal digits, not all of them 0"
}

impl TraceId {
    /// A new id. Unlikely to be met twice; easy to guess, so not for secrets. Some hundred nanoseconds, one system call.
    pub fn random() -> TraceId {
        let [high, low] = unique();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        // Never zero.
        bytes[8..].copy_from_slice(&(low | 1).to_be_bytes());
        TraceId(bytes)
    }

    /// The id in a text of 32 hexadecimal digits, or in that of a UUID.
    pub(super) fn of_text(text: &str) -> Option<TraceId> {
        let dashes = [8, 13, 18, 23];
        let is_uuid = text.len() == 36 && dashes.iter().all(|at| text.as_bytes()[*at] == b'-');
        let digits = if is_uuid { text.replace('-', "") } else { text.to_owned() };
        digits.to_ascii_lowercase().parse().ok()
    }
}

impl SpanId {
    /// A new id: as [`TraceId::random`].
    pub fn random() -> SpanId {
        SpanId((unique()[0] | 1).to_be_bytes())
    }
}

/// The two digits of a byte.
fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// A text that names a request across services: 1 to 128 of the characters `A-Z a-z 0-9 - _ . : / + = @ ~`, so that it can
/// break neither a log line nor a header.
///
/// ```
/// use ripsaw::context::CorrelationId;
/// assert_eq!("order-7:a".parse::<CorrelationId>()?.as_str(), "order-7:a");
/// assert!("a\r\nSet-Cookie: b".parse::<CorrelationId>().is_err());
/// assert_eq!(CorrelationId::random().as_str().len(), 36);
/// # Ok::<(), ripsaw::context::IdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CorrelationId(Box<str>);

impl CorrelationId {
    /// The longest text.
    pub const MAX: usize = 128;

    /// A new one, in the form of a random UUID. As unlikely to be met twice as [`TraceId::random`], and as easy to guess.
    pub fn random() -> CorrelationId {
        let mut bytes = TraceId::random().0;
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.extend(hex(byte).map(char::from));
        }
        CorrelationId(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CorrelationId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<CorrelationId, IdError> {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/+=@~".contains(&b);
        if (1..=Self::MAX).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(CorrelationId(text.into()))
        } else {
            Err(IdError("an id has 1 to 128 of the characters A-Z a-z 0-9 - _ . : / + = @ ~"))
        }
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CorrelationId> for Value {
    fn from(id: CorrelationId) -> Value {
        Value::from(id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ones_have_the_form_of_a_uuid() {
        let id = CorrelationId::random();
        let parts: Vec<&str> = id.as_str().split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts.concat().bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert!(parts[2].starts_with('4') && "89ab".contains(&parts[3][..1]), "{id}");
    }

    #[test]
    fn every_byte_is_written_and_read() {
        for byte in 0..=255 {
            let id = SpanId([1, byte, 2, 3, 4, 5, 6, 7]);
            assert_eq!(id.to_string(), format!("01{byte:02x}020304050607"));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
