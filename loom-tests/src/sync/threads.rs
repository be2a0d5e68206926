//! The library's own `crate::sync`, but for one function that ThreadSanitizer does not see.

#[path = "../../../src/sync/mod.rs"]
mod library;

pub(crate) use library::{CachePadded, UnsafeCell, Word};

pub(crate) mod atomic {
    use super::library::atomic::AtomicU8 as Byte;
    pub(crate) use super::library::atomic::{
        AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };

    /// An atomic byte whose `fetch_max` is made of exchanges: the compiler does not instrument the instruction for the
    /// maximum, so the sanitizer would miss what it synchronises.
    #[derive(Debug)]
    pub(crate) struct AtomicU8(Byte);

    impl AtomicU8 {
        pub(crate) fn new(value: u8) -> AtomicU8 {
            AtomicU8(Byte::new(value))
        }
        pub(crate) fn load(&self, order: Ordering) -> u8 {
            self.0.load(order)
        }
        pub(crate) fn store(&self, value: u8, order: Ordering) {
            self.0.store(value, order);
        }
        pub(crate) fn compare_exchange(
            &self,
            old: u8,
            new: u8,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u8, u8> {
            self.0.compare_exchange(old, new, success, failure)
        }
        pub(crate) fn fetch_max(&self, value: u8, order: Ordering) -> u8 {
            let mut old = self.0.load(Ordering::Relaxed);
            loop {
                match self.0.compare_exchange(old, old.max(value), order, Ordering::Relaxed) {
                    Ok(_) => return old,
                    Err(now) => old = now,
                }
            }
        }
    }
}
