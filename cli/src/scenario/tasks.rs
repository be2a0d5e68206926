//! `async`: five tasks on a multi-threaded tokio runtime write JSON lines; each yields to the
//! scheduler after every hundred records.

use std::time::Instant;

use super::producers::Produced;
use super::{LineFormat, Spec, basic};

pub(super) const SPEC: Spec = Spec {
    name: "async",
    what: "5 tasks on a multi-threaded tokio runtime, each yielding every 100 records, JSON",
    documented: 43_400.0,
    format: LineFormat::Json,
    weight: 1,
    line_bytes_at_most: 300,
};

/// Tasks that log at the same time.
pub(super) const TASKS: u32 = 5;

const RECORDS_BETWEEN_YIELDS: u64 = 100;

#[inline(always)]
pub(super) fn call(worker: u32, n: u64) {
    let px = basic::price(n);
    ripsaw::info!(target: "bench", worker = worker, n = n, px = px, "order filled");
}

/// Threads of the runtime: one per core, never more than tasks, and two at least so that tasks
/// really move between threads.
pub(super) fn runtime_threads() -> u32 {
    let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
    (cores as u32).clamp(2, TASKS)
}

/// Makes the calls, `shares[i]` of them in task `i`.
pub(super) fn produce(shares: &[u64]) -> Result<Produced, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(runtime_threads() as usize)
        .thread_name("bench")
        .build()
        .map_err(|error| format!("cannot start the tokio runtime: {error}"))?;
    let spans = runtime.block_on(async {
        let tasks: Vec<_> = (0..).zip(shares).map(|(i, &n)| tokio::spawn(task(i, n))).collect();
        let mut spans = Vec::with_capacity(tasks.len());
        for task in tasks {
            spans.push(task.await.map_err(|_| "a task panicked".to_owned())?);
        }
        Ok::<_, String>(spans)
    })?;
    Ok(Produced::over(&spans))
}

async fn task(worker: u32, calls: u64) -> (Instant, Instant) {
    let started = Instant::now();
    for n in 0..calls {
        call(worker, n);
        if (n + 1) % RECORDS_BETWEEN_YIELDS == 0 {
            tokio::task::yield_now().await;
        }
    }
    (started, Instant::now())
}
