//! Jobs of workers, through their public face.

use ripsaw::testing::{Capture, CapturedRecord};
use ripsaw::{Context, Level, ManualClock, Outcome, Value};
use ripsaw_service::{Job, JobObserver, Workers};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Level, message and fields but those of the context.
fn shown(record: &CapturedRecord) -> (Level, &str, Vec<(&str, &Value)>) {
    let common = ["correlation_id", "service_name", "job_id"];
    let own = record.fields.iter().filter(|(key, _)| !common.contains(&key.as_str()));
    (record.level, &record.message, own.map(|(key, value)| (key.as_str(), value)).collect())
}

#[track_caller]
fn is_of_job(record: &CapturedRecord) {
    for (key, value) in [("correlation_id", "j-1"), ("service_name", "mailer"), ("job_id", "j-1")] {
        assert_eq!(record.field(key), Some(&Value::from(value)), "{record:#?}");
    }
}

#[test]
fn inv_123_a_job_has_a_context_and_two_records() {
    let capture = Capture::new();
    let (workers, clock) = (Workers::new(), ManualClock::new(Duration::ZERO));
    let _outer = ripsaw::scope! { host = "h-1" };
    let job = || Job::new("mailer", "j-1").observe(workers.worker("mailer")).clock(clock);
    let done = job().with("user_id", "u").run(|| {
        ripsaw::info!("at work");
        clock.advance(Duration::from_micros(12_350));
        Ok::<_, std::io::Error>(7)
    });
    assert_eq!(done.unwrap(), 7);
    let records = capture.records();
    let messages: Vec<_> = records.iter().map(|record| record.message.as_str()).collect();
    assert_eq!(messages, ["Job started", "at work", "Job completed"]);
    records.iter().for_each(is_of_job);
    let (host, user, took) = (Value::from("h-1"), Value::from("u"), Value::F64(12.35));
    let fields = vec![("host", &host), ("user_id", &user), ("duration_ms", &took)];
    assert_eq!(shown(&records[2]), (Level::Info, "Job completed", fields));
    capture.clear();

    let failed = job().run(|| Err::<(), _>(std::io::Error::other("no route")));
    assert_eq!(failed.unwrap_err().to_string(), "no route");
    let panicked =
        catch_unwind(AssertUnwindSafe(|| job().run(|| -> Result<(), String> { panic!("meant") })));
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"meant"));
    let records = capture.records();
    let types =
        [1, 3].map(|at: usize| (records[at].message.as_str(), records[at].field("error.type")));
    let (io, panic) = (Value::from("std::io::error::Error"), Value::from("panic"));
    assert_eq!(types, [("Job failed", Some(&io)), ("Job failed", Some(&panic))]);
    assert_eq!(records[1].field("error.message"), Some(&Value::from("no route")));
    let told = workers.get("mailer").unwrap();
    assert_eq!((told.jobs_processed, told.jobs_failed), (1, 2));
    assert!(told.current_jobs.is_empty() && Context::current().len() == 1);
}

#[test]
fn inv_123_futures_keep_the_context_and_may_be_cancelled() {
    let capture = Capture::new();
    let mut cx = std::task::Context::from_waker(Waker::noop());
    let mut polls = 0;
    let work = std::future::poll_fn(move |_| {
        polls += 1;
        ripsaw::info!(polls, "at work");
        if polls < 3 { Poll::Pending } else { Poll::Ready(Ok::<_, String>(polls)) }
    });
    let mut task = Box::pin(Job::new("mailer", "j-1").run_async(work));
    assert!(capture.records().is_empty());
    assert!(task.as_mut().poll(&mut cx).is_pending());
    assert!(Context::current().is_empty());
    assert!(task.as_mut().poll(&mut cx).is_pending());
    assert_eq!(task.as_mut().poll(&mut cx), Poll::Ready(Ok(3)));
    assert_eq!(capture.records().len(), 5);
    capture.records().iter().for_each(is_of_job);
    capture.clear();

    let mut task =
        Box::pin(Job::new("mailer", "j-1").run_async(std::future::pending::<Result<(), String>>()));
    assert!(task.as_mut().poll(&mut cx).is_pending());
    drop(task);
    let last = capture.records().pop().unwrap();
    is_of_job(&last);
    assert_eq!((last.level, last.message.as_str()), (Level::Warning, "Job cancelled"));
}

#[test]
fn inv_122_observers_are_told_and_their_panics_are_theirs() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<(String, Option<Outcome>)>>);
    impl JobObserver for Seen {
        fn started(&self, worker: &str, job: &str) {
            self.0.lock().unwrap().push((format!("{worker}/{job}"), None));
        }
        fn ended(&self, worker: &str, job: &str, outcome: Outcome, _: Duration) {
            self.0.lock().unwrap().push((format!("{worker}/{job}"), Some(outcome)));
        }
    }
    struct Bad;
    impl JobObserver for Bad {
        fn ended(&self, _: &str, _: &str, _: Outcome, _: Duration) {
            panic!("meant");
        }
    }
    let _capture = Capture::new();
    let seen = Arc::new(Seen::default());
    let job = |id| Job::new("w", id).observe(Arc::new(Bad)).observe(seen.clone());
    assert_eq!(job("a").run(|| Ok::<_, String>(1)), Ok(1));
    assert_eq!(job("b").run(|| Err::<(), _>("no")), Err("no"));
    drop(job("c").run_async(async { Ok::<_, String>(()) }));
    let told = |name: &str, outcome| (name.to_owned(), outcome);
    let expected = [
        told("w/a", None),
        told("w/a", Some(Outcome::Success)),
        told("w/b", None),
        told("w/b", Some(Outcome::Error)),
    ];
    // One that was never polled did not begin.
    assert_eq!(*seen.0.lock().unwrap(), expected);
}

/// What a panic brings, and whose destructor panics too.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor's panic, on purpose")
    }
}

struct Bombs;

impl JobObserver for Bombs {
    fn ended(&self, _: &str, _: &str, _: Outcome, _: Duration) {
        std::panic::panic_any(Bomb)
    }
}

impl std::fmt::Display for Bombs {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::panic::panic_any(Bomb)
    }
}

#[test]
fn what_a_panic_brings_reaches_nobody_either() {
    let capture = Capture::new();
    let job = || Job::new("mailer", "j-1").observe(Arc::new(Bombs));
    assert!(job().run(|| Err::<(), _>(Bombs)).is_err());
    // In a destructor, while a panic unwinds, another would end the process.
    let panicked =
        catch_unwind(AssertUnwindSafe(|| job().run(|| -> Result<(), String> { panic!("meant") })));
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"meant"));
    let records = capture.records();
    let messages: Vec<_> = records.iter().map(|record| record.message.as_str()).collect();
    assert_eq!(messages, ["Job started", "Job failed", "Job started", "Job failed"]);
}
