//! The parts through their public face.

use ripsaw::{Level, ManualClock, Value};
use ripsaw_service::{BreakerState, CircuitBreaker, Workers};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[test]
fn inv_127_one_probe_at_a_time() {
    let clock = ManualClock::new(Duration::from_secs(9));
    let breaker = CircuitBreaker::new().failure_threshold(1).clock(clock);
    breaker.allow().unwrap().failure(&"down");
    clock.advance(Duration::from_secs(60));

    let (probes, barrier) = (AtomicU32::new(0), Barrier::new(4));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                let permit = breaker.allow();
                probes.fetch_add(u32::from(permit.is_some()), Ordering::Relaxed);
                barrier.wait();
                if let Some(permit) = permit {
                    permit.success();
                }
            });
        }
    });
    assert_eq!(probes.into_inner(), 1);
    assert_eq!(breaker.snapshot().state, BreakerState::HalfOpen);
    assert_eq!(breaker.snapshot().successes, 1);
}

#[test]
fn inv_127_lost_and_late_permits() {
    let clock = ManualClock::new(Duration::ZERO);
    let breaker = CircuitBreaker::new().failure_threshold(2).success_threshold(1).clock(clock);
    let late = [breaker.allow().unwrap(), breaker.allow().unwrap(), breaker.allow().unwrap()];
    breaker.allow().unwrap().failure(&"a");
    breaker.allow().unwrap().failure(&"b");
    clock.advance(Duration::from_secs(59));
    let [first, second, third] = late;
    // A call from before does not keep it open for longer.
    first.failure(&"late");
    clock.advance(Duration::from_secs(1));
    let probe = breaker.allow().unwrap();
    assert!(probe.is_probe());
    // Nor does one end somebody else's probe.
    second.failure(&"later");
    third.success();
    assert!(breaker.allow().is_none());
    // A probe that is given up makes room for the next, and one that panics is a failure.
    drop(probe);
    let panicked = std::thread::scope(|scope| {
        scope.spawn(|| breaker.call(|| -> Result<(), String> { panic!("meant") })).join()
    });
    assert!(panicked.is_err());
    assert_eq!((breaker.snapshot().state, breaker.snapshot().failures), (BreakerState::Open, 3));
    clock.advance(Duration::from_secs(60));
    assert_eq!(breaker.call(|| Ok::<_, String>(7)), Ok(7));
    assert_eq!(breaker.snapshot().state, BreakerState::Closed);
}

#[test]
fn inv_127_what_changes_is_logged() {
    let memory = ripsaw::sink::Memory::new();
    let format = ripsaw::format::Text::new().timestamp(false);
    let builder = ripsaw::builder().level(Level::Trace).format(format).sink(memory.clone());
    let guard = builder.manual().start_local().unwrap();
    let attached = guard.attach();
    let breaker = CircuitBreaker::new().failure_threshold(1).target("billing");
    breaker.allow().unwrap().failure(&"no route");
    assert!(breaker.allow().is_none());
    drop(attached);
    while guard.handle().pump() > 0 {}
    let lines = memory.lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("billing")), "{lines:?}");
    assert!(
        lines[1].contains("Circuit breaker opened") && lines[1].contains("recovery_timeout=60")
    );
    assert!(lines[2].contains("request blocked"));
}

#[test]
fn inv_097_jobs_side_by_side() {
    let clock = ManualClock::new(Duration::from_secs(1_705_314_600));
    let workers = Workers::with_clock(clock);
    let worker = workers.worker("w");
    worker.started("a");
    worker.started("b");
    assert_eq!(workers.get("w").unwrap().current_jobs, ["a", "b"]);
    worker.completed("b", Duration::from_millis(3));
    clock.advance(Duration::from_secs(90));
    let now = workers.get("w").unwrap();
    assert_eq!(now.current_jobs, ["a"]);
    assert_eq!(now.uptime, Duration::from_secs(90));
    let fields = now.fields();
    assert!(fields.contains(&("current_job_id", Value::from("a"))));
    assert!(fields.contains(&("last_job_at", Value::from("2024-01-15T10:30:00+00:00"))));
}

#[test]
fn inv_098_registered_once_and_counted_from_all_threads() {
    let workers = Workers::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let workers = &workers;
            scope.spawn(move || {
                for job in 0..1000 {
                    let (worker, job) = (workers.worker("w"), format!("{thread}-{job}"));
                    worker.started(&job);
                    match thread {
                        0 => worker.failed(&job),
                        _ => worker.completed(&job, Duration::from_millis(2)),
                    }
                }
            });
        }
    });
    let all = workers.all();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].jobs_processed, all[0].jobs_failed), (3000, 1000));
    assert_eq!((all[0].avg_duration_ms(), all[0].success_rate()), (Some(2.0), 0.75));
    assert!(all[0].current_jobs.is_empty());
    assert!(workers.get("nobody").is_none());
}
