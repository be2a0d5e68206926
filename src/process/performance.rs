//! When and by whom a record was made, and how long something took.

use super::{Draft, Flow, Processor};
use crate::codec::ValueRef;

/// Adds `processed_at`, `thread_id`, `thread_name` and, from `start_time`, `duration_seconds` (spec \[55\]).
///
/// `processed_at` is the time of the call in seconds since 1970, and the thread is the caller's. A field `start_time`, in
/// seconds since 1970, is replaced by `duration_seconds`, rounded to six places; one that is no number stays.
///
/// ```
/// # use ripsaw::process::Performance;
/// let builder = ripsaw::builder().processor(Performance::new());
/// # let _ = builder;
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Performance;

impl Performance {
    /// There is nothing to set.
    pub const fn new() -> Performance {
        Performance
    }
}

impl Processor for Performance {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let now = draft.unix_ns() as f64 / 1e9;
        let thread = draft.thread();
        draft.put("processed_at", ValueRef::F64(now));
        draft.put("thread_id", ValueRef::U64(thread.id));
        draft.put("thread_name", ValueRef::Str(&thread.name));
        let started = match draft.get("start_time") {
            Some(ValueRef::F64(at)) => Some(at),
            Some(ValueRef::F32(at)) => Some(at.into()),
            Some(ValueRef::I64(at)) => Some(at as f64),
            Some(ValueRef::U64(at)) => Some(at as f64),
            _ => None,
        };
        if let Some(started) = started.filter(|at| at.is_finite()) {
            draft.remove("start_time");
            let micros = ((now - started) * 1e6).round();
            draft.put("duration_seconds", ValueRef::F64(micros / 1e6));
        }
        Flow::Keep
    }
}
