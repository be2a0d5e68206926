//! A document against the table of keys: every value gets the type that its key asks for, or an error.

use super::error::DocumentError;
use super::keys::{Key, Kind};
use super::steps::keys_of;
use super::values::{choose, is_secret, names_of, nearest, scalar, shown, wanted};
use crate::codec::Value;
use crate::lane::Overflow;
use crate::meta::LevelFilter;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A value of the type that its key asks for.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Text(String),
    Bool(bool),
    /// Also sizes.
    Whole(u64),
    Number(f64),
    Duration(Duration),
    Threshold(LevelFilter),
    Overflow(Overflow),
    Scalar(Value),
    Signed(i64),
    HashKey([u64; 2]),
    List(Vec<Found>),
    Table(Vec<(String, Found)>),
    /// It is there, and what is wrong with it was said.
    Wrong,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) path: String,
    pub(super) item: Item,
}

/// The errors so far, and the text that they speak of.
#[derive(Debug)]
pub(super) struct Errors<'a> {
    text: &'a str,
    found: Vec<(usize, DocumentError)>,
    /// How many there were beyond the most.
    left_out: usize,
    /// Regular expressions so far.
    #[cfg(feature = "patterns")]
    pub(super) patterns: usize,
}

/// The most errors that are told of: each costs a search for what was meant, and the list of what is allowed.
const MOST_ERRORS: usize = 4096;

impl<'a> Errors<'a> {
    pub(super) fn of(text: &'a str) -> Errors<'a> {
        Errors {
            text,
            found: Vec::new(),
            left_out: 0,
            #[cfg(feature = "patterns")]
            patterns: 0,
        }
    }

    /// Adds an error at a byte of the text.
    pub(super) fn add(
        &mut self,
        at: usize,
        key: &str,
        value: Option<String>,
        remedy: impl Into<String>,
        nearest: Option<&str>,
    ) {
        if self.is_full() {
            return;
        }
        // Whatever it cites, in one line.
        let remedy: String = remedy.into();
        let remedy = remedy.split(char::is_control).map(str::trim).filter(|part| !part.is_empty());
        let error = DocumentError {
            // Known when all are, in one walk over the text.
            line: 1,
            column: 1,
            key: shortened(key),
            value: value.filter(|_| !is_secret(key)),
            remedy: remedy.collect::<Vec<_>>().join(" "),
            nearest: nearest.map(str::to_owned),
        };
        self.found.push((at, error));
    }

    /// Whether another error is counted only, as it now is.
    fn is_full(&mut self) -> bool {
        let is_full = self.found.len() >= MOST_ERRORS;
        self.left_out += usize::from(is_full);
        is_full
    }

    /// Adds what the parser said of lines; what else was found in them, or to be missing, may only follow from that.
    pub(super) fn put_syntax(&mut self, said: Vec<(usize, String)>) {
        let text = self.text;
        let end = |at: usize| {
            text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| at + n)
        };
        let begin =
            |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |n| n + 1);
        let lines: Vec<(usize, usize)> =
            said.iter().map(|(at, _)| (begin(*at), end(*at))).collect();
        let is_broken = |at: usize| {
            let next = lines.partition_point(|(begin, _)| *begin <= at);
            next.checked_sub(1).is_some_and(|last| at <= lines[last].1)
        };
        self.found.retain(|(at, error)| {
            lines.is_empty() || !(is_broken(*at) || error.remedy.starts_with("is missing; "))
        });
        // Other errors may follow from these, so these go first.
        let room = MOST_ERRORS.saturating_sub(said.len());
        self.left_out += self.found.len().saturating_sub(room);
        self.found.truncate(room);
        said.into_iter().for_each(|(at, why)| self.add(at, "", None, why, None));
    }

    /// In the order of the text.
    pub(super) fn into_list(mut self) -> Vec<DocumentError> {
        self.found.sort_by_key(|(at, _)| *at);
        let (mut walked, mut line, mut column) = (0, 1, 1);
        let places = self.found.into_iter().map(|(at, error)| {
            let at = self.text.floor_char_boundary(at);
            for c in self.text.get(walked..at).unwrap_or("").chars() {
                (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            walked = at;
            DocumentError { line, column, ..error }
        });
        let mut list: Vec<DocumentError> = places.collect();
        if self.left_out > 0 {
            let (key, value, nearest) = (String::new(), None, None);
            let remedy = format!("{} more errors are not shown", self.left_out);
            list.push(DocumentError { line, column, key, value, remedy, nearest });
        }
        list
    }

    pub(super) fn table(&mut self, keys: &[Key], table: &DeTable<'_>, path: &str) -> Item {
        let mut entries = Vec::new();
        for (name, value) in in_order(table) {
            let inner = below(path, name.get_ref());
            match keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => {
                    let at = value.span().start;
                    let wrong = || Found { at, path: inner.clone(), item: Item::Wrong };
                    let found = self.value(&key.kind, value, &inner);
                    entries.push((key.name.to_owned(), found.unwrap_or_else(wrong)));
                }
                None if self.is_full() => {}
                None => {
                    // Of the many keys of processors those that mean something here.
                    let kind = table.get("kind").and_then(|kind| kind.get_ref().as_str());
                    let known = kind.filter(|_| keys.len() > 40).and_then(keys_of);
                    let known = known.unwrap_or_else(|| keys.iter().map(|key| key.name).collect());
                    let near = nearest(name.get_ref(), &known);
                    let remedy = format!("is no key of a document; use {}", known.join(", "));
                    self.add(name.span().start, &inner, None, remedy, near);
                }
            }
        }
        Item::Table(entries)
    }

    fn value(&mut self, kind: &Kind, value: &Spanned<DeValue<'_>>, path: &str) -> Option<Found> {
        let at = value.span().start;
        let item = self.item(kind, value, path)?;
        Some(Found { at, path: path.to_owned(), item })
    }

    fn item(&mut self, kind: &Kind, value: &Spanned<DeValue<'_>>, path: &str) -> Option<Item> {
        let inner = value.get_ref();
        // What the parser has put in the place of what it could not read takes no text.
        if value.span().is_empty() && !inner.is_table() && !inner.is_array() {
            return Some(Item::Wrong);
        }
        let item = match (kind, inner) {
            (Kind::Named(_, keys), DeValue::Table(table)) => Some(self.table(keys(), table, path)),
            (Kind::Either(kinds), inner) => return self.item(choose(kinds, inner)?, value, path),
            (Kind::Table(keys), DeValue::Table(table)) => Some(self.table(keys, table, path)),
            (Kind::Map(_), DeValue::Table(table)) if table.len() > MOST => {
                self.too_many(table.len(), value, path);
                return None;
            }
            (Kind::List(_), DeValue::Array(items)) if items.len() > MOST => {
                self.too_many(items.len(), value, path);
                return None;
            }
            (Kind::Map(kind), DeValue::Table(table)) => {
                let entries = in_order(table).into_iter().filter_map(|(name, value)| {
                    let found = self.value(kind, value, &below(path, name.get_ref()))?;
                    Some((name.get_ref().to_string(), found))
                });
                Some(Item::Table(entries.collect()))
            }
            (Kind::List(kind), DeValue::Array(items)) => {
                let items = items.iter().enumerate();
                let found = items.filter_map(|(i, v)| self.value(kind, v, &format!("{path}[{i}]")));
                Some(Item::List(found.collect()))
            }
            (kind, inner) => scalar(kind, inner),
        };
        if item.is_none() && !self.is_full() {
            let names = names_of(kind);
            let near = inner.as_str().and_then(|text| nearest(text, names));
            self.add(value.span().start, path, Some(shown(inner)), wanted(kind), near);
        }
        item
    }

    fn too_many(&mut self, entries: usize, value: &Spanned<DeValue<'_>>, path: &str) {
        let remedy = format!("has {entries} entries; use at most {MOST}");
        self.add(value.span().start, path, None, remedy, None);
    }
}

/// The most entries of a list, or of a table of names: beyond what anybody has in mind, and what they are made into is searched
/// one by one.
pub(super) const MOST: usize = 4096;

/// The longest path of a key that an error shows, and the longest name in it, in bytes.
const KEY: usize = 200;

fn shortened(key: &str) -> String {
    match key.len() > KEY {
        true => format!("{}...", &key[..key.floor_char_boundary(KEY)]),
        false => key.to_owned(),
    }
}

/// The entries as they stand in the text; the parser sorts them by name.
pub(super) fn in_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

pub(super) fn below(path: &str, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    // Each item of a list below it has a path of its own.
    let long = name.len() > KEY;
    let name = if long { &*shortened(name) } else { name };
    let name = match !name.is_empty() && (long || name.chars().all(bare)) {
        true => name.to_owned(),
        false => format!("{name:?}"),
    };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}
