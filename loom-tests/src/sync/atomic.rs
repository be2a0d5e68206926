//! Atomics whose every access the model checker considers.

use loom::sync::Condvar;
use loom::sync::atomic::{self as checked};
use std::fmt;

pub(crate) use loom::sync::atomic::{Ordering, fence};

/// The place of an atomic in the order of all steps.
///
/// The checker decides which orders of two steps to try by looking at the *last* access to an atomic only. If that is
/// a load by the same thread, it forgets that a store behind it may come before another thread's earlier load: it then
/// never tries the order in which that load sees the store. Each access is therefore preceded by a step that depends on
/// every other one of its kind, which has no further effect (nobody waits for it).
#[derive(Debug, Default)]
struct Turn(Condvar);

impl Turn {
    fn take(&self) {
        self.0.notify_one();
    }
}

macro_rules! atomics {
    ($($name:ident: $int:ty,)*) => {$(
        /// The checker's atomic, preceded by a turn.
        pub(crate) struct $name {
            value: checked::$name,
            turn: Turn,
        }

        impl $name {
            pub(crate) fn new(value: $int) -> $name {
                $name { value: checked::$name::new(value), turn: Turn::default() }
            }
            pub(crate) fn load(&self, order: Ordering) -> $int {
                self.turn.take();
                self.value.load(order)
            }
            /// A relaxed store is made as an exchange. The checker leaves a plain store and an exchange by another
            /// thread unordered, even where what the exchange returned says which came first, and so finds
            /// executions that the language excludes.
            pub(crate) fn store(&self, value: $int, order: Ordering) {
                self.turn.take();
                match order {
                    Ordering::Relaxed => drop(self.value.swap(value, order)),
                    _ => self.value.store(value, order),
                }
            }
            pub(crate) fn swap(&self, value: $int, order: Ordering) -> $int {
                self.turn.take();
                self.value.swap(value, order)
            }
            pub(crate) fn compare_exchange(
                &self,
                old: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.turn.take();
                self.value.compare_exchange(old, new, success, failure)
            }
            pub(crate) fn compare_exchange_weak(
                &self,
                old: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.compare_exchange(old, new, success, failure)
            }
            pub(crate) fn fetch_add(&self, value: $int, order: Ordering) -> $int {
                self.turn.take();
                self.value.fetch_add(value, order)
            }
            pub(crate) fn fetch_sub(&self, value: $int, order: Ordering) -> $int {
                self.turn.take();
                self.value.fetch_sub(value, order)
            }
            pub(crate) fn fetch_max(&self, value: $int, order: Ordering) -> $int {
                self.turn.take();
                self.value.fetch_max(value, order)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.value.fmt(f)
            }
        }
    )*};
}

atomics! {
    AtomicU8: u8,
    AtomicU32: u32,
    AtomicU64: u64,
    AtomicUsize: usize,
}

/// The checker's pointer, preceded by a turn.
pub(crate) struct AtomicPtr<T> {
    value: checked::AtomicPtr<T>,
    turn: Turn,
}

impl<T> AtomicPtr<T> {
    pub(crate) fn new(value: *mut T) -> AtomicPtr<T> {
        AtomicPtr { value: checked::AtomicPtr::new(value), turn: Turn::default() }
    }
    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        self.turn.take();
        self.value.load(order)
    }
    pub(crate) fn compare_exchange(
        &self,
        old: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        self.turn.take();
        self.value.compare_exchange(old, new, success, failure)
    }
}

impl<T> fmt::Debug for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
