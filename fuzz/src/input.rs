//! From arbitrary bytes to the things that a record is made of.

use ripsaw::codec::{ArgList, Frame, ReadyList, Scratch, Value, header};
use std::time::{Duration, UNIX_EPOCH};

/// Deepest value that is made; decoding has a bound of its own, beyond this one.
const DEPTH: usize = 6;

/// Takes what it needs from the front. Gives zeros when the bytes are used up.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Input { rest }
    }

    /// What nobody has taken yet.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        head
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        let taken = self.take(N);
        out[..taken.len()].copy_from_slice(taken);
        out
    }

    pub(crate) fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// A length byte, then that many bytes; what is not UTF-8 becomes U+FFFD.
    pub(crate) fn text(&mut self) -> String {
        let len = usize::from(self.byte());
        String::from_utf8_lossy(self.take(len)).into_owned()
    }

    pub(crate) fn maybe_text(&mut self) -> Option<String> {
        (self.byte() & 1 == 1).then(|| self.text())
    }

    pub(crate) fn map(&mut self) -> Value {
        let count = self.byte() % 16;
        Value::Map((0..count).map(|_| (self.text().into(), self.value(1))).collect())
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.byte() % 13 {
            0 => Value::Null,
            1 => Value::Bool(self.byte() & 1 == 1),
            2 => Value::I64(self.number() as i64),
            3 => Value::U64(self.number()),
            4 => Value::I128(i128::from_le_bytes(self.array())),
            5 => Value::U128(u128::from_le_bytes(self.array())),
            6 => Value::F64(f64::from_bits(self.number())),
            7 => Value::Str(self.text().into()),
            8 => Value::Bytes(self.text().into_bytes()),
            9 => Value::Duration(Duration::new(self.number(), u32::from(self.byte()))),
            12 => {
                let (span, before) = (Duration::from_nanos(self.number()), self.byte() & 1 == 1);
                let time = if before {
                    UNIX_EPOCH.checked_sub(span)
                } else {
                    UNIX_EPOCH.checked_add(span)
                };
                time.map_or(Value::Null, Value::Time)
            }
            10 if depth < DEPTH => {
                let count = self.byte() % 8;
                Value::List((0..count).map(|_| self.value(depth + 1)).collect())
            }
            11 if depth < DEPTH => {
                let count = self.byte() % 8;
                let entry = |_| (self.text().into(), self.value(depth + 1));
                Value::Map((0..count).map(entry).collect())
            }
            _ => Value::Null,
        }
    }
}

/// Bytes as words; the last word is filled up with zeros.
pub(crate) fn words(bytes: &[u8]) -> Vec<u64> {
    let word = |chunk: &[u8]| {
        let mut whole = [0; 8];
        whole[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(whole)
    };
    bytes.chunks(8).map(word).collect()
}

/// Makes the header tell the true length, so that more inputs get past it.
pub(crate) fn with_true_length(words: &mut [u64]) {
    let len = words.len().min(header::MAX_WORDS) as u64;
    if let Some(first) = words.first_mut() {
        *first = *first & !0xFFFF | len;
    }
}

/// The words of a frame with these arguments, as a caller writes it.
pub fn frame(id: u32, ticks: u64, args: &impl ArgList) -> Vec<u64> {
    let bump = bumpalo::Bump::new();
    let ready = args.ready(Scratch::new(&bump));
    frame_of(id, ticks, &ready)
}

fn frame_of<R: ReadyList>(id: u32, ticks: u64, ready: &R) -> Vec<u64> {
    let tags = ready.tags();
    let mut out = vec![0, ticks, tags as u64 & 0xFFFF_FFFF];
    out.extend((0..header::extra_tag_words(ready.count())).map(|i| (tags >> (32 + 64 * i)) as u64));
    let slots = out.len();
    out.resize(slots + ready.count(), 0);
    ready.slots(|at, slot| out[slots + at] = slot, 0);
    let mut bytes = Vec::new();
    ready.each_bytes(|part| bytes.extend_from_slice(part));
    out.extend(words(&bytes));
    out[0] = header::pack(out.len(), ready.count(), 0, id);
    debug_assert!(Frame::new(&out).is_ok());
    out
}
