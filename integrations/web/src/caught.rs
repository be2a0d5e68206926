//! The program's code, and its panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the program's code; none if it panics.
pub(crate) fn caught<T>(f: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Some(value),
        Err(panic) => {
            // What it brings may panic when it is dropped; then that is left alone.
            if let Err(worse) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
                std::mem::forget(worse);
            }
            None
        }
    }
}
