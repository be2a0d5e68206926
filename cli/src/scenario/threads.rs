//! `threads`: ten threads (or as many as asked for) write JSON lines through one engine.

use super::{LineFormat, Spec, basic};

pub(super) const SPEC: Spec = Spec {
    name: "threads",
    what: "10 threads at once (or --threads), JSON: message, two integers, one float",
    documented: 39_800.0,
    format: LineFormat::Json,
    weight: 1,
    line_bytes_at_most: 300,
};

#[inline(always)]
pub(super) fn call(worker: u32, n: u64) {
    let px = basic::price(n);
    ripsaw::info!(target: "bench", worker = worker, n = n, px = px, "order filled");
}
