//! What a service says of itself through [`ripsaw`]: how the services it calls fare, and what its workers do.
//!
//! Each part works alone, and takes a [`ManualClock`](ripsaw::ManualClock) in tests.

#![forbid(unsafe_code)]

mod breaker;
mod time;
mod workers;

pub use breaker::{BreakerError, BreakerState, CircuitBreaker, Permit, Snapshot};
pub use workers::{WorkerMetrics, WorkerSnapshot, Workers};
