//! The filters of a document.

use super::check::{Found, Item};
use super::view::View;
use crate::codec::Value;
use crate::process::Filter;

/// What must be known of a record to decide a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Needs {
    /// Its level or target.
    Nothing,
    Message,
    Fields,
    Thread,
}

/// A part of a condition: all of those of a table must hold.
pub(super) enum Part<'t> {
    /// One that a record meets or does not.
    Leaf(&'t Found, Needs, Filter),
    All(&'t Found, Vec<View<'t>>),
    Any(&'t Found, Vec<View<'t>>),
    Not(&'t Found, View<'t>),
}

/// The condition of a table, or `None` if there is none.
pub(super) fn filter(table: View<'_>) -> Option<Filter> {
    let parts = parts(table);
    (!parts.is_empty()).then(|| Filter::all(parts.into_iter().map(whole)))
}

fn whole(part: Part<'_>) -> Filter {
    // A table without conditions asks nothing.
    let inner = |table: View<'_>| filter(table).unwrap_or_else(|| Filter::all([]));
    match part {
        Part::Leaf(_, _, filter) => filter,
        Part::All(_, tables) => Filter::all(tables.into_iter().map(inner)),
        Part::Any(_, tables) => Filter::any(tables.into_iter().map(inner)),
        Part::Not(_, table) => !inner(table),
    }
}

/// The parts of a condition, in the order of the document.
pub(super) fn parts(table: View<'_>) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for (name, found) in table.entries() {
        let texts = || found.items().iter().filter_map(Found::text);
        let any = |make: fn(&str) -> Filter| Filter::any(texts().map(make));
        let (needs, filter) = match name {
            "level" => match found.threshold() {
                Some(least) => (Needs::Nothing, Filter::level(least)),
                None => continue,
            },
            "levels" => {
                let levels = texts().filter_map(|name| name.parse().ok());
                (Needs::Nothing, Filter::levels(levels))
            }
            "targets" => (Needs::Nothing, any(|prefix| Filter::target(prefix))),
            "threads" => (Needs::Thread, any(Filter::thread)),
            "events" => (Needs::Message, any(Filter::event_like)),
            "event_has" => (Needs::Message, any(|text| Filter::event(&[text], &[]))),
            "event_lacks" => {
                let texts: Vec<&str> = texts().collect();
                (Needs::Message, Filter::event(&[], &texts))
            }
            "has_fields" => {
                for item in found.items() {
                    if let Some(key) = item.text() {
                        parts.push(Part::Leaf(item, Needs::Fields, Filter::has_field(key)));
                    }
                }
                continue;
            }
            "fields" => {
                for (key, wanted) in View::of(found).entries() {
                    let tests = tests(key, wanted).into_iter();
                    parts.extend(tests.map(|test| Part::Leaf(wanted, Needs::Fields, test)));
                }
                continue;
            }
            "all" | "any" => {
                let tables = found.items().iter().map(View::of).collect();
                parts.push(match name {
                    "all" => Part::All(found, tables),
                    _ => Part::Any(found, tables),
                });
                continue;
            }
            "not" => {
                parts.push(Part::Not(found, View::of(found)));
                continue;
            }
            _ => continue,
        };
        parts.push(Part::Leaf(found, needs, filter));
    }
    parts
}

/// What is asked of one field.
fn tests(key: &str, wanted: &Found) -> Vec<Filter> {
    let field = || Filter::field(key);
    let values = |found: &Found| -> Vec<Value> {
        found.items().iter().filter_map(|item| item.scalar().cloned()).collect()
    };
    match &wanted.item {
        Item::Scalar(value) => vec![field().equals(value.clone())],
        Item::List(_) => vec![field().is_in(values(wanted))],
        _ => {
            let compare = |(name, found): (&str, &Found)| {
                let value = || found.scalar().cloned();
                Some(match name {
                    "present" => match found.item {
                        Item::Bool(false) => !field().present(),
                        _ => field().present(),
                    },
                    "equals" => field().equals(value()?),
                    "differs" => field().differs(value()?),
                    "in" => field().is_in(values(found)),
                    "above" => field().above(value()?),
                    "at_least" => field().at_least(value()?),
                    "below" => field().below(value()?),
                    "at_most" => field().at_most(value()?),
                    _ => field().contains(found.text()?),
                })
            };
            View::of(wanted).entries().filter_map(compare).collect()
        }
    }
}
