//! Calls somebody when a record is severe.

use super::{Draft, Flow, Processor};
use crate::fault;
use crate::meta::Level;
use crate::stats::Count;
use crate::sync::caught;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Calls a function for records of some levels (spec \[57\]): by default ERROR and CRITICAL, at most ten times a minute.
///
/// The function runs on the writer's thread, never on a caller's, and holds up all routes as long as it runs: let it hand the
/// alert on. If it panics, that is counted and said on standard error, and the record goes on. It sees the record as the
/// processors before it left it: add a redactor first.
///
/// ```
/// use ripsaw::process::Alert;
/// let (send, alerts) = std::sync::mpsc::channel();
/// let alert = Alert::new(move |draft| drop(send.send(draft.message().to_owned())));
/// let guard = ripsaw::builder().processor(alert).sink(ripsaw::sink::Null::new()).start_local()?;
/// let attached = guard.attach();
/// ripsaw::error!("disk full");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(alerts.try_recv().unwrap(), "disk full");
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
pub struct Alert {
    callback: Box<dyn FnMut(&Draft<'_>) + Send>,
    levels: u8,
    most: u64,
    per_ns: u64,
    /// When the present span of time began, and the alerts in it.
    began: Option<u64>,
    given: u64,
    shared: Arc<Counts>,
}

/// Counts of an [`Alert`], to be read from any thread.
#[derive(Clone, Debug)]
pub struct AlertHandle {
    shared: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    alerts: Count,
    suppressed: Count,
    failures: Count,
}

impl Alert {
    /// Alerts by a function of your own.
    pub fn new(callback: impl FnMut(&Draft<'_>) + Send + 'static) -> Alert {
        Alert {
            callback: Box::new(callback),
            levels: 1 << Level::Error.index() | 1 << Level::Critical.index(),
            most: 10,
            per_ns: 60_000_000_000,
            began: None,
            given: 0,
            shared: Arc::default(),
        }
    }
    /// Alerts as a line `🚨 ALERT: message` on standard error; control characters are escaped.
    pub fn to_stderr() -> Alert {
        Alert::new(|draft| {
            let message = match draft.message() {
                "" => "Unknown error",
                message => message,
            };
            let mut line = "🚨 ALERT: ".to_owned();
            for c in message.chars() {
                match c.is_control() {
                    true => line.extend(c.escape_default()),
                    false => line.push(c),
                }
            }
            line.push('\n');
            crate::os::write_error(line.as_bytes());
        })
    }
    /// For which levels.
    pub fn levels(mut self, levels: impl IntoIterator<Item = Level>) -> Alert {
        self.levels = levels.into_iter().fold(0, |set, level| set | 1 << level.index());
        self
    }
    /// At most so many alerts in a span of time, which begins with its first; the others are counted. `u64::MAX` for all.
    pub fn at_most(mut self, alerts: u64, per: Duration) -> Alert {
        (self.most, self.per_ns) = (alerts, u64::try_from(per.as_nanos()).unwrap_or(u64::MAX));
        self
    }
    /// Access to the counts.
    pub fn handle(&self) -> AlertHandle {
        AlertHandle { shared: self.shared.clone() }
    }
}

impl AlertHandle {
    /// Calls of the function, those that panicked too.
    pub fn alerts(&self) -> u64 {
        self.shared.alerts.get()
    }
    /// Records for which there was no call, since there had been too many.
    pub fn suppressed(&self) -> u64 {
        self.shared.suppressed.get()
    }
    /// Calls that panicked.
    pub fn failures(&self) -> u64 {
        self.shared.failures.get()
    }
}

impl Processor for Alert {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        if self.levels >> draft.level().index() & 1 == 0 {
            return Flow::Keep;
        }
        let now = draft.unix_ns();
        // A clock that was set back must not silence it.
        if self.began.is_none_or(|began| now.abs_diff(began) >= self.per_ns) {
            (self.began, self.given) = (Some(now), 0);
        }
        if self.given >= self.most {
            self.shared.suppressed.add(1);
            return Flow::Keep;
        }
        self.given += 1;
        self.shared.alerts.add(1);
        if caught(|| (self.callback)(draft)).is_none() {
            self.shared.failures.add(1);
            fault::report(format_args!("Alert failed: its function panicked"));
        }
        Flow::Keep
    }
}

impl fmt::Debug for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert").field("counts", &self.shared).finish_non_exhaustive()
    }
}
