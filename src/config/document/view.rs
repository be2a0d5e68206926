//! Reading a table whose values have the types of its keys already.

use super::check::{Errors, Found, Item};
use super::values::nearest;
use crate::codec::Value;
use crate::lane::Overflow;
use crate::meta::{Level, LevelFilter};
use std::time::Duration;

/// A table, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'t> {
    pub(super) at: usize,
    pub(super) path: &'t str,
    entries: &'t [(String, Found)],
}

impl<'t> View<'t> {
    /// The table that a document is, or one in it; one without entries for what is no table.
    pub(super) fn of(found: &'t Found) -> View<'t> {
        let entries = match &found.item {
            Item::Table(entries) => &entries[..],
            _ => &[],
        };
        View { at: found.at, path: &found.path, entries }
    }

    pub(super) fn entries(self) -> impl Iterator<Item = (&'t str, &'t Found)> {
        self.entries.iter().map(|(name, found)| (name.as_str(), found))
    }

    pub(super) fn get(self, name: &str) -> Option<&'t Found> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, found)| found)
    }

    /// The table of this name, or an empty one.
    pub(super) fn table(self, name: &str) -> View<'t> {
        self.get(name).map_or(View { entries: &[], ..self }, View::of)
    }

    pub(super) fn list(self, name: &str) -> &'t [Found] {
        self.get(name).map_or(&[], Found::items)
    }

    pub(super) fn tables(self, name: &str) -> impl Iterator<Item = View<'t>> {
        self.list(name).iter().map(View::of)
    }

    pub(super) fn texts(self, name: &str) -> impl Iterator<Item = &'t str> {
        self.list(name).iter().filter_map(Found::text)
    }

    pub(super) fn text(self, name: &str) -> Option<&'t str> {
        self.get(name)?.text()
    }

    pub(super) fn bool(self, name: &str) -> Option<bool> {
        match self.get(name)?.item {
            Item::Bool(on) => Some(on),
            _ => None,
        }
    }

    pub(super) fn whole(self, name: &str) -> Option<u64> {
        match self.get(name)?.item {
            Item::Whole(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn signed(self, name: &str) -> Option<i64> {
        match self.get(name)?.item {
            Item::Signed(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn hash_key(self, name: &str) -> Option<[u64; 2]> {
        match self.get(name)?.item {
            Item::HashKey(key) => Some(key),
            _ => None,
        }
    }

    /// A whole number of those that fit.
    pub(super) fn count(self, name: &str) -> Option<u32> {
        self.whole(name).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    pub(super) fn bytes(self, name: &str) -> Option<usize> {
        self.whole(name).map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    pub(super) fn number(self, name: &str) -> Option<f64> {
        match self.get(name)?.item {
            Item::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn duration(self, name: &str) -> Option<Duration> {
        match self.get(name)?.item {
            Item::Duration(duration) => Some(duration),
            _ => None,
        }
    }

    pub(super) fn threshold(self, name: &str) -> Option<LevelFilter> {
        self.get(name)?.threshold()
    }

    pub(super) fn level(self, name: &str) -> Option<Level> {
        self.text(name)?.parse().ok()
    }

    /// Refuses entries that mean nothing beside the others; `what` says to what they do not belong.
    pub(super) fn only(self, names: &[&str], what: &str, errors: &mut Errors<'_>) {
        for (name, found) in self.entries().filter(|(name, _)| !names.contains(name)) {
            let remedy = format!("{name} means nothing for {what}; use {}", names.join(", "));
            errors.add(found.at, &found.path, None, remedy, nearest(name, names));
        }
    }

    /// Whether something was said of an entry, so that nothing can be said of what it means beside others.
    pub(super) fn is_doubtful(self) -> bool {
        self.entries().any(|(_, found)| matches!(found.item, Item::Wrong))
    }

    /// Says that an entry is missing, if it is.
    pub(super) fn need(self, name: &str, remedy: &str, errors: &mut Errors<'_>) {
        if self.get(name).is_some() {
            return;
        }
        let key = match self.path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        errors.add(self.at, &key, None, format!("is missing; {remedy}"), None);
    }
}

impl Found {
    /// The items of a list.
    pub(super) fn items(&self) -> &[Found] {
        match &self.item {
            Item::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.item {
            Item::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn threshold(&self) -> Option<LevelFilter> {
        match self.item {
            Item::Threshold(threshold) => Some(threshold),
            _ => None,
        }
    }

    pub(super) fn overflow(&self) -> Option<Overflow> {
        match self.item {
            Item::Overflow(overflow) => Some(overflow),
            _ => None,
        }
    }

    pub(super) fn scalar(&self) -> Option<&Value> {
        match &self.item {
            Item::Scalar(value) => Some(value),
            _ => None,
        }
    }
}
