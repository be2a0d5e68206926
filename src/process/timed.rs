//! How long a processor takes.

use super::{Draft, Flow, Moment, Processor};
use crate::codec::Value;
use crate::error::ConfigError;
use crate::meta::Level;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Records between two reports.
const EVERY: u64 = 1000;

/// Measures another processor, and says a DEBUG record `processor_performance` after each 1000 calls, with the fields
/// `processor`, `avg_ms` (of all calls) and `total_calls` (spec \[50\]).
///
/// Some 50 ns a record. [`Builder::time_processors`](crate::Builder::time_processors) measures all and says nothing.
///
/// ```
/// use ripsaw::process::{Enrich, Timed};
/// let builder = ripsaw::builder().processor(Timed::new(Enrich::standard()));
/// # let _ = builder;
/// ```
#[derive(Debug)]
pub struct Timed<P> {
    inner: P,
    calls: u64,
    time: Duration,
}

impl<P: Processor> Timed<P> {
    /// Measures `processor`.
    pub fn new(processor: P) -> Timed<P> {
        Timed { inner: processor, calls: 0, time: Duration::ZERO }
    }
}

impl<P: Processor> Processor for Timed<P> {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let began = Instant::now();
        let flow = self.inner.process(draft);
        self.time += began.elapsed();
        self.calls += 1;
        if self.calls.is_multiple_of(EVERY) {
            let mean = self.time.as_secs_f64() * 1e3 / self.calls as f64;
            let fields = [
                ("processor", Value::from(self.inner.name().into_owned())),
                ("avg_ms", Value::from(mean)),
                ("total_calls", Value::from(self.calls)),
            ];
            draft.say(Level::Debug, "ripsaw", "processor_performance", &fields);
        }
        flow
    }
    fn tick(&mut self, moment: &mut Moment<'_>) {
        self.inner.tick(moment);
    }
    fn name(&self) -> Cow<'static, str> {
        self.inner.name()
    }
    fn check(&self) -> Result<(), ConfigError> {
        self.inner.check()
    }
    fn is_essential(&self) -> bool {
        self.inner.is_essential()
    }
}
