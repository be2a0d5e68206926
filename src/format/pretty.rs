//! Lines for people at a terminal.

use super::layout::{Layout, Parts};
use super::lines::Lines;
use super::time::{Stamp, TimeForm};
use super::{ColorChoice, Format, color, escape, logfmt};
use crate::codec::{Record, ValueRef};
use escape::{Bare, Plain, Quoted};

/// Lines for people at a terminal: local time, level, target, message, fields, in colours where the sink is a terminal.
///
/// ```text
/// 2026-11-20 13:00:00.123456 WARNING  shop::cart order placed id=7 by="two words"
/// ```
///
/// The time is dim, the level bold and red, yellow or green, the message bold, keys cyan and values magenta. Keys and values are
/// quoted as in [`Text`](super::Text), so that no value can end a colour, begin one or forge a line: a record is one line.
///
/// There is no form of several lines a record. A line feed is where a record ends, for the engine too: after a write that was
/// cut short, what follows begins on a line of its own; a file that ends within a line is cut back to its last whole one after
/// a crash, and the records that are recovered go behind it. Of a record of several lines the first ones would stay, without
/// their end, and be counted as there. For one field a line, read JSON lines with a viewer.
///
/// ```
/// use ripsaw::format::{ColorChoice, Pretty};
/// let format = Pretty::new().color(ColorChoice::Never);
/// # let _: &dyn ripsaw::format::Format = &format;
/// ```
#[derive(Clone, Debug)]
pub struct Pretty {
    shape: Shape,
    lines: Lines,
    color: ColorChoice,
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    timestamp: bool,
    target: bool,
    color: bool,
}

impl Pretty {
    /// With time and target, and colours by [`ColorChoice::Auto`].
    pub const fn new() -> Self {
        let shape = Shape { timestamp: true, target: true, color: false };
        let lines = Lines::new(Stamp::new(TimeForm::Local));
        Pretty { shape, lines, color: ColorChoice::Auto }
    }
    /// Whether lines begin with the time. On by default.
    pub fn timestamp(self, show: bool) -> Self {
        let shape = Shape { timestamp: show, ..self.shape };
        Pretty { shape, color: self.color, ..Pretty::new() }
    }
    /// Whether the target stands before the message. On by default.
    pub fn target(self, show: bool) -> Self {
        let shape = Shape { target: show, ..self.shape };
        Pretty { shape, color: self.color, ..Pretty::new() }
    }
    /// Whether there are colours. Default [`ColorChoice::Auto`], which is none until the format has a sink.
    pub fn color(self, choice: ColorChoice) -> Self {
        let shape = Shape { color: choice == ColorChoice::Always, ..self.shape };
        Pretty { shape, color: choice, ..Pretty::new() }
    }
}

impl Default for Pretty {
    fn default() -> Self {
        Pretty::new()
    }
}

impl Format for Pretty {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.lines.write(&self.shape, record, out);
    }
    fn terminal(&mut self, is_terminal: bool) {
        self.shape.color = self.color.colors(is_terminal);
        // What was worked out without the answer.
        self.lines = Pretty::new().lines;
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
        let color = |code: &'static [u8]| if self.color { code } else { b"" };
        if self.timestamp {
            parts.raw(color(color::DIM));
            parts.stamp();
            parts.raw(color(color::RESET));
            parts.raw(b" ");
        }
        let level = parts.level();
        parts.raw(color(color::of_level(level)));
        parts.raw(LEVELS[level.index()]);
        parts.raw(color(color::RESET));
        if self.target {
            let before: &[u8] = if self.color { b" \x1b[2m" } else { b" " };
            parts.target(before, color(color::RESET));
        }
        if parts.has_message() {
            parts.raw(b" ");
            parts.raw(color(color::BOLD));
            parts.message();
            parts.raw(color(color::RESET));
        }
        if self.color {
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
    /// The fields in colours.
    fn whole(&self, _part: u8, record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        for (key, value) in record.fields() {
            out.push(b' ');
            out.extend_from_slice(color::KEY);
            escape::logfmt(key.as_bytes(), out);
            out.extend_from_slice(color::RESET);
            out.push(b'=');
            out.extend_from_slice(color::VALUE);
            logfmt::value(value, scratch, out);
            out.extend_from_slice(color::RESET);
        }
    }
}
