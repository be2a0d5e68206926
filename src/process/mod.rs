//! Processors: steps on the writer's thread that may change, drop or observe a record before it is formatted.
//!
//! Records reach them in the order in which they will be written. All processors of the engine run first, then a route's
//! filter and its own. Without any, a record goes from its frame to the format as if this module did not exist.

mod alert;
mod caller;
mod chain;
mod contexts;
mod draft;
mod enrich;
mod fields;
mod filter;
mod performance;
mod recorder;
mod redact;
mod said;
mod sample;
mod statistics;
mod table;
mod timed;

pub use alert::{Alert, AlertHandle};
pub use caller::CallerProcessor;
pub(crate) use caller::{CallerStage, CallerSteps};
pub(crate) use chain::{Chain, Passage, Steps};
pub use draft::Draft;
pub(crate) use draft::{Render, Tools};
pub use enrich::Enrich;
pub use fields::{AddField, DropFields, Rename, Truncate};
pub use filter::{FieldTest, Filter};
pub(crate) use filter::{Shown, is_equal};
pub use performance::Performance;
pub use recorder::{FlightRecorder, RecorderCounts};
pub use redact::{Detector, Redact};
pub(crate) use said::Said;
pub use sample::{Collapse, RateLimit, Sample, SampleCounts};
pub use statistics::{Statistics, StatisticsHandle, Totals};
pub use timed::Timed;

use crate::codec::OwnedRecord;
use crate::error::ConfigError;
use crate::meta::Level;
use std::borrow::Cow;

/// What becomes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// It goes on, as it stands now.
    Keep,
    /// It ends here; [`Stats::filtered`](crate::Stats::filtered) counts it.
    Drop,
}

/// A step between a record and its format (structlog's word).
///
/// A closure `FnMut(&mut Draft<'_>) -> Flow` is one too. Processors run on the writer's thread, one record at a time, so they
/// need no lock; what they do costs no caller anything, but the writer's time: some 40 ns a record for the first, beside their
/// own work. One that panics is isolated and counted, and the record goes on as it was before; see
/// [`Processor::is_essential`]. What a processor logs with the macros is refused and counted; it says things by
/// [`Draft::say`].
///
/// ```
/// use ripsaw::process::{Draft, Flow, Processor};
///
/// /// Numbers the records of each target.
/// #[derive(Default)]
/// struct Count(std::collections::HashMap<String, u64>);
///
/// impl Processor for Count {
///     fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
///         let n = self.0.entry(draft.target().to_owned()).or_default();
///         *n += 1;
///         draft.set("n", *n);
///         Flow::Keep
///     }
/// }
///
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder()
///     .processor(Count::default())
///     .processor(|draft: &mut Draft<'_>| match draft.get("noise") {
///         Some(_) => Flow::Drop,
///         None => Flow::Keep,
///     })
///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
///     .sink(memory.clone())
///     .start_local()?;
/// let attached = guard.attach();
/// ripsaw::info!("first");
/// ripsaw::info!(noise = true, "second");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(memory.lines(), ["INFO     first n=1"]);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
pub trait Processor: Send {
    /// Looks at a record, and changes it or not.
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow;

    /// Called some ten times a second, at each flush and at the end: to say what has gathered. Does nothing by default.
    fn tick(&mut self, moment: &mut Moment<'_>) {
        let _ = moment;
    }

    /// What it is called in [`Stats::processors`](crate::Stats::processors) and in reports. By default the type's name without
    /// its path.
    fn name(&self) -> Cow<'static, str> {
        short_name(std::any::type_name::<Self>())
    }

    /// Whether it can work with its settings: asked once, at the start and at a reload, which fail with the error. It can by
    /// default.
    ///
    /// # Errors
    /// A setting that cannot be used.
    fn check(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Whether a record is dropped, and counted as [`DropCause::Damaged`](crate::DropCause::Damaged), rather than go on when
    /// this panics: for what must not be skipped, as a redactor. False by default.
    fn is_essential(&self) -> bool {
        false
    }
}

impl<F: FnMut(&mut Draft<'_>) -> Flow + Send> Processor for F {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        self(draft)
    }
}

/// `Redact` of `crate::process::Redact`; what stands in angle brackets stays.
fn short_name(path: &'static str) -> Cow<'static, str> {
    if path.contains("{{closure}}") {
        return Cow::Borrowed("closure");
    }
    let end = path.find('<').unwrap_or(path.len());
    let start = path[..end].rfind("::").map_or(0, |at| at + 2);
    Cow::Borrowed(&path[start..end])
}

/// A pause between records, in which a processor may speak.
#[derive(Debug)]
pub struct Moment<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) unix_ns: u64,
    pub(crate) flush: bool,
    pub(crate) end: bool,
}

impl Moment<'_> {
    /// The present time by the engine's clock: nanoseconds since 1970 in UTC.
    pub fn unix_ns(&self) -> u64 {
        self.unix_ns
    }
    /// Somebody waits for all that was logged: what was held back is to be said now. True at the end too.
    pub fn is_flush(&self) -> bool {
        self.flush || self.end
    }
    /// The processor is not called any more.
    pub fn is_end(&self) -> bool {
        self.end
    }
    /// Adds a record of the processor's own, behind all that were logged so far; see [`Draft::say`].
    pub fn say(
        &mut self,
        level: Level,
        target: &str,
        message: &str,
        fields: &[(&str, crate::codec::Value)],
    ) {
        let made = OwnedRecord::made(level, target, message, fields, self.unix_ns);
        self.tools.say(Said::made(made, false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_path() {
        assert_eq!(short_name("ripsaw::process::Redact"), "Redact");
        assert_eq!(short_name("a::B<c::D>"), "B");
        assert_eq!(short_name("x::f::{{closure}}"), "closure");
    }
}
