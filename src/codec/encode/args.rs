//! What a macro hands over: its arguments one by one, and as a list.

use super::ready::{Blob, Clipped, Ready};
use super::{Encode, Scratch};
use crate::codec::tag;
use bumpalo::Bump;
use core::fmt;

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
/// Call as `(&Capture(value)).__ripsaw_capture(format_args!("{}", value))` with both traits in scope: [`ViaEncode`] needs
/// one reference fewer, so it wins where it applies.
#[doc(hidden)]
#[derive(Debug)]
pub struct Capture<'a, T: ?Sized>(pub &'a T);

#[doc(hidden)]
pub trait ViaEncode<'a> {
    type Out: Arg;
    fn __ripsaw_capture(&self, shown: fmt::Arguments<'a>) -> Self::Out;
}
impl<'a, T: Encode + ?Sized> ViaEncode<'a> for Capture<'a, T> {
    type Out = &'a T;
    #[inline(always)]
    fn __ripsaw_capture(&self, _shown: fmt::Arguments<'a>) -> &'a T {
        self.0
    }
}

#[doc(hidden)]
pub trait ViaDisplay<'a> {
    type Out: Arg;
    fn __ripsaw_capture(&self, shown: fmt::Arguments<'a>) -> Self::Out;
}
impl<'a, T: ?Sized> ViaDisplay<'a> for &Capture<'a, T> {
    type Out = RenderedArgs<'a>;
    #[inline(always)]
    fn __ripsaw_capture(&self, shown: fmt::Arguments<'a>) -> RenderedArgs<'a> {
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
    fn count(&self) -> usize;
    /// 4 bits an argument, first argument lowest.
    fn tags(&self) -> u128;
    fn bytes_len(&self) -> usize;
    /// Calls `f` with position and slot of each argument.
    fn slots(&self, f: impl FnMut(usize, u64), at: usize);
    /// Calls `f` with the bytes of each argument, in order.
    fn each_bytes(&self, f: impl FnMut(&[u8]));
    fn clip<'s>(
        &self,
        max: usize,
        bump: &'s Bump,
        out: &mut bumpalo::collections::Vec<'s, Clipped<'s>>,
    ) where
        Self: 's;
}
impl ReadyList for () {
    #[inline(always)]
    fn count(&self) -> usize {
        0
    }
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
    #[inline(always)]
    fn count(&self) -> usize {
        1 + self.1.count()
    }
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
    fn clip<'s>(
        &self,
        max: usize,
        bump: &'s Bump,
        out: &mut bumpalo::collections::Vec<'s, Clipped<'s>>,
    ) where
        Self: 's,
    {
        out.push(self.0.clip(max, bump));
        self.1.clip(max, bump, out);
    }
}
