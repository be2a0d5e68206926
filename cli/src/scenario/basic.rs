//! `basic`: one thread, key_value lines of about 100 bytes with a message and three typed values.

use super::{LineFormat, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "basic",
    what: "one thread, key_value: message, two integers, one float",
    documented: 40_000.0,
    format: LineFormat::KeyValue,
    weight: 1,
    line_bytes_at_most: 250,
};

/// The call that is measured: two integers, one float and a literal message.
#[inline(always)]
pub(crate) fn call(worker: u32, n: u64) {
    let px = price(n);
    ripsaw::info!(target: "bench", worker = worker, n = n, px = px, "order filled");
}

/// The same call below the engine's level.
#[inline(always)]
pub(crate) fn disabled_call(n: u64) {
    ripsaw::debug!(target: "bench", worker = 0, n = n, px = price(n), "order filled");
}

/// A price with two decimals that differs from record to record and costs one multiplication.
#[inline(always)]
pub(super) fn price(n: u64) -> f64 {
    100.0 + 0.25 * (n & 1023) as f64
}
