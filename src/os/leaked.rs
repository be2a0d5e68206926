//! A place for a reference that is valid for ever.

use core::sync::atomic::{AtomicPtr, Ordering};
use std::ptr;

/// Holds a `&'static T`, or nothing; read by one load, also in a signal handler.
#[derive(Debug)]
pub(crate) struct Leaked<T: 'static>(AtomicPtr<T>);

impl<T: Sync> Leaked<T> {
    /// An empty place.
    pub(crate) const fn none() -> Leaked<T> {
        Leaked(AtomicPtr::new(ptr::null_mut()))
    }
    /// Puts a value there. The one before stays valid for those who have read it.
    pub(crate) fn set(&self, value: &'static T) {
        // Release: pairs with the Acquire in `get`, so that who finds the reference finds what it leads to.
        self.0.store(ptr::from_ref(value).cast_mut(), Ordering::Release);
    }
    /// What is there.
    pub(crate) fn get(&self) -> Option<&'static T> {
        // Acquire: pairs with the Release in `set`.
        // SAFETY: null, or a reference that is valid for ever and was handed to `set`; it is only ever shared.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}
