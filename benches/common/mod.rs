//! What the benchmarks share: the calls that are measured, an engine, a stopwatch, and runs in processes of
//! their own.
#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub(crate) mod by_hand;
pub(crate) mod calls;
pub(crate) mod child;
pub(crate) mod stopwatch;

/// True when cargo runs the tests and not the benchmarks: every path once, nothing measured.
pub(crate) fn is_smoke_test() -> bool {
    !std::env::args().any(|arg| arg == "--bench")
}

/// Whether the command line has `flag` (behind the `--` of `cargo bench`).
pub(crate) fn has_flag(flag: &str) -> bool {
    std::env::args().any(|arg| arg == flag)
}

/// The middle value; of an even number of values the higher of the two in the middle. 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
