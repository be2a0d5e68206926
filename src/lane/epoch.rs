//! Which configuration is in force, as a number that travels with the records.
//!
//! A record that was committed after a change had returned must not be treated by the configuration of before, also not by
//! a writer that is in the middle of a round. So the writer notes the number, looks at the configuration, and takes a record
//! only if the number is still the same after it has seen the record's header.

use crate::sync::atomic::{AtomicU64, Ordering};

/// Counts the changes of the configuration.
#[derive(Debug)]
pub(crate) struct Epoch(AtomicU64);

impl Epoch {
    pub(crate) fn new() -> Epoch {
        Epoch(AtomicU64::new(0))
    }

    /// The number, to be noted before a look at the configuration: what is seen then is at least as new.
    pub(crate) fn now(&self) -> u64 {
        // Acquire: pairs with the Release in `advance`.
        self.0.load(Ordering::Acquire)
    }

    /// Whether nothing has changed since the number was `known`. Asked after a record's header was seen: where that was
    /// committed behind a change, the change is seen.
    #[inline(always)]
    pub(crate) fn is(&self, known: u64) -> bool {
        // Relaxed: the header's Acquire orders this load behind whatever happened before the commit.
        self.0.load(Ordering::Relaxed) == known
    }

    /// The configuration has changed: called after it was, and before whoever changed it is told.
    pub(crate) fn advance(&self) {
        // Release: pairs with the Acquire in `now`.
        self.0.fetch_add(1, Ordering::Release);
    }
}
