//! From a record to its marks.

use super::domain::split;
use super::layers::Resolved;
use super::lookup::Table;
use super::memo::Memo;
use super::sets::EmojiSet;
use super::tables::DAS;
use super::{Emoji, Keep};
use crate::codec::{Args, Bound, Record, ValueRef, Walk, tag};
use crate::format::write_value;
use crate::meta::Metadata;
use crate::process::{Draft, Flow, Processor};

/// For what no set has an emoji.
const UNKNOWN: &str = "❓";
/// No name and no domain.
const NONE: u32 = u32::MAX;
/// Contexts that are remembered: one place for each remainder of their numbers.
const CONTEXTS: usize = 64;

/// What is worked out once, and what is kept from record to record.
pub(super) struct Work {
    /// Domain, action and status, and not the fields of layers.
    das: bool,
    slots: Vec<Slot>,
    /// The keys of the slots, by their numbers.
    keys: Table,
    statements: Vec<Option<Statement>>,
    contexts: Vec<Context>,
    /// How often the names had been cleared when the two above were filled.
    cleared: u64,
    hits: Vec<Hit>,
    prefix: String,
    scratch: Vec<u8>,
}

/// A field with a set.
struct Slot {
    key: String,
    values: Table,
    /// `[emoji]` for each value.
    marks: Vec<String>,
    default: String,
}

/// What a statement brings of its own.
#[derive(Clone)]
struct Statement {
    /// Arguments that have a slot, in the order of the slots.
    args: Box<[(u8, u16)]>,
    naming: Naming,
    /// It has a message or a name, with which the marks do not stand alone.
    text: bool,
    /// Of records with nothing but the statement's own arguments.
    memo: Memo,
}

/// What a bound context brings.
#[derive(Clone, Copy)]
struct Context {
    serial: u64,
    /// It has a field with a slot.
    fields: bool,
    /// It has a name, and this is its emoji.
    naming: Option<Naming>,
}

/// Positions of the emoji of a name, and of the set of a domain.
#[derive(Clone, Copy)]
struct Naming {
    name: u32,
    domain: u32,
}

/// A value that was looked up.
#[derive(Clone, Copy)]
struct Hit {
    slot: u16,
    /// None for the default.
    mark: Option<u16>,
    /// It is zero, false or empty.
    falsy: bool,
}

impl Processor for Emoji {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let mut work = match self.work.take() {
            Some(work) => work,
            None => Box::new(Work::new(self)),
        };
        work.mark(self, draft);
        self.work = Some(work);
        Flow::Keep
    }
}

impl Work {
    fn new(emoji: &Emoji) -> Work {
        let resolved = emoji.resolved();
        let (das, slots) = slots(&resolved, emoji.das);
        Work {
            das,
            keys: Table::new(slots.iter().map(|slot| slot.key.as_str())),
            slots,
            statements: Vec::new(),
            contexts: Vec::new(),
            cleared: 0,
            hits: Vec::new(),
            prefix: String::new(),
            scratch: Vec::new(),
        }
    }

    fn mark(&mut self, emoji: &Emoji, draft: &mut Draft<'_>) {
        let cleared = emoji.cache.cleared();
        if self.cleared != cleared {
            self.cleared = cleared;
            self.statements.clear();
            self.contexts.clear();
        }
        if let Some(prefix) = self.remembered(emoji, draft) {
            if !prefix.is_empty() {
                draft.set_prefix(prefix);
            }
            return;
        }
        self.hits.clear();
        self.prefix.clear();
        let (naming, text) = self.look(emoji, draft);
        if self.das && self.hits.iter().all(|hit| hit.falsy) {
            self.hits.clear();
        }
        if self.das && !self.hits.is_empty() {
            for (at, slot) in self.slots.iter().enumerate() {
                let hit = self.hits.iter().find(|hit| usize::from(hit.slot) == at);
                self.prefix
                    .push_str(slot.mark(hit.filter(|hit| !hit.falsy).and_then(|hit| hit.mark)));
            }
        } else {
            for hit in &self.hits {
                self.prefix.push_str(self.slots[usize::from(hit.slot)].mark(hit.mark));
            }
        }
        self.name(emoji, naming, draft);
        if text && !self.prefix.is_empty() {
            self.prefix.push(' ');
        }
        self.remember(emoji, draft);
        if self.prefix.is_empty() {
            return;
        }
        self.prefix.push_str(draft.prefix());
        draft.set_prefix(&self.prefix);
        for hit in &self.hits {
            let stays = match emoji.keep {
                Keep::All => true,
                Keep::Unknown => hit.mark.is_none(),
                Keep::None => self.das && hit.falsy,
            };
            if !stays {
                draft.remove(&self.slots[usize::from(hit.slot)].key);
            }
        }
    }

    /// The record's prefix, if its statement's last one had the same values.
    #[inline]
    fn remembered(&self, emoji: &Emoji, draft: &Draft<'_>) -> Option<&str> {
        let (id, record) = memorable(emoji, draft)?;
        let Statement { args, memo, .. } = self.statements.get(id as usize)?.as_ref()?;
        memo.find(&record.args, args.iter().map(|(arg, _)| usize::from(*arg)))
    }

    fn remember(&mut self, emoji: &Emoji, draft: &Draft<'_>) {
        if let Some((id, record)) = memorable(emoji, draft)
            && let Some(Some(Statement { args, memo, .. })) = self.statements.get_mut(id as usize)
        {
            memo.keep(&record.args, args.iter().map(|(arg, _)| usize::from(*arg)), &self.prefix);
        }
    }

    /// Looks up the fields, in the order of the slots; returns the naming, and whether there is a text for the marks to stand
    /// before.
    #[inline]
    fn look(&mut self, emoji: &Emoji, draft: &Draft<'_>) -> (Naming, bool) {
        if let (Some((id, meta)), Some(record)) = (draft.statement(), draft.unchanged()) {
            let context = record.bound.map(|bound| self.context(emoji, bound));
            let Work { statements, keys, slots, hits, scratch, .. } = self;
            let at = id as usize;
            if at >= statements.len() {
                statements.resize(at + 1, None);
            }
            let statement = statements[at].get_or_insert_with(|| Statement::new(emoji, meta, keys));
            let naming = context.and_then(|context| context.naming).unwrap_or(statement.naming);
            if !context.is_some_and(|context| context.fields) {
                let mut walk = Walk::default();
                for &(arg, slot) in &statement.args {
                    let known = &slots[usize::from(slot)];
                    let hit = known.argument(&record.args, arg.into(), &mut walk, scratch);
                    hits.extend(hit.map(|(mark, falsy)| Hit { slot, mark, falsy }));
                }
                return (naming, statement.text);
            }
            let text = statement.text;
            self.look_at_all(draft);
            return (naming, text);
        }
        self.look_at_all(draft);
        (naming(emoji, draft.target()), !draft.message().is_empty())
    }

    /// The same for a record of any kind. Of several fields with one key the last counts.
    fn look_at_all(&mut self, draft: &Draft<'_>) {
        let Work { keys, slots, hits, scratch, .. } = self;
        for (key, value) in draft.fields() {
            let Some(slot) = keys.find(key.as_bytes()) else { continue };
            hits.retain(|hit| hit.slot != slot);
            let hit = slots[usize::from(slot)].value(value, scratch);
            hits.extend(hit.map(|(mark, falsy)| Hit { slot, mark, falsy }));
        }
        hits.sort_by_key(|hit| hit.slot);
    }

    fn context(&mut self, emoji: &Emoji, bound: &Bound) -> Context {
        if self.contexts.is_empty() {
            let none = Context { serial: 0, fields: false, naming: None };
            self.contexts = vec![none; CONTEXTS];
        }
        let serial = bound.serial();
        let place = &mut self.contexts[serial as usize % CONTEXTS];
        if place.serial != serial {
            let fields = bound.entries().any(|(key, _)| self.keys.find(key.as_bytes()).is_some());
            let naming = bound.name.as_deref().map(|name| naming(emoji, name));
            *place = Context { serial, fields, naming };
        }
        *place
    }

    /// Appends the emoji of the event or of the name.
    #[inline]
    fn name(&mut self, emoji: &Emoji, naming: Naming, draft: &Draft<'_>) {
        let set = emoji.domains.get(naming.domain as usize);
        let by_event = set.and_then(|set| {
            let (action, mut status) = split(draft.message());
            if let Some(field) = draft.get("status")
                && let Some(text) = text_of(field, &mut self.scratch)
            {
                status = std::str::from_utf8(text).unwrap_or(status);
            }
            set.emoji(action, status)
        });
        let by_name = || Some(emoji.names.as_ref()?.emoji(naming.name));
        let name = match naming.name {
            NONE => by_event,
            _ => by_event.or_else(by_name),
        };
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            if !self.prefix.is_empty() {
                self.prefix.push(' ');
            }
            self.prefix.push_str(name);
        }
    }
}

/// A record of which all that counts is its statement and its statement's arguments.
#[inline]
fn memorable<'d, 'a>(emoji: &Emoji, draft: &'d Draft<'a>) -> Option<(u32, &'d Record<'a>)> {
    let (id, record) = (draft.statement()?.0, draft.unchanged()?);
    let alone = record.bound.is_none() && record.prefix.is_none();
    (alone && emoji.keep == Keep::All && emoji.domains.is_empty()).then_some((id, record))
}

/// The fields that have an emoji, and whether they are those of DAS.
fn slots(resolved: &Resolved, das: bool) -> (bool, Vec<Slot>) {
    if !resolved.fields.is_empty() {
        let slots = resolved.fields.iter().filter_map(|field| {
            let set = resolved.sets.get(field.set.as_ref()?);
            Some(Slot::new(&field.key, set, field.default_override_key.as_deref()))
        });
        return (false, slots.collect());
    }
    let fields = DAS.map(|(name, _)| name.trim_start_matches("_legacy_")).into_iter();
    let slots = fields.zip(resolved.das()).map(|(key, set)| Slot::new(key, Some(set), None));
    (das, if das { slots.collect() } else { Vec::new() })
}

fn naming(emoji: &Emoji, name: &str) -> Naming {
    let domain = emoji.domains.iter().rposition(|set| set.domain() == name);
    Naming {
        name: emoji.names.as_ref().map_or(NONE, |names| emoji.cache.find(names, name)),
        domain: domain.map_or(NONE, |at| at as u32),
    }
}

impl Statement {
    #[cold]
    fn new(emoji: &Emoji, meta: &'static Metadata, keys: &Table) -> Statement {
        let mut args: Vec<(u8, u16)> = Vec::new();
        for (at, key) in meta.fields.iter().enumerate().take(u8::MAX.into()) {
            if let Some(slot) = keys.find(key.as_bytes()) {
                args.retain(|(_, known)| *known != slot);
                args.push((at as u8, slot));
            }
        }
        args.sort_by_key(|(_, slot)| *slot);
        Statement {
            args: args.into(),
            naming: naming(emoji, meta.target),
            text: !meta.template.is_empty() || !meta.name.is_empty(),
            memo: Memo::default(),
        }
    }
}

impl Slot {
    fn new(key: &str, set: Option<&EmojiSet>, default: Option<&str>) -> Slot {
        let emojis = set.map_or(&[][..], |set| &set.emojis);
        let default = set.and_then(|set| {
            set.get(default.filter(|key| !key.is_empty()).unwrap_or(&set.default_key))
        });
        Slot {
            key: key.to_owned(),
            values: Table::new(emojis.iter().map(|(value, _)| value.as_str())),
            marks: emojis.iter().map(|(_, emoji)| format!("[{emoji}]")).collect(),
            default: format!("[{}]", default.unwrap_or(UNKNOWN)),
        }
    }

    #[inline]
    fn mark(&self, at: Option<u16>) -> &str {
        at.and_then(|at| self.marks.get(usize::from(at))).unwrap_or(&self.default)
    }

    /// The mark of an argument and whether it is as good as none; nothing for null.
    #[inline]
    fn argument(
        &self,
        args: &Args<'_>,
        at: usize,
        walk: &mut Walk,
        scratch: &mut Vec<u8>,
    ) -> Option<(Option<u16>, bool)> {
        match args.slot(at).0 {
            tag::STR | tag::TEXT | tag::DEBUG => {
                let text = args.bytes(at, walk)?;
                Some((self.values.find_lower(text), text.is_empty()))
            }
            _ => self.value(args.get(at), scratch),
        }
    }

    fn value(&self, value: ValueRef<'_>, scratch: &mut Vec<u8>) -> Option<(Option<u16>, bool)> {
        let text = text_of(value, scratch)?;
        let falsy = match value {
            ValueRef::Bool(v) => !v,
            ValueRef::I64(v) => v == 0,
            ValueRef::U64(v) => v == 0,
            ValueRef::I128(v) => v == 0,
            ValueRef::U128(v) => v == 0,
            ValueRef::F64(v) => v == 0.0,
            ValueRef::F32(v) => v == 0.0,
            _ => text.is_empty(),
        };
        Some((self.values.find_lower(text), falsy))
    }
}

/// A value as text; nothing for null.
fn text_of<'v>(value: ValueRef<'v>, scratch: &'v mut Vec<u8>) -> Option<&'v [u8]> {
    match value {
        ValueRef::Null => None,
        ValueRef::Str(text) | ValueRef::Text(text) | ValueRef::Debug(text) => Some(text.as_bytes()),
        _ => {
            scratch.clear();
            write_value(value, scratch);
            Some(scratch)
        }
    }
}
