//! Circuit breakers under attack: threads, probes that never end, clocks that jump, panics.

use ripsaw::ManualClock;
use ripsaw_service::{BreakerError, BreakerState, CircuitBreaker};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn manual() -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new(Duration::from_secs(1000));
    (CircuitBreaker::new().failure_threshold(1).success_threshold(1).clock(clock), clock)
}

/// Half open, if it is asked.
fn recovering() -> (CircuitBreaker, ManualClock) {
    let (breaker, clock) = manual();
    breaker.allow().unwrap().failure(&"down");
    clock.advance(MINUTE);
    (breaker, clock)
}

#[test]
fn inv_127_never_two_probes_whatever_becomes_of_them() {
    let clock = ManualClock::new(Duration::ZERO);
    let breaker = CircuitBreaker::new().failure_threshold(3).clock(clock);
    let breaker = breaker.probe_timeout(Duration::MAX);
    let (inside, probes) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for thread in 1..=4_u32 {
            let (breaker, inside, probes) = (&breaker, &inside, &probes);
            scope.spawn(move || {
                let mut random = thread;
                for _ in 0..20_000 {
                    random ^= random << 13;
                    random ^= random >> 17;
                    random ^= random << 5;
                    let Some(permit) = breaker.allow() else {
                        clock.advance(Duration::from_secs(20));
                        continue;
                    };
                    if permit.is_probe() {
                        probes.fetch_add(1, Ordering::Relaxed);
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two probes at once");
                        if random.is_multiple_of(7) {
                            std::thread::yield_now();
                        }
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                    match random % 3 {
                        0 => permit.success(),
                        1 => permit.failure(&"down"),
                        _ => drop(permit),
                    }
                }
            });
        }
    });
    assert!(probes.into_inner() > 100);
    // It is not stuck.
    clock.advance(MINUTE);
    while breaker.snapshot().state != BreakerState::Closed {
        breaker.allow().expect("a probe").success();
    }
}

#[test]
fn inv_127_a_probe_that_never_ends_is_given_up() {
    let (breaker, clock) = recovering();
    let lost = breaker.allow().unwrap();
    clock.advance(MINUTE - Duration::from_millis(1));
    assert!(breaker.allow().is_none());
    clock.advance(Duration::from_millis(1));
    let next = breaker.allow().expect("the first has had its time");
    assert!(next.is_probe() && breaker.allow().is_none());
    assert_eq!(
        (breaker.snapshot().state, breaker.snapshot().failures),
        (BreakerState::HalfOpen, 2)
    );
    // It comes back at last, and changes nothing.
    lost.success();
    assert!(breaker.snapshot().state == BreakerState::HalfOpen && breaker.allow().is_none());
    next.success();
    assert_eq!(breaker.snapshot().state, BreakerState::Closed);

    // Neither does one that is forgotten, fails late, or is dropped late.
    let (breaker, clock) = recovering();
    let breaker = breaker.probe_timeout(Duration::ZERO);
    std::mem::forget(breaker.allow().unwrap());
    let mut late = Vec::new();
    for _ in 0..3 {
        assert!(breaker.allow().is_none(), "a probe has a millisecond at least");
        clock.advance(Duration::from_millis(1));
        late.push(breaker.allow().unwrap());
    }
    let last = late.pop().unwrap();
    late.pop().unwrap().failure(&"late");
    drop(late);
    assert!(breaker.snapshot().state == BreakerState::HalfOpen && breaker.allow().is_none());
    last.failure(&"down");
    assert_eq!(breaker.snapshot().state, BreakerState::Open);
}

#[test]
fn inv_127_clocks_that_jump() {
    let (breaker, clock) = manual();
    clock.advance(MINUTE);
    breaker.allow().unwrap().failure(&"down");
    // Back behind the failure, and behind the breaker's own beginning: it waits for the time to come again.
    for at in [1059, 1000, 10, 0, 1060, 1119] {
        clock.set(Duration::from_secs(at));
        assert!(breaker.allow().is_none(), "{at}");
    }
    clock.set(Duration::from_secs(1120));
    let probe = breaker.allow().expect("a minute later");
    clock.set(Duration::ZERO);
    assert!(breaker.allow().is_none());
    probe.success();
    assert_eq!(breaker.snapshot().state, BreakerState::Closed);
    // As far ahead as there are times.
    breaker.allow().unwrap().failure(&"down");
    clock.set(Duration::MAX);
    assert!(breaker.allow().unwrap().is_probe());
}

#[test]
fn inv_127_numbers_without_sense() {
    let clock = ManualClock::new(Duration::ZERO);
    let breaker = || CircuitBreaker::new().clock(clock);
    let eager =
        breaker().failure_threshold(0).success_threshold(0).recovery_timeout(Duration::ZERO);
    eager.allow().unwrap().failure(&"down");
    assert_eq!(eager.snapshot().state, BreakerState::Open);
    eager.allow().expect("at once").success();
    assert_eq!(eager.snapshot().state, BreakerState::Closed);

    let lazy = breaker().failure_threshold(u32::MAX).success_threshold(u32::MAX);
    let lazy = lazy.recovery_timeout(Duration::MAX);
    for _ in 0..4094 {
        lazy.allow().unwrap().failure(&"down");
    }
    assert_eq!((lazy.snapshot().state, lazy.snapshot().failures), (BreakerState::Closed, 4094));
    lazy.allow().unwrap().failure(&"down");
    clock.advance(Duration::from_secs(1 << 40));
    assert!(lazy.snapshot().state == BreakerState::Open && lazy.allow().is_none());
}

/// An error that cannot be told.
#[derive(Debug, PartialEq)]
struct Untold;

impl fmt::Display for Untold {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("an error's panic, on purpose")
    }
}

#[test]
fn inv_127_an_error_that_cannot_be_told_is_returned() {
    let capture = ripsaw::testing::Capture::new();
    let (breaker, _) = manual();
    assert_eq!(breaker.call(|| Err::<(), _>(Untold)), Err(BreakerError::Failed(Untold)));
    assert_eq!(breaker.snapshot().state, BreakerState::Open);
    let failure = &capture.records()[0];
    assert_eq!(failure.field("exception"), Some(&"its Display panicked".into()));
}

/// Asks a breaker while its thread unwinds.
struct OnTheWayOut<'a>(&'a CircuitBreaker);

impl Drop for OnTheWayOut<'_> {
    fn drop(&mut self) {
        drop(self.0.allow());
        assert_eq!(self.0.call(|| Ok::<_, String>(1)), Ok(1));
    }
}

#[test]
fn inv_127_calls_in_destructors_are_no_failures_of_their_own() {
    let (breaker, _) = manual();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _out = OnTheWayOut(&breaker);
        panic!("on purpose");
    }));
    assert!(unwound.is_err());
    assert_eq!(breaker.snapshot().state, BreakerState::Closed);
}

#[test]
fn inv_127_futures() {
    let mut cx = Context::from_waker(Waker::noop());
    let (breaker, clock) = manual();
    assert_eq!(
        pin!(breaker.call_async(async { Ok::<_, String>(1) })).poll(&mut cx),
        Poll::Ready(Ok(1))
    );
    // Made, but never polled: no call.
    drop(breaker.call_async(async { Err::<(), _>("down") }));
    assert_eq!(breaker.snapshot().failures, 0);
    let failed = pin!(breaker.call_async(async { Err::<(), _>("down") })).poll(&mut cx);
    assert_eq!(failed, Poll::Ready(Err(BreakerError::Failed("down"))));
    let polled = AtomicU32::new(0);
    let refused = pin!(breaker.call_async(async {
        polled.fetch_add(1, Ordering::Relaxed);
        Ok::<_, String>(())
    }));
    assert_eq!(refused.poll(&mut cx), Poll::Ready(Err(BreakerError::Open)));
    assert_eq!(polled.load(Ordering::Relaxed), 0);

    clock.advance(MINUTE);
    {
        let mut waiting =
            Box::pin(breaker.call_async(std::future::pending::<Result<(), String>>()));
        assert!(waiting.as_mut().poll(&mut cx).is_pending());
        assert!(breaker.allow().is_none(), "its probe is under way");
    }
    let mut panics = Box::pin(breaker.call_async(async {
        if breaker.snapshot().state == BreakerState::HalfOpen {
            panic!("on purpose");
        }
        Ok::<_, String>(())
    }));
    assert!(catch_unwind(AssertUnwindSafe(|| panics.as_mut().poll(&mut cx).is_ready())).is_err());
    assert_eq!((breaker.snapshot().state, breaker.snapshot().failures), (BreakerState::Open, 2));
}
