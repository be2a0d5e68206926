//! Operations of a service: two records, and what stands in between.

use crate::caught::caught;
use crate::time::Time;
use ripsaw::{Context, Event, FutureExt, Level, Logger, ManualClock, Value};
use std::fmt::Display;

/// What a service does, as it is told in the log (spec \[124\]): three messages, which are given once, and a run of it with
/// two records.
///
/// | how it ends | message | level | more |
/// |---|---|---|---|
/// | | the first | INFO | |
/// | with an `Ok` | the second | INFO | `duration_ms` |
/// | with an `Err`, which is returned as it is | the third | ERROR | `error.type`, `error.message`, `error.backtrace`, `duration_ms` |
/// | by a panic, which goes on | the third | ERROR | `error.type=panic`, `error.backtrace`, `duration_ms` |
/// | a future that is dropped before its end | the third | WARNING | `error.type=cancelled`, `duration_ms` |
///
/// A run's fields are those of everything that is logged meanwhile, and what is bound to the context on the way stands in the
/// last record too. Durations are milliseconds by the monotonic clock with three decimals. The backtrace is there if `RUST_BACKTRACE`
/// asks for it, as by [`Event::backtrace`]. A run costs what its records and a context do.
///
/// ```
/// use ripsaw::{Logger, context};
/// use ripsaw_service::Operation;
///
/// const PAYMENT: Operation = Operation::new("Processing payment", "Payment processed", "Payment failed");
///
/// struct Payments {
///     log: Logger,
/// }
///
/// impl Payments {
///     fn pay(&self, id: u32, cents: &str) -> Result<u32, std::num::ParseIntError> {
///         PAYMENT.of(&self.log).with("payment_id", id).run(|| {
///             let cents = cents.parse()?;
///             ripsaw::info!(cents, "charging"); // payment_id=7 cents=1250
///             context::bind("status", "charged");
///             Ok(cents)
///         })
///     }
/// }
///
/// let payments = Payments { log: Logger::new("payments") };
/// assert_eq!(payments.pay(7, "1250"), Ok(1250)); // Payment processed payment_id=7 status=charged duration_ms=0.012
/// assert!(payments.pay(8, "much").is_err()); // Payment failed payment_id=8 error.message=".."
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operation {
    started: &'static str,
    done: &'static str,
    failed: &'static str,
}

impl Operation {
    /// The messages at its beginning, at its end, and where it failed.
    pub const fn new(started: &'static str, done: &'static str, failed: &'static str) -> Operation {
        Operation { started, done, failed }
    }

    /// A run of it, told by this logger, which is that of the service.
    pub fn of(self, log: &Logger) -> Run {
        Run { operation: self, log: log.clone(), context: Context::new(), clock: None }
    }
}

/// A run of an [`Operation`] that has not begun.
#[derive(Clone, Debug)]
#[must_use = "nothing is done unless it is run"]
pub struct Run {
    operation: Operation,
    log: Logger,
    context: Context,
    clock: Option<ManualClock>,
}

impl Run {
    /// Adds a field, or gives it a new value.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Run {
        self.context = self.context.with(key, value);
        self
    }
    /// Times it by a test's clock.
    pub fn clock(mut self, clock: ManualClock) -> Run {
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
        under_way.end(work())
    }

    /// The same for a future, over what is in force where this is called. It begins when it is polled first.
    ///
    /// ```
    /// # use ripsaw::Logger;
    /// # use ripsaw_service::Operation;
    /// const LOAD: Operation = Operation::new("Loading", "Loaded", "Loading failed");
    /// let task = LOAD.of(&Logger::new("store")).run_async(async { Ok::<_, std::io::Error>(7) });
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
            under_way.end(result)
        };
        work.in_context(context)
    }
}

/// A run that has begun.
struct UnderWay {
    run: Run,
    time: Time,
    /// It began while its thread unwound already.
    in_panic: bool,
    ended: bool,
}

impl UnderWay {
    fn begin(run: Run) -> UnderWay {
        let time = run.clock.map_or_else(Time::system, Time::manual);
        run.log.info(run.operation.started).emit();
        UnderWay { run, time, in_panic: std::thread::panicking(), ended: false }
    }

    fn end<T, E: Display>(mut self, result: Result<T, E>) -> Result<T, E> {
        let Err(error) = &result else {
            self.close(Level::Info, self.run.operation.done, |event| event);
            return result;
        };
        let said = caught(|| error.to_string());
        let said = said.unwrap_or_else(|| "its Display panicked".to_owned());
        let kind = std::any::type_name::<E>();
        self.close(Level::Error, self.run.operation.failed, |event| {
            event.field("error.type", kind).field("error.message", said).backtrace()
        });
        result
    }

    fn close(&mut self, level: Level, message: &str, add: impl FnOnce(Event<'_>) -> Event<'_>) {
        self.ended = true;
        let took = self.time.elapsed();
        if !self.run.log.enabled(level) {
            return;
        }
        let ms = ((took.as_nanos() + 500) / 1000) as f64 / 1000.0;
        add(self.run.log.event(level, message)).field("duration_ms", ms).emit();
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let failed = self.run.operation.failed;
        if std::thread::panicking() && !self.in_panic {
            self.close(Level::Error, failed, |event| {
                event.field("error.type", "panic").backtrace()
            });
        } else {
            self.close(Level::Warning, failed, |event| event.field("error.type", "cancelled"));
        }
    }
}
