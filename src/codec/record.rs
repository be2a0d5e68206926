//! What formats see of a record.

use super::decode::Args;
use super::tree::{Nested, NestedEntries};
use super::value::ValueRef;
use crate::meta::{Level, Metadata, Piece, Spec};
use core::sync::atomic::{AtomicU64, Ordering};

/// The thread that logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadInfo {
    /// The operating system's thread id.
    pub id: u64,
    /// The thread's name, empty if it has none.
    pub name: String,
}

/// What a named or bound logger adds to its records: encoded once, referenced by id.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The logger's name, which takes the place of the target.
    pub(crate) name: Option<String>,
    /// The bound fields as one map in the nested encoding.
    pub(crate) fields: Vec<u8>,
    serial: u64,
}

impl Bound {
    /// A context with a name and a map of fields.
    #[doc(hidden)]
    pub fn new(name: Option<String>, fields: Vec<u8>) -> Bound {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only that no number is given twice matters.
        Bound { name, fields, serial: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
    /// A number that no other context of this process has or will have, but a copy of this one.
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }
    /// Bytes of the name and of the encoded fields.
    pub(crate) fn size(&self) -> usize {
        self.name.as_ref().map_or(0, String::len) + self.fields.len()
    }
    /// The bound fields.
    pub(crate) fn entries(&self) -> NestedEntries<'_> {
        super::tree::sound_map(&self.fields).entries()
    }
}

/// Where a record's metadata comes from.
#[derive(Clone, Copy, Debug)]
pub enum Site<'a> {
    /// A macro.
    Static(&'static Metadata),
    /// A bridge or a runtime event: everything travelled with the record.
    Dynamic {
        /// Severity.
        level: Level,
        /// Target.
        target: &'a str,
        /// Module path, if known.
        module: Option<&'a str>,
        /// Source file, if known.
        file: Option<&'a str>,
        /// Source line, 0 if unknown.
        line: u32,
        /// Event name, empty if it has none.
        name: &'a str,
        /// The whole message.
        message: &'a str,
        /// The fields, as a map.
        fields: Option<Nested<'a>>,
    },
    /// A record that processors have changed.
    Edited(&'a Edited<'a>),
}

impl Site<'_> {
    #[inline(always)]
    pub(crate) fn level(&self) -> Level {
        match self {
            Site::Static(meta) => meta.level,
            Site::Dynamic { level, .. } => *level,
            Site::Edited(edited) => edited.level,
        }
    }
}

/// What processors have made of a record.
#[derive(Clone, Debug)]
pub struct Edited<'a> {
    pub(crate) level: Level,
    pub(crate) target: &'a str,
    /// The new message, if there is one.
    pub(crate) message: Option<&'a str>,
    /// All fields, those of the logger too.
    pub(crate) fields: &'a [(&'a str, ValueRef<'a>)],
    /// The record as it was logged.
    pub(crate) origin: Record<'a>,
}

/// One logged event, borrowed from the arena.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub(crate) site: Site<'a>,
    /// Id of the callsite, if it is known.
    pub(crate) callsite: Option<u32>,
    pub(crate) unix_ns: u64,
    pub(crate) seq: u64,
    pub(crate) thread: &'a ThreadInfo,
    pub(crate) bound: Option<&'a Bound>,
    pub(crate) args: Args<'a>,
    /// That of the site: asked for several times a record.
    pub(crate) level: Level,
    /// Text that processors want before the message.
    pub(crate) prefix: Option<&'a &'a str>,
}

impl<'a> Record<'a> {
    /// Puts a record together; for tests and for readers of stored frames.
    #[doc(hidden)]
    pub fn new(
        site: Site<'a>,
        unix_ns: u64,
        seq: u64,
        thread: &'a ThreadInfo,
        bound: Option<&'a Bound>,
        args: Args<'a>,
    ) -> Self {
        let level = site.level();
        Record { site, callsite: None, unix_ns, seq, thread, bound, args, level, prefix: None }
    }
    /// Severity.
    pub fn level(&self) -> Level {
        self.level
    }
    /// The logger's name if it has one, else the statement's target.
    pub fn target(&self) -> &'a str {
        if let Some(name) = self.bound.and_then(|b| b.name.as_deref()) {
            return name;
        }
        match self.site {
            Site::Static(meta) => meta.target,
            Site::Dynamic { target, .. } => target,
            Site::Edited(edited) => edited.target,
        }
    }
    /// Module path.
    pub fn module(&self) -> Option<&'a str> {
        match self.site {
            Site::Static(meta) => Some(meta.module),
            Site::Dynamic { module, .. } => module,
            Site::Edited(edited) => edited.origin.module(),
        }
    }
    /// Source file.
    pub fn file(&self) -> Option<&'a str> {
        match self.site {
            Site::Static(meta) => Some(meta.file),
            Site::Dynamic { file, .. } => file,
            Site::Edited(edited) => edited.origin.file(),
        }
    }
    /// Source line.
    pub fn line(&self) -> Option<u32> {
        match self.site {
            Site::Static(meta) => Some(meta.line),
            Site::Dynamic { line, .. } => (line != 0).then_some(line),
            Site::Edited(edited) => edited.origin.line(),
        }
    }
    /// Event name given by `name:`, or empty.
    pub fn name(&self) -> &'a str {
        match self.site {
            Site::Static(meta) => meta.name,
            Site::Dynamic { name, .. } => name,
            Site::Edited(edited) => edited.origin.name(),
        }
    }
    /// When the call was made: nanoseconds since 1970 in UTC.
    pub fn unix_ns(&self) -> u64 {
        self.unix_ns
    }
    /// Position of the record in its lane, from 0.
    pub fn seq(&self) -> u64 {
        self.seq
    }
    /// The thread that logged.
    pub fn thread(&self) -> &'a ThreadInfo {
        self.thread
    }
    /// Text that belongs directly before the message: processors put it there, as an emoji. Mostly empty.
    pub fn prefix(&self) -> &'a str {
        self.prefix.map_or("", |prefix| prefix)
    }
    /// The message.
    pub fn message(&self) -> Message<'_> {
        Message { record: self }
    }
    /// Bound fields first, then the statement's own. A bound field gives way to one of the same key.
    pub fn fields(&self) -> Fields<'_, 'a> {
        let bound = self.bound.map(Bound::entries);
        Fields { record: self, bound, own: self.own_fields(), at: 0 }
    }

    fn own_fields(&self) -> Own<'a> {
        match self.site {
            Site::Static(meta) => Own::Static(meta.fields),
            Site::Dynamic { fields, .. } => match fields {
                Some(map) => Own::Dynamic(map.entries()),
                None => Own::Static(&[]),
            },
            Site::Edited(edited) => Own::Edited(edited.fields.iter()),
        }
    }
}

#[derive(Clone, Debug)]
enum Own<'a> {
    Static(&'static [&'static str]),
    Dynamic(NestedEntries<'a>),
    Edited(core::slice::Iter<'a, (&'a str, ValueRef<'a>)>),
}

/// Iterator over the fields of a record.
#[derive(Clone, Debug)]
pub struct Fields<'r, 'a> {
    record: &'r Record<'a>,
    bound: Option<NestedEntries<'a>>,
    own: Own<'a>,
    at: usize,
}

impl<'a> Iterator for Fields<'_, 'a> {
    type Item = (&'a str, ValueRef<'a>);
    fn next(&mut self) -> Option<(&'a str, ValueRef<'a>)> {
        while let Some(bound) = &mut self.bound {
            let Some((key, value)) = bound.next() else {
                self.bound = None;
                break;
            };
            let hidden = match &self.own {
                Own::Static(names) => names.contains(&key),
                Own::Dynamic(entries) => entries.clone().any(|(k, _)| k == key),
                Own::Edited(fields) => fields.clone().any(|(k, _)| *k == key),
            };
            if !hidden {
                return Some((key, value));
            }
        }
        match &mut self.own {
            Own::Static(names) => {
                let key = names.get(self.at)?;
                let value = self.record.args.get(self.at);
                self.at += 1;
                Some((key, value))
            }
            Own::Dynamic(entries) => entries.next(),
            Own::Edited(fields) => fields.next().copied(),
        }
    }

    /// All fields without a state to keep between them: the formats come this way.
    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut acc = init;
        while self.bound.is_some() {
            match self.next() {
                Some(field) => acc = f(acc, field),
                None => return acc,
            }
        }
        match self.own {
            Own::Static(names) => (self.at..names.len())
                .fold(acc, |acc, i| f(acc, (names[i], self.record.args.get(i)))),
            Own::Dynamic(entries) => entries.fold(acc, f),
            Own::Edited(fields) => fields.copied().fold(acc, f),
        }
    }
}

/// The message of a record: literal pieces and arguments. [`write_message`](crate::format::write_message) renders it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'r> {
    record: &'r Record<'r>,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// Text as it stands.
    Lit(&'a str),
    /// An argument and how to print it.
    Arg(ValueRef<'a>, Spec),
}

impl<'r> Message<'r> {
    /// The parts in order.
    pub fn parts(self) -> impl Iterator<Item = Part<'r>> {
        let source = self.source();
        let (template, whole) = match source.site {
            Site::Static(meta) => (meta.template, None),
            Site::Dynamic { message, .. } => (&[][..], Some(Part::Lit(message))),
            Site::Edited(edited) => (&[][..], edited.message.map(Part::Lit)),
        };
        let args = &source.args;
        whole.into_iter().chain(template.iter().map(move |piece| match piece {
            Piece::Lit(text) => Part::Lit(text),
            Piece::Arg(i, spec) => Part::Arg(args.get(usize::from(*i)), *spec),
        }))
    }
    /// Whether the statement has no message at all.
    pub fn is_empty(self) -> bool {
        match self.source().site {
            Site::Static(meta) => meta.template.is_empty(),
            Site::Dynamic { message, .. } => message.is_empty(),
            Site::Edited(edited) => edited.message.is_none_or(str::is_empty),
        }
    }

    /// The record whose message it is: the one that was logged, unless a processor has set another.
    fn source(self) -> &'r Record<'r> {
        match self.record.site {
            Site::Edited(Edited { message: None, origin, .. }) => {
                Message { record: origin }.source()
            }
            _ => self.record,
        }
    }
}
