//! A breaker of a circuit: calls that would fail are not made.

mod word;

use crate::caught::caught;
use crate::time::Time;
use core::sync::atomic::{AtomicU64, Ordering};
use ripsaw::{Event, Level, ManualClock, Value};
use std::fmt;
use std::time::Duration;
use word::{State, Word};

/// Stops calls to what keeps failing, and tries it again later (spec \[127\]).
///
/// Closed, it lets all calls through, and counts failures in a row. After [`failure_threshold`](Self::failure_threshold) of
/// them (5) it is open: calls are refused for [`recovery_timeout`](Self::recovery_timeout) (60 s) from the last failure. Then
/// it is half open: one call at a time is let through as a probe. After [`success_threshold`](Self::success_threshold) probes
/// that succeeded (2) it is closed again; the first that fails opens it. A probe that does not end is given up after
/// [`probe_timeout`](Self::probe_timeout): it counts as a failure, whatever becomes of it later, and the next call is a probe.
///
/// All of it is one atomic word: no call waits for another, and a success while there are no failures writes nothing. What
/// changes is logged under the target `circuit_breaker`, or [`named`](Self::target); so is each refusal, as a warning.
///
/// ```
/// use ripsaw::ManualClock;
/// use ripsaw_service::{BreakerError, CircuitBreaker};
/// use std::time::Duration;
///
/// let clock = ManualClock::new(Duration::ZERO);
/// let breaker = CircuitBreaker::new().failure_threshold(1).success_threshold(1).clock(clock);
/// assert!(breaker.call(|| Err::<(), _>("no route")).is_err());
/// assert_eq!(breaker.call(|| Ok::<_, &str>(1)), Err(BreakerError::Open));
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(breaker.call(|| Ok::<_, &str>(1)), Ok(1));
/// ```
pub struct CircuitBreaker {
    /// See [`Word`].
    word: AtomicU64,
    target: String,
    failures: u32,
    successes: u32,
    recovery: Duration,
    /// If it is not that of the recovery.
    probe: Option<Duration>,
    time: Time,
}

/// Whether calls are let through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakerState {
    /// All are.
    Closed,
    /// None is.
    Open,
    /// One at a time is, to see whether it succeeds.
    HalfOpen,
}

/// What a breaker counts, at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// Whether calls are let through.
    pub state: BreakerState,
    /// Failures since the last success; at most 4095.
    pub failures: u32,
    /// Successes since it was last half open; at most 255.
    pub successes: u32,
}

/// Why [`CircuitBreaker::call`] has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakerError<E> {
    /// The call was not made.
    Open,
    /// The call failed.
    Failed(E),
}

/// Leave to make one call; its outcome is told to it. One that is dropped without counts for nothing, or in a panic as a
/// failure.
#[derive(Debug)]
#[must_use = "a permit is told how the call went"]
pub struct Permit<'a> {
    breaker: &'a CircuitBreaker,
    kind: Kind,
    told: bool,
    /// It was given while its thread unwound already.
    in_panic: bool,
}

/// What a permit is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// A call of a closed breaker.
    Call,
    /// The probe that began at this time: no other of the breaker has the same.
    Probe(u64),
}

impl CircuitBreaker {
    /// A closed breaker with the numbers above.
    pub fn new() -> CircuitBreaker {
        CircuitBreaker {
            word: AtomicU64::new(Word::default().pack()),
            target: "circuit_breaker".to_owned(),
            failures: 5,
            successes: 2,
            recovery: Duration::from_secs(60),
            probe: None,
            time: Time::system(),
        }
    }
    /// So many failures in a row open it: 1 to 4095; what is outside is taken for the nearest.
    pub fn failure_threshold(mut self, failures: u32) -> CircuitBreaker {
        self.failures = failures.clamp(1, Word::MOST_FAILURES);
        self
    }
    /// So many probes must succeed to close it: 1 to 255; what is outside is taken for the nearest.
    pub fn success_threshold(mut self, successes: u32) -> CircuitBreaker {
        self.successes = successes.clamp(1, Word::MOST_SUCCESSES);
        self
    }
    /// It stays open so long from the last failure on. In steps of a millisecond.
    pub fn recovery_timeout(mut self, timeout: Duration) -> CircuitBreaker {
        self.recovery = timeout;
        self
    }
    /// A probe may take so long, a millisecond at least; else it is given up. Default: the recovery timeout.
    pub fn probe_timeout(mut self, timeout: Duration) -> CircuitBreaker {
        self.probe = Some(timeout);
        self
    }
    /// Its records have this target.
    pub fn target(mut self, target: impl Into<String>) -> CircuitBreaker {
        self.target = target.into();
        self
    }
    /// It goes by a test's clock, from now.
    pub fn clock(mut self, clock: ManualClock) -> CircuitBreaker {
        self.time = Time::manual(clock);
        self
    }

    /// Makes the call, if it may be made, and counts how it went. A panic is a failure, and goes on.
    ///
    /// # Errors
    /// [`BreakerError::Open`] if it was not made, else the call's own.
    pub fn call<T, E: fmt::Display>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, BreakerError<E>> {
        let permit = self.allow().ok_or(BreakerError::Open)?;
        permit.tell(call())
    }

    /// The same for a future, which is not polled if the call may not be made. One that is dropped before its end counts for
    /// nothing.
    ///
    /// ```
    /// # use ripsaw_service::CircuitBreaker;
    /// # let breaker = CircuitBreaker::new();
    /// let call = breaker.call_async(async { Ok::<_, std::io::Error>(1) });
    /// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(call).poll(&mut cx).is_ready());
    /// ```
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_async<T, E: fmt::Display>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, BreakerError<E>> {
        let permit = self.allow().ok_or(BreakerError::Open)?;
        permit.tell(call.await)
    }

    /// Leave to make a call; none while it is open, or half open with a probe under way.
    pub fn allow(&self) -> Option<Permit<'_>> {
        let (was, is) = self.change(|word, now| match word.state {
            // At the time of the last failure.
            State::Open if now.saturating_sub(word.ms) < self.recovery_ms() => None,
            State::Open => Some(Word { state: State::Probing, successes: 0, ms: now, ..word }),
            State::HalfOpen => Some(Word { state: State::Probing, ms: now, ..word }),
            State::Probing if now.saturating_sub(word.ms) < self.probe_ms() => None,
            // Later than the one before, so that their permits differ.
            State::Probing => {
                let failures = (word.failures + 1).min(Word::MOST_FAILURES);
                Some(Word { failures, successes: 0, ms: now, ..word })
            }
            State::Closed => None,
        });
        let in_panic = std::thread::panicking();
        let permit = |kind| Some(Permit { breaker: self, kind, told: false, in_panic });
        let kind = is.map_or(Kind::Call, |is| Kind::Probe(is.ms));
        match (was.state, is) {
            (State::Closed, _) => permit(kind),
            (State::Open, Some(_)) => {
                self.say(Level::Info, "Circuit breaker half-open, testing recovery", vec![]);
                permit(kind)
            }
            (State::HalfOpen, _) => permit(kind),
            (State::Probing, Some(is)) => {
                let since = is.ms.saturating_sub(was.ms) as f64 / 1000.0;
                let failures = ("failure_count", is.failures.into());
                let fields = vec![failures, ("time_since_probe", since.into())];
                self.say(Level::Error, "Circuit breaker half-open, probe timed out", fields);
                permit(kind)
            }
            (State::Open, None) => {
                let since = self.now_ms().saturating_sub(was.ms) as f64 / 1000.0;
                self.say(
                    Level::Warning,
                    "Circuit breaker open, request blocked",
                    vec![
                        ("failure_count", was.failures.into()),
                        ("time_since_failure", since.into()),
                    ],
                );
                None
            }
            (State::Probing, None) => {
                let failures = vec![("failure_count", was.failures.into())];
                self.say(Level::Warning, "Circuit breaker half-open, request blocked", failures);
                None
            }
        }
    }

    /// What it counts now.
    pub fn snapshot(&self) -> Snapshot {
        let word = Word::unpack(self.word.load(Ordering::Relaxed));
        Snapshot { state: word.state.public(), failures: word.failures, successes: word.successes }
    }

    fn succeeded(&self, kind: Kind) {
        let (was, is) = self.change(|word, _| match (word.state, kind) {
            (State::Probing, Kind::Probe(ms)) if ms == word.ms => {
                let successes = (word.successes + 1).min(Word::MOST_SUCCESSES);
                let closed = successes >= self.successes;
                let state = if closed { State::Closed } else { State::HalfOpen };
                Some(Word { state, failures: 0, successes, ..word })
            }
            (State::Closed, Kind::Call) if word.failures > 0 => Some(Word { failures: 0, ..word }),
            _ => None,
        });
        let Some(is) = is.filter(|_| was.state == State::Probing) else { return };
        let successes = vec![("success_count", is.successes.into())];
        self.say(Level::Info, "Circuit breaker half-open success", successes);
        if is.state == State::Closed {
            self.say(Level::Info, "Circuit breaker closed, fully recovered", vec![]);
        }
    }

    fn failed(&self, kind: Kind, why: &dyn fmt::Display) {
        let (was, is) = self.change(|word, now| {
            let failures = (word.failures + 1).min(Word::MOST_FAILURES);
            match (word.state, kind) {
                (State::Closed, Kind::Call) if failures < self.failures => {
                    Some(Word { failures, ms: now, ..word })
                }
                (State::Closed, Kind::Call) => {
                    Some(Word { state: State::Open, failures, successes: 0, ms: now })
                }
                (State::Probing, Kind::Probe(ms)) if ms == word.ms => {
                    Some(Word { state: State::Open, failures, successes: 0, ms: now })
                }
                // A call from before it opened, or a probe that was given up; to count it would keep it open for longer.
                _ => None,
            }
        });
        let Some(is) = is else { return };
        let why = caught(|| why.to_string());
        let why = why.unwrap_or_else(|| "its Display panicked".to_owned());
        let state = if was.state == State::Closed { "closed" } else { "half_open" };
        self.say(
            Level::Error,
            "Circuit breaker failure",
            vec![
                ("failure_count", is.failures.into()),
                ("exception", why.into()),
                ("current_state", state.into()),
            ],
        );
        if is.state == State::Open {
            let timeout = match self.recovery.subsec_nanos() {
                0 => Value::from(self.recovery.as_secs()),
                _ => Value::from(self.recovery.as_secs_f64()),
            };
            let fields = vec![("failure_count", is.failures.into()), ("recovery_timeout", timeout)];
            self.say(Level::Error, "Circuit breaker opened", fields);
        }
    }

    /// A probe without an outcome: the next may try.
    fn returned(&self, kind: Kind) {
        self.change(|word, _| {
            let own = word.state == State::Probing && kind == Kind::Probe(word.ms);
            own.then_some(Word { state: State::HalfOpen, ..word })
        });
    }

    /// What the word was, and what it is if it was changed. Relaxed: the word is all there is, and orders nothing else.
    fn change(&self, next: impl Fn(Word, u64) -> Option<Word>) -> (Word, Option<Word>) {
        let mut raw = self.word.load(Ordering::Relaxed);
        loop {
            let was = Word::unpack(raw);
            let Some(is) = next(was, self.now_ms()) else { return (was, None) };
            match self.word.compare_exchange_weak(
                raw,
                is.pack(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return (was, Some(is)),
                Err(other) => raw = other,
            }
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.time.elapsed().as_millis()).unwrap_or(u64::MAX).min(Word::MOST_MS)
    }
    fn recovery_ms(&self) -> u64 {
        u64::try_from(self.recovery.as_millis()).unwrap_or(u64::MAX)
    }
    fn probe_ms(&self) -> u64 {
        let timeout = self.probe.unwrap_or(self.recovery);
        u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).max(1)
    }
    fn say(&self, level: Level, message: &str, fields: Vec<(&str, Value)>) {
        let event = Event::new(level, message).target(&self.target);
        fields.into_iter().fold(event, |event, (key, value)| event.field(key, value)).emit();
    }
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        CircuitBreaker::new()
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("now", &self.snapshot()).finish_non_exhaustive()
    }
}

impl Permit<'_> {
    /// The call succeeded.
    pub fn success(mut self) {
        self.told = true;
        self.breaker.succeeded(self.kind);
    }
    /// The call failed, and why.
    pub fn failure(mut self, why: &dyn fmt::Display) {
        self.told = true;
        self.breaker.failed(self.kind, why);
    }
    /// Whether it is the probe of a breaker that is half open.
    pub fn is_probe(&self) -> bool {
        self.kind != Kind::Call
    }

    fn tell<T, E: fmt::Display>(self, result: Result<T, E>) -> Result<T, BreakerError<E>> {
        match result {
            Ok(value) => {
                self.success();
                Ok(value)
            }
            Err(error) => {
                self.failure(&error);
                Err(BreakerError::Failed(error))
            }
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.told {
            return;
        }
        match std::thread::panicking() && !self.in_panic {
            true => self.breaker.failed(self.kind, &"panic"),
            false => self.breaker.returned(self.kind),
        }
    }
}

impl BreakerState {
    /// `closed`, `open` or `half_open`.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half_open",
        }
    }
}

impl<E: fmt::Display> fmt::Display for BreakerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BreakerError::Open => f.write_str("Circuit breaker is OPEN"),
            BreakerError::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for BreakerError<E> {}
