//! `json`: one thread, JSON lines with a message and three fields.

use super::{LineFormat, Spec, basic};

pub(super) const SPEC: Spec = Spec {
    name: "json",
    what: "one thread, JSON: message, two integers, one float",
    documented: 38_900.0,
    format: LineFormat::Json,
    weight: 1,
    line_bytes_at_most: 300,
};

#[inline(always)]
pub(super) fn call(worker: u32, n: u64) {
    let px = basic::price(n);
    ripsaw::info!(target: "bench", worker = worker, n = n, px = px, "order filled");
}
