//! The types that travel typed.

use super::ready::{Blob, Inline, Word};
use super::scratch::TextOf;
use super::{Encode, Scratch, Sensitive};
use crate::codec::tag;
use crate::codec::tree::TreeWriter;
use crate::codec::value::{Value, ValueRef};
use core::fmt::Write as _;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

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
    SystemTime => |v| ValueRef::Time(v);
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
    Duration => |v| ValueRef::Duration(*v); SystemTime => |v| ValueRef::Time(*v); IpAddr => |v| ValueRef::Ip(*v);
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
            let mut out = TextOf::new(w);
            // Writing into a tree cannot fail.
            let _ = write!(out, "…[+{} items]", items.len() - kept);
            out.end();
            let len = w.len() - text - 4;
            w.patch(text, len as u32);
            count += 1;
        }
        w.patch(at, count as u32);
    }))
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
