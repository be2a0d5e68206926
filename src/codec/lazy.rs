//! Values that are worked out only if they are logged.

use super::encode::{Encode, LazyReady, Scratch};
use crate::sync::caught;
use core::cell::{Cell, OnceCell};
use core::fmt;

/// A value that is worked out when a record is made of it, and not before: see [`lazy`].
pub struct Lazy<T, F = fn() -> T> {
    value: OnceCell<Option<T>>,
    work: Cell<Option<F>>,
}

/// A value for fields and message arguments that `work` makes, at most once: on the calling thread, and only if a statement that
/// names it is enabled (spec 91, 92). The macros evaluate no argument of a disabled statement anyway; this is for a
/// value that is made before it is known which statement needs it, or that several share.
///
/// It travels typed, as what `work` returns would. If `work` panics, the text `[lazy value failed]` takes its place, and the
/// rest of the record goes its way.
///
/// ```
/// let total = ripsaw::lazy(|| (1..=1000_u64).sum::<u64>());
/// ripsaw::debug!(total = total, "disabled: nothing is summed up");
/// ripsaw::info!(total = total, "{total} in all: summed up once");
/// ```
pub fn lazy<T, F: FnOnce() -> T>(work: F) -> Lazy<T, F> {
    Lazy { value: OnceCell::new(), work: Cell::new(Some(work)) }
}

const FAILED: &str = "[lazy value failed]";

impl<T, F: FnOnce() -> T> Lazy<T, F> {
    /// The value, worked out if it was not; `None` if that panicked.
    fn get(&self) -> Option<&T> {
        if let Some(value) = self.value.get() {
            return value.as_ref();
        }
        // Taken first: one that asks for itself finds nothing to do, and no value.
        let made = caught(self.work.take()?);
        self.value.get_or_init(|| made).as_ref()
    }
}

impl<T: Encode, F: FnOnce() -> T> Encode for Lazy<T, F> {
    type Ready<'s>
        = LazyReady<T::Ready<'s>>
    where
        Self: 's;
    const RENDERS: bool = true;
    fn ready<'s>(&'s self, scratch: Scratch<'s>) -> Self::Ready<'s> {
        match self.get() {
            Some(value) => LazyReady::Made(value.ready(scratch)),
            None => LazyReady::Failed(FAILED),
        }
    }
}

impl<T: fmt::Display, F: FnOnce() -> T> fmt::Display for Lazy<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => value.fmt(f),
            None => f.write_str(FAILED),
        }
    }
}

impl<T: fmt::Debug, F: FnOnce() -> T> fmt::Debug for Lazy<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => value.fmt(f),
            None => f.write_str(FAILED),
        }
    }
}
