//! The layout of structlog's console renderer, with values that read back.

use super::layout::{Layout, Parts};
use super::lines::Lines;
use super::time::Stamp;
use super::{Format, escape, logfmt};
use crate::codec::{Record, ValueRef};
use escape::{Bare, Plain, Quoted};

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
    shape: Shape,
    lines: Lines,
}

/// The options.
#[derive(Clone, Copy, Debug)]
struct Shape {
    timestamp: bool,
    logger: bool,
}

impl KeyValue {
    /// With the time, without the logger's name.
    pub const fn new() -> Self {
        let shape = Shape { timestamp: true, logger: false };
        KeyValue { shape, lines: Lines::new(Stamp::without_zone()) }
    }
    /// Whether lines begin with the time. On by default.
    pub const fn timestamp(self, show: bool) -> Self {
        let shape = Shape { timestamp: show, ..self.shape };
        self.with(shape)
    }
    /// Whether the logger's name or the target stands in brackets behind the event. Off by default.
    pub const fn logger(self, show: bool) -> Self {
        let shape = Shape { logger: show, ..self.shape };
        self.with(shape)
    }

    const fn with(self, shape: Shape) -> Self {
        // What was worked out for other options. There is nothing yet, unless a format was changed after it was used.
        core::mem::forget(self);
        KeyValue { shape, lines: Lines::new(Stamp::without_zone()) }
    }
}

impl Default for KeyValue {
    fn default() -> Self {
        KeyValue::new()
    }
}

impl Format for KeyValue {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.lines.write(&self.shape, record, out);
    }
}

/// By [`Level::index`](crate::Level::index).
const LEVELS: [&[u8; 11]; 6] = [
    b"[trace    ]",
    b"[debug    ]",
    b"[info     ]",
    b"[warning  ]",
    b"[error    ]",
    b"[critical ]",
];

/// Characters that an event has at least where something follows.
const EVENT: u8 = 30;

impl Layout for Shape {
    type Text = Plain;
    type Bare = Bare;
    type Quoted = Quoted;
    const QUOTED_ALWAYS: bool = false;

    fn line(&self, parts: &mut impl Parts) {
        if self.timestamp {
            parts.stamp();
            parts.raw(b" ");
        }
        parts.raw(LEVELS[parts.level().index()]);
        parts.column(EVENT, self.logger);
        if self.logger {
            parts.raw(b" [");
            parts.target(b"", b"");
            parts.raw(b"]");
        }
        parts.fields();
    }

    fn key(key: &str, out: &mut Vec<u8>) {
        logfmt::key(key, out);
    }
    fn value(value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        logfmt::value(value, scratch, out);
    }
}
