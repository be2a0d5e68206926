//! From the words of a frame back to values, on the writer. Total: damaged words give an error.

use super::value::ValueRef;
use super::{header, tag, tree};
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
    /// Decodes all arguments.
    pub fn args(&self) -> Result<Args<'a>, DecodeError> {
        let count = header::args(self.words[0]);
        if count > header::MAX_ARGS {
            return Err(DecodeError::TooManyArgs(count as u8));
        }
        let slots_at = header::FIXED_WORDS + header::extra_tag_words(count);
        let words = self.words;
        let slots = words.get(slots_at..slots_at + count).ok_or(DecodeError::Short)?;
        let mut bytes = as_bytes(&words[slots_at + count..]);
        let mut args = Args::default();
        for (i, &slot) in slots.iter().enumerate() {
            let tag = if i < 8 {
                (words[2] >> (i * 4)) & 0xF
            } else {
                (words[header::FIXED_WORDS + (i - 8) / 16] >> ((i - 8) % 16 * 4)) & 0xF
            } as u8;
            let bad = DecodeError::BadArg(i as u8);
            let mut take = || {
                let len = usize::try_from(slot).ok()?;
                let (head, rest) = bytes.split_at_checked(len)?;
                bytes = rest;
                Some(head)
            };
            let value = match tag {
                tag::NULL => ValueRef::Null,
                tag::I64 => ValueRef::I64(slot as i64),
                tag::U64 => ValueRef::U64(slot),
                tag::F64 => ValueRef::F64(f64::from_bits(slot)),
                tag::F32 => ValueRef::F32(f32::from_bits(slot as u32)),
                tag::BOOL => ValueRef::Bool(slot != 0),
                tag::CHAR => {
                    ValueRef::Char(u32::try_from(slot).ok().and_then(char::from_u32).ok_or(bad)?)
                }
                tag::REDACTED => ValueRef::Redacted,
                tag::BYTES => ValueRef::Bytes(take().ok_or(bad)?),
                tag::TREE => {
                    let (value, rest) = tree::read(take().ok_or(bad)?, 0).ok_or(bad)?;
                    if !rest.is_empty() {
                        return Err(bad);
                    }
                    value
                }
                tag::STR | tag::TEXT | tag::DEBUG => {
                    let text = core::str::from_utf8(take().ok_or(bad)?).map_err(|_| bad)?;
                    match tag {
                        tag::STR => ValueRef::Str(text),
                        tag::TEXT => ValueRef::Text(text),
                        _ => ValueRef::Debug(text),
                    }
                }
                _ => return Err(bad),
            };
            args.push(value);
        }
        Ok(args)
    }
}

/// Decoded arguments by position.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    len: usize,
    first: [ValueRef<'a>; 8],
    rest: Vec<ValueRef<'a>>,
}

impl Default for Args<'_> {
    fn default() -> Self {
        Args { len: 0, first: [ValueRef::Null; 8], rest: Vec::new() }
    }
}

impl<'a> Args<'a> {
    fn push(&mut self, value: ValueRef<'a>) {
        match self.first.get_mut(self.len) {
            Some(place) => *place = value,
            None => self.rest.push(value),
        }
        self.len += 1;
    }
    /// Number of arguments.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The argument at `i`; null beyond the last.
    #[inline]
    pub fn get(&self, i: usize) -> ValueRef<'a> {
        match self.first.get(i) {
            Some(value) => *value,
            None => self.rest.get(i - 8).copied().unwrap_or(ValueRef::Null),
        }
    }
}

#[allow(unsafe_code)]
fn as_bytes(words: &[u64]) -> &[u8] {
    // SAFETY: the pointer and the length in bytes are those of an initialised slice, `u8` has no alignment
    // and no invalid values, and the lifetime is kept. Frames never leave a machine of one byte order.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast::<u8>(), size_of_val(words)) }
}
