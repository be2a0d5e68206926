//! A check that is under way.

use super::{CheckResult, lock};
use crate::caught::let_go;
use crate::time::Time;
use ripsaw::{Context, Value};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// Where the answer to a run goes, with the place of its check.
pub(super) type Answers = mpsc::Sender<(usize, CheckResult)>;

/// What the program has registered.
type Run = Box<dyn Fn() -> Result<Value, String> + Send + Sync>;

pub(super) struct Check {
    pub(super) name: String,
    pub(super) timeout: Duration,
    /// Not of something that it needs.
    pub(super) is_of_process: bool,
    run: Run,
    flight: Mutex<Flight>,
}

/// Who waits for a check.
#[derive(Default)]
struct Flight {
    /// When its thread was begun; none while nobody is at it.
    began: Option<Instant>,
    waiting: Vec<(usize, Answers)>,
}

impl Check {
    pub(super) fn new(name: &str, timeout: Duration, is_of_process: bool, run: Run) -> Check {
        let (name, flight) = (name.to_owned(), Mutex::default());
        Check { name, timeout, is_of_process, run, flight }
    }

    /// What it says. Whatever the program's code does, this returns.
    fn answer(&self) -> Result<Value, String> {
        catch_unwind(AssertUnwindSafe(&self.run)).unwrap_or_else(|panic| {
            let said = format!("it panicked: {}", text_of(&*panic));
            let_go(panic);
            Err(said)
        })
    }

    /// Nobody is at it any more: all who wait are answered.
    fn land(&self, outcome: Result<Value, String>, time: Time) {
        let flight = std::mem::take(&mut *lock(&self.flight));
        let result = CheckResult { outcome, took: time.elapsed(), at: time.unix() };
        for (place, answers) in flight.waiting {
            // Nobody waits any more if it was too late.
            let _ = answers.send((place, result.clone()));
        }
    }
}

/// What a panic says, if it is a text.
fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("not a text")
}

/// Begins a check, or waits for the one that is under way, or says why neither can be done.
pub(super) fn begin(
    check: &Arc<Check>,
    place: usize,
    time: Time,
    answers: &Answers,
) -> Result<(), String> {
    let mut flight = lock(&check.flight);
    if flight.began.is_some_and(|began| began.elapsed() >= check.timeout) {
        return Err("still busy with an earlier run".to_owned());
    }
    flight.waiting.push((place, answers.clone()));
    if flight.began.is_some() {
        return Ok(());
    }
    flight.began = Some(Instant::now());
    drop(flight);
    let own = check.clone();
    let work = Context::current().wrap(move || own.land(own.answer(), time));
    // The system ends a name where it is zero, and the library refuses one.
    let name = format!("health {}", check.name.replace('\0', ""));
    if let Err(error) = std::thread::Builder::new().name(name).spawn(work) {
        check.land(Err(format!("no thread: {error}")), time);
    }
    Ok(())
}
