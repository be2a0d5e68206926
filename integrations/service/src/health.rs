//! Checks of what a service depends on.

use crate::time::Time;
use core::sync::atomic::{AtomicBool, Ordering};
use ripsaw::{Context, Event, Level, ManualClock, Value};
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// Checks that are run side by side, each on a thread of its own and with a limit of time (spec \[126\]).
///
/// A check that has not answered in time (5 s by default) is unhealthy. Its thread is left alone, and the check is not begun
/// again before it has ended: one that hangs holds one thread, however often it is asked. What is run and what comes of it is
/// logged under the target `health`.
///
/// ```
/// use ripsaw_service::HealthChecks;
/// let health = HealthChecks::new();
/// health.register("cache", || Ok::<_, String>(("hit_rate", 0.95)))?;
/// health.register("database", || Err::<(&str, u64), _>("no route"))?;
/// let report = health.run();
/// assert_eq!((report.is_healthy(), report.http_status(), report.healthy_checks()), (false, 503, 1));
/// assert_eq!(report.get("database").unwrap().outcome, Err("no route".to_owned()));
/// # Ok::<(), ripsaw_service::HealthError>(())
/// ```
pub struct HealthChecks {
    checks: Mutex<Vec<Arc<Check>>>,
    timeout: Duration,
    time: Time,
    last: Mutex<Option<HealthReport>>,
}

/// One run of all checks.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct HealthReport {
    /// Name and result of each check, in the order in which they were registered.
    pub checks: Vec<(String, CheckResult)>,
    /// When it was complete, since 1970.
    pub at: Duration,
}

/// What came of a check.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct CheckResult {
    /// What it says of its health, or why it has none.
    pub outcome: Result<Value, String>,
    /// How long it took.
    pub took: Duration,
    /// When it ended, since 1970.
    pub at: Duration,
}

/// A check that cannot be registered: its name is `overall`, which is the key of the whole result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HealthError;

/// What a check found: an entry, or a value of any kind.
pub trait Finding {
    /// As a value.
    fn into_value(self) -> Value;
}

struct Check {
    name: String,
    timeout: Duration,
    run: Box<dyn Fn() -> Result<Value, String> + Send + Sync>,
    /// A thread is at it.
    busy: AtomicBool,
}

impl HealthChecks {
    /// None yet.
    pub fn new() -> HealthChecks {
        let (checks, last) = (Mutex::default(), Mutex::default());
        HealthChecks { checks, timeout: Duration::from_secs(5), time: Time::system(), last }
    }
    /// Checks that are registered from now on must answer within this.
    pub fn timeout(mut self, timeout: Duration) -> HealthChecks {
        self.timeout = timeout;
        self
    }
    /// Results are dated and timed by a test's clock; limits of time are still the system's.
    pub fn clock(mut self, clock: ManualClock) -> HealthChecks {
        self.time = Time::manual(clock);
        self
    }

    /// Adds a check with the limit of time of all; one of the same name is replaced.
    ///
    /// # Errors
    /// The name is `overall`.
    pub fn register<T: Finding, E: fmt::Display>(
        &self,
        name: &str,
        check: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), HealthError> {
        self.register_within(name, self.timeout, check)
    }

    /// The same with a limit of time of its own.
    ///
    /// # Errors
    /// The name is `overall`.
    pub fn register_within<T: Finding, E: fmt::Display>(
        &self,
        name: &str,
        timeout: Duration,
        check: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), HealthError> {
        if name == OVERALL {
            return Err(HealthError);
        }
        let run = move || check().map(Finding::into_value).map_err(|error| error.to_string());
        let (name, busy) = (name.to_owned(), AtomicBool::new(false));
        let check = Arc::new(Check { name, timeout, run: Box::new(run), busy });
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        let fields = vec![("check_name", check.name.as_str().into())];
        match checks.iter_mut().find(|known| known.name == check.name) {
            Some(known) => *known = check.clone(),
            None => checks.push(check.clone()),
        }
        drop(checks);
        say(Level::Info, "Health check registered", fields);
        Ok(())
    }

    /// Runs all checks, and waits until each has answered or its time is over. They see the caller's context.
    pub fn run(&self) -> HealthReport {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        say(Level::Info, "Running health checks", vec![("check_count", checks.len().into())]);
        let mut results = self.answers(&checks);
        let mut report = HealthReport { checks: Vec::new(), at: self.time.unix() };
        for (i, check) in checks.iter().enumerate() {
            let Some(result) = results.remove(&i) else { continue };
            let mut fields = vec![("check_name", check.name.as_str().into())];
            let took = ("duration_seconds", result.took.as_secs_f64().into());
            match &result.outcome {
                Ok(_) => {
                    fields.push(took);
                    say(Level::Info, "Health check passed", fields);
                }
                Err(error) => {
                    fields.extend([("error", error.as_str().into()), took]);
                    say(Level::Error, "Health check failed", fields);
                }
            }
            report.checks.push((check.name.clone(), result));
        }
        let healthy = report.healthy_checks().into();
        let fields = vec![("overall_status", report.status().into()), ("healthy_checks", healthy)];
        say(Level::Info, "Health check completed", fields);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(report.clone());
        report
    }

    /// What the last run gave; none before the first.
    pub fn last(&self) -> Option<HealthReport> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A result for each check, by its place.
    fn answers(&self, checks: &[Arc<Check>]) -> HashMap<usize, CheckResult> {
        let (send, answers) = mpsc::channel();
        let began = Instant::now();
        let time = self.time.restarted();
        let result = |outcome| CheckResult { outcome, took: time.elapsed(), at: time.unix() };
        let mut results = HashMap::new();
        for (i, check) in checks.iter().enumerate() {
            if let Err(why) = begin(check, i, time, &send) {
                results.insert(i, result(Err(why)));
            }
        }
        while let Some(next) = (0..checks.len())
            .filter(|i| !results.contains_key(i))
            .min_by_key(|i| checks[*i].timeout)
        {
            let timeout = checks[next].timeout;
            match answers.recv_timeout(timeout.saturating_sub(began.elapsed())) {
                Ok((i, answer)) => results.insert(i, answer),
                Err(_) => {
                    results.insert(next, result(Err(format!("no answer within {timeout:?}"))))
                }
            };
        }
        results
    }
}

const OVERALL: &str = "overall";

/// Begins a check, or says why it cannot be begun.
fn begin(
    check: &Arc<Check>,
    place: usize,
    time: Time,
    answers: &mpsc::Sender<(usize, CheckResult)>,
) -> Result<(), String> {
    // Acquire and release: what the last thread at it wrote is seen by the next.
    if check.busy.swap(true, Ordering::Acquire) {
        return Err("still busy with an earlier run".to_owned());
    }
    let (busy, answers) = (check.clone(), answers.clone());
    let work = Context::current().wrap(move || {
        let outcome = catch_unwind(AssertUnwindSafe(&busy.run));
        let outcome = outcome.unwrap_or_else(|_| Err("it panicked".to_owned()));
        busy.busy.store(false, Ordering::Release);
        let result = CheckResult { outcome, took: time.elapsed(), at: time.unix() };
        // Nobody waits any more if it was too late.
        let _ = answers.send((place, result));
    });
    let thread = std::thread::Builder::new().name(format!("health {}", check.name));
    thread.spawn(work).map(drop).map_err(|error| {
        check.busy.store(false, Ordering::Release);
        format!("no thread: {error}")
    })
}

fn say(level: Level, message: &str, fields: Vec<(&str, Value)>) {
    let event = Event::new(level, message).target("health");
    fields.into_iter().fold(event, |event, (key, value)| event.field(key, value)).emit();
}

impl HealthReport {
    /// Whether all checks passed; true if there is none.
    pub fn is_healthy(&self) -> bool {
        self.healthy_checks() == self.checks.len()
    }
    /// How many passed.
    pub fn healthy_checks(&self) -> usize {
        self.checks.iter().filter(|(_, result)| result.outcome.is_ok()).count()
    }
    /// What came of one check.
    pub fn get(&self, name: &str) -> Option<&CheckResult> {
        self.checks.iter().find(|(known, _)| known == name).map(|(_, result)| result)
    }
    /// 200 or 503.
    pub fn http_status(&self) -> u16 {
        if self.is_healthy() { 200 } else { 503 }
    }
    /// An entry for each check with `status`, `result` or `error`, `duration_seconds` and `timestamp` (seconds since 1970), and
    /// one named `overall`.
    pub fn to_value(&self) -> Value {
        let map = |entries: Vec<(&'static str, Value)>| {
            Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
        };
        let checks = self.checks.iter().map(|(name, result)| {
            let (status, found) = match &result.outcome {
                Ok(value) => ("healthy", ("result", value.clone())),
                Err(error) => ("unhealthy", ("error", error.as_str().into())),
            };
            let took = ("duration_seconds", result.took.as_secs_f64().into());
            let at = ("timestamp", result.at.as_secs_f64().into());
            (name.clone().into(), map(vec![("status", status.into()), found, took, at]))
        });
        let at = ("timestamp", self.at.as_secs_f64().into());
        let overall = map(vec![("status", self.status().into()), at]);
        Value::Map(checks.chain([(OVERALL.into(), overall)]).collect())
    }
    fn status(&self) -> &'static str {
        if self.is_healthy() { "healthy" } else { "unhealthy" }
    }
}

impl Finding for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl Finding for () {
    fn into_value(self) -> Value {
        Value::Null
    }
}

impl<V: Into<Value>> Finding for (&'static str, V) {
    fn into_value(self) -> Value {
        Value::from([(self.0, self.1.into())])
    }
}

impl Default for HealthChecks {
    fn default() -> Self {
        HealthChecks::new()
    }
}

impl fmt::Debug for HealthChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        f.debug_struct("HealthChecks").field("checks", &names).finish_non_exhaustive()
    }
}

impl fmt::Display for HealthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a health check cannot be named `overall`, which is the key of the whole: choose another name")
    }
}

impl std::error::Error for HealthError {}
