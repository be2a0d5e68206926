//! Arguments that are plain words and bytes.

use super::scratch::clip_str;
use crate::codec::tag;
use crate::codec::tree::TreeWriter;
use crate::codec::value::ValueRef;
use bumpalo::Bump;

/// Plain form of one argument: a tag, a slot word and perhaps bytes.
#[doc(hidden)]
pub trait Ready: Copy {
    /// 4-bit tag.
    fn tag(&self) -> u8;
    /// The slot: the value, or the number of bytes.
    fn slot(&self) -> u64;
    /// The bytes behind the slots.
    fn bytes(&self) -> &[u8];
    /// The same with at most `max` bytes; what was cut is said in the text.
    fn clip<'s>(&self, max: usize, bump: &'s Bump) -> Clipped<'s>
    where
        Self: 's;
}

/// Eight bytes that are the value.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Word<const TAG: u8>(pub(super) u64);

impl<const TAG: u8> Ready for Word<TAG> {
    #[inline(always)]
    fn tag(&self) -> u8 {
        TAG
    }
    #[inline(always)]
    fn slot(&self) -> u64 {
        self.0
    }
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        &[]
    }
    fn clip<'s>(&self, _max: usize, _bump: &'s Bump) -> Clipped<'s>
    where
        Self: 's,
    {
        Clipped { tag: TAG, slot: self.0, bytes: &[] }
    }
}

/// Bytes with their length in the slot.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Blob<'s, const TAG: u8>(pub(super) &'s [u8]);

impl<const TAG: u8> Ready for Blob<'_, TAG> {
    #[inline(always)]
    fn tag(&self) -> u8 {
        TAG
    }
    #[inline(always)]
    fn slot(&self) -> u64 {
        self.0.len() as u64
    }
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.0
    }
    fn clip<'s>(&self, max: usize, bump: &'s Bump) -> Clipped<'s>
    where
        Self: 's,
    {
        clip_bytes(TAG, self.0, max, bump)
    }
}

/// A nested value that is encoded already, as the only argument of a record.
pub(crate) fn tree_arg(tree: &[u8]) -> (Blob<'_, { tag::TREE }>, ()) {
    (Blob(tree), ())
}

/// A nested value small enough to stay on the stack.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Inline {
    len: u8,
    bytes: [u8; 23],
}

impl Inline {
    pub(super) fn leaf(value: ValueRef<'_>) -> Self {
        struct Small(Inline);
        impl TreeWriter for Small {
            fn put(&mut self, bytes: &[u8]) {
                let at = usize::from(self.0.len);
                self.0.bytes[at..at + bytes.len()].copy_from_slice(bytes);
                self.0.len += bytes.len() as u8;
            }
            fn patch(&mut self, _at: usize, _value: u32) {}
            fn len(&self) -> usize {
                usize::from(self.0.len)
            }
        }
        let mut small = Small(Inline { len: 0, bytes: [0; 23] });
        small.leaf(value);
        small.0
    }
}

impl Ready for Inline {
    #[inline(always)]
    fn tag(&self) -> u8 {
        tag::TREE
    }
    #[inline(always)]
    fn slot(&self) -> u64 {
        u64::from(self.len)
    }
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len).min(23)]
    }
    fn clip<'s>(&self, _max: usize, bump: &'s Bump) -> Clipped<'s>
    where
        Self: 's,
    {
        Clipped { tag: tag::TREE, slot: self.slot(), bytes: bump.alloc_slice_copy(self.bytes()) }
    }
}

impl<R: Ready> Ready for Option<R> {
    #[inline(always)]
    fn tag(&self) -> u8 {
        self.as_ref().map_or(tag::NULL, Ready::tag)
    }
    #[inline(always)]
    fn slot(&self) -> u64 {
        self.as_ref().map_or(0, Ready::slot)
    }
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.as_ref().map_or(&[], Ready::bytes)
    }
    fn clip<'s>(&self, max: usize, bump: &'s Bump) -> Clipped<'s>
    where
        Self: 's,
    {
        match self {
            Some(r) => r.clip(max, bump),
            None => Clipped { tag: tag::NULL, slot: 0, bytes: &[] },
        }
    }
}

/// A value that was worked out late, or the text that stands for it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum LazyReady<R> {
    Made(R),
    Failed(&'static str),
}

impl<R: Ready> Ready for LazyReady<R> {
    #[inline]
    fn tag(&self) -> u8 {
        match self {
            LazyReady::Made(ready) => ready.tag(),
            LazyReady::Failed(_) => tag::TEXT,
        }
    }
    #[inline]
    fn slot(&self) -> u64 {
        match self {
            LazyReady::Made(ready) => ready.slot(),
            LazyReady::Failed(text) => text.len() as u64,
        }
    }
    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            LazyReady::Made(ready) => ready.bytes(),
            LazyReady::Failed(text) => text.as_bytes(),
        }
    }
    fn clip<'s>(&self, max: usize, bump: &'s Bump) -> Clipped<'s>
    where
        Self: 's,
    {
        match self {
            LazyReady::Made(ready) => ready.clip(max, bump),
            LazyReady::Failed(text) => clip_bytes(tag::TEXT, text.as_bytes(), max, bump),
        }
    }
}

/// An argument of a record that was too large.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Clipped<'s> {
    pub(crate) tag: u8,
    pub(crate) slot: u64,
    pub(crate) bytes: &'s [u8],
}

pub(super) fn clip_bytes<'s>(tag: u8, bytes: &[u8], max: usize, bump: &'s Bump) -> Clipped<'s> {
    if bytes.len() <= max {
        return Clipped { tag, slot: bytes.len() as u64, bytes: bump.alloc_slice_copy(bytes) };
    }
    let text = match (tag, core::str::from_utf8(bytes)) {
        (tag::STR | tag::TEXT | tag::DEBUG, Ok(text)) => clip_str(text, max),
        // Half a tree or half a blob says nothing; its size does.
        _ => "",
    };
    let text = bumpalo::format!(in bump, "{text}…[+{} bytes]", bytes.len() - text.len());
    let bytes = text.into_bump_str().as_bytes();
    Clipped {
        tag: if tag == tag::DEBUG { tag } else { tag::TEXT },
        slot: bytes.len() as u64,
        bytes,
    }
}
