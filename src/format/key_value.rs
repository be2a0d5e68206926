//! The layout of structlog's console renderer, with values that read back.

use super::time::{LEN, Stamp};
use super::{Format, escape};
use crate::codec::Record;
use escape::Plain;

/// Columns in front and `key=value` pairs behind: what structlog prints on a console.
///
/// ```text
/// 2026-11-20 12:00:00.123456 [info     ] order placed                   id=7 by="two words"
/// ```
///
/// The time is in UTC. The event is padded to 30 characters where fields follow; fields stand in
/// the order of the call. Keys and values are quoted as in [`Text`](super::Text).
///
/// ```
/// use ripsaw::format::KeyValue;
/// let format = KeyValue::new().timestamp(false);
/// # let _: &dyn ripsaw::format::Format = &format;
/// ```
#[derive(Clone, Debug)]
pub struct KeyValue {
    timestamp: bool,
    logger: bool,
    stamp: Stamp,
    scratch: Vec<u8>,
}

impl KeyValue {
    /// With the time, without the logger's name.
    pub const fn new() -> Self {
        KeyValue { timestamp: true, logger: false, stamp: Stamp::new(b' '), scratch: Vec::new() }
    }
    /// Whether lines begin with the time. On by default.
    pub const fn timestamp(mut self, show: bool) -> Self {
        self.timestamp = show;
        self
    }
    /// Whether the logger's name or the target stands in brackets behind the event. Off by default.
    pub const fn logger(mut self, show: bool) -> Self {
        self.logger = show;
        self
    }
}

impl Default for KeyValue {
    fn default() -> Self {
        KeyValue::new()
    }
}

/// By [`Level::index`](crate::Level::index), with a space in front.
const LEVELS: [&[u8; 12]; 6] = [
    b" [trace    ]",
    b" [debug    ]",
    b" [info     ]",
    b" [warning  ]",
    b" [error    ]",
    b" [critical ]",
];

/// Characters that an event has at least where something follows.
const EVENT: usize = 30;

impl Format for KeyValue {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let level = LEVELS[record.level().index()];
        if self.timestamp {
            // Without the `Z`: this layout names no zone.
            out.extend_from_slice(&self.stamp.of(record.unix_ns())[..LEN - 1]);
            out.extend_from_slice(level);
        } else {
            out.extend_from_slice(&level[1..]);
        }
        let more = self.logger || record.fields().next().is_some();
        if more || super::has_message(record) {
            out.push(b' ');
            let event = out.len();
            super::message::<Plain>(record, &mut self.scratch, out);
            let length = super::chars(&out[event..]);
            if more && length < EVENT {
                out.extend_from_slice(&[b' '; EVENT][length..]);
            }
        }
        if self.logger {
            out.extend_from_slice(b" [");
            escape::escape::<Plain>(record.target().as_bytes(), out);
            out.push(b']');
        }
        super::logfmt_fields(record, &mut self.scratch, out);
        out.push(b'\n');
    }
}
