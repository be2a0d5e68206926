//! What a service says of itself through [`ripsaw`]: what it does, how the services it calls fare, what its workers do, whether
//! it is attacked, and whether what it needs is there.
//!
//! Each part works alone, and takes a [`ManualClock`](ripsaw::ManualClock) in tests.

#![forbid(unsafe_code)]

mod breaker;
mod caught;
mod health;
mod jobs;
mod operation;
mod security;
mod time;
mod workers;

pub use breaker::{BreakerError, BreakerState, CircuitBreaker, Permit, Snapshot};
pub use health::{CheckResult, Finding, HealthChecks, HealthError, HealthReport};
pub use jobs::{Job, JobObserver};
pub use operation::{Operation, Run};
pub use security::{SecurityMonitor, SecurityRule};
pub use workers::{WorkerMetrics, WorkerSnapshot, Workers};
