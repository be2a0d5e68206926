//! Clocks and call latency.

mod calls;
mod latency;
mod stopwatch;

pub(crate) use calls::{CallCosts, measure_calls};
pub(crate) use latency::{Percentiles, Sampler, Samples};
pub(crate) use stopwatch::Stopwatch;
