//! Which records a route wants.

use super::draft::Tools;
use crate::codec::Record;
use crate::fault;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A condition on records.
///
/// ```
/// use ripsaw::process::Filter;
/// let paid = Filter::new(|record| record.fields().any(|(key, _)| key == "invoice"));
/// # let _ = paid;
/// ```
#[derive(Clone)]
pub struct Filter {
    test: Arc<dyn Fn(&Record<'_>) -> bool + Send + Sync>,
}

impl Filter {
    /// A condition of your own, asked on the writer's thread.
    pub fn new(test: impl Fn(&Record<'_>) -> bool + Send + Sync + 'static) -> Filter {
        Filter { test: Arc::new(test) }
    }

    /// Both conditions.
    pub fn and(self, other: Filter) -> Filter {
        Filter::new(move |record| (self.test)(record) && (other.test)(record))
    }

    /// Whether a record meets it. One whose test panics does not.
    pub(crate) fn matches(&self, record: &Record<'_>, _tools: &Tools) -> bool {
        catch_unwind(AssertUnwindSafe(|| (self.test)(record))).unwrap_or_else(|_| {
            fault::report(format_args!("a filter panicked: the record is not taken by its route"));
            false
        })
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}
