//! Atomics whose every access the model checker considers.

use loom::sync::Condvar;
use loom::sync::atomic::{self as checked};
use std::cell::Cell;
use std::fmt;

pub(crate) use loom::sync::atomic::{Ordering, fence};

/// Most roles that run at the same time.
const MAX_ROLES: usize = 3;

loom::thread_local! {
    /// The number of the calling thread among those that run at the same time, and their number.
    static ROLE: Cell<(usize, usize)> = Cell::new((0, 1));
}

/// Says that the calling thread is number `me` of `all` that run at the same time.
pub(crate) fn play(me: usize, all: usize) {
    assert!(me < all && all <= MAX_ROLES);
    ROLE.with(|role| role.set((me, all)));
}

/// Steps by which the checker sees that two accesses depend on each other.
///
/// The checker decides which orders to try by looking at the last access to an atomic only. If that is a load by the
/// same thread, it forgets that a store behind it could also come before an earlier load by another thread, and never
/// tries the order in which that load sees the store (its issues 166 and 392). So a load first touches the seat of its
/// thread, and a store those of all others. A touch has no effect but that the checker orders it with other touches of
/// the same seat: nobody ever waits on one.
#[derive(Debug, Default)]
struct Seats([Condvar; MAX_ROLES]);

impl Seats {
    fn before_load(&self) {
        let (me, all) = ROLE.with(Cell::get);
        if all > 1 {
            self.0[me].notify_one();
        }
    }
    fn before_store(&self) {
        let (me, all) = ROLE.with(Cell::get);
        self.0[..all]
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != me)
            .for_each(|(_, s)| s.notify_one());
    }
}

macro_rules! atomics {
    ($($name:ident: $int:ty,)*) => {$(
        /// The checker's atomic, with its seats.
        pub(crate) struct $name {
            value: checked::$name,
            seats: Seats,
        }

        impl $name {
            pub(crate) fn new(value: $int) -> $name {
                $name { value: checked::$name::new(value), seats: Seats::default() }
            }
            pub(crate) fn load(&self, order: Ordering) -> $int {
                self.seats.before_load();
                self.value.load(order)
            }
            /// A relaxed store is made as an exchange. The checker leaves a plain store and an exchange by another
            /// thread unordered, even where what the exchange returned says which came first, and so finds
            /// executions that the language excludes.
            pub(crate) fn store(&self, value: $int, order: Ordering) {
                self.seats.before_store();
                match order {
                    Ordering::Relaxed => drop(self.value.swap(value, order)),
                    _ => self.value.store(value, order),
                }
            }
            pub(crate) fn swap(&self, value: $int, order: Ordering) -> $int {
                self.seats.before_store();
                self.value.swap(value, order)
            }
            pub(crate) fn compare_exchange(
                &self,
                old: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.seats.before_store();
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
                self.seats.before_store();
                self.value.fetch_add(value, order)
            }
            pub(crate) fn fetch_sub(&self, value: $int, order: Ordering) -> $int {
                self.seats.before_store();
                self.value.fetch_sub(value, order)
            }
            pub(crate) fn fetch_max(&self, value: $int, order: Ordering) -> $int {
                self.seats.before_store();
                self.value.fetch_max(value, order)
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::new(0)
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

/// The checker's pointer, with its seats.
pub(crate) struct AtomicPtr<T> {
    value: checked::AtomicPtr<T>,
    seats: Seats,
}

impl<T> AtomicPtr<T> {
    pub(crate) fn new(value: *mut T) -> AtomicPtr<T> {
        AtomicPtr { value: checked::AtomicPtr::new(value), seats: Seats::default() }
    }
    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        self.seats.before_load();
        self.value.load(order)
    }
    pub(crate) fn compare_exchange(
        &self,
        old: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        self.seats.before_store();
        self.value.compare_exchange(old, new, success, failure)
    }
}

impl<T> fmt::Debug for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
