//! The lists in headers: `baggage` and `tracestate`.

use super::HeaderProblem;
use std::fmt::Write as _;

/// An entry of baggage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) key: Box<str>,
    /// As it is meant, not as a header carries it.
    pub(super) value: Box<str>,
    /// What stands behind the value, with its semicolon.
    properties: Box<str>,
}

/// The most entries of baggage, and bytes of the header.
const ENTRIES: usize = 64;
const BYTES: usize = 8192;

/// The same for `tracestate`.
const MEMBERS: usize = 32;
const STATE_BYTES: usize = 512;

impl Entry {
    pub(super) fn new(key: &str, value: &str) -> Option<Entry> {
        is_token(key).then(|| Entry { key: key.into(), value: value.into(), properties: "".into() })
    }
}

/// Reads a `baggage` header.
pub(super) fn parse(text: &str, problems: &mut Vec<HeaderProblem>) -> Vec<Entry> {
    let mut problem = |reason| problems.push(HeaderProblem { header: "baggage", reason });
    let mut out: Vec<Entry> = Vec::new();
    let mut end = 0;
    for member in text.split(',') {
        end += member.len() + 1;
        if end - 1 > BYTES || out.len() == ENTRIES {
            problem("more than 64 entries or 8192 bytes: the rest is left out");
            break;
        }
        match entry(trim(member)) {
            Some(entry) if out.iter().all(|known| known.key != entry.key) => out.push(entry),
            Some(_) => problem("a key that was there before"),
            None if trim(member).is_empty() => {}
            None => problem("an entry that is not key=value"),
        }
    }
    out
}

fn entry(member: &str) -> Option<Entry> {
    let (pair, properties) = member.split_at(member.find(';').unwrap_or(member.len()));
    let (key, value) = pair.split_once('=')?;
    let (key, value) = (trim(key), trim(value));
    let is_sound = |text: &str, more: &[u8]| {
        text.bytes().all(|b| is_octet(b) || b == b'%' || more.contains(&b))
    };
    (is_token(key) && is_sound(value, b"") && is_sound(properties, b"; \t")).then(|| Entry {
        key: key.into(),
        value: decoded(value).into(),
        properties: properties.into(),
    })
}

/// The `baggage` header with as many entries as it may have; none without entries.
pub(super) fn header(entries: &[Entry]) -> Option<String> {
    let mut out = String::new();
    for entry in entries.iter().take(ENTRIES) {
        let before = out.len();
        if before > 0 {
            out.push(',');
        }
        out.push_str(&entry.key);
        out.push('=');
        for byte in entry.value.bytes() {
            if is_octet(byte) {
                out.push(byte.into());
            } else {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out.push_str(&entry.properties);
        if out.len() > BYTES {
            out.truncate(before);
            break;
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Reads a `tracestate` header, and puts it together again without what is not allowed.
pub(super) fn tracestate(text: &str, problems: &mut Vec<HeaderProblem>) -> Option<String> {
    let mut problem = |reason| problems.push(HeaderProblem { header: "tracestate", reason });
    let mut kept: Vec<(&str, &str)> = Vec::new();
    let mut bytes = 0;
    for member in text.split(',').map(trim).filter(|member| !member.is_empty()) {
        let Some((key, value)) = member.split_once('=').filter(|(k, v)| is_key(k) && is_state(v))
        else {
            problem("a member that is not key=value");
            continue;
        };
        if kept.iter().any(|(known, _)| *known == key) {
            problem("a key that was there before");
            continue;
        }
        bytes += member.len() + usize::from(!kept.is_empty());
        if kept.len() == MEMBERS || bytes > STATE_BYTES {
            problem("more than 32 members or 512 characters: the rest is left out");
            break;
        }
        kept.push((key, value));
    }
    let members: Vec<String> = kept.iter().map(|(key, value)| format!("{key}={value}")).collect();
    (!members.is_empty()).then(|| members.join(","))
}

/// Optional white space of headers.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn is_token(key: &str) -> bool {
    let is_sound = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    (1..=256).contains(&key.len()) && key.bytes().all(is_sound)
}

/// What stands in a value for itself; `%` begins what does not.
fn is_octet(b: u8) -> bool {
    matches!(b, 0x21 | 0x23..=0x24 | 0x26..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E)
}

/// The key of a member: `name`, or `tenant@system`.
fn is_key(key: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase();
    let inner = |b: u8| lower(b) || b.is_ascii_digit() || b"_-*/".contains(&b);
    let is = |part: &str, max: usize, first: &dyn Fn(u8) -> bool| {
        part.len() <= max && part.bytes().next().is_some_and(first) && part.bytes().all(inner)
    };
    match key.split_once('@') {
        Some((tenant, system)) => {
            is(tenant, 241, &|b| lower(b) || b.is_ascii_digit()) && is(system, 14, &lower)
        }
        None => is(key, 256, &lower),
    }
}

fn is_state(value: &str) -> bool {
    let is_sound = |b: u8| matches!(b, 0x20..=0x7E) && !b",=".contains(&b);
    (1..=256).contains(&value.len()) && value.bytes().all(is_sound) && !value.ends_with(' ')
}

/// The text that is meant: what is no UTF-8 is replaced, and a `%` without digits stands for itself.
fn decoded(value: &str) -> String {
    let digit = |at: usize| {
        value.as_bytes().get(at).and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8)
    };
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(byte) = value.as_bytes().get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
