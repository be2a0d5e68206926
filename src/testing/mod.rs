//! For tests: an engine of the test's own, whose records can be looked at.
//!
//! ```
//! use ripsaw::testing::Capture;
//! use ripsaw::{assert_logged, assert_not_logged};
//!
//! fn place(order: u32) {
//!     ripsaw::info!(target: "shop", order, "placed for {}", "ada");
//! }
//!
//! let capture = Capture::new();
//! place(42);
//! assert_logged!(capture, level: Info, target: "shop", contains: "ada", fields: { order = 42 });
//! assert_not_logged!(capture, level: Error);
//! ```

mod expect;

pub use expect::Expect;

use crate::codec::{Record, ThreadInfo, Value};
use crate::config::{Builder, Route};
use crate::engine::{Guard, Handle};
use crate::format::{Format, Text, write_message};
use crate::lane::{Attached, Overflow};
use crate::meta::{Level, LevelFilter};
use crate::sink::Null;
use crate::sync::lock;
use core::fmt;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A record that outlives the engine.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CapturedRecord {
    /// Severity.
    pub level: Level,
    /// The logger's name if it has one, else the statement's target.
    pub target: String,
    /// The event name given by `name:`, or empty.
    pub name: String,
    /// The message, rendered and escaped as [`write_message`] does.
    pub message: String,
    /// Bound fields first, then the statement's own.
    pub fields: Vec<(String, Value)>,
    /// The thread that logged.
    pub thread: ThreadInfo,
    /// When: nanoseconds since 1970 by the engine's clock.
    pub unix_ns: u64,
    /// Source file, if known.
    pub file: Option<String>,
    /// Source line, if known.
    pub line: Option<u32>,
    /// The whole line as [`Text`] writes it, without its time stamp.
    pub text: String,
}

impl CapturedRecord {
    /// The value of a field: the last one, if several have this key.
    pub fn field(&self, key: &str) -> Option<&Value> {
        self.fields.iter().rev().find(|(k, _)| k == key).map(|(_, value)| value)
    }
}

/// An engine of one test: the thread that makes it, and those that [`Capture::spawn`] starts, log here instead of into the
/// global engine, until it is dropped. Tests that run side by side do not see each other's records.
///
/// It takes every level, has no writer's thread, and loses nothing: what is asked for has been drained first, by the thread
/// that asks.
#[derive(Debug)]
pub struct Capture {
    _attached: Attached,
    guard: Guard,
    records: Records,
}

type Records = Arc<Mutex<Vec<CapturedRecord>>>;

impl Capture {
    /// With the defaults.
    ///
    /// # Panics
    /// If the system has no megabyte of memory for it.
    pub fn new() -> Capture {
        Capture::with(|builder| builder)
    }

    /// With other settings: levels, a clock, further sinks. The builder begins with all levels, [`Builder::manual`], an arena
    /// of 1 MiB and callers that wait for room.
    ///
    /// ```
    /// use ripsaw::testing::Capture;
    /// use ripsaw::{Clock, ManualClock, sink::TestOutput};
    /// use std::time::Duration;
    /// let clock = ManualClock::new(Duration::from_secs(1_700_000_000));
    /// let capture = Capture::with(|builder| {
    ///     // What is logged also shows beside a test that fails.
    ///     builder.filter("info").clock(Clock::Manual(clock)).sink(TestOutput::new())
    /// });
    /// ripsaw::info!("at a time that is known");
    /// ripsaw::debug!("filtered");
    /// assert_eq!(capture.records()[0].unix_ns, 1_700_000_000_000_000_000);
    /// assert_eq!(capture.records().len(), 1);
    /// ```
    ///
    /// # Panics
    /// If a setting is wrong; the message says which.
    #[track_caller]
    pub fn with(configure: impl FnOnce(Builder) -> Builder) -> Capture {
        let records = Records::default();
        let builder = Builder::new()
            .level(LevelFilter::NotSet)
            .manual()
            .arena_bytes(1 << 20)
            .overflow(Overflow::Block(Duration::MAX));
        let format = Keep { records: records.clone(), text: Text::new().timestamp(false) };
        let builder = configure(builder).route(Route::new(Null::new()).format(format));
        match builder.start_local() {
            Ok(guard) => Capture { _attached: guard.attach(), guard, records },
            Err(error) => panic!("the capture cannot start: {error}"),
        }
    }

    /// Speaks to the engine; [`Handle::attach`] lets threads log here that were started otherwise than by
    /// [`Capture::spawn`].
    pub fn handle(&self) -> Handle {
        self.guard.handle()
    }

    /// Starts a thread that logs here.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let handle = self.handle();
        std::thread::spawn(move || {
            let _attached = handle.attach();
            work()
        })
    }

    /// All records so far, in the order of the output.
    pub fn records(&self) -> Vec<CapturedRecord> {
        let handle = self.handle();
        while handle.pump() > 0 {}
        lock(&self.records).clone()
    }

    /// The first record that is as expected.
    pub fn find(&self, expected: &Expect) -> Option<CapturedRecord> {
        self.records().into_iter().find(|record| expected.fits(record))
    }

    /// Waits until there are at least `count` records; returns all that there are then.
    ///
    /// # Panics
    /// If there are fewer after `timeout`; the message shows them.
    #[track_caller]
    pub fn wait_for(&self, count: usize, timeout: Duration) -> Vec<CapturedRecord> {
        let began = Instant::now();
        loop {
            let records = self.records();
            if records.len() >= count {
                return records;
            }
            let found = records.len();
            assert!(
                began.elapsed() < timeout,
                "{found} records instead of {count} after {timeout:?}:\n{}",
                Shown(&records)
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Forgets what was logged so far.
    pub fn clear(&self) {
        drop(self.records());
        lock(&self.records).clear();
    }

    /// What [`assert_logged!`](crate::assert_logged) does.
    ///
    /// # Panics
    /// Unless a record is as expected (or as many as [`Expect::times`] says); the message shows all.
    #[track_caller]
    pub fn assert_logged(&self, expected: &Expect) {
        let records = self.records();
        let found = records.iter().filter(|record| expected.fits(record)).count();
        assert!(
            expected.is_met_by(found),
            "{found} records are {expected}; logged were:\n{}",
            Shown(&records)
        );
    }

    /// What [`assert_not_logged!`](crate::assert_not_logged) does.
    ///
    /// # Panics
    /// If a record is as described; the message shows all.
    #[track_caller]
    pub fn assert_not_logged(&self, unwanted: &Expect) {
        let records = self.records();
        let found = records.iter().filter(|record| unwanted.fits(record)).count();
        assert!(found == 0, "{found} records are {unwanted}; logged were:\n{}", Shown(&records));
    }
}

impl Default for Capture {
    fn default() -> Capture {
        Capture::new()
    }
}

/// The records of a message to whoever reads about a test that failed.
struct Shown<'a>(&'a [CapturedRecord]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("  nothing")?;
        }
        self.0.iter().try_for_each(|record| writeln!(f, "  {}", record.text))
    }
}

/// Keeps each record, and writes nothing.
struct Keep {
    records: Records,
    text: Text,
}

impl Format for Keep {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        let begin = out.len();
        self.text.record(record, out);
        let line = String::from_utf8_lossy(&out[begin..]).trim_end().to_owned();
        let mut message = Vec::new();
        write_message(record, &mut message);
        lock(&self.records).push(CapturedRecord {
            level: record.level(),
            target: record.target().to_owned(),
            name: record.name().to_owned(),
            message: String::from_utf8_lossy(&message).into_owned(),
            fields: record.fields().map(|(key, value)| (key.to_owned(), value.into())).collect(),
            thread: record.thread().clone(),
            unix_ns: record.unix_ns(),
            file: record.file().map(str::to_owned),
            line: record.line(),
            text: line,
        });
    }
}

/// Asserts that a record was logged: `assert_logged!(capture, level: Info, target: "..", message: "..", contains: "..",
/// fields: { key = value, dotted.key = value }, times: 2)`, each part optional, in any order.
///
/// `message` is the whole message, `contains` a part of it. Numbers are compared by value, whatever their type. `times` asks for
/// just so many records; without it, one or more. See [`Expect`](crate::testing::Expect).
///
/// ```
/// let capture = ripsaw::testing::Capture::new();
/// ripsaw::warn!(http.status = 503_u16, "upstream failed");
/// ripsaw::assert_logged!(capture, message: "upstream failed", fields: { http.status = 503 }, times: 1);
/// ```
///
/// # Panics
/// If there is none; the message shows what was logged.
#[macro_export]
macro_rules! assert_logged {
    ($capture:expr $(, $word:ident : $what:tt)* $(,)?) => {
        $capture.assert_logged(
            &$crate::__private::Expect::new()
                $(.$word($crate::__private::__ripsaw_expected!($word $what)))*
        )
    };
}

/// Asserts that no record was logged that is as described: see [`assert_logged!`](crate::assert_logged).
///
/// ```
/// let capture = ripsaw::testing::Capture::new();
/// ripsaw::info!("fine");
/// ripsaw::assert_not_logged!(capture, level: Error);
/// ```
///
/// # Panics
/// If there is one; the message shows what was logged.
#[macro_export]
macro_rules! assert_not_logged {
    ($capture:expr $(, $word:ident : $what:tt)* $(,)?) => {
        $capture.assert_not_logged(
            &$crate::__private::Expect::new()
                $(.$word($crate::__private::__ripsaw_expected!($word $what)))*
        )
    };
}
