//! A format told in parts: followed at once for a record that carries its own metadata, or worked out once for all
//! records of a statement.

use super::escape::{self, Style};
use super::number;
use crate::codec::{Record, ValueRef};
use crate::meta::Level;

/// What makes up one built-in format.
pub(super) trait Layout: Sized {
    /// How a message is escaped.
    type Text: Style;
    /// What a field's text may not hold to stand without quotes.
    type Bare: Style;
    /// What is escaped in a field's text between quotes.
    type Quoted: Style;
    /// Whether a field's text always stands between quotes, and not only where it must.
    const QUOTED_ALWAYS: bool;

    /// Tells the parts of a line in order, without the line feed.
    fn line(&self, parts: &mut impl Parts);
    /// Whether an object may not have the same key twice: then the last value counts.
    const UNIQUE_KEYS: bool = false;
    /// The key under which a field is written.
    fn rename<'a>(&self, key: &'a str) -> &'a str {
        key
    }
    /// Writes what stands before a field's value.
    fn key(key: &str, out: &mut Vec<u8>);
    /// Writes a field's value.
    fn value(value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>);
    /// Writes all fields of a record.
    fn fields(&self, record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        for (key, value) in record.fields() {
            Self::key(key, out);
            Self::value(value, scratch, out);
        }
    }
}

/// The parts that a line may be made of.
pub(super) trait Parts {
    fn level(&self) -> Level;
    /// Whether there is a message, or a name to take its place.
    fn has_message(&self) -> bool;

    /// Text as it stands.
    fn raw(&mut self, text: &[u8]);
    /// Text with escapes.
    fn escaped(&mut self, text: &str);
    /// The time.
    fn stamp(&mut self);
    /// The thread's name or id.
    fn thread(&mut self);
    /// The target between two texts; where there is none, nothing.
    fn target(&mut self, before: &[u8], after: &[u8]);
    /// The message, or the name in its place.
    fn message(&mut self);
    /// A space and the message, padded to `width` characters, at most 31, if more follows: fields, or something else for
    /// `sure`.
    fn column(&mut self, width: u8, sure: bool);
    /// Source file and line, each between two texts, as far as they are known.
    fn location(&mut self, file: [&[u8]; 2], line: [&[u8]; 2]);
    /// All fields, each with what belongs in front of it.
    fn fields(&mut self);
}

/// Writes the parts of one record.
pub(super) struct Direct<'r, 'a, L> {
    pub(super) layout: &'r L,
    pub(super) record: &'r Record<'a>,
    pub(super) stamp: &'r mut super::time::Stamp,
    pub(super) scratch: &'r mut Vec<u8>,
    pub(super) out: &'r mut Vec<u8>,
}

impl<L: Layout> Parts for Direct<'_, '_, L> {
    fn level(&self) -> Level {
        self.record.level()
    }
    fn has_message(&self) -> bool {
        self.record.prefix.is_some()
            || !self.record.message().is_empty()
            || !self.record.name().is_empty()
    }
    fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }
    fn escaped(&mut self, text: &str) {
        escape::escape::<L::Text>(text.as_bytes(), self.out);
    }
    fn stamp(&mut self) {
        self.stamp.put(self.record.unix_ns(), self.out);
    }
    fn thread(&mut self) {
        super::thread::<L::Text>(self.record.thread(), self.out);
    }
    fn target(&mut self, before: &[u8], after: &[u8]) {
        let target = self.record.target();
        if !target.is_empty() {
            self.raw(before);
            self.escaped(target);
            self.raw(after);
        }
    }
    fn message(&mut self) {
        super::message::<L::Text>(self.record, self.scratch, self.out);
    }
    fn column(&mut self, width: u8, sure: bool) {
        let more = sure || self.record.fields().next().is_some();
        if more || self.has_message() {
            self.raw(b" ");
            let start = self.out.len();
            self.message();
            if more {
                pad(start, width, self.out);
            }
        }
    }
    fn location(&mut self, file: [&[u8]; 2], line: [&[u8]; 2]) {
        put_location::<L>(self.record.file(), self.record.line(), file, line, self.out);
    }
    fn fields(&mut self) {
        self.layout.fields(self.record, self.scratch, self.out);
    }
}

/// Fills what stands from `start` on with spaces up to `width` characters.
pub(super) fn pad(start: usize, width: u8, out: &mut Vec<u8>) {
    let missing = missing(&out[start..], width);
    out.resize(out.len() + missing, b' ');
}

/// How many characters a text lacks.
#[inline]
pub(super) fn missing(text: &[u8], width: u8) -> usize {
    let width = usize::from(width);
    // A character has at most four bytes.
    if text.len() >= 4 * width {
        return 0;
    }
    width.saturating_sub(super::chars(text))
}

/// Source file and line, each between two texts, as far as they are known.
pub(super) fn put_location<L: Layout>(
    file: Option<&str>,
    line: Option<u32>,
    around_file: [&[u8]; 2],
    around_line: [&[u8]; 2],
    out: &mut Vec<u8>,
) {
    if let Some(file) = file {
        out.extend_from_slice(around_file[0]);
        escape::escape::<L::Text>(file.as_bytes(), out);
        out.extend_from_slice(around_file[1]);
    }
    // Without anything around it a line alone would not be known for what it is.
    if let Some(line) = line
        && (file.is_some() || !around_line[0].is_empty())
    {
        out.extend_from_slice(around_line[0]);
        number::unsigned(line.into(), out);
        out.extend_from_slice(around_line[1]);
    }
}
