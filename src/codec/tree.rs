//! The nested encoding: one value and all that it contains, in pre-order.
//!
//! A tag byte, then the payload in little-endian. Lists carry their count and maps their count and
//! keys, so that a reader can walk without an index. Depth is bounded by [`MAX_DEPTH`] on both sides.

use super::value::{Value, ValueRef};
use core::net::IpAddr;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

/// Deeper values are written as the text `[too deep]`.
pub(crate) const MAX_DEPTH: usize = 32;
/// Deeper ones are damaged. A value may stand in a bound context or a dynamic record, which are nested themselves.
const MAX_READ_DEPTH: usize = MAX_DEPTH + 4;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const I64: u8 = 3;
const U64: u8 = 4;
const F64: u8 = 5;
const STR: u8 = 6;
const LIST: u8 = 7;
const MAP: u8 = 8;
const BYTES: u8 = 9;
const I128: u8 = 10;
const U128: u8 = 11;
const CHAR: u8 = 12;
const F32: u8 = 13;
const DURATION: u8 = 14;
const TEXT: u8 = 15;
const DEBUG: u8 = 16;
const REDACTED: u8 = 17;
const IPV4: u8 = 18;
const IPV6: u8 = 19;
const UUID: u8 = 20;
const TIME: u8 = 21;

/// Where the encoding goes: a `Vec` or a bump vector.
pub trait TreeWriter {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);
    /// Overwrites the four bytes at `at`, which were put before.
    fn patch(&mut self, at: usize, value: u32);
    /// Bytes put so far.
    fn len(&self) -> usize;
    /// Whether nothing was put yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Opens a list; returns the place of its count for [`TreeWriter::patch`].
    fn open_list(&mut self) -> usize {
        self.put(&[LIST, 0, 0, 0, 0]);
        self.len() - 4
    }
    /// Opens a map; returns the place of its count for [`TreeWriter::patch`].
    fn open_map(&mut self) -> usize {
        self.put(&[MAP, 0, 0, 0, 0]);
        self.len() - 4
    }
    /// A key of a map; its value follows.
    fn key(&mut self, key: &str) {
        self.put(&(key.len() as u32).to_le_bytes());
        self.put(key.as_bytes());
    }
    /// Opens a text of unknown length: put its bytes, then patch the length at the returned place.
    fn open_text(&mut self, debug: bool) -> usize {
        self.put(&[if debug { DEBUG } else { TEXT }, 0, 0, 0, 0]);
        self.len() - 4
    }
    /// A value that is not a list or a map.
    fn leaf(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.put(&[NULL]),
            ValueRef::Bool(b) => self.put(&[if b { TRUE } else { FALSE }]),
            ValueRef::I64(v) => tagged(self, I64, &v.to_le_bytes()),
            ValueRef::U64(v) => tagged(self, U64, &v.to_le_bytes()),
            ValueRef::I128(v) => tagged(self, I128, &v.to_le_bytes()),
            ValueRef::U128(v) => tagged(self, U128, &v.to_le_bytes()),
            ValueRef::F64(v) => tagged(self, F64, &v.to_le_bytes()),
            ValueRef::F32(v) => tagged(self, F32, &v.to_le_bytes()),
            ValueRef::Char(c) => tagged(self, CHAR, &(c as u32).to_le_bytes()),
            ValueRef::Str(s) => sized(self, STR, s.as_bytes()),
            ValueRef::Text(s) => sized(self, TEXT, s.as_bytes()),
            ValueRef::Debug(s) => sized(self, DEBUG, s.as_bytes()),
            ValueRef::Bytes(b) => sized(self, BYTES, b),
            ValueRef::Duration(d) => {
                tagged(self, DURATION, &d.as_secs().to_le_bytes());
                self.put(&d.subsec_nanos().to_le_bytes());
            }
            ValueRef::Time(t) => {
                let (seconds, nanos) = unix_time(t);
                tagged(self, TIME, &seconds.to_le_bytes());
                self.put(&nanos.to_le_bytes());
            }
            ValueRef::Ip(IpAddr::V4(a)) => tagged(self, IPV4, &a.octets()),
            ValueRef::Ip(IpAddr::V6(a)) => tagged(self, IPV6, &a.octets()),
            ValueRef::Uuid(u) => tagged(self, UUID, &u),
            ValueRef::Redacted => self.put(&[REDACTED]),
            ValueRef::List(n) | ValueRef::Map(n) => self.put(n.whole),
        }
    }
    /// An owned value with all that it contains.
    fn value(&mut self, value: &Value)
    where
        Self: Sized,
    {
        put_value(self, value, 0);
    }
}

fn tagged<W: TreeWriter + ?Sized>(w: &mut W, tag: u8, payload: &[u8]) {
    w.put(&[tag]);
    w.put(payload);
}

fn sized<W: TreeWriter + ?Sized>(w: &mut W, tag: u8, payload: &[u8]) {
    w.put(&[tag]);
    w.put(&(payload.len() as u32).to_le_bytes());
    w.put(payload);
}

fn put_value<W: TreeWriter>(w: &mut W, value: &Value, depth: usize) {
    if depth >= MAX_DEPTH && matches!(value, Value::List(_) | Value::Map(_)) {
        return w.leaf(ValueRef::Text("[too deep]"));
    }
    match value {
        Value::Null => w.leaf(ValueRef::Null),
        Value::Bool(v) => w.leaf(ValueRef::Bool(*v)),
        Value::I64(v) => w.leaf(ValueRef::I64(*v)),
        Value::U64(v) => w.leaf(ValueRef::U64(*v)),
        Value::I128(v) => w.leaf(ValueRef::I128(*v)),
        Value::U128(v) => w.leaf(ValueRef::U128(*v)),
        Value::F64(v) => w.leaf(ValueRef::F64(*v)),
        Value::Str(v) => w.leaf(ValueRef::Str(v)),
        Value::Bytes(v) => w.leaf(ValueRef::Bytes(v)),
        Value::Duration(v) => w.leaf(ValueRef::Duration(*v)),
        Value::Time(v) => w.leaf(ValueRef::Time(*v)),
        Value::List(items) => {
            let at = w.open_list();
            items.iter().for_each(|v| put_value(w, v, depth + 1));
            w.patch(at, items.len() as u32);
        }
        Value::Map(entries) => {
            let at = w.open_map();
            for (key, v) in entries {
                w.key(key);
                put_value(w, v, depth + 1);
            }
            w.patch(at, entries.len() as u32);
        }
    }
}

impl TreeWriter for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
    fn patch(&mut self, at: usize, value: u32) {
        self[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    fn len(&self) -> usize {
        Vec::len(self)
    }
}

impl TreeWriter for bumpalo::collections::Vec<'_, u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice_copy(bytes);
    }
    fn patch(&mut self, at: usize, value: u32) {
        self[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    fn len(&self) -> usize {
        bumpalo::collections::Vec::len(self)
    }
}

/// A list or a map that still lies in the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nested<'a> {
    whole: &'a [u8],
    depth: u8,
}

impl<'a> Nested<'a> {
    /// Number of items or entries that the encoding claims; damaged bytes may hold fewer.
    pub fn count(&self) -> usize {
        self.whole.get(1..5).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
    }
    /// Bytes of the encoding.
    pub(crate) fn size(&self) -> usize {
        self.whole.len()
    }
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }
    /// The items of a list.
    pub fn items(&self) -> NestedItems<'a> {
        let left = if self.whole.first() == Some(&LIST) { self.count() } else { 0 };
        NestedItems { rest: self.whole.get(5..).unwrap_or(&[]), left, depth: self.depth }
    }
    /// The entries of a map.
    pub fn entries(&self) -> NestedEntries<'a> {
        let left = if self.whole.first() == Some(&MAP) { self.count() } else { 0 };
        NestedEntries { rest: self.whole.get(5..).unwrap_or(&[]), left, depth: self.depth }
    }
}

/// Walks a list. Ends early where the bytes are damaged.
#[derive(Clone, Debug)]
pub struct NestedItems<'a> {
    rest: &'a [u8],
    left: usize,
    depth: u8,
}

impl<'a> Iterator for NestedItems<'a> {
    type Item = ValueRef<'a>;
    fn next(&mut self) -> Option<ValueRef<'a>> {
        self.left = self.left.checked_sub(1)?;
        let Some((value, rest)) = read(self.rest, self.depth as usize + 1) else {
            self.left = 0;
            return None;
        };
        self.rest = rest;
        Some(value)
    }
}

/// Walks a map. Ends early where the bytes are damaged.
#[derive(Clone, Debug)]
pub struct NestedEntries<'a> {
    rest: &'a [u8],
    left: usize,
    depth: u8,
}

impl<'a> Iterator for NestedEntries<'a> {
    type Item = (&'a str, ValueRef<'a>);
    fn next(&mut self) -> Option<(&'a str, ValueRef<'a>)> {
        self.left = self.left.checked_sub(1)?;
        let entry = take_sized(self.rest).and_then(|(key, rest)| {
            let key = core::str::from_utf8(key).ok()?;
            let (value, rest) = read(rest, self.depth as usize + 1)?;
            Some((key, value, rest))
        });
        let Some((key, value, rest)) = entry else {
            self.left = 0;
            return None;
        };
        self.rest = rest;
        Some((key, value))
    }
}

/// A map whose bytes are known to be sound, since [`TreeWriter`] made them: not walked to find its end.
pub(crate) fn sound_map(whole: &[u8]) -> Nested<'_> {
    Nested { whole, depth: 0 }
}

/// Reads one value; `None` when the bytes are not one.
pub(crate) fn read(bytes: &[u8], depth: usize) -> Option<(ValueRef<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    Some(match tag {
        NULL => (ValueRef::Null, rest),
        FALSE => (ValueRef::Bool(false), rest),
        TRUE => (ValueRef::Bool(true), rest),
        REDACTED => (ValueRef::Redacted, rest),
        I64 => take(rest).map(|(b, r)| (ValueRef::I64(i64::from_le_bytes(b)), r))?,
        U64 => take(rest).map(|(b, r)| (ValueRef::U64(u64::from_le_bytes(b)), r))?,
        F64 => take(rest).map(|(b, r)| (ValueRef::F64(f64::from_le_bytes(b)), r))?,
        F32 => take(rest).map(|(b, r)| (ValueRef::F32(f32::from_le_bytes(b)), r))?,
        I128 => take(rest).map(|(b, r)| (ValueRef::I128(i128::from_le_bytes(b)), r))?,
        U128 => take(rest).map(|(b, r)| (ValueRef::U128(u128::from_le_bytes(b)), r))?,
        CHAR => {
            let (b, rest) = take(rest)?;
            (ValueRef::Char(char::from_u32(u32::from_le_bytes(b))?), rest)
        }
        IPV4 => take::<4>(rest).map(|(b, r)| (ValueRef::Ip(IpAddr::from(b)), r))?,
        IPV6 => take::<16>(rest).map(|(b, r)| (ValueRef::Ip(IpAddr::from(b)), r))?,
        UUID => take::<16>(rest).map(|(b, r)| (ValueRef::Uuid(b), r))?,
        DURATION => {
            let (secs, rest) = take(rest)?;
            let (nanos, rest) = take(rest)?;
            let nanos = u32::from_le_bytes(nanos).min(999_999_999);
            (ValueRef::Duration(Duration::new(u64::from_le_bytes(secs), nanos)), rest)
        }
        TIME => {
            let (seconds, rest) = take(rest)?;
            let (nanos, rest) = take(rest)?;
            let nanos = u32::from_le_bytes(nanos).min(999_999_999);
            (ValueRef::Time(system_time(i64::from_le_bytes(seconds), nanos)?), rest)
        }
        STR | TEXT | DEBUG => {
            let (text, rest) = take_sized(rest)?;
            let text = core::str::from_utf8(text).ok()?;
            let value = match tag {
                STR => ValueRef::Str(text),
                TEXT => ValueRef::Text(text),
                _ => ValueRef::Debug(text),
            };
            (value, rest)
        }
        BYTES => take_sized(rest).map(|(b, r)| (ValueRef::Bytes(b), r))?,
        LIST | MAP => {
            if depth > MAX_READ_DEPTH {
                return None;
            }
            let (count, mut after) = take(rest)?;
            for _ in 0..u32::from_le_bytes(count) {
                if tag == MAP {
                    after = take_sized(after)?.1;
                }
                after = read(after, depth + 1)?.1;
            }
            let whole = &bytes[..bytes.len() - after.len()];
            let nested = Nested { whole, depth: depth as u8 };
            (if tag == LIST { ValueRef::List(nested) } else { ValueRef::Map(nested) }, after)
        }
        _ => return None,
    })
}

/// Seconds from 1970 on, and nanoseconds after them.
pub(crate) fn unix_time(time: SystemTime) -> (i64, u32) {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (after.as_secs() as i64, after.subsec_nanos()),
        Err(e) => {
            let (before, nanos) = (e.duration().as_secs() as i64, e.duration().subsec_nanos());
            match nanos {
                0 => (before.wrapping_neg(), 0),
                _ => (before.wrapping_neg().wrapping_sub(1), 1_000_000_000 - nanos),
            }
        }
    }
}

/// What [`unix_time`] says of; `None` if the system knows no such time.
fn system_time(seconds: i64, nanos: u32) -> Option<SystemTime> {
    let span = Duration::from_secs(seconds.unsigned_abs());
    let second = match seconds {
        0.. => UNIX_EPOCH.checked_add(span),
        _ => UNIX_EPOCH.checked_sub(span),
    };
    second?.checked_add(Duration::from_nanos(nanos.into()))
}

fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(head, rest)| (*head, rest))
}

fn take_sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = take(bytes)?;
    rest.split_at_checked(u32::from_le_bytes(len) as usize)
}
