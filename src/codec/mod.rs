//! The frame: how one record lies in a block.
//!
//! ```text
//! word 0      header        length in words (16) | arguments (8) | sequence (8) | callsite id (32)
//! word 1      time stamp    raw ticks of the engine's clock
//! word 2      tags | bound  4-bit tag of the first eight arguments (32) | id of the bound context (32)
//! words 3..   more tags     one word for each further sixteen arguments, if any
//! words ..    slots         one word an argument: the value itself, or the length of its bytes
//! bytes ..    bytes         of strings and nested values, in order, padded to a whole word
//! ```
//!
//! The header is written last, with a release store; a reader that sees it sees the rest.
//! All positions are relative, so the same bytes can be read by another process.
//! Decoding is total: any bytes give a frame or an error, never a panic.

mod decode;
mod dynamic;
mod encode;
mod lazy;
mod owned;
mod record;
mod rewrite;
mod to_value;
mod tree;
mod value;

pub(crate) use decode::Walk;
pub use decode::{Args, DecodeError, Frame};
pub(crate) use dynamic::shrink_dynamic;
pub use dynamic::{DynamicHead, dynamic_site};
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) use encode::TextOf;
#[cfg(all(feature = "valuable", feature = "tracing", tracing_unstable))]
pub(crate) use encode::put_valuable;
#[doc(hidden)]
pub use encode::{
    Arg, ArgList, Capture, Debugged, Displayed, EncodeRef, ErrorArg, Ready, ReadyList,
    RenderedArgs, Scratch, ViaDisplay, ViaEncode,
};
#[cfg(feature = "tracing")]
pub(crate) use encode::{ArgBuf, put_encoded};
pub(crate) use encode::{Clipped, tree_arg};
pub use encode::{Encode, Sensitive};
#[cfg(feature = "valuable")]
pub use encode::{Valued, valuable};
pub use lazy::{Lazy, lazy};
pub(crate) use owned::OwnedRecord;
pub use record::{Bound, Edited, Fields, Message, Part, Record, Site, ThreadInfo};
pub(crate) use rewrite::Change;
pub(crate) use to_value::{causes, shown};
pub(crate) use tree::unix_time;
pub use tree::{Nested, NestedEntries, NestedItems, TreeWriter};
pub use value::{Value, ValueRef};

/// Header fields of a frame.
pub mod header {
    /// Words of the fixed part: header, time stamp, tags and bound context.
    pub const FIXED_WORDS: usize = 3;
    /// The most arguments that a frame can carry.
    pub const MAX_ARGS: usize = 32;
    /// The most words that a frame can have.
    pub const MAX_WORDS: usize = u16::MAX as usize;

    /// Callsite id of a record that carries its own metadata.
    pub const ID_DYNAMIC: u32 = 0xFFFF_FFFE;
    /// Callsite id of a piece of a record that did not fit one block.
    pub const ID_FRAGMENT: u32 = 0xFFFF_FFFD;
    /// First of the ids that no callsite ever gets.
    pub const ID_RESERVED: u32 = 0xFFFF_FF00;

    /// The header that ends a block: nothing follows it.
    pub const SEAL: u64 = (0xFFFF_FFFF << 32) | 1;

    /// Packs a header. `words` is at least 1, so a header is never zero.
    #[inline(always)]
    pub const fn pack(words: usize, args: usize, seq: u8, id: u32) -> u64 {
        (words as u64) | ((args as u64) << 16) | ((seq as u64) << 24) | ((id as u64) << 32)
    }
    /// Length of the frame in words, header included.
    #[inline(always)]
    pub const fn words(header: u64) -> usize {
        (header & 0xFFFF) as usize
    }
    /// Number of arguments.
    #[inline(always)]
    pub const fn args(header: u64) -> usize {
        ((header >> 16) & 0xFF) as usize
    }
    /// Low eight bits of the lane's sequence number.
    #[inline(always)]
    pub const fn seq(header: u64) -> u8 {
        (header >> 24) as u8
    }
    /// Callsite id.
    #[inline(always)]
    pub const fn id(header: u64) -> u32 {
        (header >> 32) as u32
    }
    /// Whether this is the header of a whole record, and neither a piece nor a seal. Zero, which is no header, passes.
    #[inline(always)]
    pub(crate) const fn is_record(header: u64) -> bool {
        id(header) < ID_RESERVED || id(header) == ID_DYNAMIC
    }
    /// Words of tags behind word 2 for this many arguments.
    #[inline(always)]
    pub const fn extra_tag_words(args: usize) -> usize {
        if args <= 8 { 0 } else { (args - 8).div_ceil(16) }
    }
}

/// 4-bit tags of the arguments.
pub(crate) mod tag {
    pub(crate) const NULL: u8 = 0;
    pub(crate) const I64: u8 = 1;
    pub(crate) const U64: u8 = 2;
    pub(crate) const F64: u8 = 3;
    pub(crate) const BOOL: u8 = 4;
    pub(crate) const CHAR: u8 = 5;
    pub(crate) const STR: u8 = 6;
    /// Text that the caller's `Display` made.
    pub(crate) const TEXT: u8 = 7;
    /// Text that the caller's `Debug` made.
    pub(crate) const DEBUG: u8 = 8;
    pub(crate) const F32: u8 = 9;
    pub(crate) const BYTES: u8 = 10;
    /// One value in the nested encoding of `tree`.
    pub(crate) const TREE: u8 = 11;
    /// Kept out by the caller; or, in the writer's copy of a frame, hidden by a processor, with the length of the bytes that
    /// are not to be shown in the slot.
    pub(crate) const REDACTED: u8 = 12;
}

/// Reads one nested value.
pub(crate) fn read_tree(bytes: &[u8]) -> Option<(ValueRef<'_>, &[u8])> {
    tree::read(bytes, 0)
}
