//! Checks of what a service depends on.

mod flight;
mod report;

pub use report::{CheckResult, Finding, HealthReport};

use crate::time::Time;
use core::sync::atomic::{AtomicBool, Ordering};
use flight::{Check, begin};
use ripsaw::{Event, Level, ManualClock, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// Checks that are run side by side, each on a thread of its own and with a limit of time (spec \[126\]).
///
/// A check that has not answered in time (5 s by default) is unhealthy. Its thread is left alone, and the check is not begun
/// again before it has ended: one that hangs holds one thread, however often it is asked. Who asks while a check is under way, and
/// has time left, gets that one's answer. What is run and what comes of it is logged under the target `health`.
///
/// An orchestrator asks two things. [`run_live`](Self::run_live): must the process be started again? Only checks of the process itself,
/// by [`register_live`](Self::register_live), should say so. [`run`](Self::run): may it get requests? Of that all checks have a say, and
/// [`set_ready`](Self::set_ready). Both wait on the calling thread: an asynchronous handler asks by its runtime's `spawn_blocking`, and
/// answers with [`http_status`](HealthReport::http_status) and [`to_json`](HealthReport::to_json).
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
    unready: AtomicBool,
    last: Mutex<Option<HealthReport>>,
}

/// A check that cannot be registered: its name is `overall`, which is the key of the whole result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HealthError;

impl HealthChecks {
    /// None yet.
    pub fn new() -> HealthChecks {
        HealthChecks {
            checks: Mutex::default(),
            timeout: Duration::from_secs(5),
            time: Time::system(),
            unready: AtomicBool::new(false),
            last: Mutex::default(),
        }
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

    /// Adds a check of something that the service needs, with the limit of time of all; one of the same name is replaced.
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
        self.add(name, timeout, false, check)
    }

    /// Adds a check of the process itself, for example that a loop still turns, with the limit of time of all: if it fails, the
    /// process is to be started again. One of the same name is replaced.
    ///
    /// # Errors
    /// The name is `overall`.
    pub fn register_live<T: Finding, E: fmt::Display>(
        &self,
        name: &str,
        check: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), HealthError> {
        self.add(name, self.timeout, true, check)
    }

    fn add<T: Finding, E: fmt::Display>(
        &self,
        name: &str,
        timeout: Duration,
        is_of_process: bool,
        check: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), HealthError> {
        if name == OVERALL {
            return Err(HealthError);
        }
        let run = move || check().map(Finding::into_value).map_err(|error| error.to_string());
        let check = Arc::new(Check::new(name, timeout, is_of_process, Box::new(run)));
        let mut checks = lock(&self.checks);
        let replaced = match checks.iter_mut().find(|known| known.name == name) {
            Some(known) => Some(std::mem::replace(known, check)),
            None => {
                checks.push(check);
                None
            }
        };
        drop(checks);
        // Its destructor is the program's code, which may come back here.
        drop(replaced);
        say(Level::Info, "Health check registered", vec![("check_name", name.into())]);
        Ok(())
    }

    /// Whether the service takes requests at all. Default true; false while it starts, or once it has been told to end: then
    /// [`run`](Self::run) is unhealthy, whatever the checks say.
    pub fn set_ready(&self, ready: bool) {
        // Relaxed: nothing else is handed over with it.
        self.unready.store(!ready, Ordering::Relaxed);
    }

    /// Runs all checks, and waits until each has answered or its time is over. They see the caller's context.
    pub fn run(&self) -> HealthReport {
        let checks = lock(&self.checks).clone();
        let report = self.run_these(&checks, !self.unready.load(Ordering::Relaxed));
        *lock(&self.last) = Some(report.clone());
        report
    }

    /// Runs the checks of the process itself, as [`run`](Self::run) does; without any the process is healthy, as it answers.
    pub fn run_live(&self) -> HealthReport {
        let mut checks = lock(&self.checks).clone();
        checks.retain(|check| check.is_of_process);
        self.run_these(&checks, true)
    }

    fn run_these(&self, checks: &[Arc<Check>], ready: bool) -> HealthReport {
        say(Level::Info, "Running health checks", vec![("check_count", checks.len().into())]);
        let mut results = self.answers(checks);
        let mut report = HealthReport { checks: Vec::new(), at: self.time.unix(), ready };
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
        report
    }

    /// What the last [`run`](Self::run) gave; none before the first.
    pub fn last(&self) -> Option<HealthReport> {
        lock(&self.last).clone()
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
                // One whose time was over stays unhealthy.
                Ok((i, answer)) => drop(results.entry(i).or_insert(answer)),
                Err(_) => {
                    let why = format!("no answer within {timeout:?}");
                    results.insert(next, result(Err(why)));
                }
            }
        }
        results
    }
}

/// The key of the whole result.
const OVERALL: &str = "overall";

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn say(level: Level, message: &str, fields: Vec<(&str, Value)>) {
    let event = Event::new(level, message).target("health");
    fields.into_iter().fold(event, |event, (key, value)| event.field(key, value)).emit();
}

impl Default for HealthChecks {
    fn default() -> Self {
        HealthChecks::new()
    }
}

impl fmt::Debug for HealthChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = lock(&self.checks);
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
