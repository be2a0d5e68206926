//! How many records there were, of which level and from whom; as numbers, and as text for Prometheus.

use super::{Draft, Flow, Moment, Processor};
use crate::codec::Value;
use crate::error::ConfigError;
use crate::meta::{Level, Piece};
use crate::sync::lock;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Counts by one name at most; what comes later is counted as [`OTHER`].
const MAX_LOGGERS: usize = 256;
/// Events of all loggers together.
const MAX_EVENTS: usize = 1024;
const OTHER: &str = "other";

/// Counts the records that come by (spec \[56\]), and changes none.
///
/// The counts are read and reset through [`Statistics::handle`] while the engine runs. At most 256 loggers and 1024 events are
/// told apart; the rest is counted as `other`. Some 30 ns a record on the writer.
///
/// ```
/// use ripsaw::process::Statistics;
/// let statistics = Statistics::new();
/// let counts = statistics.handle();
/// let sink = ripsaw::sink::Null::new();
/// let guard = ripsaw::builder().processor(statistics).sink(sink).start_local()?;
/// let attached = guard.attach();
/// ripsaw::error!(target: "db", "no \"replica\"");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!((counts.read().total, counts.read().errors), (1, 1));
/// assert!(counts.prometheus().contains("app_log_records_total{level=\"error\",logger=\"db\"} 1\n"));
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Debug)]
pub struct Statistics {
    shared: Arc<Mutex<Counts>>,
    by_event: bool,
    report_every: Option<Duration>,
    /// When it reported last, or began, and of how many records.
    since: Option<u64>,
    reported: u64,
}

/// Reads and resets the counts of a [`Statistics`], from any thread. Clones are the same.
#[derive(Clone, Debug)]
pub struct StatisticsHandle {
    shared: Arc<Mutex<Counts>>,
}

/// A snapshot of a [`Statistics`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Totals {
    /// All records.
    pub total: u64,
    /// Those of ERROR and CRITICAL.
    pub errors: u64,
    /// Records by level; levels without any are left out.
    pub by_level: BTreeMap<Level, u64>,
    /// Records by logger or target; `unknown` for those without.
    pub by_logger: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Counts {
    loggers: HashMap<String, Logger>,
    /// Events told apart.
    events: usize,
}

type ByLevel = [u64; Level::ALL.len()];

#[derive(Debug, Default)]
struct Logger {
    levels: ByLevel,
    events: HashMap<String, ByLevel>,
}

impl Statistics {
    /// Counts by level and logger.
    pub fn new() -> Statistics {
        Statistics {
            shared: Arc::default(),
            by_event: false,
            report_every: None,
            since: None,
            reported: 0,
        }
    }
    /// Whether [`StatisticsHandle::prometheus`] tells events apart too: by the name of the event, else by the message with
    /// `{}` for its arguments. Default false.
    pub fn by_event(mut self, on: bool) -> Statistics {
        self.by_event = on;
        self
    }
    /// Says how it stands: an INFO record `log_statistics` of the target `ripsaw` each `interval`, and at the end, with
    /// the fields `total`, `errors` and one for each level that was met, if there were records since the last one. By default
    /// it says nothing. The interval is above zero; it is looked at some ten times a second.
    pub fn report_every(mut self, interval: Duration) -> Statistics {
        self.report_every = Some(interval);
        self
    }
    /// Access to the counts.
    pub fn handle(&self) -> StatisticsHandle {
        StatisticsHandle { shared: self.shared.clone() }
    }
}

impl Default for Statistics {
    fn default() -> Self {
        Statistics::new()
    }
}

impl Processor for Statistics {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let level = draft.level().index();
        let event = self.by_event.then(|| event_of(draft));
        let counts = &mut *lock(&self.shared);
        let target = if draft.target().is_empty() { "unknown" } else { draft.target() };
        let full = counts.loggers.len() >= MAX_LOGGERS;
        let logger = place(&mut counts.loggers, target, full);
        logger.levels[level] += 1;
        if let Some(event) = event {
            let before = logger.events.len();
            place(&mut logger.events, &event, counts.events >= MAX_EVENTS)[level] += 1;
            counts.events += logger.events.len() - before;
        }
        Flow::Keep
    }

    fn tick(&mut self, moment: &mut Moment<'_>) {
        let Some(interval) = self.report_every else { return };
        let now = moment.unix_ns();
        let since = *self.since.get_or_insert(now);
        let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        // A clock that was set back must not silence it.
        if !moment.is_end() && now.abs_diff(since) < interval {
            return;
        }
        self.since = Some(now);
        let totals = totals(&lock(&self.shared));
        if totals.total == self.reported {
            return;
        }
        self.reported = totals.total;
        let mut fields =
            vec![("total", Value::from(totals.total)), ("errors", Value::from(totals.errors))];
        fields.extend(totals.by_level.iter().map(|(level, n)| (level.as_str(), Value::from(*n))));
        moment.say(Level::Info, "ripsaw", "log_statistics", &fields);
    }

    fn check(&self) -> Result<(), ConfigError> {
        match self.report_every {
            Some(interval) if interval.is_zero() => {
                let remedy = "use an interval above zero";
                Err(ConfigError::new("statistics.report_every", "0", remedy))
            }
            _ => Ok(()),
        }
    }
}

fn place<'m, T: Default>(map: &'m mut HashMap<String, T>, name: &str, full: bool) -> &'m mut T {
    let name = if full && !map.contains_key(name) { OTHER } else { name };
    if !map.contains_key(name) {
        map.insert(name.to_owned(), T::default());
    }
    map.entry(name.to_owned()).or_default()
}

/// What all records of a statement have in common.
pub(super) fn event_of(draft: &Draft<'_>) -> String {
    if !draft.name().is_empty() {
        return draft.name().to_owned();
    }
    match draft.statement() {
        // Of a statement of `tracing` the message is all argument, and says nothing of what they have in common.
        Some((_, meta)) if meta.template.iter().any(|piece| matches!(piece, Piece::Lit(_))) => {
            let piece = |piece: &Piece| match piece {
                Piece::Lit(text) => text,
                Piece::Arg(..) => "{}",
            };
            meta.template.iter().map(piece).collect()
        }
        _ => draft.message().to_owned(),
    }
}

impl StatisticsHandle {
    /// The counts as they stand.
    pub fn read(&self) -> Totals {
        totals(&lock(&self.shared))
    }
    /// Sets all counts to zero; returns what they were.
    pub fn reset(&self) -> Totals {
        totals(&std::mem::take(&mut *lock(&self.shared)))
    }
    /// The counts in the text format of Prometheus (spec \[34\]): one series for each level and logger, and event if asked for,
    /// in the order of their names, with escaped labels. To be served by whatever the program serves metrics with.
    pub fn prometheus(&self) -> String {
        let mut out = "# HELP app_log_records_total Log records by level and logger.\n\
                       # TYPE app_log_records_total counter\n"
            .to_owned();
        let counts = lock(&self.shared);
        let loggers: BTreeMap<_, _> = counts.loggers.iter().collect();
        for (name, logger) in loggers {
            if logger.events.is_empty() {
                series(&mut out, name, None, &logger.levels);
            }
            let events: BTreeMap<_, _> = logger.events.iter().collect();
            for (event, levels) in events {
                series(&mut out, name, Some(event), levels);
            }
        }
        out
    }
}

fn totals(counts: &Counts) -> Totals {
    let mut totals = Totals::default();
    for (name, logger) in &counts.loggers {
        for level in Level::ALL {
            let n = logger.levels[level.index()];
            if n > 0 {
                totals.total += n;
                *totals.by_level.entry(level).or_default() += n;
                *totals.by_logger.entry(name.clone()).or_default() += n;
                totals.errors += if level >= Level::Error { n } else { 0 };
            }
        }
    }
    totals
}

fn series(out: &mut String, logger: &str, event: Option<&str>, levels: &ByLevel) {
    let logger = escaped(logger);
    for level in Level::ALL.into_iter().filter(|level| levels[level.index()] > 0) {
        // Writing to a string cannot fail.
        let _ = write!(out, "app_log_records_total{{level=\"{}\",", level.as_str());
        if let Some(event) = event {
            let _ = write!(out, "event=\"{}\",", escaped(event));
        }
        let _ = writeln!(out, "logger=\"{logger}\"}} {}", levels[level.index()]);
    }
}

/// The three characters that a label may not hold as they are.
fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
