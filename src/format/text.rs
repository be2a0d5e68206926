//! Text for people, and for tools that read lines.

use super::layout::{Layout, Parts};
use super::lines::Lines;
use super::time::Stamp;
use super::{Format, escape, logfmt};
use crate::codec::{Record, ValueRef};
use escape::{Bare, Plain, Quoted};

/// Lines for people: time, level, target, message, fields.
///
/// ```text
/// 2026-11-20T12:00:00.123456Z INFO     shop::cart: order placed id=7 by="two words"
/// ```
///
/// The time is RFC 3339 in UTC with microseconds. A record without a message shows its event name.
/// Keys and values stand in double quotes where they are empty or hold a space, `=`, `"` or a
/// character that is not safe to print; between the quotes a backslash begins an escape. In a
/// message the unsafe characters are escaped too, but a backslash there is only a backslash.
///
/// ```
/// use ripsaw::format::Text;
/// let format = Text::new().thread(true).timestamp(false);
/// # let _: &dyn ripsaw::format::Format = &format;
/// ```
#[derive(Clone, Debug)]
pub struct Text {
    shape: Shape,
    lines: Lines,
}

/// The options.
#[derive(Clone, Copy, Debug)]
struct Shape {
    timestamp: bool,
    thread: bool,
    target: bool,
    location: bool,
}

impl Text {
    /// Time stamp and target, without thread and location.
    pub const fn new() -> Self {
        let shape = Shape { timestamp: true, thread: false, target: true, location: false };
        Text { shape, lines: Lines::new(Stamp::rfc3339()) }
    }
    /// Whether lines begin with the time. On by default.
    pub const fn timestamp(self, show: bool) -> Self {
        let shape = Shape { timestamp: show, ..self.shape };
        self.with(shape)
    }
    /// Whether the thread's name, or its id if it has none, stands in brackets behind the level.
    /// Off by default.
    pub const fn thread(self, show: bool) -> Self {
        let shape = Shape { thread: show, ..self.shape };
        self.with(shape)
    }
    /// Whether the target stands before the message. On by default.
    pub const fn target(self, show: bool) -> Self {
        let shape = Shape { target: show, ..self.shape };
        self.with(shape)
    }
    /// Whether file and line, where known, stand before the message. Off by default.
    pub const fn location(self, show: bool) -> Self {
        let shape = Shape { location: show, ..self.shape };
        self.with(shape)
    }

    const fn with(self, shape: Shape) -> Self {
        // What was worked out for other options. There is nothing yet, unless a format was changed after it was used.
        core::mem::forget(self);
        Text { shape, lines: Lines::new(Stamp::rfc3339()) }
    }
}

impl Default for Text {
    fn default() -> Self {
        Text::new()
    }
}

impl Format for Text {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.lines.write(&self.shape, record, out);
    }
}

/// By [`Level::index`](crate::Level::index).
const LEVELS: [&[u8; 8]; 6] =
    [b"TRACE   ", b"DEBUG   ", b"INFO    ", b"WARNING ", b"ERROR   ", b"CRITICAL"];

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
        if self.thread {
            parts.raw(b" [");
            parts.thread();
            parts.raw(b"]");
        }
        if self.target {
            parts.target(b" ", b":");
        }
        if self.location {
            // A line alone would not be known for what it is.
            if parts.has_file() {
                parts.raw(b" ");
                parts.file();
                parts.raw(b":");
                if parts.has_line() {
                    parts.line();
                    parts.raw(b":");
                }
            }
        }
        if parts.has_message() {
            parts.raw(b" ");
            parts.message();
        }
        parts.fields();
    }

    fn key(&self, key: &str, out: &mut Vec<u8>) {
        logfmt::key(key, out);
    }
    fn value(&self, value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        logfmt::value(value, scratch, out);
    }
}
