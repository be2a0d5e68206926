//! Values of a document: what they are, what is allowed, and how they are shown.

use super::check::{Item, in_order};
use super::keys::names::{LEVELS, OVERFLOWS, THRESHOLDS};
use super::keys::{Key, Kind};
use crate::codec::Value;
use crate::lane::Overflow;
use std::borrow::Cow;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeString, DeValue};

pub(super) fn scalar(kind: &Kind, value: &DeValue<'_>) -> Option<Item> {
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
        Kind::Signed(least, most) => {
            let number = value.as_integer()?;
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            (least..=most).contains(&&number).then_some(Item::Signed(number))
        }
        Kind::HashKey => hash_key(value.as_str()?).map(Item::HashKey),
        Kind::Scalar => plain(value).map(Item::Scalar),
        Kind::Value => any(value).map(Item::Scalar),
        Kind::List(_) | Kind::Map(_) | Kind::Table(_) | Kind::Either(_) | Kind::Named(..) => None,
    }
}

/// Text, a number or a boolean.
fn plain(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(on) => Some(Value::from(*on)),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok().map(Value::from),
        DeValue::Float(n) => n.as_str().parse::<f64>().ok().map(Value::from),
        _ => None,
    }
}

/// The same, and lists and tables; the parser bounds how deep they are.
fn any(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::Array(items) => {
            items.iter().map(|item| any(item.get_ref())).collect::<Option<_>>().map(Value::List)
        }
        DeValue::Table(table) => {
            let entry = |(name, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                Some((Cow::Owned(name.get_ref().to_string()), any(value.get_ref())?))
            };
            in_order(table).into_iter().map(entry).collect::<Option<_>>().map(Value::Map)
        }
        value => plain(value),
    }
}

/// Both halves of a key for hashes.
fn hash_key(text: &str) -> Option<[u64; 2]> {
    let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let half = |at: std::ops::Range<usize>| u64::from_str_radix(text.get(at)?, 16).ok();
    is_hex.then_some(())?;
    Some([half(0..16)?, half(16..32)?])
}

/// The first of several kinds that is for values of this type, or the last.
pub(super) fn choose<'k>(kinds: &'k [Kind], value: &DeValue<'_>) -> Option<&'k Kind> {
    let fits = |kind: &&Kind| match (kind, value) {
        (Kind::List(_), DeValue::Array(_)) => true,
        (Kind::Map(_) | Kind::Table(_) | Kind::Named(..), DeValue::Table(_)) => true,
        (Kind::List(_) | Kind::Map(_) | Kind::Table(_) | Kind::Named(..), _) => false,
        (Kind::Scalar, DeValue::Array(_) | DeValue::Table(_)) => false,
        (Kind::Text | Kind::OneOf(_), DeValue::String(_)) => true,
        (Kind::Text | Kind::OneOf(_), _) => false,
        _ => true,
    };
    kinds.iter().find(fits).or(kinds.last())
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
pub(super) fn wanted(kind: &Kind) -> String {
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
        Kind::Signed(least, most) => format!("use a whole number from {least} to {most}"),
        Kind::HashKey => "use 32 hexadecimal digits in quotes".to_owned(),
        Kind::Scalar => "use text, a number of 64 bits, true or false".to_owned(),
        Kind::Value => {
            "use text, a number of 64 bits, true or false, or lists and tables of such".to_owned()
        }
        Kind::List(_) => "use a list in square brackets".to_owned(),
        Kind::Map(_) => "use a table: names with values".to_owned(),
        Kind::Table(keys) => table_with(keys),
        Kind::Named(_, keys) => table_with(keys()),
        Kind::Either(kinds) => kinds.iter().map(wanted).collect::<Vec<_>>().join(", or "),
    }
}

fn table_with(keys: &[Key]) -> String {
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    format!("use a table with {}", names.join(", "))
}

/// The texts that are allowed.
pub(super) fn names_of(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::OneOf(names) => names,
        Kind::Threshold => THRESHOLDS,
        Kind::Overflow => OVERFLOWS,
        _ => &[],
    }
}

/// A value as an error shows it.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => shown_text(text),
        DeValue::Integer(number) => shortened(number.as_str()),
        DeValue::Float(number) => shortened(number.as_str()),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        // What is in them may be a secret.
        DeValue::Array(_) => "[...]".to_owned(),
        DeValue::Table(_) => "{...}".to_owned(),
    }
}

/// The longest text that is shown: longer ones are no slips of what is allowed anywhere, and may be what must not be shown.
const SHOWN: usize = 32;

/// Text in quotes, or how long it is where it may be a secret that stands at the wrong key: beyond 32 characters, and from 16
/// where letters and digits are mixed without a space, as in tokens.
pub(super) fn shown_text(text: &str) -> String {
    let length = text.chars().count();
    let mixed = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !text.contains(char::is_whitespace);
    if length > SHOWN || (length >= 16 && mixed) {
        return format!("(text of {length} characters)");
    }
    format!("{text:?}")
}

fn shortened(number: &str) -> String {
    match number.get(..SHOWN) {
        Some(begin) if number.len() > SHOWN => format!("{begin}..."),
        _ => number.to_owned(),
    }
}

pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    const WORDS: [&str; 10] = [
        "password",
        "passwd",
        "secret",
        "token",
        "credential",
        "api_key",
        "apikey",
        "auth",
        "private",
        "hash_key",
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
