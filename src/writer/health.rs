//! How a sink is doing, and when it is tried again.

use crate::config::Output;
use crate::fault;
use crate::stats::SinkState;
use std::io;
use std::time::{Duration, Instant};

/// The first pause after a failure, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(500));
/// Who fails or does not return for so long is down.
const DOWN_AFTER: Duration = Duration::from_secs(1);

/// The error of a sink that reports none.
pub(super) const STUCK: &str = "does not return";

/// The state of a route's sink.
#[derive(Debug, Default)]
pub(super) struct Health {
    trouble: Option<Trouble>,
}

/// An episode of failures.
#[derive(Debug)]
struct Trouble {
    since: Instant,
    pause: Duration,
    retry_at: Instant,
    /// It does not fail, it just does not return.
    stuck: bool,
    state: SinkState,
    /// Records that had been dropped when it began.
    dropped_before: u64,
    error: String,
}

/// An episode that is over.
#[derive(Debug)]
pub(super) struct Outage {
    pub(super) error: String,
}

impl Health {
    /// The last call failed.
    pub(super) fn is_failing(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| !trouble.stuck)
    }
    /// It fails or does not return.
    pub(super) fn is_bad(&self) -> bool {
        self.trouble.is_some()
    }
    /// When it is to be tried again, if that is not due yet.
    pub(super) fn blocked_until(&self) -> Option<Instant> {
        let trouble = self.trouble.as_ref().filter(|trouble| !trouble.stuck)?;
        Some(trouble.retry_at).filter(|at| *at > Instant::now())
    }
    /// What went wrong.
    pub(super) fn error(&self) -> Option<&str> {
        self.trouble.as_ref().map(|trouble| &*trouble.error)
    }

    /// A call failed. `dropped` counts the records that the route has missed.
    pub(super) fn failed(&mut self, error: &io::Error, output: &Output, dropped: impl Fn() -> u64) {
        let now = Instant::now();
        let text = error.to_string();
        match &mut self.trouble {
            Some(trouble) => {
                if std::mem::take(&mut trouble.stuck) {
                    trouble.pause = PAUSES.0;
                } else {
                    trouble.pause = (trouble.pause * 2).min(PAUSES.1);
                }
                trouble.retry_at = now + trouble.pause;
                trouble.error.clone_from(&text);
            }
            None => {
                fault::report(format_args!(
                    "{} fails: {text}; records are kept and retried",
                    output.name
                ));
                output.counters.set_state(SinkState::Degraded);
                self.trouble = Some(Trouble {
                    since: now,
                    pause: PAUSES.0,
                    retry_at: now + PAUSES.0,
                    stuck: false,
                    state: SinkState::Degraded,
                    dropped_before: dropped(),
                    error: text.clone(),
                });
            }
        }
        output.counters.set_last_error(text);
        self.look(output);
    }

    /// A call has not returned since `since`.
    pub(super) fn waits(&mut self, since: Instant, output: &Output, dropped: impl Fn() -> u64) {
        if self.trouble.is_none() && since.elapsed() >= DOWN_AFTER {
            self.trouble = Some(Trouble {
                since,
                pause: PAUSES.0,
                retry_at: since,
                stuck: true,
                state: SinkState::Ok,
                dropped_before: dropped(),
                error: STUCK.to_owned(),
            });
        }
        self.look(output);
    }

    /// Whether it is down by now.
    pub(super) fn look(&mut self, output: &Output) {
        let Some(trouble) = &mut self.trouble else { return };
        if trouble.state == SinkState::Down || trouble.since.elapsed() < DOWN_AFTER {
            return;
        }
        trouble.state = SinkState::Down;
        output.counters.set_state(SinkState::Down);
        let (name, seconds) = (&output.name, trouble.since.elapsed().as_secs_f64());
        if trouble.stuck {
            output.counters.set_last_error(trouble.error.clone());
            fault::report(format_args!("{name} is down: has not returned for {seconds:.1} s"));
        } else {
            let error = &trouble.error;
            fault::report(format_args!("{name} is down: fails for {seconds:.1} s: {error}"));
        }
    }

    /// It gets on, if slowly: no reason to pause for longer and longer.
    pub(super) fn gets_on(&mut self) {
        if let Some(trouble) = &mut self.trouble {
            trouble.pause = PAUSES.0;
        }
    }

    /// A call succeeded, and nothing is left to be done over. The episode that has ended with it, if there was one.
    pub(super) fn recovered(
        &mut self,
        output: &Output,
        dropped: impl Fn() -> u64,
    ) -> Option<Outage> {
        let trouble = self.trouble.take()?;
        output.counters.set_state(SinkState::Ok);
        fault::report(format_args!(
            "{} works again after {:.1} s; {} records were lost",
            output.name,
            trouble.since.elapsed().as_secs_f64(),
            dropped().saturating_sub(trouble.dropped_before),
        ));
        Some(Outage { error: trouble.error })
    }
}
