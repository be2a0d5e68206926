//! A document against the table of keys: every value gets the type that its key asks for, or an error.

use super::error::DocumentError;
use super::keys::{Key, Kind, LEVELS};
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
}

impl<'a> Errors<'a> {
    pub(super) fn of(text: &'a str) -> Errors<'a> {
        Errors { text, found: Vec::new() }
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
        let error = DocumentError {
            // Known when all are, in one walk over the text.
            line: 1,
            column: 1,
            key: key.to_owned(),
            value: value.filter(|_| !is_secret(key)).map(|value| shortened(&value)),
            remedy: remedy.into(),
            nearest: nearest.map(str::to_owned),
        };
        self.found.push((at, error));
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
        places.collect()
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
                None => {
                    let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
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
        let item = match (kind, inner) {
            (Kind::Either(text, _), DeValue::String(_)) => return self.item(text, value, path),
            (Kind::Either(_, other), _) => return self.item(other, value, path),
            (Kind::Table(keys), DeValue::Table(table)) => Some(self.table(keys, table, path)),
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
        if item.is_none() {
            let names = names_of(kind);
            let near = inner.as_str().and_then(|text| nearest(text, names));
            self.add(value.span().start, path, Some(shown(inner)), wanted(kind), near);
        }
        item
    }
}

/// The entries as they stand in the text; the parser sorts them by name.
fn in_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

fn below(path: &str, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => format!("{name:?}"),
    };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

fn scalar(kind: &Kind, value: &DeValue<'_>) -> Option<Item> {
    let whole = |value: &DeValue<'_>| {
        let number = value.as_integer()?;
        u64::from_str_radix(number.as_str(), number.radix()).ok()
    };
    match kind {
        Kind::Text => Some(Item::Text(value.as_str()?.to_owned())),
        Kind::Bool => value.as_bool().map(Item::Bool),
        Kind::Whole(least, most) => {
            whole(value).filter(|n| (least..=most).contains(&n)).map(Item::Whole)
        }
        Kind::Number(least, most) => {
            let text = value
                .as_float()
                .map(|n| n.as_str())
                .or_else(|| value.as_integer().filter(|n| n.radix() == 10).map(|n| n.as_str()));
            let number: f64 = text?.parse().ok()?;
            (*least..=*most).contains(&number).then_some(Item::Number(number))
        }
        Kind::Size => whole(value)
            .or_else(|| size(value.as_str()?))
            .filter(|bytes| *bytes <= LARGEST)
            .map(Item::Whole),
        Kind::Duration => duration(value.as_str()?).map(Item::Duration),
        Kind::Threshold => value.as_str()?.parse().ok().map(Item::Threshold),
        Kind::Overflow => overflow(value.as_str()?).map(Item::Overflow),
        Kind::OneOf(names) => {
            let text = value.as_str()?;
            names.contains(&text).then(|| Item::Text(text.to_owned()))
        }
        Kind::Scalar => match value {
            DeValue::String(text) => Some(Value::from(text.as_ref())),
            DeValue::Boolean(on) => Some(Value::from(*on)),
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok().map(Value::from),
            DeValue::Float(n) => n.as_str().parse::<f64>().ok().map(Value::from),
            _ => None,
        }
        .map(Item::Scalar),
        Kind::List(_) | Kind::Map(_) | Kind::Table(_) | Kind::Either(..) => None,
    }
}

/// The largest size: more than any machine has, and no sum of two overflows.
const LARGEST: u64 = 1 << 40;
/// The longest time, for the same reason: a year.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// `16MiB`, `64 kB`, `512`.
fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// `50ms`, `2 s`, `1min`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let time = match unit {
        "us" => Duration::from_micros(number),
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "min" => Duration::from_secs(number.checked_mul(60)?),
        "h" => Duration::from_secs(number.checked_mul(3600)?),
        _ => return None,
    };
    (time <= LONGEST).then_some(time)
}

/// A whole number and what stands behind it.
fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim_start()))
}

fn overflow(text: &str) -> Option<Overflow> {
    match text {
        "shed" => Some(Overflow::Shed),
        "drop_newest" => Some(Overflow::DropNewest),
        "block" => Some(Overflow::Block(Duration::MAX)),
        _ => duration(text.strip_prefix("block ")?).map(Overflow::Block),
    }
}

/// What is allowed.
fn wanted(kind: &Kind) -> String {
    match kind {
        Kind::Text => "use text in quotes".to_owned(),
        Kind::Bool => "use true or false".to_owned(),
        Kind::Whole(least, most) => format!("use a whole number from {least} to {most}"),
        Kind::Number(least, most) => format!("use a number from {least} to {most}"),
        Kind::Size => {
            "use a number of bytes, or text as \"64KiB\" (B, kB, KiB, MB, MiB, GB, GiB)".to_owned()
        }
        Kind::Duration => {
            "use a whole number with us, ms, s, min or h, in quotes: \"50ms\"".to_owned()
        }
        Kind::Threshold => format!("use {}, off or notset", LEVELS.join(", ")),
        Kind::Overflow => {
            "use shed, drop_newest, block, or block with a time: \"block 100ms\"".to_owned()
        }
        Kind::OneOf(names) => format!("use {}", names.join(", ")),
        Kind::Scalar => "use text, a number of 64 bits, true or false".to_owned(),
        Kind::List(_) => "use a list in square brackets".to_owned(),
        Kind::Map(_) => "use a table: names with values".to_owned(),
        Kind::Table(keys) => {
            let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            format!("use a table with {}", names.join(", "))
        }
        Kind::Either(text, other) => format!("{}, or {}", wanted(text), wanted(other)),
    }
}

/// The texts that are allowed.
fn names_of(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::OneOf(names) => names,
        Kind::Threshold => {
            &["trace", "debug", "info", "warning", "error", "critical", "off", "notset"]
        }
        Kind::Overflow => &["shed", "drop_newest", "block"],
        _ => &[],
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        // What is in them may be a secret.
        DeValue::Array(_) => "[...]".to_owned(),
        DeValue::Table(_) => "{...}".to_owned(),
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", value.get(..end).unwrap_or("")),
        None => value.to_owned(),
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    const WORDS: [&str; 9] = [
        "password",
        "passwd",
        "secret",
        "token",
        "credential",
        "api_key",
        "apikey",
        "auth",
        "private",
    ];
    WORDS.iter().any(|word| key.contains(word))
}

/// The name that `word` is a slip away from: at most a third of it is other than there.
pub(super) fn nearest<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    // Nothing that is much longer than any name is near to one; and the work stays bounded.
    let word: Vec<char> = word.to_lowercase().chars().take(40).collect();
    let distances = names.iter().map(|name| (distance(&word, name), *name));
    let (slips, name) = distances.min_by_key(|(slips, _)| *slips)?;
    (slips <= (name.len() / 3).max(1)).then_some(name)
}

/// How many letters must change, go, come, or be swapped with their neighbour.
fn distance(word: &[char], name: &str) -> usize {
    let name: Vec<char> = name.chars().collect();
    let mut rows = vec![(0..=name.len()).collect::<Vec<usize>>()];
    for (i, a) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in name.iter().enumerate() {
            let changed = rows[i][j] + usize::from(a != b);
            let mut least = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == name[j - 1] && word[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[word.len()][name.len()]
}
