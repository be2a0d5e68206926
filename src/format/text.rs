//! Text for people, and for tools that read lines.

use super::time::{LEN, Stamp};
use super::{Format, escape, number};
use crate::codec::Record;
use escape::Plain;

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
    timestamp: bool,
    thread: bool,
    target: bool,
    location: bool,
    stamp: Stamp,
    scratch: Vec<u8>,
}

impl Text {
    /// Time stamp and target, without thread and location.
    pub const fn new() -> Self {
        Text {
            timestamp: true,
            thread: false,
            target: true,
            location: false,
            stamp: Stamp::new(b'T'),
            scratch: Vec::new(),
        }
    }
    /// Whether lines begin with the time. On by default.
    pub const fn timestamp(mut self, show: bool) -> Self {
        self.timestamp = show;
        self
    }
    /// Whether the thread's name, or its id if it has none, stands in brackets behind the level.
    /// Off by default.
    pub const fn thread(mut self, show: bool) -> Self {
        self.thread = show;
        self
    }
    /// Whether the target stands before the message. On by default.
    pub const fn target(mut self, show: bool) -> Self {
        self.target = show;
        self
    }
    /// Whether file and line, where known, stand before the message. Off by default.
    pub const fn location(mut self, show: bool) -> Self {
        self.location = show;
        self
    }
}

impl Default for Text {
    fn default() -> Self {
        Text::new()
    }
}

/// By [`Level::index`](crate::Level::index), with a space in front.
const LEVELS: [&[u8; 9]; 6] =
    [b" TRACE   ", b" DEBUG   ", b" INFO    ", b" WARNING ", b" ERROR   ", b" CRITICAL"];

impl Format for Text {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let level = LEVELS[record.level().index()];
        if self.timestamp {
            let mut head = [0; LEN + 9];
            head[..LEN].copy_from_slice(self.stamp.of(record.unix_ns()));
            head[LEN..].copy_from_slice(level);
            out.extend_from_slice(&head);
        } else {
            out.extend_from_slice(&level[1..]);
        }
        if self.thread {
            out.extend_from_slice(b" [");
            super::thread::<Plain>(record.thread(), out);
            out.push(b']');
        }
        let target = record.target();
        if self.target && !target.is_empty() {
            out.push(b' ');
            escape::escape::<Plain>(target.as_bytes(), out);
            out.push(b':');
        }
        if self.location
            && let Some(file) = record.file()
        {
            out.push(b' ');
            escape::escape::<Plain>(file.as_bytes(), out);
            out.push(b':');
            if let Some(line) = record.line() {
                number::int(line, out);
                out.push(b':');
            }
        }
        if super::has_message(record) {
            out.push(b' ');
            super::message::<Plain>(record, &mut self.scratch, out);
        }
        super::logfmt_fields(record, &mut self.scratch, out);
        out.push(b'\n');
    }
}
