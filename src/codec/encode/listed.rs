//! Arguments of which it is known at run time only how many there are: what bridges collect.

use super::args::ReadyList;
use super::ready::{Clipped, Ready, clip_bytes};
use super::{Encode, Scratch};
use crate::codec::decode::{has_bytes, of_bytes, of_word};
use crate::codec::tag;
use crate::codec::tree::TreeWriter;
use crate::codec::value::ValueRef;
use bumpalo::Bump;
use bumpalo::collections::Vec as List;

/// Arguments that are collected one by one, in any number: those of a frame have room for
/// [`header::MAX_ARGS`](crate::codec::header::MAX_ARGS).
#[derive(Debug)]
pub(crate) struct ArgBuf<'b> {
    args: List<'b, Slot>,
    /// The bytes of all, in order.
    bytes: List<'b, u8>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    tag: u8,
    /// Which one it is to whoever collects.
    note: u16,
    /// The value, or the length of its bytes.
    value: u64,
}

impl<'b> ArgBuf<'b> {
    pub(crate) fn new_in(bump: &'b Bump) -> Self {
        ArgBuf { args: List::with_capacity_in(8, bump), bytes: List::with_capacity_in(128, bump) }
    }

    pub(crate) fn len(&self) -> usize {
        self.args.len()
    }

    /// A value that is typed. `note` comes back with it.
    #[inline(always)]
    pub(crate) fn leaf(&mut self, note: u16, value: ValueRef<'_>) {
        let mut word = |tag, value| self.args.push(Slot { tag, note, value });
        match value {
            ValueRef::Null => word(tag::NULL, 0),
            ValueRef::Bool(v) => word(tag::BOOL, v.into()),
            ValueRef::I64(v) => word(tag::I64, v as u64),
            ValueRef::U64(v) => word(tag::U64, v),
            ValueRef::F64(v) => word(tag::F64, v.to_bits()),
            ValueRef::Str(v) => self.blob(note, tag::STR, v.as_bytes()),
            ValueRef::Bytes(v) => self.blob(note, tag::BYTES, v),
            other => self.filled(note, |bytes| {
                bytes.leaf(other);
                true
            }),
        }
    }

    /// A value whose bytes `fill` appends: a nested one if it says so, else a text.
    pub(crate) fn filled(&mut self, note: u16, fill: impl FnOnce(&mut List<'b, u8>) -> bool) {
        let start = self.bytes.len();
        let tag = if fill(&mut self.bytes) { tag::TREE } else { tag::TEXT };
        self.args.push(Slot { tag, note, value: (self.bytes.len() - start) as u64 });
    }

    fn blob(&mut self, note: u16, tag: u8, bytes: &[u8]) {
        self.bytes.extend_from_slice_copy(bytes);
        self.args.push(Slot { tag, note, value: bytes.len() as u64 });
    }

    /// All that was collected, each with its note.
    pub(crate) fn values(&self) -> impl Iterator<Item = (u16, ValueRef<'_>)> {
        let args = Listed { args: &self.args, bytes: &self.bytes, last: None };
        args.each().map(|(slot, bytes)| (slot.note, value_of(slot.tag, slot.value, bytes)))
    }

    /// As the arguments of a frame, with the bytes of a text behind them.
    pub(crate) fn listed<'a>(&'a self, last: Option<&'a [u8]>) -> Listed<'a> {
        Listed { args: &self.args, bytes: &self.bytes, last }
    }
}

/// The value of an argument; null if its bytes mean nothing.
fn value_of(tag: u8, slot: u64, bytes: &[u8]) -> ValueRef<'_> {
    of_word(tag, slot, |tag| of_bytes(tag, bytes)).unwrap_or(ValueRef::Null)
}

/// Writes what a statement's argument would be into a tree.
pub(crate) fn put_encoded<T: Encode + ?Sized>(value: &T, bump: &Bump, w: &mut impl TreeWriter) {
    let ready = value.ready(Scratch::new(bump));
    w.leaf(value_of(ready.tag(), ready.slot(), ready.bytes()));
}

/// Collected arguments, ready to be copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed<'a> {
    args: &'a [Slot],
    bytes: &'a [u8],
    last: Option<&'a [u8]>,
}

impl<'a> Listed<'a> {
    /// Each but the last, with its bytes.
    fn each(self) -> impl Iterator<Item = (Slot, &'a [u8])> {
        let mut rest = self.bytes;
        self.args.iter().map(move |&slot| {
            let len = if has_bytes(slot.tag) { (slot.value as usize).min(rest.len()) } else { 0 };
            let (bytes, behind) = rest.split_at(len);
            rest = behind;
            (slot, bytes)
        })
    }
}

impl ReadyList for Listed<'_> {
    fn count(&self) -> usize {
        self.args.len() + usize::from(self.last.is_some())
    }
    fn tags(&self) -> u128 {
        let last = self.last.map_or(0, |_| tag::TEXT.into());
        self.args.iter().rev().fold(last, |tags, slot| (tags << 4) | u128::from(slot.tag))
    }
    fn bytes_len(&self) -> usize {
        self.bytes.len() + self.last.map_or(0, <[u8]>::len)
    }
    fn slots(&self, mut f: impl FnMut(usize, u64), at: usize) {
        self.args.iter().enumerate().for_each(|(i, slot)| f(at + i, slot.value));
        if let Some(last) = self.last {
            f(at + self.args.len(), last.len() as u64);
        }
    }
    fn each_bytes(&self, mut f: impl FnMut(&[u8])) {
        f(self.bytes);
        self.last.into_iter().for_each(f);
    }
    fn clip<'s>(&self, max: usize, bump: &'s Bump, out: &mut List<'s, Clipped<'s>>)
    where
        Self: 's,
    {
        out.extend(self.each().map(|(slot, bytes)| match has_bytes(slot.tag) {
            true => clip_bytes(slot.tag, bytes, max, bump),
            false => Clipped { tag: slot.tag, slot: slot.value, bytes: &[] },
        }));
        out.extend(self.last.map(|text| clip_bytes(tag::TEXT, text, max, bump)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Value, tree};

    #[test]
    fn what_is_collected_comes_out_again() {
        let bump = Bump::new();
        let mut args = ArgBuf::new_in(&bump);
        let values = [
            ValueRef::Null,
            ValueRef::Bool(true),
            ValueRef::I64(-1),
            ValueRef::U64(u64::MAX),
            ValueRef::F64(0.5),
            ValueRef::Str("text"),
            ValueRef::Bytes(b"\x00\xff"),
            ValueRef::I128(i128::MIN),
            ValueRef::F32(0.25),
        ];
        (0..).zip(values).for_each(|(note, value)| args.leaf(note, value));
        args.filled(9, |bytes| {
            bytes.extend_from_slice(b"shown");
            false
        });
        args.leaf(10, ValueRef::Str(""));
        let expected = values.into_iter().chain([ValueRef::Text("shown"), ValueRef::Str("")]);
        assert!(args.values().eq((0..).zip(expected)));
        let listed = args.listed(Some(b"last"));
        assert_eq!((listed.count(), args.len()), (12, 11));
        assert_eq!(listed.tags() & 0xFFF, 0x140, "null, bool, i64");
        let mut clipped = List::new_in(&bump);
        listed.clip(3, &bump, &mut clipped);
        let texts: Vec<&[u8]> = clipped.iter().map(|arg| arg.bytes).collect();
        assert_eq!(texts[5], "tex…[+1 bytes]".as_bytes());
        assert_eq!(texts[11], "las…[+1 bytes]".as_bytes());
        assert_eq!(clipped[3].slot, u64::MAX);
    }

    #[test]
    fn an_encoded_value_is_what_a_statement_would_copy() {
        let bump = Bump::new();
        let mut bytes = Vec::new();
        let of = |bytes: &[u8]| tree::read(bytes, 0).map(|(value, _)| Value::from(value));
        put_encoded(&Value::from([("a", Value::from(["x", "y"]))]), &bump, &mut bytes);
        assert_eq!(of(&bytes), Some(Value::from([("a", Value::from(["x", "y"]))])));
        bytes.clear();
        put_encoded(&[Some(1_u32), None][..], &bump, &mut bytes);
        assert_eq!(of(&bytes), Some(Value::List(vec![Value::U64(1), Value::Null])));
        bytes.clear();
        put_encoded("text", &bump, &mut bytes);
        assert_eq!(of(&bytes), Some(Value::from("text")));
    }
}
