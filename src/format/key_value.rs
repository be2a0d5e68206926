//! The layout of structlog's console renderer, with values that read back.

use super::layout::{Layout, Parts};
use super::lines::Lines;
use super::time::{Stamp, TimeForm};
use super::{ColorChoice, Format, color, compat, escape, logfmt};
use crate::codec::{Record, ValueRef};
use escape::{Bare, Plain, Quoted};

/// Columns in front and `key=value` pairs behind: what structlog prints on a console.
///
/// ```text
/// 2026-11-20 12:00:00.123456 [info     ] order placed                   id=7 by="two words"
/// ```
///
/// The time is in UTC. The event is padded to 30 characters where fields follow; fields stand in
/// the order of the call. Keys and values are quoted as in [`Text`](super::Text). [`KeyValue::compat`] has structlog's own bytes.
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
    color: ColorChoice,
}

/// The options.
#[derive(Clone, Copy, Debug)]
struct Shape {
    timestamp: bool,
    logger: bool,
    compat: bool,
    color: bool,
}

impl KeyValue {
    /// With the time, without the logger's name.
    pub const fn new() -> Self {
        let shape = Shape { timestamp: true, logger: false, compat: false, color: false };
        let lines = Lines::new(Stamp::without_zone());
        KeyValue { shape, lines, color: ColorChoice::Never }
    }

    /// The bytes of structlog's console renderer as `pyvider.telemetry` sets it up (spec \[29]).
    ///
    /// ```text
    /// 2026-11-20 13:00:00.123456 [info     ] order placed                   by='two words' id=7
    /// ```
    ///
    /// The time is that of the process's time zone (`TZ`), without saying which. The level is padded to 9 characters, the event to
    /// 30 code points where fields follow. Fields are sorted by key, and of one key the last counts. The logger's name is
    /// not shown. Keys and texts are bare unless they hold a space, `=`, a quote, a control character or one that turns the
    /// direction of text; then they stand in quotes as by Python's `repr`: single ones, unless the text has single and no
    /// double quotes. Lists, maps and spans of time (in milliseconds) are JSON, `true`, `false` and `null` are spelled so.
    ///
    /// What differs from structlog: a line is one line, so that line feeds and escape sequences in an event, a key or a text are
    /// escaped, those of a traceback included. A reader cannot tell the text `1` from the number; [`KeyValue::new`] reads
    /// back. Looks at the whole record: about twice the work of the default.
    pub const fn compat() -> Self {
        let shape = Shape { timestamp: true, logger: false, compat: true, color: false };
        KeyValue {
            shape,
            lines: Lines::new(Stamp::new(TimeForm::Local)),
            color: ColorChoice::Never,
        }
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
    /// Whether there are colours (spec \[30]): time dim, level and event bold, levels red, yellow or green, keys cyan, values magenta.
    /// Default [`ColorChoice::Never`]. No value can end a colour or begin one.
    pub const fn color(self, choice: ColorChoice) -> Self {
        let shape = Shape { color: matches!(choice, ColorChoice::Always), ..self.shape };
        let mut format = self.with(shape);
        format.color = choice;
        format
    }

    const fn with(self, shape: Shape) -> Self {
        let (stamp, color) = (self.stamp(), self.color);
        // What was worked out for other options. There is nothing yet, unless a format was changed after it was used.
        core::mem::forget(self);
        KeyValue { shape, lines: Lines::new(stamp), color }
    }

    const fn stamp(&self) -> Stamp {
        if self.shape.compat { Stamp::new(TimeForm::Local) } else { Stamp::without_zone() }
    }
}

impl Default for KeyValue {
    fn default() -> Self {
        KeyValue::new()
    }
}

impl Format for KeyValue {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        self.lines.write(&self.shape, record, out);
        if self.shape.compat && out.ends_with(b" \n") {
            // An event may end in spaces; structlog's lines do not.
            let kept = out[start..].trim_ascii_end().len();
            out.truncate(start + kept);
            out.push(b'\n');
        }
    }
    fn terminal(&mut self, is_terminal: bool) {
        if self.color == ColorChoice::Auto {
            self.shape.color = self.color.colors(is_terminal);
            // What was worked out without the answer.
            self.lines = Lines::new(self.stamp());
        }
    }
}

/// By [`Level::index`](crate::Level::index).
const LEVELS: [&[u8; 9]; 6] =
    [b"trace    ", b"debug    ", b"info     ", b"warning  ", b"error    ", b"critical "];

/// Characters that an event has at least where something follows.
const EVENT: u8 = 30;

impl Layout for Shape {
    type Text = Plain;
    type Bare = Bare;
    type Quoted = Quoted;
    const QUOTED_ALWAYS: bool = false;

    fn line(&self, parts: &mut impl Parts) {
        let color = |code: &'static [u8]| if self.color { code } else { b"" };
        if self.timestamp {
            parts.raw(color(color::DIM));
            parts.stamp();
            parts.raw(color(color::RESET));
            parts.raw(b" ");
        }
        let level = parts.level();
        parts.raw(b"[");
        parts.raw(color(color::of_level(level)));
        parts.raw(LEVELS[level.index()]);
        parts.raw(color(color::RESET));
        parts.raw(b"]");
        let around: [&[u8]; 2] = if self.color { [b" \x1b[1m", color::RESET] } else { [b" ", b""] };
        parts.column(around, EVENT, self.logger);
        if self.logger {
            parts.raw(if self.color { b" [\x1b[0m\x1b[1m\x1b[34m" } else { b" [" });
            parts.target(b"", b"");
            parts.raw(if self.color { b"\x1b[0m]\x1b[0m" } else { b"]" });
        }
        if self.compat || self.color {
            parts.whole(0);
        } else {
            parts.fields();
        }
    }

    fn key(&self, key: &str, out: &mut Vec<u8>) {
        logfmt::key(key, out);
    }
    fn value(&self, value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        logfmt::value(value, scratch, out);
    }

    fn whole(&self, _part: u8, record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        let mut write = |key: &str, value: ValueRef<'_>| {
            out.push(b' ');
            self.colored(color::KEY, out, |out| match self.compat {
                true => compat::key(key, out),
                false => escape::logfmt(key.as_bytes(), out),
            });
            out.push(b'=');
            self.colored(color::VALUE, out, |out| match self.compat {
                true => compat::value(value, scratch, out),
                false => logfmt::value(value, scratch, out),
            });
        };
        if self.compat {
            compat::sorted(record).into_iter().for_each(|(key, value)| write(key, value));
        } else {
            record.fields().for_each(|(key, value)| write(key, value));
        }
    }
}

impl Shape {
    fn colored(&self, code: &[u8], out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.color {
            out.extend_from_slice(code);
        }
        write(out);
        if self.color {
            out.extend_from_slice(color::RESET);
        }
    }
}
