//! What was too fine to be written, until something goes wrong.

use super::draft::Draft;
use super::table::{Keys, Table};
use super::{Flow, Processor};
use crate::codec::OwnedRecord;
use crate::error::ConfigError;
use crate::meta::Level;
use crate::stats::Count;
use std::collections::VecDeque;
use std::sync::Arc;

/// Keeps the last fine records of each scope in memory, and lets them go on ahead of an error of that scope.
///
/// A record below [`below`](FlightRecorder::below) (INFO) is kept and not written: [`Stats::filtered`](crate::Stats::filtered)
/// counts it. When a record of [`trigger`](FlightRecorder::trigger) (ERROR) or above arrives, those that its scope has
/// kept are written before it, in their order, each once, with their own time stamps, levels, threads and fields, and marked
/// with `replayed=true`. A scope is a thread, or a value of a field as a trace id. It keeps its last
/// [`bytes`](FlightRecorder::bytes) (16 KiB: some 60 records); of more than [`scopes`](FlightRecorder::scopes) (256) the one
/// that was silent longest is forgotten.
///
/// The thresholds of the engine decide first what is recorded at all: set [`Builder::level`](crate::Builder::level) to DEBUG or TRACE,
/// and leave those of the routes, which hold for what is replayed too. Processors in front of it
/// have worked on what is kept; those behind it, and the filters and processors of the routes, work on what is replayed. A
/// replayed record is not counted as written, and what was kept is lost with the process.
///
/// Each record that is kept is copied, on the writer; the caller pays what any record costs.
///
/// ```
/// use ripsaw::{Level, debug, error, info, process::FlightRecorder};
/// let recorder = FlightRecorder::per_field("trace_id");
/// let counts = recorder.counts();
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder()
///     .level(Level::Debug)
///     .processor(recorder)
///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
///     .sink(memory.clone())
///     .start_local()?;
/// let attached = guard.attach();
/// debug!(trace_id = "a", "cache missed");
/// debug!(trace_id = "b", "cache hit");
/// info!(trace_id = "b", "served");
/// error!(trace_id = "a", "no stock");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(
///     memory.lines(),
///     [
///         "INFO     served trace_id=b",
///         "DEBUG    cache missed trace_id=a replayed=true",
///         "ERROR    no stock trace_id=a",
///     ]
/// );
/// assert_eq!((counts.kept(), counts.replayed()), (2, 1));
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Debug)]
pub struct FlightRecorder {
    by: By,
    below: Level,
    trigger: Level,
    bytes: usize,
    scopes: usize,
    keys: Keys,
    /// Made with the first record that is kept.
    table: Option<Table<Scope>>,
    counts: RecorderCounts,
}

#[derive(Debug)]
enum By {
    Thread,
    Field(Box<str>),
}

/// What one scope has kept.
#[derive(Debug, Default)]
struct Scope {
    records: VecDeque<OwnedRecord>,
    bytes: usize,
}

impl FlightRecorder {
    /// A recorder with a scope for each thread.
    pub fn per_thread() -> FlightRecorder {
        FlightRecorder {
            by: By::Thread,
            below: Level::Info,
            trigger: Level::Error,
            bytes: 16 << 10,
            scopes: 256,
            keys: Keys::default(),
            table: None,
            counts: RecorderCounts::default(),
        }
    }
    /// A recorder with a scope for each value of a field, which is a text, an integer, bytes or a UUID. Records without it go by
    /// their threads.
    pub fn per_field(key: impl Into<Box<str>>) -> FlightRecorder {
        FlightRecorder { by: By::Field(key.into()), ..FlightRecorder::per_thread() }
    }
    /// Records below this level are kept. Default INFO; at most the trigger.
    pub fn below(mut self, level: Level) -> FlightRecorder {
        self.below = level;
        self
    }
    /// A record of at least this level lets the kept ones of its scope go on. Default ERROR.
    pub fn trigger(mut self, level: Level) -> FlightRecorder {
        self.trigger = level;
        self
    }
    /// How much memory the kept records of a scope may take, with all that belongs to them. Default 16 KiB, at least 1 KiB. A
    /// record that is larger than this is not kept.
    pub fn bytes(mut self, bytes: usize) -> FlightRecorder {
        self.bytes = bytes;
        self
    }
    /// How many scopes are kept. Default 256, at least one.
    pub fn scopes(mut self, scopes: usize) -> FlightRecorder {
        self.scopes = scopes;
        self
    }
    /// What becomes of the records; to be asked for before the recorder is handed over.
    pub fn counts(&self) -> RecorderCounts {
        self.counts.clone()
    }

    fn key(&self, draft: &Draft<'_>) -> u64 {
        let field = match &self.by {
            By::Thread => None,
            By::Field(key) => draft.get(key).and_then(|value| self.keys.value(value)),
        };
        // Another kind of key than those of values.
        field.unwrap_or_else(|| super::table::mixed(!draft.thread().id))
    }

    fn keep(&mut self, record: OwnedRecord, key: u64) {
        let (max, counts) = (self.bytes, &*self.counts.0);
        let table = self.table.get_or_insert_with(|| Table::new(self.scopes));
        let (scope, gone) = table.entry(key, Scope::default);
        counts.evicted.add(gone.map_or(0, |scope| scope.records.len() as u64));
        counts.kept.add(1);
        scope.bytes += record.size();
        scope.records.push_back(record);
        while scope.bytes > max
            && let Some(oldest) = scope.records.pop_front()
        {
            scope.bytes -= oldest.size();
            counts.evicted.add(1);
        }
    }
}

impl Processor for FlightRecorder {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let level = draft.level();
        if level >= self.trigger {
            let key = self.key(draft);
            if let Some(scope) = self.table.as_mut().and_then(|table| table.get(key)) {
                let scope = std::mem::take(scope);
                scope.records.iter().for_each(|record| draft.replay(record));
                self.counts.0.replayed.add(scope.records.len() as u64);
            }
            return Flow::Keep;
        }
        if level >= self.below {
            return Flow::Keep;
        }
        let key = self.key(draft);
        self.keep(draft.own(), key);
        Flow::Drop
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong =
            |field, value: String, remedy: &str| Err(ConfigError::new(field, value, remedy));
        if self.below > self.trigger {
            let remedy = "use at most the level of the trigger";
            return wrong("recorder.below", self.below.to_string(), remedy);
        }
        if self.bytes < 1 << 10 {
            return wrong("recorder.bytes", self.bytes.to_string(), "use at least 1024");
        }
        if self.scopes == 0 {
            return wrong("recorder.scopes", "0".to_owned(), "use at least 1");
        }
        Ok(())
    }
}

/// What became of the records of a [`FlightRecorder`]. Clones count the same.
#[derive(Clone, Debug, Default)]
pub struct RecorderCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    kept: Count,
    evicted: Count,
    replayed: Count,
}

impl RecorderCounts {
    /// Records that were kept instead of being written at once.
    pub fn kept(&self) -> u64 {
        self.0.kept.get()
    }
    /// Of those, records that gave way to later ones.
    pub fn evicted(&self) -> u64 {
        self.0.evicted.get()
    }
    /// Of those, records that went on ahead of an error.
    pub fn replayed(&self) -> u64 {
        self.0.replayed.get()
    }
}
