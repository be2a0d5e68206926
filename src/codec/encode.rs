//! From Rust values to the words and bytes of a frame, on the caller.
//!
//! Two steps, so that no foreign code ever runs while space is reserved: *ready* renders what must be
//! rendered (`Debug`, `Display`, nested values) into the thread's scratch, and may panic or log; then the
//! ready arguments are plain words and bytes whose size is known and whose copy cannot fail.

use super::tag;
use super::tree::TreeWriter;
use super::value::{Value, ValueRef};
use bumpalo::Bump;
use core::fmt::{self, Write as _};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// A type that the codec copies as it is: typed, without formatting.
///
/// Implemented for the primitives, strings, bytes, `Option`, slices, `Duration`, IP addresses, [`Value`] and
/// for references and smart pointers to them. Anything else goes into a record as `?debug` or `%display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be logged as a typed value",
    label = "use `?value` to log it by its `Debug`, or `%value` by its `Display`",
    note = "typed values are numbers, bool, char, strings, bytes, `Option`, slices, `Duration`, IP addresses and `ripsaw::Value`"
)]
pub trait Encode {
    /// The plain form.
    #[doc(hidden)]
    type Ready<'s>: Ready
    where
        Self: 's;
    /// Whether `ready` needs the scratch.
    #[doc(hidden)]
    const RENDERS: bool = false;
    #[doc(hidden)]
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s>;
}

/// A value that must never be seen: it is logged as `[REDACTED]`, and its bytes never enter the arena.
///
/// ```
/// use ripsaw::Sensitive;
/// let password = String::from("hunter2");
/// ripsaw::info!(user = 7, password = Sensitive(&password), "login");
/// assert_eq!(format!("{:?} {}", Sensitive(1), Sensitive("x")), "[REDACTED] [REDACTED]");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Sensitive<T>(pub T);

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}
impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// The thread's bump arena while one record is made ready, or none when the record needs no rendering.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Scratch<'s>(Option<&'s Bump>);

impl<'s> Scratch<'s> {
    /// For records whose arguments do not render.
    pub const NONE: Scratch<'static> = Scratch(None);

    /// Longest rendered text; what a `Display` prints beyond it is cut with a marker.
    pub const MAX_TEXT: usize = 256 * 1024;

    /// Renders into `bump`.
    pub fn new(bump: &'s Bump) -> Self {
        Scratch(Some(bump))
    }

    fn text(self, args: fmt::Arguments<'_>) -> &'s str {
        if let Some(text) = args.as_str() {
            // A literal: no need to run the formatter.
            return self.0.map_or("", |bump| bump.alloc_str(clip_str(text, Self::MAX_TEXT)));
        }
        let Some(bump) = self.0 else { return "" };
        let mut out = Cut { to: bumpalo::collections::String::new_in(bump), over: 0 };
        // A formatter that panics must not take the caller down: the message of the panic was printed by its hook.
        let failed = !matches!(catch_unwind(AssertUnwindSafe(|| out.write_fmt(args))), Ok(Ok(())));
        if out.over > 0 {
            let over = out.over;
            // Writing to the inner string cannot fail.
            let _ = write!(out.to, "…[+{over} bytes]");
        } else if failed {
            out.to.push_str("[formatter failed]");
        }
        out.to.into_bump_str()
    }

    fn tree(self, fill: impl FnOnce(&mut bumpalo::collections::Vec<'s, u8>)) -> &'s [u8] {
        let Some(bump) = self.0 else { return &[] };
        let mut out = bumpalo::collections::Vec::new_in(bump);
        fill(&mut out);
        out.into_bump_slice()
    }
}

/// Keeps the first `MAX_TEXT` bytes and counts the rest.
struct Cut<'s> {
    to: bumpalo::collections::String<'s>,
    over: usize,
}

impl fmt::Write for Cut<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let kept = if self.over > 0 {
            ""
        } else {
            clip_str(s, Scratch::MAX_TEXT.saturating_sub(self.to.len()))
        };
        self.to.push_str(kept);
        self.over += s.len() - kept.len();
        Ok(())
    }
}

/// The longest prefix of at most `max` bytes that ends at a character.
pub(super) fn clip_str(s: &str, max: usize) -> &str {
    if s.len() <= max {
        return s;
    }
    let mut end = max;
    while !s.is_char_boundary(end) {
        end -= 1;
    }
    &s[..end]
}

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
pub struct Word<const TAG: u8>(u64);

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
pub struct Blob<'s, const TAG: u8>(&'s [u8]);

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
    fn leaf(value: ValueRef<'_>) -> Self {
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

/// An argument of a record that was too large.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Clipped<'s> {
    pub(crate) tag: u8,
    pub(crate) slot: u64,
    pub(crate) bytes: &'s [u8],
}

fn clip_bytes<'s>(tag: u8, bytes: &[u8], max: usize, bump: &'s Bump) -> Clipped<'s> {
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
    Clipped { tag: if tag == tag::DEBUG { tag } else { tag::TEXT }, slot: bytes.len() as u64, bytes }
}

macro_rules! words {
    ($($t:ty => $tag:ident, |$v:ident| $bits:expr;)*) => {$(
        impl Encode for $t {
            type Ready<'s> = Word<{ tag::$tag }>;
            #[inline(always)]
            fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
                let $v = *self;
                Word($bits)
            }
        }
    )*};
}
words! {
    i8 => I64, |v| i64::from(v) as u64;
    i16 => I64, |v| i64::from(v) as u64;
    i32 => I64, |v| i64::from(v) as u64;
    i64 => I64, |v| v as u64;
    isize => I64, |v| v as i64 as u64;
    u8 => U64, |v| u64::from(v);
    u16 => U64, |v| u64::from(v);
    u32 => U64, |v| u64::from(v);
    u64 => U64, |v| v;
    usize => U64, |v| v as u64;
    f64 => F64, |v| v.to_bits();
    f32 => F32, |v| u64::from(v.to_bits());
    bool => BOOL, |v| u64::from(v);
    char => CHAR, |v| u64::from(u32::from(v));
    () => NULL, |_v| 0;
}

macro_rules! inline_trees {
    ($($t:ty => |$v:ident| $leaf:expr;)*) => {$(
        impl Encode for $t {
            type Ready<'s> = Inline;
            #[inline]
            fn ready<'s>(&'s self, _: Scratch<'s>) -> Inline {
                let $v = *self;
                Inline::leaf($leaf)
            }
        }
    )*};
}
inline_trees! {
    i128 => |v| ValueRef::I128(v);
    u128 => |v| ValueRef::U128(v);
    Duration => |v| ValueRef::Duration(v);
    IpAddr => |v| ValueRef::Ip(v);
    Ipv4Addr => |v| ValueRef::Ip(v.into());
    Ipv6Addr => |v| ValueRef::Ip(v.into());
}

impl Encode for str {
    type Ready<'s> = Blob<'s, { tag::STR }>;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
        Blob(self.as_bytes())
    }
}

impl Encode for String {
    type Ready<'s> = Blob<'s, { tag::STR }>;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
        Blob(self.as_bytes())
    }
}

impl Encode for Cow<'_, str> {
    type Ready<'s>
        = Blob<'s, { tag::STR }>
    where
        Self: 's;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
        Blob(self.as_bytes())
    }
}

macro_rules! pointers {
    ($($t:ty),*) => {$(
        impl<T: Encode + ?Sized> Encode for $t {
            type Ready<'s> = T::Ready<'s> where Self: 's;
            const RENDERS: bool = T::RENDERS;
            #[inline(always)]
            fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
                (**self).ready(scratch)
            }
        }
    )*};
}
pointers!(&T, &mut T, Box<T>, Arc<T>, Rc<T>);

impl<T: Encode> Encode for Option<T> {
    type Ready<'s>
        = Option<T::Ready<'s>>
    where
        Self: 's;
    const RENDERS: bool = T::RENDERS;
    #[inline(always)]
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        self.as_ref().map(|v| v.ready(scratch))
    }
}

impl<T> Encode for Sensitive<T> {
    type Ready<'s>
        = Word<{ tag::REDACTED }>
    where
        Self: 's;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
        Word(0)
    }
}

/// An element of a slice: known to both the codec and [`ValueRef`].
#[doc(hidden)]
pub trait EncodeRef: Encode {
    fn value_ref(&self) -> ValueRef<'_>;
}
macro_rules! encode_ref {
    ($($t:ty => |$v:ident| $e:expr;)*) => {$(
        impl EncodeRef for $t {
            fn value_ref(&self) -> ValueRef<'_> { let $v = self; $e }
        }
    )*};
}
encode_ref! {
    i8 => |v| ValueRef::I64((*v).into()); i16 => |v| ValueRef::I64((*v).into());
    i32 => |v| ValueRef::I64((*v).into()); i64 => |v| ValueRef::I64(*v);
    isize => |v| ValueRef::I64(*v as i64); u16 => |v| ValueRef::U64((*v).into());
    u32 => |v| ValueRef::U64((*v).into()); u64 => |v| ValueRef::U64(*v);
    usize => |v| ValueRef::U64(*v as u64); i128 => |v| ValueRef::I128(*v); u128 => |v| ValueRef::U128(*v);
    f32 => |v| ValueRef::F32(*v); f64 => |v| ValueRef::F64(*v); bool => |v| ValueRef::Bool(*v);
    char => |v| ValueRef::Char(*v); str => |v| ValueRef::Str(v); String => |v| ValueRef::Str(v);
    Duration => |v| ValueRef::Duration(*v); IpAddr => |v| ValueRef::Ip(*v);
}
impl EncodeRef for Cow<'_, str> {
    fn value_ref(&self) -> ValueRef<'_> {
        ValueRef::Str(self)
    }
}
impl<T: EncodeRef + ?Sized> EncodeRef for &T {
    fn value_ref(&self) -> ValueRef<'_> {
        (**self).value_ref()
    }
}
impl<T: EncodeRef> EncodeRef for Option<T> {
    fn value_ref(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, EncodeRef::value_ref)
    }
}

/// Most elements of a slice that are copied; the rest is said as a count.
const MAX_ITEMS: usize = 4096;

fn list<'s, T: EncodeRef>(items: &[T], scratch: Scratch<'s>) -> Blob<'s, { tag::TREE }> {
    Blob(scratch.tree(|w| {
        let at = w.open_list();
        let kept = items.len().min(MAX_ITEMS);
        items[..kept].iter().for_each(|v| w.leaf(v.value_ref()));
        let mut count = kept;
        if kept < items.len() {
            let text = w.open_text(false);
            let _ = write!(TextOf(w), "…[+{} items]", items.len() - kept);
            let len = w.len() - text - 4;
            w.patch(text, len as u32);
            count += 1;
        }
        w.patch(at, count as u32);
    }))
}

/// Writes formatted text into a tree.
pub(crate) struct TextOf<'w, W: TreeWriter>(pub(crate) &'w mut W);
impl<W: TreeWriter> fmt::Write for TextOf<'_, W> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.put(s.as_bytes());
        Ok(())
    }
}

impl<T: EncodeRef> Encode for [T] {
    type Ready<'s>
        = Blob<'s, { tag::TREE }>
    where
        Self: 's;
    const RENDERS: bool = true;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        list(self, scratch)
    }
}
impl<T: EncodeRef> Encode for Vec<T> {
    type Ready<'s>
        = Blob<'s, { tag::TREE }>
    where
        Self: 's;
    const RENDERS: bool = true;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        list(self, scratch)
    }
}
impl<T: EncodeRef, const N: usize> Encode for [T; N] {
    type Ready<'s>
        = Blob<'s, { tag::TREE }>
    where
        Self: 's;
    const RENDERS: bool = true;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        list(self, scratch)
    }
}

impl Encode for [u8] {
    type Ready<'s> = Blob<'s, { tag::BYTES }>;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
        Blob(self)
    }
}
impl Encode for Vec<u8> {
    type Ready<'s> = Blob<'s, { tag::BYTES }>;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
        Blob(self)
    }
}
impl<const N: usize> Encode for [u8; N] {
    type Ready<'s> = Blob<'s, { tag::BYTES }>;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) -> Self::Ready<'s> {
        Blob(self)
    }
}

impl Encode for Value {
    type Ready<'s> = Blob<'s, { tag::TREE }>;
    const RENDERS: bool = true;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        Blob(scratch.tree(|w| w.value(self)))
    }
}

/// One argument of a statement, as the macro hands it over.
#[doc(hidden)]
pub trait Arg {
    type Ready<'s>: Ready
    where
        Self: 's;
    const RENDERS: bool;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s>;
}

impl<T: Encode + ?Sized> Arg for &T {
    type Ready<'s>
        = T::Ready<'s>
    where
        Self: 's;
    const RENDERS: bool = T::RENDERS;
    #[inline(always)]
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        (**self).ready(scratch)
    }
}

/// Rendered by the caller's formatter, whatever the specification.
#[doc(hidden)]
#[derive(Debug)]
pub struct RenderedArgs<'a>(pub fmt::Arguments<'a>);
impl Arg for RenderedArgs<'_> {
    type Ready<'s>
        = Blob<'s, { tag::TEXT }>
    where
        Self: 's;
    const RENDERS: bool = true;
    #[inline]
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        Blob(scratch.text(self.0).as_bytes())
    }
}

/// `?value`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Debugged<'a, T: fmt::Debug + ?Sized>(pub &'a T);
impl<T: fmt::Debug + ?Sized> Arg for Debugged<'_, T> {
    type Ready<'s>
        = Blob<'s, { tag::DEBUG }>
    where
        Self: 's;
    const RENDERS: bool = true;
    #[inline]
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        Blob(scratch.text(format_args!("{:?}", self.0)).as_bytes())
    }
}

/// `%value`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Displayed<'a, T: fmt::Display + ?Sized>(pub &'a T);
impl<T: fmt::Display + ?Sized> Arg for Displayed<'_, T> {
    type Ready<'s>
        = Blob<'s, { tag::TEXT }>
    where
        Self: 's;
    const RENDERS: bool = true;
    #[inline]
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        Blob(scratch.text(format_args!("{}", self.0)).as_bytes())
    }
}

/// `key:err = error`: the error and what caused it, as `error: cause: cause`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ErrorArg<'a, T: std::error::Error + ?Sized>(pub &'a T);
impl<T: std::error::Error + ?Sized> Arg for ErrorArg<'_, T> {
    type Ready<'s>
        = Blob<'s, { tag::TEXT }>
    where
        Self: 's;
    const RENDERS: bool = true;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        struct Chain<'e, T: ?Sized>(&'e T);
        impl<T: std::error::Error + ?Sized> fmt::Display for Chain<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)?;
                let mut cause = self.0.source();
                // A chain that bites its tail must end too.
                for _ in 0..32 {
                    let Some(error) = cause else { break };
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
        }
        Blob(scratch.text(format_args!("{}", Chain(self.0))).as_bytes())
    }
}

/// Chooses, by method resolution, the typed form where there is one and the rendered form otherwise.
///
/// Call as `(&Capture(value)).capture(format_args!("{}", value))` with both traits in scope: [`ViaEncode`] needs
/// one reference fewer, so it wins where it applies.
#[doc(hidden)]
#[derive(Debug)]
pub struct Capture<'a, T: ?Sized>(pub &'a T);

#[doc(hidden)]
pub trait ViaEncode<'a> {
    type Out: Arg;
    fn capture(&self, shown: fmt::Arguments<'a>) -> Self::Out;
}
impl<'a, T: Encode + ?Sized> ViaEncode<'a> for Capture<'a, T> {
    type Out = &'a T;
    #[inline(always)]
    fn capture(&self, _shown: fmt::Arguments<'a>) -> &'a T {
        self.0
    }
}

#[doc(hidden)]
pub trait ViaDisplay<'a> {
    type Out: Arg;
    fn capture(&self, shown: fmt::Arguments<'a>) -> Self::Out;
}
impl<'a, T: ?Sized> ViaDisplay<'a> for &Capture<'a, T> {
    type Out = RenderedArgs<'a>;
    #[inline(always)]
    fn capture(&self, shown: fmt::Arguments<'a>) -> RenderedArgs<'a> {
        RenderedArgs(shown)
    }
}

/// The arguments of a statement: `(first, (second, (third, ())))`.
#[doc(hidden)]
pub trait ArgList {
    type Ready<'s>: ReadyList
    where
        Self: 's;
    const RENDERS: bool;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s>;
}
impl ArgList for () {
    type Ready<'s> = ();
    const RENDERS: bool = false;
    #[inline(always)]
    fn ready<'s>(&'s self, _: Scratch<'s>) {}
}
impl<A: Arg, B: ArgList> ArgList for (A, B) {
    type Ready<'s>
        = (A::Ready<'s>, B::Ready<'s>)
    where
        Self: 's;
    const RENDERS: bool = A::RENDERS || B::RENDERS;
    #[inline(always)]
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        (self.0.ready(scratch), self.1.ready(scratch))
    }
}

/// Plain arguments.
#[doc(hidden)]
pub trait ReadyList: Copy {
    const COUNT: usize;
    /// 4 bits an argument, first argument lowest.
    fn tags(&self) -> u128;
    fn bytes_len(&self) -> usize;
    /// Calls `f` with position and slot of each argument.
    fn slots(&self, f: impl FnMut(usize, u64), at: usize);
    /// Calls `f` with the bytes of each argument, in order.
    fn each_bytes(&self, f: impl FnMut(&[u8]));
    fn clip<'s>(&self, max: usize, bump: &'s Bump, out: &mut bumpalo::collections::Vec<'s, Clipped<'s>>)
    where
        Self: 's;
}
impl ReadyList for () {
    const COUNT: usize = 0;
    #[inline(always)]
    fn tags(&self) -> u128 {
        0
    }
    #[inline(always)]
    fn bytes_len(&self) -> usize {
        0
    }
    #[inline(always)]
    fn slots(&self, _f: impl FnMut(usize, u64), _at: usize) {}
    #[inline(always)]
    fn each_bytes(&self, _f: impl FnMut(&[u8])) {}
    fn clip<'s>(&self, _: usize, _: &'s Bump, _: &mut bumpalo::collections::Vec<'s, Clipped<'s>>)
    where
        Self: 's,
    {
    }
}
impl<A: Ready, B: ReadyList> ReadyList for (A, B) {
    const COUNT: usize = 1 + B::COUNT;
    #[inline(always)]
    fn tags(&self) -> u128 {
        u128::from(self.0.tag()) | (self.1.tags() << 4)
    }
    #[inline(always)]
    fn bytes_len(&self) -> usize {
        self.0.bytes().len() + self.1.bytes_len()
    }
    #[inline(always)]
    fn slots(&self, mut f: impl FnMut(usize, u64), at: usize) {
        f(at, self.0.slot());
        self.1.slots(f, at + 1);
    }
    #[inline(always)]
    fn each_bytes(&self, mut f: impl FnMut(&[u8])) {
        f(self.0.bytes());
        self.1.each_bytes(f);
    }
    fn clip<'s>(&self, max: usize, bump: &'s Bump, out: &mut bumpalo::collections::Vec<'s, Clipped<'s>>)
    where
        Self: 's,
    {
        out.push(self.0.clip(max, bump));
        self.1.clip(max, bump, out);
    }
}
