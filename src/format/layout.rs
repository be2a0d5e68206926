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
    fn rename<'a>(&'a self, key: &'a str) -> &'a str {
        key
    }
    /// Whether a statement's field of this name has a place of its own, by [`Parts::field`].
    fn lifts(&self, _key: &str) -> bool {
        false
    }
    /// Writes what stands before a field's value.
    fn key(&self, key: &str, out: &mut Vec<u8>);
    /// Writes a field's value.
    fn value(&self, value: ValueRef<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>);
    /// Writes all fields of a record.
    fn fields(&self, record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        for (key, value) in record.fields() {
            self.key(key, out);
            self.value(value, scratch, out);
        }
    }
    /// Writes what can only be told by a look at the whole record: see [`Parts::whole`].
    fn whole(&self, _part: u8, _record: &Record<'_>, _scratch: &mut Vec<u8>, _out: &mut Vec<u8>) {}
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
    /// The time, in a form whose text has one length.
    fn stamp(&mut self);
    /// The time, in any form.
    fn moment(&mut self);
    /// The thread's name or id.
    fn thread(&mut self);
    /// The thread's id.
    fn thread_id(&mut self);
    /// The record's position in its lane.
    fn seq(&mut self);
    /// The target between two texts; where there is none, nothing.
    fn target(&mut self, before: &[u8], after: &[u8]);
    /// The message, or the name in its place.
    fn message(&mut self);
    /// The message between two texts, padded to `width` characters, at most 31, if more follows: fields, or something else for
    /// `sure`.
    fn column(&mut self, around: [&[u8]; 2], width: u8, sure: bool);
    /// Whether the module path is known.
    fn has_module(&self) -> bool;
    /// The module path.
    fn module(&mut self);
    /// Whether the source file is known.
    fn has_file(&self) -> bool;
    /// The source file.
    fn file(&mut self);
    /// Whether the source line is known.
    fn has_line(&self) -> bool;
    /// The source line.
    fn line(&mut self);
    /// All fields, each with what belongs in front of it.
    fn fields(&mut self);
    /// The statement's field of this name, with what belongs in front of it, if there is one.
    fn field(&mut self, name: &str);
    /// Something that the layout writes by itself, record by record: see [`Layout::whole`].
    fn whole(&mut self, part: u8);
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
    fn moment(&mut self) {
        self.stamp.put_any(self.record.unix_ns(), self.out);
    }
    fn thread(&mut self) {
        super::thread::<L::Text>(self.record.thread(), self.out);
    }
    fn thread_id(&mut self) {
        number::unsigned(self.record.thread().id, self.out);
    }
    fn seq(&mut self) {
        number::unsigned(self.record.seq(), self.out);
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
    fn column(&mut self, around: [&[u8]; 2], width: u8, sure: bool) {
        let more = sure || self.record.fields().next().is_some();
        if more || self.has_message() {
            self.raw(around[0]);
            let start = self.out.len();
            self.message();
            if more {
                pad(start, width, self.out);
            }
            self.raw(around[1]);
        }
    }
    fn has_module(&self) -> bool {
        self.record.module().is_some()
    }
    fn module(&mut self) {
        self.escaped(self.record.module().unwrap_or_default());
    }
    fn has_file(&self) -> bool {
        self.record.file().is_some()
    }
    fn file(&mut self) {
        self.escaped(self.record.file().unwrap_or_default());
    }
    fn has_line(&self) -> bool {
        self.record.line().is_some()
    }
    fn line(&mut self) {
        number::unsigned(self.record.line().unwrap_or_default().into(), self.out);
    }
    fn fields(&mut self) {
        self.layout.fields(self.record, self.scratch, self.out);
    }
    fn field(&mut self, name: &str) {
        if let Some((key, value)) = self.record.fields().filter(|(key, _)| *key == name).last() {
            self.layout.key(self.layout.rename(key), self.out);
            self.layout.value(value, self.scratch, self.out);
        }
    }
    fn whole(&mut self, part: u8) {
        self.layout.whole(part, self.record, self.scratch, self.out);
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
