//! The model checker's face of `crate::sync`: the same names as in the library, but each access is followed.

pub(crate) mod atomic;
mod word;

pub(crate) use loom::cell::UnsafeCell;
pub(crate) use word::Word;

/// In a model there are no cache lines.
#[derive(Debug)]
pub(crate) struct CachePadded<T>(pub(crate) T);

impl<T> core::ops::Deref for CachePadded<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
