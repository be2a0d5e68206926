//! What the workers of a process do: jobs done and failed, and which are under way.

use crate::time::Time;
use core::sync::atomic::{AtomicU64, Ordering};
use ripsaw::{ManualClock, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// All workers of a process, by name (spec \[98\]). A clone has the same workers.
///
/// ```
/// use ripsaw_service::Workers;
/// use std::time::Duration;
///
/// let workers = Workers::new();
/// let mailer = workers.worker("mailer");
/// mailer.started("job-1");
/// mailer.completed("job-1", Duration::from_millis(100));
/// assert_eq!(workers.get("mailer").unwrap().jobs_processed, 1);
/// assert!(workers.get("nobody").is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Workers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    workers: RwLock<BTreeMap<String, Arc<WorkerMetrics>>>,
    time: Time,
}

/// Counts of one worker (spec \[97\]): atomics, and a lock of its own around the jobs under way.
#[derive(Debug)]
pub struct WorkerMetrics {
    name: String,
    time: Time,
    processed: AtomicU64,
    failed: AtomicU64,
    /// Of the jobs that were processed.
    total_ns: AtomicU64,
    /// In microseconds since 1970; 0 for never.
    last_us: AtomicU64,
    /// Those that began last stand last.
    jobs: Mutex<Vec<String>>,
}

/// A worker at one moment.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct WorkerSnapshot {
    /// Its name.
    pub worker_name: String,
    /// Jobs that succeeded.
    pub jobs_processed: u64,
    /// Jobs that failed.
    pub jobs_failed: u64,
    /// How long those took that succeeded, all together.
    pub total_duration: Duration,
    /// When the last one ended, since 1970.
    pub last_job_at: Option<Duration>,
    /// Those under way, in the order in which they began.
    pub current_jobs: Vec<String>,
    /// Since it was registered.
    pub uptime: Duration,
}

impl Workers {
    /// Nobody yet.
    pub fn new() -> Workers {
        Workers::of(Time::system())
    }
    /// Nobody yet, and times by a test's clock.
    pub fn with_clock(clock: ManualClock) -> Workers {
        Workers::of(Time::manual(clock))
    }
    fn of(time: Time) -> Workers {
        Workers { shared: Arc::new(Shared { workers: RwLock::default(), time }) }
    }
    /// The one that a whole process shares.
    pub fn global() -> &'static Workers {
        static GLOBAL: OnceLock<Workers> = OnceLock::new();
        GLOBAL.get_or_init(Workers::new)
    }

    /// The worker of this name, which is registered if it is new: its time begins. Keep what is returned: looking it up takes
    /// a lock for reading.
    pub fn worker(&self, name: &str) -> Arc<WorkerMetrics> {
        let read = self.shared.workers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(name) {
            return known.clone();
        }
        drop(read);
        let mut write = self.shared.workers.write().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(WorkerMetrics::new(name, self.shared.time.restarted()));
        write.entry(name.to_owned()).or_insert_with(made).clone()
    }
    /// One worker as it is now; none if nobody has that name. Registers nobody.
    pub fn get(&self, name: &str) -> Option<WorkerSnapshot> {
        let workers = self.shared.workers.read().unwrap_or_else(PoisonError::into_inner);
        workers.get(name).map(|worker| worker.snapshot())
    }
    /// All workers as they are now, by name.
    pub fn all(&self) -> Vec<WorkerSnapshot> {
        let workers = self.shared.workers.read().unwrap_or_else(PoisonError::into_inner);
        workers.values().map(|worker| worker.snapshot()).collect()
    }
}

impl Default for Workers {
    fn default() -> Self {
        Workers::new()
    }
}

impl WorkerMetrics {
    fn new(name: &str, time: Time) -> WorkerMetrics {
        WorkerMetrics {
            name: name.to_owned(),
            time,
            processed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            total_ns: AtomicU64::new(0),
            last_us: AtomicU64::new(0),
            jobs: Mutex::default(),
        }
    }
    /// A job began. It may run beside others.
    pub fn started(&self, job: &str) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push(job.to_owned());
    }
    /// A job succeeded, and took so long. One that was never said to begin counts too.
    pub fn completed(&self, job: &str, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.total_ns.fetch_add(ns, Ordering::Relaxed);
        // Whoever sees the job counted finds its time in the sum.
        self.processed.fetch_add(1, Ordering::Release);
        self.ended(job);
    }
    /// A job failed.
    pub fn failed(&self, job: &str) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.ended(job);
    }
    fn ended(&self, job: &str) {
        let now = u64::try_from(self.time.unix().as_micros()).unwrap_or(u64::MAX);
        self.last_us.fetch_max(now, Ordering::Relaxed);
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = jobs.iter().position(|other| other == job) {
            jobs.remove(at);
        }
    }
    /// As it is now.
    pub fn snapshot(&self) -> WorkerSnapshot {
        let last = self.last_us.load(Ordering::Relaxed);
        WorkerSnapshot {
            worker_name: self.name.clone(),
            jobs_processed: self.processed.load(Ordering::Acquire),
            jobs_failed: self.failed.load(Ordering::Relaxed),
            total_duration: Duration::from_nanos(self.total_ns.load(Ordering::Relaxed)),
            last_job_at: (last > 0).then(|| Duration::from_micros(last)),
            current_jobs: self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            uptime: self.time.elapsed(),
        }
    }
}

impl WorkerSnapshot {
    /// Milliseconds a job that succeeded; none if there was no such job.
    pub fn avg_duration_ms(&self) -> Option<f64> {
        let jobs = self.jobs_processed as f64;
        (self.jobs_processed > 0).then(|| self.total_duration.as_secs_f64() * 1000.0 / jobs)
    }
    /// The part of the jobs that succeeded; 1 if there was none.
    pub fn success_rate(&self) -> f64 {
        match self.jobs_processed + self.jobs_failed {
            0 => 1.0,
            jobs => self.jobs_processed as f64 / jobs as f64,
        }
    }
    /// As fields: times in ISO 8601, mean to 2 decimals, rate to 4, whole seconds. `current_job_id` is the job that began last.
    ///
    /// ```
    /// let workers = ripsaw_service::Workers::new();
    /// workers.worker("w").failed("j");
    /// let fields = workers.get("w").unwrap().fields();
    /// assert!(fields.contains(&("success_rate", ripsaw::Value::F64(0.0))));
    /// ```
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        let rounded = |value: f64, scale: f64| Value::F64((value * scale).round() / scale);
        vec![
            ("worker_name", self.worker_name.clone().into()),
            ("jobs_processed", self.jobs_processed.into()),
            ("jobs_failed", self.jobs_failed.into()),
            ("avg_duration_ms", self.avg_duration_ms().map_or(0.into(), |ms| rounded(ms, 1e2))),
            ("success_rate", rounded(self.success_rate(), 1e4)),
            ("last_job_at", self.last_job_at.map_or(Value::Null, |at| iso(at).into())),
            ("current_job_id", self.current_jobs.last().map_or(Value::Null, |j| j.clone().into())),
            ("uptime_seconds", self.uptime.as_secs().into()),
        ]
    }
    /// The fields as one value, to be logged.
    pub fn to_value(&self) -> Value {
        Value::Map(self.fields().into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

/// `2024-01-15T10:30:00+00:00`, with microseconds if there are any.
fn iso(since_1970: Duration) -> String {
    let (days, second) = (since_1970.as_secs() / 86_400, since_1970.as_secs() % 86_400);
    // Years that begin in March, in eras of 400.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let micros = match since_1970.subsec_micros() {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{micros}+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(iso(Duration::ZERO), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso(Duration::from_secs(951_827_696)), "2000-02-29T12:34:56+00:00");
        let end = Duration::from_micros(1_735_689_599_000_001);
        assert_eq!(iso(end), "2024-12-31T23:59:59.000001+00:00");
    }
}
