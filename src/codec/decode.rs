//! From the words of a frame back to values, on the writer. Total: damaged words give an error.

use super::value::ValueRef;
use super::{header, tag, tree};
use crate::sync::bytes_of_words;
use core::fmt;

/// Why words are not a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer words than the header or the arguments claim.
    Short,
    /// More arguments than a frame can have.
    TooManyArgs(u8),
    /// An argument whose tag or bytes mean nothing.
    BadArg(u8),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Short => f.write_str("the frame is shorter than it claims"),
            DecodeError::TooManyArgs(n) => write!(f, "the frame claims {n} arguments"),
            DecodeError::BadArg(i) => write!(f, "argument {i} of the frame cannot be read"),
        }
    }
}
impl std::error::Error for DecodeError {}

/// One frame, its arguments not yet looked at.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    words: &'a [u64],
}

impl<'a> Frame<'a> {
    /// The frame at the beginning of `words`.
    #[inline]
    pub fn new(words: &'a [u64]) -> Result<Self, DecodeError> {
        let &header = words.first().ok_or(DecodeError::Short)?;
        let len = header::words(header);
        if len < header::FIXED_WORDS {
            return Err(DecodeError::Short);
        }
        words.get(..len).map(|words| Frame { words }).ok_or(DecodeError::Short)
    }
    /// The header word.
    pub fn header(&self) -> u64 {
        self.words[0]
    }
    /// Callsite id.
    pub fn id(&self) -> u32 {
        header::id(self.words[0])
    }
    /// Time stamp in raw ticks.
    pub fn ticks(&self) -> u64 {
        self.words[1]
    }
    /// Id of the bound context, 0 for none.
    pub fn bound(&self) -> u32 {
        (self.words[2] >> 32) as u32
    }
    /// The arguments, each decoded when it is asked for.
    ///
    /// # Errors
    /// If the frame has no room for as many arguments as it claims.
    #[inline]
    pub fn args(&self) -> Result<Args<'a>, DecodeError> {
        let count = header::args(self.words[0]);
        if count > header::MAX_ARGS {
            return Err(DecodeError::TooManyArgs(count as u8));
        }
        let slots = header::FIXED_WORDS + header::extra_tag_words(count);
        if slots + count > self.words.len() {
            return Err(DecodeError::Short);
        }
        Ok(Args { words: self.words, count, slots })
    }
}

/// The arguments of a frame by position.
#[derive(Clone, Copy, Debug, Default)]
pub struct Args<'a> {
    pub(super) words: &'a [u64],
    pub(super) count: usize,
    /// Where the slots begin.
    pub(super) slots: usize,
}

impl<'a> Args<'a> {
    /// Number of arguments.
    pub fn len(&self) -> usize {
        self.count
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The argument at `i`; null beyond the last, and for one whose bytes mean nothing ([`Args::check`] tells).
    #[inline]
    pub fn get(&self, i: usize) -> ValueRef<'a> {
        self.decode(i).unwrap_or(ValueRef::Null)
    }

    /// The frame that they lie in; empty if there is none.
    pub(crate) fn words(&self) -> &'a [u64] {
        self.words
    }

    /// Decodes every argument.
    ///
    /// # Errors
    /// The first argument whose bytes mean nothing.
    pub fn check(&self) -> Result<(), DecodeError> {
        match (0..self.count).find(|i| self.decode(*i).is_none()) {
            Some(i) => Err(DecodeError::BadArg(i as u8)),
            None => Ok(()),
        }
    }

    /// Tag and slot of the argument at `i`, not looked at any further; those of null beyond the last.
    #[inline(always)]
    pub(crate) fn slot(&self, i: usize) -> (u8, u64) {
        match self.words.get(self.slots..self.slots + self.count).and_then(|slots| slots.get(i)) {
            Some(&slot) if i < 8 => ((self.words[2] >> (4 * i)) as u8 & 0xF, slot),
            Some(&slot) => (self.tag(i), slot),
            None => (tag::NULL, 0),
        }
    }

    /// The bytes of the argument at `i`, which must have bytes.
    #[inline(always)]
    pub(crate) fn bytes(&self, i: usize, walk: &mut Walk) -> Option<&'a [u8]> {
        if i < walk.next {
            *walk = Walk::default();
        }
        while walk.next < i {
            if has_bytes(self.tag(walk.next)) {
                let len = usize::try_from(self.words[self.slots + walk.next]).ok()?;
                walk.offset = walk.offset.checked_add(len)?;
            }
            walk.next += 1;
        }
        let len = usize::try_from(self.words[self.slots + i]).ok()?;
        let words = self.words;
        bytes_of_words(&words[self.slots + self.count..])
            .get(walk.offset..walk.offset.checked_add(len)?)
    }

    #[inline]
    pub(super) fn tag(&self, i: usize) -> u8 {
        let (word, bits) = tag_place(i);
        ((self.words[word] >> bits) & 0xF) as u8
    }

    #[inline]
    fn decode(&self, i: usize) -> Option<ValueRef<'a>> {
        if i >= self.count {
            return None;
        }
        of_word(self.tag(i), self.words[self.slots + i], |tag| self.decode_bytes(i, tag))
    }

    fn decode_bytes(&self, i: usize, tag: u8) -> Option<ValueRef<'a>> {
        of_bytes(tag, self.bytes(i, &mut Walk::default())?)
    }
}

/// The value of a slot; `other` is asked where the slot is not the value itself.
#[inline(always)]
pub(super) fn of_word<'a>(
    tag: u8,
    slot: u64,
    other: impl FnOnce(u8) -> Option<ValueRef<'a>>,
) -> Option<ValueRef<'a>> {
    Some(match tag {
        tag::NULL => ValueRef::Null,
        tag::I64 => ValueRef::I64(slot as i64),
        tag::U64 => ValueRef::U64(slot),
        tag::F64 => ValueRef::F64(f64::from_bits(slot)),
        tag::F32 => ValueRef::F32(f32::from_bits(slot as u32)),
        tag::BOOL => ValueRef::Bool(slot != 0),
        tag::CHAR => ValueRef::Char(u32::try_from(slot).ok().and_then(char::from_u32)?),
        tag::REDACTED => ValueRef::Redacted,
        bytes => return other(bytes),
    })
}

/// The value that bytes are.
pub(super) fn of_bytes(tag: u8, bytes: &[u8]) -> Option<ValueRef<'_>> {
    Some(match tag {
        tag::BYTES => ValueRef::Bytes(bytes),
        tag::TREE => match tree::read(bytes, 0)? {
            (value, []) => value,
            _ => return None,
        },
        tag::STR => ValueRef::Str(core::str::from_utf8(bytes).ok()?),
        tag::TEXT => ValueRef::Text(core::str::from_utf8(bytes).ok()?),
        tag::DEBUG => ValueRef::Debug(core::str::from_utf8(bytes).ok()?),
        _ => return None,
    })
}

/// How far the bytes of a frame's arguments were followed: they lie one behind the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Walk {
    next: usize,
    offset: usize,
}

/// Whether bytes belong to an argument: its slot is their length. Those of one that is redacted are stepped over: none in a
/// frame, and in a copy by [`Args::hide`] those that were there before.
#[inline(always)]
pub(super) fn has_bytes(tag: u8) -> bool {
    const WITH: u16 = 1 << tag::BYTES
        | 1 << tag::TREE
        | 1 << tag::STR
        | 1 << tag::TEXT
        | 1 << tag::DEBUG
        | 1 << tag::REDACTED;
    WITH >> tag & 1 == 1
}

/// Where the tag of an argument stands: the word, and the bits from which on.
#[inline(always)]
pub(super) fn tag_place(i: usize) -> (usize, usize) {
    if i < 8 { (2, i * 4) } else { (header::FIXED_WORDS + (i - 8) / 16, (i - 8) % 16 * 4) }
}
