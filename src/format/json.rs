//! One JSON object a line.

use super::keys::{Last, Seen, print};
use super::layout::{Layout, Parts};
use super::lines::Lines;
use super::member::{Duplicates, LevelForm, Member};
use super::schema::{Item, Schema, Style, What};
use super::time::Stamp;
use super::whole;
use super::{Format, escape, json_value, number};
use crate::codec::{Record, ValueRef};
use crate::error::ConfigError;
use escape::JsonString;
use json_value::entry;
use std::borrow::Cow;

/// Compact JSON, one object a line.
///
/// ```text
/// {"timestamp":"2026-11-20T12:00:00.123456Z","level":"info","logger":"shop","event":"paid","id":7}
/// ```
///
/// The four keys in front come in this order unless a [`Schema`] says otherwise; the fields follow in the order of the call. A
/// field that has the key of one of them, or of a part that was switched on, is written as
/// `fields.level` and so on. Every key comes once: of fields with the same key the last one counts.
/// How values are written is said in the [module](super)'s table.
///
/// The lines of well-known consumers: [`compat`](Json::compat), [`s3`](Json::s3), [`logstash`](Json::logstash),
/// [`ecs`](Json::ecs), [`gcp`](Json::gcp), [`datadog`](Json::datadog), [`gelf`](Json::gelf), [`otel`](Json::otel).
///
/// ```
/// use ripsaw::format::Json;
/// let format = Json::new().location(true);
/// # let _: &dyn ripsaw::format::Format = &format;
/// ```
#[derive(Clone, Debug)]
pub struct Json {
    shape: Shape,
    lines: Lines,
}

/// A schema, and what follows from it.
#[derive(Clone, Debug)]
struct Shape {
    schema: Schema,
    /// Keys that no field may have, and what such a field is called.
    reserved: Cow<'static, [(Cow<'static, str>, Cow<'static, str>)]>,
    /// Of the keys at which the fields must be looked at twice.
    prints: Cow<'static, [u32]>,
}

impl Json {
    /// With the time, without thread and location.
    pub const fn new() -> Self {
        let shape = Shape {
            schema: Schema::new(),
            reserved: Cow::Borrowed(RESERVED),
            prints: Cow::Borrowed(PRINTS),
        };
        Json { shape, lines: Lines::new(Stamp::rfc3339()) }
    }

    /// With the members and keys of a schema.
    ///
    /// # Errors
    /// If a line would not be an object with each key once: two members with one key, an empty key, no member that is always
    /// there, or a field that is renamed to the key of a member.
    pub fn with(schema: Schema) -> Result<Self, ConfigError> {
        schema.check()?;
        Ok(Json::sound(schema))
    }

    /// With a schema that needs no check.
    pub(super) fn sound(mut schema: Schema) -> Self {
        schema.group();
        let reserved: Vec<(Cow<'static, str>, Cow<'static, str>)> = schema
            .reserved()
            .map(|key| (key.to_owned().into(), format!("{}{key}", schema.prefix).into()))
            .collect();
        let lifted = schema.items.iter().filter_map(|item| match &item.what {
            What::Field(name) => Some(&**name),
            _ => None,
        });
        let renamed = schema.renames.iter().map(|(field, _)| &**field);
        let keys = reserved.iter().map(|(key, _)| &**key).chain(lifted).chain(renamed);
        let prints = keys.map(|key| print(key.as_bytes())).collect();
        let stamp = Stamp::new(schema.time);
        let shape = Shape { reserved: reserved.into(), prints, schema };
        Json { shape, lines: Lines::new(stamp) }
    }

    /// Whether there is a `timestamp`. On by default.
    pub fn timestamp(self, show: bool) -> Self {
        self.shown(&[Member::Timestamp], show)
    }
    /// Whether there is a `thread`: its name, or its id as a string if it has none. Off by default.
    pub fn thread(self, show: bool) -> Self {
        self.shown(&[Member::Thread], show)
    }
    /// Whether there are `file` and `line`, where known. Off by default.
    pub fn location(self, show: bool) -> Self {
        let text = self.shape.schema.items.iter().any(|i| i.what == What::Member(Member::LineText));
        let line = if text { Member::LineText } else { Member::Line };
        self.shown(&[Member::File, line], show)
    }

    fn shown(self, members: &[Member], show: bool) -> Self {
        let mut schema = self.shape.schema;
        members.iter().for_each(|&member| schema.set_shown(member, show));
        Json::sound(schema)
    }
}

impl Default for Json {
    fn default() -> Self {
        Json::new()
    }
}

impl Format for Json {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.lines.write(&self.shape, record, out);
    }
}

/// What [`Layout::whole`] writes of a line of JSON.
mod part {
    /// The fields in an object.
    pub(super) const OBJECT: u8 = 0;
    /// The fields in the line itself.
    pub(super) const FLAT: u8 = 1;
    pub(super) const GELF: u8 = 2;
    pub(super) const OTEL: u8 = 3;
    /// The first line of the message, and all of it if there are more.
    pub(super) const GELF_MESSAGE: u8 = 4;
    pub(super) const PID: u8 = 5;
}

impl Layout for Shape {
    type Text = JsonString;
    type Bare = JsonString;
    type Quoted = JsonString;
    const QUOTED_ALWAYS: bool = true;
    const UNIQUE_KEYS: bool = true;

    fn line(&self, parts: &mut impl Parts) {
        let mut line = Line { parts, open: &[], first: true };
        line.parts.raw(b"{");
        // Fields bring their commas along: something must stand in front of them.
        let mut waiting = Vec::new();
        let mut items = self.schema.items.iter().filter(|item| !item.hidden).peekable();
        while let Some(item) = items.next() {
            let is_flat = item.path.is_empty();
            if is_flat && line.first {
                waiting.push(item);
                continue;
            }
            self.item(item, &mut line);
            // Nor may they stand between members of one object.
            let is_within =
                !is_flat && items.peek().is_some_and(|n| n.path.first() == item.path.first());
            if !line.first && !is_within {
                waiting.drain(..).for_each(|item| self.item(item, &mut line));
            }
        }
        line.close(0);
        line.parts.raw(b"}");
    }

    fn rename<'a>(&'a self, key: &'a str) -> &'a str {
        let key = self.schema.renamed(key);
        self.reserved.iter().find(|(taken, _)| taken == key).map_or(key, |(_, new)| new)
    }

    fn lifts(&self, key: &str) -> bool {
        self.schema.items.iter().any(|item| match &item.what {
            What::Field(name) => name == key,
            _ => false,
        })
    }

    fn key(&self, key: &str, out: &mut Vec<u8>) {
        json_value::key(key, out);
    }

    fn value(&self, value: ValueRef<'_>, _scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        json_value::value(value, out);
    }

    fn fields(&self, record: &Record<'_>, _scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        let start = out.len();
        let mut seen = Seen::new();
        let mut clash = false;
        record.fields().for_each(|(key, v)| {
            clash = clash || seen.may_clash(key, &self.prints);
            if !clash {
                entry(key, v, out);
            }
        });
        if clash {
            out.truncate(start);
            self.renamed_fields(record, out);
        }
    }

    fn whole(&self, what: u8, record: &Record<'_>, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        let taken = |key: &str| self.schema.takes(key);
        let gelf = what == part::GELF;
        let key = |name| match gelf {
            _ if self.lifts(name) => None,
            false => Some(Cow::Borrowed(self.rename(name))),
            true => {
                let name = self.schema.renamed(name);
                let key = whole::gelf_key("", name);
                let other = || whole::gelf_key(&self.schema.prefix, name);
                Some(Cow::Owned(if taken(&key) { other() } else { key }))
            }
        };
        let fields = || whole::entries(record, self.schema.duplicates, key, taken);
        match what {
            part::OBJECT => whole::object(&fields(), out),
            part::FLAT => fields().iter().for_each(|(key, value)| entry(key, *value, out)),
            part::GELF => whole::gelf(&fields(), scratch, out),
            part::OTEL => whole::otel(&fields(), out),
            part::GELF_MESSAGE => whole::gelf_message(record, scratch, out),
            _ => number::unsigned(std::process::id().into(), out),
        }
    }
}

/// A line on its way: which objects are open, outermost first, and whether nothing stands in the innermost yet.
struct Line<'p, P> {
    parts: &'p mut P,
    open: &'p [Cow<'static, str>],
    first: bool,
}

impl<'p, P: Parts> Line<'p, P> {
    /// Closes objects until so many are left open.
    fn close(&mut self, left: usize) {
        while self.open.len() > left {
            self.parts.raw(b"}");
            self.open = &self.open[..self.open.len() - 1];
            self.first = false;
        }
    }
    /// What stands before the value of an entry.
    fn key(&mut self, path: &'p [Cow<'static, str>]) {
        let [around @ .., key] = path else { return };
        let same = self.open.iter().zip(around).take_while(|(a, b)| a == b).count();
        self.close(same);
        for key in &around[same..] {
            self.entry(key);
            self.parts.raw(b"{");
            self.first = true;
        }
        self.open = around;
        self.entry(key);
    }
    fn entry(&mut self, key: &str) {
        self.parts.raw(if self.first { b"\"" } else { b",\"" });
        self.parts.escaped(key);
        self.parts.raw(b"\":");
        self.first = false;
    }
    fn quoted(&mut self, write: impl FnOnce(&mut P)) {
        self.parts.raw(b"\"");
        write(self.parts);
        self.parts.raw(b"\"");
    }
}

impl Shape {
    fn item<'p, P: Parts>(&'p self, item: &'p Item, line: &mut Line<'p, P>) {
        match &item.what {
            What::Constant(json) => {
                line.key(&item.path);
                line.parts.raw(json);
            }
            What::Field(name) => {
                line.close(0);
                line.parts.field(name);
            }
            What::Member(member) => self.member(*member, item, line),
        }
    }

    fn member<'p, P: Parts>(&'p self, member: Member, item: &'p Item, line: &mut Line<'p, P>) {
        let known = match member {
            Member::File => line.parts.has_file(),
            Member::Line | Member::LineText => line.parts.has_line(),
            Member::Module => line.parts.has_module(),
            _ => true,
        };
        if !known {
            return;
        }
        let gelf = self.schema.style == Style::Gelf;
        match member {
            Member::Fields if item.path.is_empty() => line.close(0),
            // Without the quotes: it may be two entries.
            _ => line.key(&item.path),
        }
        let level = line.parts.level();
        match member {
            Member::Timestamp if self.schema.time.is_aligned() => line.quoted(P::stamp),
            Member::Timestamp if self.schema.time.is_text() => line.quoted(P::moment),
            Member::Timestamp => line.parts.moment(),
            Member::Level => line.parts.raw(self.schema.level.json(level).as_bytes()),
            Member::LevelText => line.parts.raw(LevelForm::Upper.json(level).as_bytes()),
            Member::Logger => line.quoted(|parts| parts.target(b"", b"")),
            Member::Event if gelf => line.parts.whole(part::GELF_MESSAGE),
            Member::Event => line.quoted(P::message),
            Member::File => line.quoted(P::file),
            Member::Line => line.parts.line(),
            Member::LineText => line.quoted(P::line),
            Member::Module => line.quoted(P::module),
            Member::Thread => line.quoted(P::thread),
            Member::ThreadId => line.parts.thread_id(),
            Member::Pid => line.parts.whole(part::PID),
            Member::Seq => line.parts.seq(),
            Member::Fields if gelf => line.parts.whole(part::GELF),
            Member::Fields if self.schema.style == Style::Otel => line.parts.whole(part::OTEL),
            Member::Fields if !item.path.is_empty() => line.parts.whole(part::OBJECT),
            Member::Fields if self.schema.duplicates != Duplicates::Last => {
                line.parts.whole(part::FLAT);
            }
            Member::Fields => line.parts.fields(),
        }
    }

    /// The fields where a key is reserved, renamed or lifted, or comes twice.
    #[cold]
    fn renamed_fields(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let last = Last::of(record.fields().map(|(key, _)| self.rename(key)));
        for (at, (name, v)) in record.fields().enumerate() {
            let key = self.rename(name);
            if last.is(key, at) && !self.lifts(name) {
                entry(key, v, out);
            }
        }
    }
}

/// The keys that a line of [`Json::new`] has of its own, and what fields of these names are called.
const RESERVED: &[(Cow<'static, str>, Cow<'static, str>)] = &[
    (Cow::Borrowed("timestamp"), Cow::Borrowed("fields.timestamp")),
    (Cow::Borrowed("level"), Cow::Borrowed("fields.level")),
    (Cow::Borrowed("logger"), Cow::Borrowed("fields.logger")),
    (Cow::Borrowed("event"), Cow::Borrowed("fields.event")),
];
const PRINTS: &[u32] = &[print(b"timestamp"), print(b"level"), print(b"logger"), print(b"event")];
