//! What a JSON line is made of: which members, in which order, under which keys.

use super::TimeForm;
use super::member::{Duplicates, LevelForm, Member};
use crate::codec::{Bound, TreeWriter, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// How the fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Json,
    Gelf,
    Otel,
}

/// One entry of the line, or all fields.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) what: What,
    /// The key, and the keys of the objects around it, outermost first. Empty for fields that stand in the line itself.
    pub(super) path: Path,
    pub(super) hidden: bool,
}

pub(super) type Path = Cow<'static, [Cow<'static, str>]>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Member(Member),
    /// A constant, as JSON.
    Constant(Cow<'static, [u8]>),
    /// The statement's field of this name.
    Field(Cow<'static, str>),
}

/// Describes the JSON lines of a format: which members, in which order, under which keys, and where the fields stand.
///
/// [`Schema::new`] is the line of [`Json::new`](super::Json::new); the presets are those of well-known consumers. Everything
/// that it says is worked out once a statement, so that a line costs the same in any order and under any key; what must look at
/// a whole record is said at the option. [`Json::with`](super::Json::with) checks it.
///
/// ```
/// use ripsaw::format::{Json, LevelForm, Member, Schema, TimeForm};
/// let schema = Schema::new()
///     .order([Member::Level, Member::Timestamp, Member::Event, Member::Fields, Member::Logger])
///     .key(Member::Event, "message")
///     .path(Member::Logger, ["source", "logger"])
///     .path(Member::Fields, ["data"])
///     .level(LevelForm::Upper)
///     .time(TimeForm::Millis)
///     .constant("service", "shop");
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder().format(Json::with(schema)?).sink(memory.clone()).start_local()?;
/// let attached = guard.attach();
/// ripsaw::info!(target: "cart", id = 7, "paid");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// let line = memory.text();
/// assert!(line.starts_with(r#"{"level":"INFO","timestamp":1"#));
/// let rest = r#","message":"paid","data":{"id":7},"source":{"logger":"cart"},"service":"shop"}"#;
/// assert_eq!(line.split_once(r#","message""#).unwrap().1, &format!("{rest}\n")[10..]);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a schema does nothing until `Json::with` takes it"]
pub struct Schema {
    pub(super) items: Cow<'static, [Item]>,
    pub(super) level: LevelForm,
    pub(super) time: TimeForm,
    pub(super) style: Style,
    pub(super) duplicates: Duplicates,
    pub(super) prefix: Cow<'static, str>,
    pub(super) renames: Vec<(String, String)>,
}

impl Default for Schema {
    fn default() -> Self {
        Schema::new()
    }
}

const fn item(member: Member, path: &'static [Cow<'static, str>], hidden: bool) -> Item {
    Item { what: What::Member(member), path: Cow::Borrowed(path), hidden }
}

/// The members of [`Schema::new`].
const DEFAULT: &[Item] = &[
    item(Member::Timestamp, &[Cow::Borrowed("timestamp")], false),
    item(Member::Level, &[Cow::Borrowed("level")], false),
    item(Member::Logger, &[Cow::Borrowed("logger")], false),
    item(Member::Event, &[Cow::Borrowed("event")], false),
    item(Member::File, &[Cow::Borrowed("file")], true),
    item(Member::Line, &[Cow::Borrowed("line")], true),
    item(Member::Thread, &[Cow::Borrowed("thread")], true),
    item(Member::Fields, &[], false),
];

impl Schema {
    /// `timestamp`, `level`, `logger`, `event`, then the fields.
    pub const fn new() -> Schema {
        Schema {
            items: Cow::Borrowed(DEFAULT),
            level: LevelForm::Lower,
            time: TimeForm::Rfc3339,
            style: Style::Json,
            duplicates: Duplicates::Last,
            prefix: Cow::Borrowed("fields."),
            renames: Vec::new(),
        }
    }

    /// These members and no others, in this order; constants and lifted fields that were set before follow. Where the fields stand
    /// in the line itself they never come first: the next member that is always there does. Members of one object stand together.
    pub fn order(mut self, members: impl IntoIterator<Item = Member>) -> Schema {
        let mut old = self.items.into_owned();
        let mut items = Vec::new();
        for member in members {
            let place = old.iter().position(|item| item.what == What::Member(member));
            let item = place.map_or_else(|| new_item(member), |place| old.remove(place));
            items.push(Item { hidden: false, ..item });
        }
        items.extend(old.into_iter().filter(|item| !matches!(item.what, What::Member(_))));
        self.items = items.into();
        self
    }

    /// The key of a member. One that was not in the line comes in front of the fields. A dot in it is only a character.
    /// For [`Member::Fields`]: the key of the object that holds them.
    pub fn key(self, member: Member, key: impl Into<String>) -> Schema {
        self.path(member, [key])
    }

    /// The key of a member in objects of their own, outermost first: `["log", "origin", "file"]`. For [`Member::Fields`] an
    /// empty path means the line itself.
    pub fn path<K: Into<String>>(
        mut self,
        member: Member,
        path: impl IntoIterator<Item = K>,
    ) -> Schema {
        let place = self.show(member);
        self.items.to_mut()[place].path = owned(path);
        self
    }

    /// Splits the keys that the members have so far at their dots: `log.level` becomes `level` in the object `log`.
    pub fn nest_keys(mut self) -> Schema {
        for item in self.items.to_mut() {
            item.path = owned(item.path.iter().flat_map(|key| key.split('.')));
        }
        self
    }

    /// How the level is spelled. Default [`LevelForm::Lower`].
    pub fn level(mut self, form: LevelForm) -> Schema {
        self.level = form;
        self
    }

    /// How the time is written. Default [`TimeForm::Rfc3339`].
    pub fn time(mut self, form: TimeForm) -> Schema {
        self.time = form;
        self
    }

    /// Adds an entry that is the same in every line, at the end; one with the same key is replaced.
    pub fn constant(self, key: impl Into<String>, value: impl Into<Value>) -> Schema {
        self.constant_at([key], value)
    }

    /// Adds an entry that is the same in every line, in objects of its own, outermost first.
    pub fn constant_at<K: Into<String>>(
        mut self,
        path: impl IntoIterator<Item = K>,
        value: impl Into<Value>,
    ) -> Schema {
        let (path, what) = (owned(path), What::Constant(json_of(&value.into()).into()));
        let items = self.items.to_mut();
        match items.iter_mut().find(|item| item.path == path && !path.is_empty()) {
            Some(item) => item.what = what,
            None => {
                let lifted = |item: &&Item| matches!(item.what, What::Field(_));
                let at = items.len() - items.iter().rev().take_while(lifted).count();
                items.insert(at, Item { what, path, hidden: false });
            }
        }
        self
    }

    /// Writes a field under another key: `.rename("trace_id", "trace.id")`.
    pub fn rename(mut self, field: impl Into<String>, key: impl Into<String>) -> Schema {
        self.renames.push((field.into(), key.into()));
        self
    }

    /// Gives the statement's field of this name a place of its own, at the end of the line, where there is one. A bound
    /// field stays among the bound ones.
    pub fn last(mut self, field: impl Into<String>) -> Schema {
        let field: String = field.into();
        let item =
            Item { what: What::Field(field.into()), path: Cow::Borrowed(&[]), hidden: false };
        let items = self.items.to_mut();
        // One that has a place already gets another.
        items.retain(|known| known.what != item.what);
        items.push(item);
        self
    }

    /// What becomes of fields with the same key. Any but the default looks at the whole record, once a record.
    pub fn duplicates(mut self, rule: Duplicates) -> Schema {
        self.duplicates = rule;
        self
    }

    /// What a field that has the key of a member gets in front of its key. Default `fields.`, as in `fields.level`.
    pub fn reserved_prefix(mut self, prefix: impl Into<String>) -> Schema {
        self.prefix = Cow::Owned(prefix.into());
        self
    }

    /// Shows a member that is not there or hidden; returns its place.
    pub(super) fn show(&mut self, member: Member) -> usize {
        let items = self.items.to_mut();
        let fields = |item: &Item| item.what == What::Member(Member::Fields);
        let place = items.iter().position(|item| item.what == What::Member(member));
        let place = place.unwrap_or_else(|| {
            let before = items.iter().position(fields).unwrap_or(items.len());
            items.insert(before, new_item(member));
            before
        });
        items[place].hidden = false;
        place
    }

    /// Leaves a member out, or shows it.
    pub(super) fn set_shown(&mut self, member: Member, shown: bool) {
        if shown {
            self.show(member);
        } else if self.items.iter().any(|item| item.what == What::Member(member) && !item.hidden) {
            let items = self.items.to_mut().iter_mut();
            items.filter(|item| item.what == What::Member(member)).for_each(|i| i.hidden = true);
        }
    }

    /// Puts members of one object together, at the place of the first.
    pub(super) fn group(&mut self) {
        let mut first: HashMap<Vec<Cow<'static, str>>, usize> = HashMap::new();
        let items = self.items.iter().enumerate().map(|(at, item)| {
            let prefixes = (1..=item.path.len()).map(|len| item.path[..len].to_vec());
            let mut rank: Vec<usize> =
                prefixes.map(|prefix| *first.entry(prefix).or_insert(at)).collect();
            rank.push(at);
            (rank, item.clone())
        });
        let mut items: Vec<_> = items.collect();
        items.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.items = items.into_iter().map(|(_, item)| item).collect();
    }

    /// The key that was asked for a field, or its own.
    pub(super) fn renamed<'a>(&'a self, field: &'a str) -> &'a str {
        self.renames.iter().find(|(name, _)| name == field).map_or(field, |(_, key)| key)
    }

    /// Whether the line itself has an entry of this key that is no field.
    pub(super) fn takes(&self, key: &str) -> bool {
        self.reserved().any(|taken| taken == key)
    }

    /// The keys of the line itself that no field may have: none where the fields are in an object of their own.
    pub(super) fn reserved(&self) -> impl Iterator<Item = &str> {
        let flat = |item: &Item| {
            item.what == What::Member(Member::Fields) && item.path.is_empty() && !item.hidden
        };
        let flat = self.style != Style::Otel && self.items.iter().any(flat);
        // The time's key stays what it is, also where the time is left out.
        let time = What::Member(Member::Timestamp);
        let items =
            self.items.iter().filter(move |item| flat && (!item.hidden || item.what == time));
        items.filter_map(|item| item.path.first()).map(|key| &**key)
    }
}

fn new_item(member: Member) -> Item {
    let path = match member {
        Member::Fields => Cow::Borrowed(&[][..]),
        member => vec![Cow::Borrowed(member.default_key())].into(),
    };
    Item { what: What::Member(member), path, hidden: false }
}

fn owned<K: Into<String>>(path: impl IntoIterator<Item = K>) -> Path {
    path.into_iter().map(|key| Cow::Owned(key.into())).collect()
}

/// Whether an entry is in every line, whatever the options of [`Json`](super::Json).
pub(super) fn is_always_there(what: &What) -> bool {
    use Member::{Event, Level, LevelText, Logger, Pid, Seq, Thread, ThreadId};
    match what {
        What::Constant(_) => true,
        What::Member(Level | LevelText | Logger | Event | Thread | ThreadId | Pid | Seq) => true,
        What::Member(_) | What::Field(_) => false,
    }
}

/// A value as JSON.
fn json_of(value: &Value) -> Vec<u8> {
    let mut tree = Vec::new();
    let at = tree.open_map();
    tree.key("");
    tree.value(value);
    tree.patch(at, 1);
    let mut out = Vec::new();
    for (_, value) in Bound::new(None, tree).entries() {
        super::json_value::value(value, &mut out);
    }
    out
}
