//! From Rust values to the words and bytes of a frame, on the caller.
//!
//! Two steps, so that no foreign code ever runs while space is reserved: *ready* renders what must be
//! rendered (`Debug`, `Display`, nested values) into the thread's scratch, and may panic or log; then the
//! ready arguments are plain words and bytes whose size is known and whose copy cannot fail.

mod args;
mod impls;
#[cfg(feature = "tracing")]
mod listed;
mod ready;
mod scratch;
#[cfg(feature = "valuable")]
mod valued;

pub use args::{
    Arg, ArgList, Capture, Debugged, Displayed, ErrorArg, ReadyList, RenderedArgs, ViaDisplay,
    ViaEncode,
};
pub use impls::EncodeRef;
#[cfg(feature = "tracing")]
pub(crate) use listed::{ArgBuf, put_encoded};
pub(super) use ready::LazyReady;
pub use ready::Ready;
pub(crate) use ready::{Clipped, tree_arg};
pub use scratch::Scratch;
pub(crate) use scratch::TextOf;
pub(super) use scratch::clip_str;
#[cfg(all(feature = "valuable", feature = "tracing", tracing_unstable))]
pub(crate) use valued::put_valuable;
#[cfg(feature = "valuable")]
pub use valued::{Valued, valuable};

use core::fmt;

/// A type that the codec copies as it is: typed, without formatting.
///
/// Implemented for the primitives, strings, bytes, `Option`, slices, `Duration`, `SystemTime`, IP addresses, [`Value`](crate::Value) and
/// for references and smart pointers to them. Anything else goes into a record as `?debug` or `%display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be logged as a typed value",
    label = "use `?value` to log it by its `Debug`, or `%value` by its `Display`",
    note = "typed values are numbers, bool, char, strings, bytes, `Option`, slices, `Duration`, `SystemTime`, IP addresses and `ripsaw::Value`; an error goes with what caused it by `key:err = value`"
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
