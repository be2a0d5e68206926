//! A record while processors work on it.

mod raw;

use super::said::Said;
use crate::codec::{
    Args, Bound, Edited, OwnedRecord, Record, Site, ThreadInfo, TreeWriter, Value, ValueRef,
    read_tree,
};
use crate::meta::{Level, Metadata};
use crate::sync::bytes_of_words;
use bumpalo::Bump;
use bumpalo::collections::{String as Text, Vec as List};
use std::cell::{Cell, RefCell};
use std::fmt;

/// What is kept of the memory for one record when the next one comes.
const KEPT_BYTES: usize = 1 << 20;
/// Renders the message of a record.
pub(crate) type Render = fn(&Record<'_>, &mut Vec<u8>);

/// Memory and means of the processors: one of each writer, used for one record after the other.
pub(crate) struct Tools {
    bump: Bump,
    said: RefCell<Vec<Said>>,
    /// Something was said.
    spoken: Cell<bool>,
    /// Records that were held back and are to go on.
    replays: RefCell<Vec<OwnedRecord>>,
    replaying: Cell<bool>,
    /// Renders a message without escapes.
    render: Render,
    /// Where messages are rendered.
    text: Cell<Vec<u8>>,
    held: raw::Held,
}

impl Tools {
    pub(crate) fn new(render: Render) -> Tools {
        Tools {
            bump: Bump::new(),
            said: RefCell::default(),
            spoken: Cell::new(false),
            replays: RefCell::default(),
            replaying: Cell::new(false),
            render,
            text: Cell::default(),
            held: raw::Held::default(),
        }
    }
    /// Forgets what belonged to the last record.
    #[inline(always)]
    pub(crate) fn reset(&mut self) {
        self.bump.reset();
        // One very large record must not keep its memory for ever.
        if self.bump.allocated_bytes() > KEPT_BYTES {
            self.bump = Bump::new();
        }
        self.forget_held();
    }
    pub(super) fn say(&self, said: Said) {
        self.spoken.set(true);
        self.said.borrow_mut().push(said);
    }
    /// What processors have said since the last call.
    pub(crate) fn take_said(&self) -> Option<Vec<Said>> {
        self.spoken.take().then(|| std::mem::take(&mut *self.said.borrow_mut()))
    }
    /// How many records were said and not taken yet.
    pub(super) fn said_so_far(&self) -> usize {
        if self.spoken.get() { self.said.borrow().len() } else { 0 }
    }
    /// Takes back what was said since there were `so_far`.
    pub(super) fn take_said_since(&self, so_far: usize) -> Vec<Said> {
        self.said.borrow_mut().split_off(so_far)
    }
    /// Whether something was said, or let go on, that nobody has taken yet.
    #[inline(always)]
    pub(super) fn has_news(&self) -> bool {
        self.spoken.get() | self.replaying.get()
    }
    /// Records that a processor has let go on since the last call.
    pub(super) fn take_replays(&self) -> Option<Vec<OwnedRecord>> {
        self.replaying.take().then(|| std::mem::take(&mut *self.replays.borrow_mut()))
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools").finish_non_exhaustive()
    }
}

/// A record on its way through the processors: it can be read, and changed.
///
/// What is not changed is not copied. The first change of a field copies the list of fields (not the values) into memory
/// that is reused for every record; the record is then formatted part by part, in about twice the time.
/// [`Draft::set_prefix`] is cheaper: it leaves the fields alone.
pub struct Draft<'a> {
    record: &'a mut Record<'a>,
    tools: &'a Tools,
    changed: Option<Changed<'a>>,
}

/// What is no longer as it was logged.
struct Changed<'a> {
    level: Level,
    target: &'a str,
    message: Option<&'a str>,
    fields: List<'a, (&'a str, ValueRef<'a>)>,
}

impl<'a> Changed<'a> {
    #[inline(never)]
    fn copy(&self, bump: &'a Bump) -> Changed<'a> {
        Changed { fields: List::from_iter_in(self.fields.iter().copied(), bump), ..*self }
    }
    #[inline(never)]
    fn finish(self, origin: &Record<'a>, bump: &'a Bump) -> &'a Record<'a> {
        let Changed { level, target, message, fields } = self;
        let fields = fields.into_bump_slice();
        let edited = bump.alloc(Edited { level, target, message, fields, origin: *origin });
        bump.alloc(edited_record(edited))
    }
}

/// A draft as it stood.
pub(super) struct Mark<'a> {
    prefix: Option<&'a &'a str>,
    args: Args<'a>,
    bound: Option<&'a Bound>,
    changed: Option<Changed<'a>>,
}

impl<'a> Draft<'a> {
    /// The record is changed in its place: a copy would cost more than all else that is done for a processor.
    #[inline(always)]
    pub(crate) fn new(record: &'a mut Record<'a>, tools: &'a Tools) -> Draft<'a> {
        Draft { record, tools, changed: None }
    }

    /// Severity.
    pub fn level(&self) -> Level {
        self.changed.as_ref().map_or_else(|| self.record.level(), |changed| changed.level)
    }
    /// The logger's name if it has one, else the statement's target.
    pub fn target(&self) -> &'a str {
        self.changed.as_ref().map_or_else(|| self.record.target(), |changed| changed.target)
    }
    /// The message as text, rendered when it is asked for; the event's name where there is no message. Not escaped.
    pub fn message(&self) -> &'a str {
        match &self.changed {
            Some(Changed { message: Some(message), .. }) => message,
            _ => render(self.record, self.tools),
        }
    }
    /// All fields: bound ones first, then the statement's own.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, ValueRef<'a>)> + use<'_, 'a> {
        let logged = self.changed.is_none().then(|| self.record.fields());
        let changed = self.changed.iter().flat_map(|changed| changed.fields.iter().copied());
        logged.into_iter().flatten().chain(changed)
    }
    /// The value of a field; of several with this key, the last.
    pub fn get(&self, key: &str) -> Option<ValueRef<'a>> {
        self.fields().filter(|(k, _)| *k == key).last().map(|(_, value)| value)
    }
    /// Event name given by `name:`, or empty.
    pub fn name(&self) -> &'a str {
        self.record.name()
    }
    /// Module path.
    pub fn module(&self) -> Option<&'a str> {
        self.record.module()
    }
    /// Source file.
    pub fn file(&self) -> Option<&'a str> {
        self.record.file()
    }
    /// Source line.
    pub fn line(&self) -> Option<u32> {
        self.record.line()
    }
    /// When the call was made: nanoseconds since 1970 in UTC.
    pub fn unix_ns(&self) -> u64 {
        self.record.unix_ns()
    }
    /// Position of the record in its lane, from 0.
    pub fn seq(&self) -> u64 {
        self.record.seq()
    }
    /// The thread that logged.
    pub fn thread(&self) -> &'a ThreadInfo {
        self.record.thread()
    }
    /// The logging statement with a number that is its own in this process: none for records without one. For what is worked
    /// out once a statement.
    pub fn statement(&self) -> Option<(u32, &'static Metadata)> {
        match self.record.site {
            Site::Static(meta) => self.record.callsite.map(|id| (id, meta)),
            _ => None,
        }
    }
    /// The record as it was logged, if it still is what it was.
    pub(crate) fn unchanged(&self) -> Option<&Record<'a>> {
        self.changed.is_none().then_some(&*self.record)
    }
    /// Whether fields, message, target or level were changed.
    pub fn is_changed(&self) -> bool {
        self.changed.is_some()
    }

    /// Sets the severity. Thresholds of routes look at the new one; those of targets were applied before.
    pub fn set_level(&mut self, level: Level) {
        self.changed().level = level;
    }
    /// Sets the target.
    pub fn set_target(&mut self, target: &str) {
        let target = self.keep(target);
        self.changed().target = target;
    }
    /// Sets the message.
    pub fn set_message(&mut self, message: &str) {
        let message = self.keep(message);
        self.changed().message = Some(message);
    }
    /// Text directly before the message, as an emoji; a space is not added. It replaces an earlier one.
    pub fn set_prefix(&mut self, prefix: &str) {
        let prefix = self.keep(prefix);
        self.record.prefix = Some(self.tools.bump.alloc(prefix));
    }
    /// The text before the message.
    pub fn prefix(&self) -> &'a str {
        self.record.prefix()
    }
    /// Sets a field: one of this key gets the value, and keeps its place; else it is added behind the others.
    pub fn set<'v>(&mut self, key: &str, value: impl Into<ValueRef<'v>>) {
        let value = self.keep_value(value.into());
        self.set_kept(key, value);
    }
    /// The same with an owned value, which may be a list or an object.
    pub fn set_value(&mut self, key: &str, value: &Value) {
        let value = nested(&self.tools.bump, |tree| tree.value(value));
        self.set_kept(key, value);
    }
    /// Removes a field; returns its value.
    pub fn remove(&mut self, key: &str) -> Option<ValueRef<'a>> {
        let value = self.get(key)?;
        self.changed().fields.retain(|(k, _)| *k != key);
        Some(value)
    }
    /// Gives a field another key, in its place; false if there is none. A field that had that key before is removed.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        if from == to || self.get(from).is_none() {
            return false;
        }
        let to = self.keep(to);
        let fields = &mut self.changed().fields;
        fields.retain(|(key, _)| *key != to);
        fields.iter_mut().filter(|(key, _)| *key == from).for_each(|(key, _)| *key = to);
        true
    }
    /// Keeps only the fields for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, ValueRef<'a>) -> bool) {
        self.changed().fields.retain(|(key, value)| keep(key, *value));
    }
    /// Sorts the fields by their keys.
    pub fn sort_fields(&mut self) {
        self.changed().fields.sort_by(|a, b| a.0.cmp(b.0));
    }

    /// Copies a text to where it lives as long as the record: for [`ValueRef::Str`].
    pub fn keep(&self, text: &str) -> &'a str {
        self.tools.bump.alloc_str(text)
    }
    /// Adds a record of the processor's own behind this one: to the routes that want its level, past all processors but
    /// those behind this one that [are essential](super::Processor::is_essential). It does not count as accepted or written.
    pub fn say(&self, level: Level, target: &str, message: &str, fields: &[(&str, Value)]) {
        let made = OwnedRecord::made(level, target, message, fields, self.unix_ns());
        self.tools.say(Said::made(made, false));
    }
    /// The same before this record, with a time of its own.
    pub fn say_before(
        &self,
        level: Level,
        target: &str,
        message: &str,
        fields: &[(&str, Value)],
        unix_ns: u64,
    ) {
        let made = OwnedRecord::made(level, target, message, fields, unix_ns);
        self.tools.say(Said::made(made, true));
    }

    /// A copy of the record as it stands now, to be kept.
    pub(super) fn own(&self) -> OwnedRecord {
        self.with_record(|record, _| OwnedRecord::of(record))
    }
    /// Lets a record that was kept go on ahead of this one, marked with the field `replayed`: through the processors behind
    /// the one at work, and then to the routes.
    pub(super) fn replay(&self, kept: &OwnedRecord) {
        kept.with(&mut |record| {
            let mut record = *record;
            let mut draft = Draft::new(&mut record, self.tools);
            draft.set("replayed", true);
            self.tools.replays.borrow_mut().push(draft.own());
        });
        self.tools.replaying.set(true);
    }

    /// Writes down a statement with its arguments and its logger, as they lie in the frame, and what was put before the
    /// message: together they make the record. False, and nothing, if it has no statement or was changed.
    pub(super) fn describe_frame(&self, out: &mut Vec<u8>) -> bool {
        let (Some((id, _)), false) = (self.statement(), self.is_changed()) else { return false };
        let (words, bound) = (self.record.args.words(), self.record.bound.map_or(0, Bound::serial));
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&bound.to_le_bytes());
        out.extend_from_slice(self.record.prefix().as_bytes());
        out.extend_from_slice(bytes_of_words(words.get(2..).unwrap_or_default()));
        true
    }
    pub(super) fn tools(&self) -> &'a Tools {
        self.tools
    }
    /// Calls `f` with the record as it stands now.
    pub(super) fn with_record<R>(&self, f: impl FnOnce(&Record<'_>, &Tools) -> R) -> R {
        let Some(changed) = &self.changed else { return f(self.record, self.tools) };
        let edited = Edited {
            level: changed.level,
            target: changed.target,
            message: changed.message,
            fields: &changed.fields,
            origin: *self.record,
        };
        f(&edited_record(&edited), self.tools)
    }

    /// The record as it stands now.
    #[inline(always)]
    pub(crate) fn finish(self) -> &'a Record<'a> {
        let Draft { record, tools, changed } = self;
        match changed {
            None => record,
            Some(changed) => changed.finish(record, &tools.bump),
        }
    }

    /// The draft as it stands now, for [`Draft::restore`].
    #[inline(always)]
    pub(super) fn mark(&self) -> Mark<'a> {
        let changed = self.changed.as_ref().map(|changed| changed.copy(&self.tools.bump));
        let Record { prefix, args, bound, .. } = *self.record;
        Mark { prefix, args, bound, changed }
    }
    pub(super) fn restore(&mut self, mark: Mark<'a>) {
        let Mark { prefix, args, bound, changed } = mark;
        *self.record = Record { prefix, args, bound, ..*self.record };
        self.changed = changed;
    }

    fn changed(&mut self) -> &mut Changed<'a> {
        let Draft { record, tools, changed } = self;
        changed.get_or_insert_with(|| {
            let mut fields = List::new_in(&tools.bump);
            record.fields().for_each(|field| fields.push(field));
            Changed { level: record.level(), target: record.target(), message: None, fields }
        })
    }

    fn set_kept(&mut self, key: &str, value: ValueRef<'a>) {
        let fields = &mut self.changed().fields;
        match fields.iter_mut().rev().find(|(k, _)| *k == key) {
            Some(field) => field.1 = value,
            None => {
                let key = self.keep(key);
                self.changed().fields.push((key, value));
            }
        }
    }

    fn keep_value(&self, value: ValueRef<'_>) -> ValueRef<'a> {
        let bump = &self.tools.bump;
        match value {
            ValueRef::Str(text) => ValueRef::Str(bump.alloc_str(text)),
            ValueRef::Text(text) => ValueRef::Text(bump.alloc_str(text)),
            ValueRef::Debug(text) => ValueRef::Debug(bump.alloc_str(text)),
            ValueRef::Bytes(bytes) => ValueRef::Bytes(bump.alloc_slice_copy(bytes)),
            ValueRef::List(_) | ValueRef::Map(_) => nested(bump, |tree| tree.leaf(value)),
            ValueRef::Null => ValueRef::Null,
            ValueRef::Bool(v) => ValueRef::Bool(v),
            ValueRef::I64(v) => ValueRef::I64(v),
            ValueRef::U64(v) => ValueRef::U64(v),
            ValueRef::I128(v) => ValueRef::I128(v),
            ValueRef::U128(v) => ValueRef::U128(v),
            ValueRef::F64(v) => ValueRef::F64(v),
            ValueRef::F32(v) => ValueRef::F32(v),
            ValueRef::Char(v) => ValueRef::Char(v),
            ValueRef::Duration(v) => ValueRef::Duration(v),
            ValueRef::Time(v) => ValueRef::Time(v),
            ValueRef::Ip(v) => ValueRef::Ip(v),
            ValueRef::Uuid(v) => ValueRef::Uuid(v),
            ValueRef::Redacted => ValueRef::Redacted,
        }
    }
}

/// A value that `fill` writes in the nested encoding.
pub(super) fn nested<'a>(bump: &'a Bump, fill: impl FnOnce(&mut List<'a, u8>)) -> ValueRef<'a> {
    let mut tree = List::new_in(bump);
    fill(&mut tree);
    read_tree(tree.into_bump_slice()).map_or(ValueRef::Null, |(value, _)| value)
}

/// The message of a record as text.
pub(super) fn render<'a>(record: &Record<'_>, tools: &'a Tools) -> &'a str {
    let mut text = tools.text.take();
    text.clear();
    (tools.render)(record, &mut text);
    let rendered = Text::from_utf8_lossy_in(&text, &tools.bump).into_bump_str();
    tools.text.set(text);
    rendered
}

fn edited_record<'a>(edited: &'a Edited<'a>) -> Record<'a> {
    let origin = &edited.origin;
    Record {
        site: Site::Edited(edited),
        callsite: None,
        unix_ns: origin.unix_ns,
        seq: origin.seq,
        thread: origin.thread,
        bound: None,
        args: Args::default(),
        level: edited.level,
        prefix: origin.prefix,
    }
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("level", &self.level())
            .field("target", &self.target())
            .field("message", &self.message())
            .finish_non_exhaustive()
    }
}
