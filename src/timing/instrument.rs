//! Futures that say when they begin and how they end, in a context of their own.

use super::milliseconds;
use crate::callsite::Logger;
use crate::clock::Stopwatch;
use crate::codec::shown;
use crate::context::{Context, FutureExt, InContext};
use crate::lane;
use crate::meta::Level;
use core::fmt;

impl Context {
    /// Runs `future` in this context, as [`FutureExt::in_context`] does, between two records of `log` (spec \[75\]).
    ///
    /// The first time it is polled, `Context started` is logged at INFO; when it ends, one of these, with the field
    /// `duration_ms`, by the monotonic clock with three decimals:
    ///
    /// | how it ends | message | level | more |
    /// |---|---|---|---|
    /// | with an `Ok` | `Context completed` | INFO | |
    /// | with an `Err`, which is returned as it is | `Context failed` | ERROR | `exception`: what the error's `Display` says |
    /// | by a panic, which goes on | `Context failed` | ERROR | `exception=panicked` |
    /// | dropped before its end | `Context cancelled` | WARNING | |
    ///
    /// One that is never polled logs nothing. Both records cost what an [`Event`](crate::Event) does.
    ///
    /// ```
    /// use ripsaw::{Context, Logger};
    /// let log = Logger::new("async_ops");
    /// let work = async {
    ///     ripsaw::info!(phase = "validation", "in the task"); // batch_id=b1 phase=validation
    ///     "80".parse::<u16>()
    /// };
    /// let task = Context::from([("batch_id", "b1")]).instrument(&log, work);
    /// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(task).poll(&mut cx).is_ready());
    /// ```
    pub fn instrument<T, E: fmt::Display, F: Future<Output = Result<T, E>>>(
        self,
        log: &Logger,
        future: F,
    ) -> InContext<impl Future<Output = Result<T, E>> + use<T, E, F>> {
        self.watched(log, future, |result| result.as_ref().err().map(shown))
    }

    /// The same for a future that cannot fail: whatever it returns, it has completed.
    ///
    /// ```
    /// # use ripsaw::{Context, Logger};
    /// let task = Context::new().instrument_infallible(&Logger::new("jobs"), async { 42 });
    /// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(task).poll(&mut cx).is_ready());
    /// ```
    pub fn instrument_infallible<F: Future>(
        self,
        log: &Logger,
        future: F,
    ) -> InContext<impl Future<Output = F::Output> + use<F>> {
        self.watched(log, future, |_| None)
    }

    fn watched<F: Future>(
        self,
        log: &Logger,
        future: F,
        failure: fn(&F::Output) -> Option<String>,
    ) -> InContext<impl Future<Output = F::Output> + use<F>> {
        let log = log.clone();
        let watched = async move {
            let under_way = UnderWay::begin(log);
            let result = future.await;
            under_way.end(failure(&result));
            result
        };
        watched.in_context(self)
    }
}

/// A future that has begun. It lies in it, so it is dropped within its context.
struct UnderWay {
    log: Logger,
    watch: Stopwatch,
    /// It was polled first while its thread unwound already.
    in_panic: bool,
    ended: bool,
}

impl UnderWay {
    fn begin(log: Logger) -> UnderWay {
        log.event(Level::Info, "Context started").emit();
        let watch = Stopwatch::start(lane::manual_clock());
        UnderWay { log, watch, in_panic: std::thread::panicking(), ended: false }
    }

    fn end(mut self, failure: Option<String>) {
        match failure {
            None => self.say(Level::Info, "Context completed", None),
            failed => self.say(Level::Error, "Context failed", failed),
        }
    }

    fn say(&mut self, level: Level, message: &str, exception: Option<String>) {
        self.ended = true;
        let took = milliseconds(self.watch.elapsed(), 3);
        let mut event = self.log.event(level, message);
        if let Some(exception) = exception {
            event = event.field("exception", exception);
        }
        event.field("duration_ms", took).emit();
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if std::thread::panicking() && !self.in_panic {
            self.say(Level::Error, "Context failed", Some("panicked".to_owned()));
        } else {
            self.say(Level::Warning, "Context cancelled", None);
        }
    }
}
