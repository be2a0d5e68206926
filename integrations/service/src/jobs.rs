//! Jobs of workers: a context, two records, and whoever counts them.

use crate::caught::caught;
use crate::time::Time;
use crate::workers::WorkerMetrics;
use ripsaw::{Context, Event, FutureExt, Level, Logger, ManualClock, Outcome, Value};
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

/// Is told of jobs (spec \[122\]). What panics in it is lost, and nothing else.
pub trait JobObserver: Send + Sync {
    /// A job began.
    fn started(&self, worker: &str, job: &str) {
        let _ = (worker, job);
    }
    /// It ended after `took`.
    fn ended(&self, worker: &str, job: &str, outcome: Outcome, took: Duration);
}

impl JobObserver for WorkerMetrics {
    fn started(&self, _: &str, job: &str) {
        WorkerMetrics::started(self, job);
    }
    /// Whatever is no success has failed.
    fn ended(&self, _: &str, job: &str, outcome: Outcome, took: Duration) {
        match outcome {
            Outcome::Success => self.completed(job, took),
            Outcome::Error | Outcome::Cancelled | Outcome::Panicked => self.failed(job),
        }
    }
}

/// A job of a worker (spec \[123\]): all that is logged while it runs has `correlation_id` and `job_id` (its id) and
/// `service_name` (the worker's name).
///
/// `Job started` is logged at INFO, and when it ends, with `duration_ms` by the monotonic clock with three decimals:
///
/// | how it ends | message | level | more |
/// |---|---|---|---|
/// | with an `Ok` | `Job completed` | INFO | |
/// | with an `Err`, which is returned as it is | `Job failed` | ERROR | `error.type`, `error.message` |
/// | by a panic, which goes on | `Job failed` | ERROR | `error.type=panic` |
/// | a future that is dropped before its end | `Job cancelled` | WARNING | |
///
/// The records' logger has the name `jobs`. A job costs what its records and a context do.
///
/// ```
/// use ripsaw_service::{Job, Workers};
/// let workers = Workers::new();
/// let job = Job::new("mailer", "job-1").with("job_name", "welcome").observe(workers.worker("mailer"));
/// let sent = job.run(|| {
///     ripsaw::info!("sending"); // correlation_id=job-1 service_name=mailer job_id=job-1 job_name=welcome
///     "80".parse::<u16>()
/// });
/// assert_eq!(sent, Ok(80));
/// assert_eq!(workers.get("mailer").unwrap().jobs_processed, 1);
/// ```
#[must_use = "a job does nothing unless it is run"]
pub struct Job {
    worker: String,
    id: String,
    context: Context,
    log: Logger,
    observers: Vec<Arc<dyn JobObserver>>,
    clock: Option<ManualClock>,
}

impl Job {
    /// The job of this id, of the worker of this name.
    pub fn new(worker: impl Into<String>, id: impl Into<String>) -> Job {
        let (worker, id) = (worker.into(), id.into());
        let context = Context::new()
            .with("correlation_id", id.as_str())
            .with("service_name", worker.as_str())
            .with("job_id", id.as_str());
        let log = Logger::new("jobs");
        Job { worker, id, context, log, observers: Vec::new(), clock: None }
    }
    /// Adds a field to the job's context, for example `user_id`, `job_name` or `attempt`, or gives it a new value: a job
    /// that another one queued keeps that one's `correlation_id`.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Job {
        self.context = self.context.with(key, value);
        self
    }
    /// The logger of the two records.
    pub fn logger(mut self, log: Logger) -> Job {
        self.log = log;
        self
    }
    /// Also tells `observer`, for example the [`WorkerMetrics`] of its worker.
    pub fn observe(mut self, observer: Arc<dyn JobObserver>) -> Job {
        self.observers.push(observer);
        self
    }
    /// Times it by a test's clock.
    pub fn clock(mut self, clock: ManualClock) -> Job {
        self.clock = Some(clock);
        self
    }

    /// Does it, on this thread.
    ///
    /// # Errors
    /// That of `work`.
    pub fn run<T, E: Display>(self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let _scope = self.context.enter();
        let under_way = UnderWay::begin(self);
        let result = work();
        under_way.end(result.as_ref().err());
        result
    }

    /// The same for a future, over what is in force where this is called. It begins when it is polled first.
    ///
    /// ```
    /// # use ripsaw_service::Job;
    /// let task = Job::new("mailer", "job-1").run_async(async { Ok::<_, std::io::Error>(7) });
    /// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(task).poll(&mut cx).is_ready());
    /// ```
    pub fn run_async<T, E: Display, F: Future<Output = Result<T, E>>>(
        self,
        future: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F> {
        let context = Context::current().merged(&self.context);
        let work = async move {
            let under_way = UnderWay::begin(self);
            let result = future.await;
            under_way.end(result.as_ref().err());
            result
        };
        work.in_context(context)
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("context", &self.context).finish_non_exhaustive()
    }
}

/// A job that has begun.
struct UnderWay {
    job: Job,
    time: Time,
    /// It began while its thread unwound already.
    in_panic: bool,
    ended: bool,
}

impl UnderWay {
    fn begin(job: Job) -> UnderWay {
        let time = job.clock.map_or_else(Time::system, Time::manual);
        job.log.info("Job started").emit();
        let under_way = UnderWay { job, time, in_panic: std::thread::panicking(), ended: false };
        under_way.tell(|observer, job| observer.started(&job.worker, &job.id));
        under_way
    }

    fn end<E: Display>(mut self, error: Option<&E>) {
        let Some(error) = error else {
            return self.close(Outcome::Success, |event| event);
        };
        let said = caught(|| error.to_string());
        let said = said.unwrap_or_else(|| "its Display panicked".to_owned());
        self.close(Outcome::Error, |event| {
            event.field("error.type", std::any::type_name::<E>()).field("error.message", said)
        });
    }

    fn close(&mut self, outcome: Outcome, add: impl FnOnce(Event<'_>) -> Event<'_>) {
        self.ended = true;
        let took = self.time.elapsed();
        let (level, message) = match outcome {
            Outcome::Success => (Level::Info, "Job completed"),
            Outcome::Error | Outcome::Panicked => (Level::Error, "Job failed"),
            Outcome::Cancelled => (Level::Warning, "Job cancelled"),
        };
        let ms = ((took.as_nanos() + 500) / 1000) as f64 / 1000.0;
        add(self.job.log.event(level, message)).field("duration_ms", ms).emit();
        self.tell(|observer, job| observer.ended(&job.worker, &job.id, outcome, took));
    }

    /// In a destructor a panic of an observer would end the process.
    fn tell(&self, what: impl Fn(&dyn JobObserver, &Job)) {
        for observer in &self.job.observers {
            let _ = caught(|| what(&**observer, &self.job));
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if std::thread::panicking() && !self.in_panic {
            self.close(Outcome::Panicked, |event| event.field("error.type", "panic"));
        } else {
            self.close(Outcome::Cancelled, |event| event);
        }
    }
}
