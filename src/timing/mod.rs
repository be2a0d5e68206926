//! Work that is timed: one record when it ends, with what came of it.

mod function;
mod histogram;
mod instrument;
mod span;

pub use function::{
    Failure, JudgeAny, JudgeResult, JudgeShown, Judged, argument, function, future, once,
};
pub use histogram::{Histogram, HistogramSnapshot, HistogramTimer};
pub use span::{Span, Work};

use crate::callsite::{Event, Logger};
use crate::clock::{ManualClock, Stopwatch};
use crate::codec::Value;
use crate::lane;
use crate::meta::Level;
use crate::sync::caught;
use core::fmt;
use core::time::Duration;
use std::borrow::Cow;
use std::sync::Arc;

/// How timed work ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// By [`Timed::ok`], or with a value that is no `Err`.
    Success,
    /// By [`Timed::err`], or with an `Err`.
    Error,
    /// Dropped without a word: an early return, or a future that nobody polls any more.
    Cancelled,
    /// Dropped by a panic.
    Panicked,
}

impl Outcome {
    /// The value of the field `outcome`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Error => "error",
            Outcome::Cancelled => "cancelled",
            Outcome::Panicked => "panicked",
        }
    }
}

/// Is told of each piece of timed work when it ends, also of those that are too fast to be logged: see [`Timed::observe`].
/// What panics in it is lost, and nothing else.
pub trait Observer: Send + Sync {
    /// `name` ended after `duration`.
    fn observe(&self, name: &str, duration: Duration, outcome: Outcome);
}

/// Begins to time the piece of work `name`: one record of that message is logged when it ends (spec 81).
///
/// ```
/// fn load(id: u32) -> Result<String, std::io::Error> {
///     let mut timed = ripsaw::timed("db_query").with("table", "users").with("id", id);
///     let row = match std::fs::read_to_string("/no/such/row") {
///         Ok(row) => row,
///         Err(error) => {
///             timed.err(&error); // error: outcome=error error.message=".." error.type=".." duration_ms=0.012
///             return Err(error);
///         }
///     };
///     timed.field("bytes", row.len());
///     timed.ok(); // info: table=users id=7 bytes=512 outcome=success duration_ms=0.012
///     Ok(row)
/// }
/// assert!(load(7).is_err());
/// ```
///
/// It takes the time twice, and allocates. For functions there is
/// [`#[timed]`](macro@crate::timed), for blocks [`timed_block!`](crate::timed_block).
pub fn timed(name: impl Into<Cow<'static, str>>) -> Timed {
    Timed::new(None, name.into())
}

impl Logger {
    /// Like [`timed`](crate::timed()), logged with this logger's name and fields.
    ///
    /// ```
    /// let log = ripsaw::Logger::new("shop.db").with("tenant", "eu");
    /// let rows = log.timed("db_query").run(|| 42);
    /// assert_eq!(rows, 42);
    /// ```
    pub fn timed(&self, name: impl Into<Cow<'static, str>>) -> Timed {
        Timed::new(Some(self.clone()), name.into())
    }
}

/// Work under way: see [`timed`](crate::timed()).
///
/// When it ends, a record is logged whose message is its name. Its fields are those that were set, then `outcome`, then, if it
/// failed, `error.message` and `error.type`, and `duration_ms`: milliseconds with three decimals by the monotonic clock. A
/// field of one of these names that was set by hand gives way. The level is INFO for a success, ERROR for an error or a
/// panic, and WARNING for a piece of work that was dropped before it came to an end (at least the success's).
#[must_use = "dropped at once, the work counts as cancelled: bind it to a name"]
pub struct Timed {
    logger: Option<Logger>,
    target: Cow<'static, str>,
    name: Cow<'static, str>,
    /// It is a whole function: the message says what came of it, and the name is a field.
    is_function: bool,
    level: Level,
    error_level: Level,
    threshold: Duration,
    decimals: u8,
    fields: Vec<Field>,
    observer: Option<Arc<dyn Observer>>,
    watch: Stopwatch,
    /// It began while its thread unwound already.
    in_panic: bool,
    ended: bool,
}

struct Field {
    key: Cow<'static, str>,
    value: Value,
    /// It stands against plain fields of its name.
    firm: bool,
}

impl Timed {
    fn new(logger: Option<Logger>, name: Cow<'static, str>) -> Timed {
        Timed {
            logger,
            target: Cow::Borrowed("timing"),
            name,
            is_function: false,
            level: Level::Info,
            error_level: Level::Error,
            threshold: Duration::ZERO,
            decimals: 3,
            fields: Vec::new(),
            observer: None,
            watch: Stopwatch::start(lane::manual_clock()),
            in_panic: std::thread::panicking(),
            ended: false,
        }
    }

    /// The target, unless a logger with a name was given. Default `timing`.
    pub fn target(mut self, target: impl Into<Cow<'static, str>>) -> Timed {
        self.target = target.into();
        self
    }

    /// The level of a success. Default INFO.
    pub fn level(mut self, level: Level) -> Timed {
        self.level = level;
        self
    }

    /// The level of an error and of a panic. Default ERROR.
    pub fn error_level(mut self, level: Level) -> Timed {
        self.error_level = level;
        self
    }

    /// A success that took less is not logged; everything else is (spec 83). Default zero: all are.
    pub fn threshold(mut self, threshold: Duration) -> Timed {
        self.threshold = threshold;
        self
    }

    /// Decimals of `duration_ms`, at most 6. Default 3. With 0 it is an integer and cut off, not rounded: what
    /// structlog-style `timed_block` helpers write.
    pub fn decimals(mut self, decimals: u8) -> Timed {
        self.decimals = decimals.min(6);
        self
    }

    /// Times by this clock, from now. Default: the monotonic clock, or in an engine with a [`ManualClock`] that one.
    pub fn clock(mut self, clock: ManualClock) -> Timed {
        self.watch = Stopwatch::start(Some(clock));
        self
    }

    /// Also tells `observer`, for example a [`Histogram`], whatever is logged.
    ///
    /// ```
    /// use std::sync::Arc;
    /// let latency = Arc::new(ripsaw::Histogram::new());
    /// ripsaw::timed("db_query").observe(latency.clone()).ok();
    /// assert_eq!(latency.snapshot().count, 1);
    /// ```
    pub fn observe(mut self, observer: Arc<dyn Observer>) -> Timed {
        self.observer = Some(observer);
        self
    }

    /// Adds a field. A later value replaces an earlier one of the same key, at its place.
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Timed {
        self.put(key.into(), value.into(), false);
        self
    }

    /// Adds a field that stands against those of [`Timed::with`] and [`Timed::field`]: the keys of a semantic layer.
    pub fn layer(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Timed {
        self.put(key.into(), value.into(), true);
        self
    }

    /// Adds a field while the work is under way.
    pub fn field(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.put(key.into(), value.into(), false);
    }

    /// How long it has been under way.
    pub fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// It is done. Returns how long it took.
    pub fn ok(mut self) -> Duration {
        self.end(Outcome::Success, None)
    }

    /// It failed. Returns how long it took. `error.type` is the name of the type `E`.
    pub fn err<E: fmt::Display + ?Sized>(mut self, error: &E) -> Duration {
        self.end(Outcome::Error, Some(Failure::of(error)))
    }

    /// Does the work: whatever it returns is a success, and a panic is logged on its way.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let result = work();
        self.ok();
        result
    }

    /// Does work that may fail: an `Err` is an error, and is returned.
    ///
    /// ```
    /// let parsed: Result<u16, _> = ripsaw::timed("parse").attempt(|| "80x".parse());
    /// assert!(parsed.is_err()); // error.message="invalid digit found in string"
    /// ```
    pub fn attempt<T, E: fmt::Display>(self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let result = work();
        match &result {
            Ok(_) => self.ok(),
            Err(error) => self.err(error),
        };
        result
    }

    /// Ends as the macros have found out.
    #[doc(hidden)]
    pub fn leave(mut self, failure: Option<Failure>) {
        let outcome = if failure.is_some() { Outcome::Error } else { Outcome::Success };
        self.end(outcome, failure);
    }

    fn put(&mut self, key: Cow<'static, str>, value: Value, firm: bool) {
        match self.fields.iter_mut().find(|field| field.key == key) {
            Some(field) if field.firm && !firm => {}
            Some(field) => *field = Field { key, value, firm },
            None => self.fields.push(Field { key, value, firm }),
        }
    }

    fn end(&mut self, outcome: Outcome, failure: Option<Failure>) -> Duration {
        self.ended = true;
        let took = self.watch.elapsed();
        if let Some(observer) = self.observer.take() {
            // In a destructor a panic would end the process.
            let _ = caught(|| observer.observe(&self.name, took, outcome));
        }
        if outcome != Outcome::Success || took >= self.threshold {
            self.log(outcome, failure, took);
        }
        took
    }

    fn log(&mut self, outcome: Outcome, failure: Option<Failure>, took: Duration) {
        let level = match outcome {
            Outcome::Success => self.level,
            Outcome::Cancelled => self.level.max(Level::Warning),
            Outcome::Error | Outcome::Panicked => self.error_level,
        };
        let message = match (self.is_function, outcome) {
            (false, _) => Cow::Borrowed(&*self.name),
            (true, Outcome::Success) => Cow::Owned(format!("{} completed", self.name)),
            (true, Outcome::Error) => Cow::Owned(format!("{} failed", self.name)),
            (true, _) => Cow::Owned(format!("{} {}", self.name, outcome.as_str())),
        };
        let mut event = match &self.logger {
            Some(logger) => logger.event(level, &message).target(&self.target),
            None => Event::new(level, &message).target(&self.target),
        };
        if self.is_function {
            event = event.field("operation", &*self.name);
        }
        for Field { key, value, .. } in &mut self.fields {
            let own = match &**key {
                "outcome" | "duration_ms" => true,
                "operation" => self.is_function,
                "error.message" | "error.type" | "error.chain" => failure.is_some(),
                _ => false,
            };
            if !own {
                event = event.field(key, std::mem::take(value));
            }
        }
        event = event.field("outcome", Value::Str(Cow::Borrowed(outcome.as_str())));
        if let Some(failure) = failure {
            event = event.field("error.message", failure.message);
            event = event.field("error.type", Value::Str(Cow::Borrowed(failure.kind)));
            if let Some(chain) = failure.chain {
                event = event.field("error.chain", chain);
            }
        }
        event.field("duration_ms", milliseconds(took, self.decimals)).emit();
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        if !self.ended {
            let panicked = std::thread::panicking() && !self.in_panic;
            let outcome = if panicked { Outcome::Panicked } else { Outcome::Cancelled };
            self.end(outcome, None);
        }
    }
}

impl fmt::Debug for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timed").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Milliseconds with this many decimals, rounded; without decimals an integer, cut off.
pub(crate) fn milliseconds(took: Duration, decimals: u8) -> Value {
    if decimals == 0 {
        return Value::U64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    }
    let step = 10_u128.pow(6 - u32::from(decimals.min(6)));
    let steps = (took.as_nanos() + step / 2) / step;
    Value::F64(steps as f64 / 10_f64.powi(i32::from(decimals.min(6))))
}

/// Times a block, like [`timed`](crate::timed()): `timed_block!([logger: log,] name, [key = value,]* { .. })`.
///
/// The block is a closure: `?` and `return` leave it, not the function around it. If its value is an `Err`, that is an
/// error. The target is the module path.
///
/// ```
/// let parsed = ripsaw::timed_block!("parse", source = "port", {
///     "80".parse::<u16>()
/// });
/// assert_eq!(parsed, Ok(80));
/// ```
#[macro_export]
macro_rules! timed_block {
    (logger: $logger:expr, $name:expr, $($key:ident $(. $rest:ident)* = $value:expr,)* $block:block) => {
        $crate::__private::timed_block!(@run ($logger.timed($name)), $(($key $(. $rest)*) $value,)* $block)
    };
    (@run ($timed:expr), $(($key:ident $(. $rest:ident)*) $value:expr,)* $block:block) => {{
        let timed = $timed.target(::core::module_path!())
            $(.with(::core::concat!(::core::stringify!($key) $(, ".", ::core::stringify!($rest))*), $value))*;
        let result = $crate::__private::once(|| $block);
        {
            use $crate::__private::{JudgeAny as _, JudgeResult as _, JudgeShown as _};
            timed.leave((&&$crate::__private::Judged(&result)).__ripsaw_failure());
        }
        result
    }};
    ($name:expr, $($key:ident $(. $rest:ident)* = $value:expr,)* $block:block) => {
        $crate::__private::timed_block!(@run ($crate::__private::timed($name)), $(($key $(. $rest)*) $value,)* $block)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_rounded_or_cut() {
        let took = Duration::from_nanos(1_234_567_890);
        assert_eq!(milliseconds(took, 3), Value::F64(1234.568));
        assert_eq!(milliseconds(took, 2), Value::F64(1234.57));
        assert_eq!(milliseconds(took, 6), Value::F64(1234.56789));
        assert_eq!(milliseconds(Duration::from_micros(1_999), 0), Value::U64(1));
        assert_eq!(milliseconds(Duration::ZERO, 3), Value::F64(0.0));
    }
}
