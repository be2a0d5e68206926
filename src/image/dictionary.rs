//! Logging statements and bound contexts by id, for a reader that has only the file.
//!
//! The dictionary is a row of chunks: `kind | size << 8 | id << 32`, `length | checksum << 32`, then the bytes. Sizes are
//! powers of two, so that the chunks of contexts that are gone can be used again; a zero ends the row. A chunk's first word
//! is written last.

use super::layout::checksum;
use crate::codec::{Bound, read_tree};
use crate::meta::{Align, Kind, Level, Metadata, Piece, Spec};
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::HashMap;

/// What a chunk holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub(super) enum Entry {
    Free = 1,
    Site = 2,
    Context = 3,
}

/// The smallest chunk is 2^3 words.
const SMALLEST: u32 = 3;
/// Words before the bytes of a chunk.
const HEAD: usize = 2;

/// The writing side: which chunks are in use.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    /// Words in use from the beginning.
    end: usize,
    known: HashMap<(Entry, u32), usize>,
    /// Free chunks by size.
    free: HashMap<u32, Vec<usize>>,
    full: bool,
}

impl Dictionary {
    /// Adds an entry unless it is there; false if there is no room, once.
    pub(super) fn add(
        &mut self,
        words: &[AtomicU64],
        kind: Entry,
        id: u32,
        bytes: impl FnOnce() -> Vec<u8>,
    ) -> bool {
        if self.known.contains_key(&(kind, id)) {
            return true;
        }
        let bytes = bytes();
        let need = HEAD + bytes.len().div_ceil(8);
        let size = need.next_power_of_two().ilog2().max(SMALLEST);
        let reused = self.free.get_mut(&size).and_then(Vec::pop);
        let at = reused.unwrap_or(self.end);
        if at + (1 << size) > words.len() || bytes.len() > u32::MAX as usize {
            return std::mem::replace(&mut self.full, true);
        }
        for (word, bytes) in words[at + HEAD..].iter().zip(bytes.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_le_bytes(whole), Ordering::Relaxed);
        }
        words[at + 1].store(bytes.len() as u64 | sum(&bytes) << 32, Ordering::Relaxed);
        if reused.is_none() {
            self.end = at + (1 << size);
        }
        // Release: a process that is killed leaves its stores in their order, and the compiler must not change it.
        words[at].store(head(kind, size, id), Ordering::Release);
        self.known.insert((kind, id), at);
        true
    }

    /// Takes an entry out; its chunk may be used again.
    pub(super) fn remove(&mut self, words: &[AtomicU64], kind: Entry, id: u32) {
        if let Some(at) = self.known.remove(&(kind, id)) {
            let size = (words[at].load(Ordering::Relaxed) >> 8) as u32 & 0xFF;
            words[at].store(head(Entry::Free, size, 0), Ordering::Release);
            self.free.entry(size).or_default().push(at);
        }
    }
}

fn head(kind: Entry, size: u32, id: u32) -> u64 {
    u64::from(kind as u8) | u64::from(size) << 8 | u64::from(id) << 32
}

fn sum(bytes: &[u8]) -> u64 {
    let words: Vec<u64> =
        bytes.chunks(8).map(|c| c.iter().fold(0, |word, b| word << 8 | u64::from(*b))).collect();
    let sum = checksum(&words);
    (sum ^ (sum >> 32)) & 0xFFFF_FFFF
}

/// Calls `f` with kind, id and bytes of each whole entry. Damaged ones are left out.
pub(super) fn entries(words: &[u64], mut f: impl FnMut(Entry, u32, &[u8])) {
    let mut at = 0;
    while let Some([first, second, ..]) = words.get(at..) {
        let size = (first >> 8) as u32 & 0xFF;
        let Some(chunk) = 1_usize.checked_shl(size).filter(|_| (SMALLEST..40).contains(&size))
        else {
            return;
        };
        let Some(payload) = words.get(at + HEAD..at + chunk) else { return };
        let kind = match *first as u8 {
            2 => Some(Entry::Site),
            3 => Some(Entry::Context),
            _ => None,
        };
        let len = (second & 0xFFFF_FFFF) as usize;
        if let Some(kind) = kind
            && len <= payload.len() * 8
        {
            let bytes: Vec<u8> = payload[..len.div_ceil(8)]
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .take(len)
                .collect();
            if sum(&bytes) == second >> 32 {
                f(kind, (first >> 32) as u32, &bytes);
            }
        }
        at += chunk;
    }
}

/// A context in bytes.
pub(super) fn of_context(bound: &Bound) -> Vec<u8> {
    let mut out = Vec::with_capacity(bound.size() + 16);
    out.push(u8::from(bound.name.is_some()));
    put_text(&mut out, bound.name.as_deref().unwrap_or(""));
    out.extend_from_slice(&bound.fields);
    out
}

/// Name and map of fields of a context, if the bytes are one.
pub(super) fn context(bytes: &[u8]) -> Option<(Option<String>, Vec<u8>)> {
    let mut at = Bytes(bytes);
    let named = at.u8()? != 0;
    let name = at.text()?;
    // Whole, and a map: formats take it for granted.
    match read_tree(at.0)? {
        (crate::codec::ValueRef::Map(_), []) => Some((named.then_some(name), at.0.to_vec())),
        _ => None,
    }
}

/// A statement in bytes.
pub(super) fn of_site(meta: &Metadata) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.push(meta.level as u8);
    out.extend_from_slice(&meta.line.to_le_bytes());
    for text in [meta.target, meta.module, meta.file, meta.name] {
        put_text(&mut out, text);
    }
    out.extend_from_slice(&(meta.fields.len() as u16).to_le_bytes());
    meta.fields.iter().for_each(|field| put_text(&mut out, field));
    out.extend_from_slice(&(meta.template.len() as u16).to_le_bytes());
    for piece in meta.template {
        match piece {
            Piece::Lit(text) => {
                out.push(0);
                put_text(&mut out, text);
            }
            Piece::Arg(index, spec) => {
                out.push(1);
                out.extend_from_slice(&index.to_le_bytes());
                put_spec(&mut out, spec);
            }
        }
    }
    out.extend_from_slice(&(meta.args.len() as u16).to_le_bytes());
    meta.args.iter().for_each(|arg| put_text(&mut out, arg));
    out
}

/// The statement that the bytes describe. It is never freed, like those of the program itself.
pub(super) fn site(bytes: &[u8]) -> Option<&'static Metadata> {
    let mut at = Bytes(bytes);
    let level = Level::from_number(at.u8()?)?;
    let line = at.u32()?;
    let texts = [at.text()?, at.text()?, at.text()?, at.text()?];
    let fields: Vec<String> = (0..at.u16()?).map(|_| at.text()).collect::<Option<_>>()?;
    let mut template = Vec::new();
    for _ in 0..at.u16()? {
        template.push(match at.u8()? {
            0 => Err(at.text()?),
            1 => Ok((at.u16()?, at.spec()?)),
            _ => return None,
        });
    }
    // Files of earlier versions end here.
    let args = at.u16().unwrap_or(0);
    let args: Vec<String> = (0..args).map(|_| at.text()).collect::<Option<_>>()?;
    // Kept only now, when all of it was understood.
    let [target, module, file, name] = texts.map(keep);
    let fields: Vec<&'static str> = fields.into_iter().map(keep).collect();
    let template: Vec<Piece> = template
        .into_iter()
        .map(|piece| match piece {
            Ok((index, spec)) => Piece::Arg(index, spec),
            Err(text) => Piece::Lit(keep(text)),
        })
        .collect();
    let args: Vec<&'static str> = args.into_iter().map(keep).collect();
    let (template, fields) = (template.leak(), fields.leak());
    let meta = Metadata::new(level, target, module, file, line, name, template, fields)
        .with_args(args.leak());
    Some(Box::leak(Box::new(meta)))
}

fn keep(text: String) -> &'static str {
    text.leak()
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

const ALIGNS: [Option<Align>; 4] =
    [None, Some(Align::Left), Some(Align::Center), Some(Align::Right)];
const KINDS: [Kind; 10] = [
    Kind::Display,
    Kind::Debug,
    Kind::DebugLowerHex,
    Kind::DebugUpperHex,
    Kind::LowerHex,
    Kind::UpperHex,
    Kind::Octal,
    Kind::Binary,
    Kind::LowerExp,
    Kind::UpperExp,
];

fn put_spec(out: &mut Vec<u8>, spec: &Spec) {
    out.extend_from_slice(&u32::from(spec.fill).to_le_bytes());
    out.push(ALIGNS.iter().position(|a| *a == spec.align).unwrap_or(0) as u8);
    let flags = [spec.plus, spec.alternate, spec.zero].map(u8::from);
    out.push(flags[0] | flags[1] << 1 | flags[2] << 2);
    for number in [spec.width, spec.precision] {
        out.push(u8::from(number.is_some()));
        out.extend_from_slice(&number.unwrap_or(0).to_le_bytes());
    }
    out.push(KINDS.iter().position(|k| *k == spec.kind).unwrap_or(0) as u8);
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }
    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }
    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
    fn text(&mut self) -> Option<String> {
        let len = self.u32()? as usize;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }
    fn number(&mut self) -> Option<Option<u16>> {
        let is_there = self.u8()? != 0;
        let number = self.u16()?;
        Some(is_there.then_some(number))
    }
    fn spec(&mut self) -> Option<Spec> {
        let fill = char::from_u32(self.u32()?)?;
        let align = *ALIGNS.get(usize::from(self.u8()?))?;
        let flags = self.u8()?;
        let (width, precision) = (self.number()?, self.number()?);
        let kind = *KINDS.get(usize::from(self.u8()?))?;
        Some(Spec {
            fill,
            align,
            plus: flags & 1 != 0,
            alternate: flags & 2 != 0,
            zero: flags & 4 != 0,
            width,
            precision,
            kind,
        })
    }
}
