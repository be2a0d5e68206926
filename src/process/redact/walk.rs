//! From values to values without secrets: field by field, at any depth.

use super::instead::{Instead, text_of};
use super::rules::Rules;
use super::values::{self, Detector, Detectors};
use crate::codec::{Bound, NestedEntries, TreeWriter, ValueRef};
use std::ops::Range;

/// Shorter secrets are not looked for in messages: they would be found everywhere.
const SHORTEST: usize = 4;

/// What is hidden, and how.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) rules: Rules,
    pub(super) detectors: Detectors,
    pub(super) instead: Instead,
    pub(super) depth: usize,
}

/// A value after it was looked at.
pub(super) enum Seen {
    /// There is nothing to hide.
    Clean,
    /// The marker stands for it.
    Hidden,
    Text(String),
    Tree(Vec<u8>),
}

impl Plan {
    /// A field, whose value is one to hide or may hold some. Texts that were hidden go to `secrets`.
    pub(super) fn field(&self, key: &str, value: ValueRef<'_>, secrets: &mut Vec<String>) -> Seen {
        if self.rules.hide(&[], key) {
            return self.hidden(value, secrets);
        }
        self.value(&mut vec![key], value, secrets)
    }

    /// A value to hide.
    pub(super) fn hidden(&self, value: ValueRef<'_>, secrets: &mut Vec<String>) -> Seen {
        note(value, secrets);
        self.instead.of(value).map_or(Seen::Hidden, Seen::Text)
    }

    /// A value that stands in fields of these keys.
    pub(super) fn value<'k>(
        &self,
        path: &mut Vec<&'k str>,
        value: ValueRef<'k>,
        secrets: &mut Vec<String>,
    ) -> Seen {
        match value {
            ValueRef::Str(text) | ValueRef::Text(text) | ValueRef::Debug(text) => {
                self.text(text, &[]).map_or(Seen::Clean, Seen::Text)
            }
            ValueRef::I64(number) if self.is_card(u64::try_from(number).unwrap_or(0)) => {
                self.hidden(value, secrets)
            }
            ValueRef::U64(number) if self.is_card(number) => self.hidden(value, secrets),
            ValueRef::List(_) | ValueRef::Map(_) => {
                let mut tree = Vec::new();
                match self.tree(path, value, &mut tree, secrets, 0) {
                    true => Seen::Tree(tree),
                    false => Seen::Clean,
                }
            }
            _ => Seen::Clean,
        }
    }

    /// A text without what detectors find, and without these secrets; none if there is nothing.
    pub(super) fn text(&self, text: &str, secrets: &[String]) -> Option<String> {
        let mut found = values::find(&self.detectors, text);
        for secret in secrets {
            found.extend(text.match_indices(secret.as_str()).map(|(at, _)| at..at + secret.len()));
        }
        if found.is_empty() {
            return None;
        }
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for Range { start, end } in values::merge(found) {
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(&self.instead.of_text(text.get(start..end).unwrap_or_default()));
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Some(out)
    }

    /// A context without secrets; none if it has none.
    pub(super) fn bound(&self, bound: &Bound, secrets: &mut Vec<String>) -> Option<Bound> {
        let fields = self.fields(bound.entries(), secrets)?;
        Some(Bound::new(bound.name.clone(), fields))
    }

    /// Fields without secrets, as a map; none if they have none.
    pub(super) fn fields(
        &self,
        fields: NestedEntries<'_>,
        secrets: &mut Vec<String>,
    ) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let (at, mut count, mut changed) = (out.open_map(), 0, false);
        for (key, value) in fields {
            out.key(key);
            changed |= put(self.field(key, value, secrets), value, &mut out);
            count += 1;
        }
        out.patch(at, count);
        changed.then_some(out)
    }

    fn is_card(&self, number: u64) -> bool {
        self.detectors.kinds.contains(&Detector::CardNumber) && values::is_card(number)
    }

    /// Writes a list or a map; whether anything was hidden.
    fn tree<'k>(
        &self,
        path: &mut Vec<&'k str>,
        value: ValueRef<'k>,
        out: &mut Vec<u8>,
        secrets: &mut Vec<String>,
        depth: usize,
    ) -> bool {
        let is_leaf = !matches!(value, ValueRef::List(_) | ValueRef::Map(_));
        if is_leaf {
            return put(self.value(path, value, secrets), value, out);
        }
        if depth >= self.depth {
            return put(self.hidden(value, secrets), value, out);
        }
        let (mut changed, mut count) = (false, 0);
        match value {
            ValueRef::List(list) => {
                let at = out.open_list();
                for item in list.items() {
                    changed |= self.tree(path, item, out, secrets, depth + 1);
                    count += 1;
                }
                out.patch(at, count);
            }
            ValueRef::Map(map) => {
                let at = out.open_map();
                for (key, item) in map.entries() {
                    out.key(key);
                    changed |= if self.rules.hide(path, key) {
                        put(self.hidden(item, secrets), item, out)
                    } else {
                        path.push(key);
                        let changed = self.tree(path, item, out, secrets, depth + 1);
                        path.pop();
                        changed
                    };
                    count += 1;
                }
                out.patch(at, count);
            }
            _ => {}
        }
        changed
    }
}

/// Writes a value as it was seen; whether it is another than before.
fn put(seen: Seen, value: ValueRef<'_>, out: &mut Vec<u8>) -> bool {
    match &seen {
        Seen::Clean => out.leaf(value),
        Seen::Hidden => out.leaf(ValueRef::Redacted),
        Seen::Text(text) => out.leaf(ValueRef::Str(text)),
        Seen::Tree(tree) => out.put(tree),
    }
    !matches!(seen, Seen::Clean)
}

/// Notes all texts in a value that is hidden.
fn note(value: ValueRef<'_>, secrets: &mut Vec<String>) {
    match value {
        ValueRef::List(list) => list.items().for_each(|item| note(item, secrets)),
        ValueRef::Map(map) => map.entries().for_each(|(_, item)| note(item, secrets)),
        _ => {
            let text = text_of(value).filter(|text| text.len() >= SHORTEST);
            secrets.extend(text.map(std::borrow::Cow::into_owned));
        }
    }
}
