//! The parts through their public face.

use ripsaw::{Clock, Event, Level, ManualClock, Value};
use ripsaw_service::{
    BreakerState, CircuitBreaker, HealthChecks, SecurityMonitor, SecurityRule, Workers,
};
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

/// The alerts of a monitor on records `fail` of some users, each a second after the one before.
fn alerts(monitor: SecurityMonitor, users: impl IntoIterator<Item = String>) -> Vec<String> {
    let memory = ripsaw::sink::Memory::new();
    let clock = ManualClock::new(Duration::from_secs(1000));
    let format = ripsaw::format::Text::new().timestamp(false);
    let builder = ripsaw::builder().clock(Clock::Manual(clock)).format(format);
    let builder = builder.processor(monitor).sink(memory.clone()).manual();
    let guard = builder.start_local().unwrap();
    let attached = guard.attach();
    for user in users {
        Event::new(Level::Info, "auth.fail").field("user", user).emit();
        while guard.handle().pump() > 0 {}
        clock.advance(Duration::from_secs(1));
    }
    drop(attached);
    memory.lines().into_iter().filter(|line| line.contains("security_alert")).collect()
}

#[test]
fn inv_116_one_alert_a_window_and_repeats_on_request() {
    let monitor = || {
        let rule = SecurityRule::new("guessing", "fail", "user");
        SecurityMonitor::none().rule(rule.at_least(3, Duration::from_secs(5)).counted_as("n"))
    };
    let bob = || std::iter::repeat_n("bob".to_owned(), 9);
    // At the seconds 2 and 7.
    let once = alerts(monitor(), bob());
    assert_eq!(once.len(), 2, "{once:?}");
    assert!(once[0].contains("alert_type=guessing user=bob n=3") && once[1].contains("n=5"));
    assert_eq!(alerts(monitor().repeats(true), bob()).len(), 7);
    // Two are never three within the window of another.
    let both = (0..4).map(|n| ["ann", "bob"][n % 2].to_owned());
    assert!(alerts(monitor(), both).is_empty());
}

#[test]
fn inv_116_the_quietest_subject_is_forgotten() {
    let rule =
        || SecurityRule::new("guessing", "fail", "user").at_least(2, Duration::from_secs(99));
    let users = || ["a", "b", "a", "c", "b", "a"].map(str::to_owned);
    let told =
        |most| alerts(SecurityMonitor::none().rule(rule()).max_subjects(most), users()).len();
    assert_eq!((told(3), told(2), told(1)), (2, 1, 0));
}

#[test]
fn inv_126_checks_that_hang_panic_or_fail() {
    let health = HealthChecks::new();
    let barrier = std::sync::Arc::new(Barrier::new(2));
    let hung = barrier.clone();
    let waits = move || {
        hung.wait();
        Ok::<_, String>(())
    };
    health.register_within("hangs", Duration::from_millis(50), waits).unwrap();
    health.register("good", || Ok::<_, String>(("connections", 5))).unwrap();
    health.register("bad", || Err::<(), _>("down")).unwrap();
    health.register("worse", || -> Result<(), String> { panic!("meant") }).unwrap();
    assert!(health.register("overall", || Ok::<_, String>(())).is_err());

    let report = health.run();
    let error = |name: &str| report.get(name).unwrap().outcome.clone().unwrap_err();
    assert_eq!(error("hangs"), "no answer within 50ms");
    assert_eq!(
        (error("bad"), error("worse")),
        ("down".to_owned(), "it panicked: meant".to_owned())
    );
    assert_eq!(
        (report.healthy_checks(), report.is_healthy(), report.http_status()),
        (1, false, 503)
    );
    assert_eq!(report.get("good").unwrap().outcome, Ok(Value::from([("connections", 5.into())])));
    assert_eq!(health.last(), Some(report));

    let again = health.run();
    let error = again.get("hangs").unwrap().outcome.clone().unwrap_err();
    assert_eq!(error, "still busy with an earlier run");
    barrier.wait();
}

#[test]
fn inv_126_checks_run_side_by_side() {
    let health = HealthChecks::new().timeout(Duration::from_secs(60));
    let barrier = std::sync::Arc::new(Barrier::new(3));
    for name in ["a", "b", "c"] {
        let barrier = barrier.clone();
        let meets = move || {
            barrier.wait();
            Ok::<_, String>(())
        };
        health.register(name, meets).unwrap();
    }
    assert!(health.run().is_healthy());
}
