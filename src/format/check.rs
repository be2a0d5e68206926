//! Whether a schema makes lines that are JSON, with no key twice.

use super::member::Member;
use super::schema::{Item, Schema, Style, What, is_always_there};
use super::whole;
use crate::error::ConfigError;
use std::borrow::Cow;

impl Schema {
    /// What is wrong with it.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let error = |value: &str, remedy: &str| Err(ConfigError::new("schema", value, remedy));
        let shown: Vec<&Item> = self.items.iter().filter(|item| !item.hidden).collect();
        for (at, item) in shown.iter().enumerate() {
            let name = item.path.join(".");
            if item.path.iter().any(|key| key.is_empty()) {
                return error(&name, "no key may be empty: give it a name");
            }
            let may_be_flat = matches!(item.what, What::Member(Member::Fields) | What::Field(_));
            if item.path.is_empty() && !may_be_flat {
                return error(&name, "all but the fields needs a key");
            }
            if item.what == What::Member(Member::Fields) {
                match self.style {
                    Style::Gelf if !item.path.is_empty() => {
                        return error(&name, "the fields of GELF stand in the line itself");
                    }
                    Style::Otel if item.path.is_empty() => {
                        return error(&name, "the attributes of OpenTelemetry need a key");
                    }
                    _ => {}
                }
            }
            for other in &shown[..at] {
                if item.what == other.what && matches!(item.what, What::Member(_)) {
                    return error(
                        &name,
                        "a member stands in a line once: name it once in the order",
                    );
                }
                let both = item.path.len().min(other.path.len());
                if both > 0 && item.path[..both] == other.path[..both] {
                    let other = other.path.join(".");
                    let remedy = format!("{other} is already taken: choose another key for one");
                    return error(&name, &remedy);
                }
            }
            if self.style == Style::Gelf && !item.path.is_empty() && !is_gelf(&item.path) {
                return error(&name, "GELF has no such key: begin your own with an underscore");
            }
        }
        if !shown.iter().any(|item| is_always_there(&item.what)) {
            let remedy = "a line needs Level, Logger, Event, Timestamp, Thread or a constant";
            return error("order", remedy);
        }
        if self.prefix.is_empty() {
            return error("reserved_prefix", "it must not be empty: use `fields.` or the like");
        }
        for key in self.reserved() {
            let new = match self.style {
                Style::Gelf => whole::gelf_key(&self.prefix, key.trim_start_matches('_')),
                _ => format!("{}{key}", self.prefix),
            };
            if self.takes(&new) {
                let remedy = format!("a field `{key}` would get it: choose another key or prefix");
                return error(&new, &remedy);
            }
        }
        let lifted = || {
            shown.iter().filter_map(|item| match &item.what {
                What::Field(field) => Some(&**field),
                _ => None,
            })
        };
        for field in lifted() {
            let key = self.renamed(field);
            let is_member = || shown.iter().any(|item| item.path.first().is_some_and(|k| k == key));
            let is_other = || {
                lifted().any(|other| other != field && self.renamed(other) == key)
                    || self.renames.iter().any(|(other, new)| other != field && new == key)
            };
            if (!self.takes(key) && is_member()) || is_other() {
                let remedy = format!("the field {field} has this key and a place of its own");
                return error(key, &remedy);
            }
        }
        for (field, key) in &self.renames {
            if self.takes(key) {
                let remedy = format!("{field} cannot have the key of a member: choose another");
                return error(key, &remedy);
            }
        }
        Ok(())
    }
}

fn is_gelf(path: &[Cow<'static, str>]) -> bool {
    let known = ["version", "host", "short_message", "timestamp", "level"];
    path.len() == 1 && (known.contains(&&*path[0]) || path[0].starts_with('_'))
}
