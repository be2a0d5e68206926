//! Calls inside calls that must not be.
//!
//! A log call renders foreign values before it touches anything of its own, so they may log. But its slow path
//! allocates while it is half way through a change of the thread's lane, or holds a mutex; and an allocator may log too. What
//! is logged there is refused and counted.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, its thread is in the middle of something that no other log call of it may see.
#[derive(Debug)]
pub(crate) struct Busy {
    before: bool,
    _not_send: PhantomData<*const ()>,
}

impl Busy {
    /// Begins such a time, perhaps within another one.
    pub(crate) fn begin() -> Busy {
        Busy { before: BUSY.replace(true), _not_send: PhantomData }
    }
    /// Suspends it: what happens until the result is dropped guards itself.
    pub(super) fn suspend() -> Busy {
        Busy { before: BUSY.replace(false), _not_send: PhantomData }
    }
    /// Whether it began within another such time.
    pub(crate) fn is_nested(&self) -> bool {
        self.before
    }
    /// Whether the thread is in such a time.
    pub(crate) fn is_active() -> bool {
        BUSY.get()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.set(self.before);
    }
}
