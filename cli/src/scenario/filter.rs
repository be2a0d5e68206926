//! `filter`: half of the calls are below the level. As in the documents, a message is a call
//! attempted; the file holds the passing half.

use super::{LineFormat, Spec, basic};
use crate::verify::Sequence;

pub(super) const SPEC: Spec = Spec {
    name: "filter",
    what: "one thread, key_value: every other call is below the level; calls are counted",
    documented: 68_100.0,
    format: LineFormat::KeyValue,
    weight: 1,
    line_bytes_at_most: 250,
};

#[inline(always)]
pub(super) fn call(worker: u32, n: u64) {
    if n & 1 == 0 {
        ripsaw::debug!(target: "bench", worker = worker, n = n, px = basic::price(n), "tick seen");
    } else {
        ripsaw::info!(target: "bench", worker = worker, n = n, px = basic::price(n), "tick used");
    }
}

/// The odd numbers below `calls`.
pub(super) fn passing(calls: u64) -> Sequence {
    Sequence { first: 1, step: 2, count: calls / 2 }
}
