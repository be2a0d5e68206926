//! Fewer records: samplers, limits, and one record for many equal ones. All of them give account of what they hold back.
//!
//! They go by the time stamps of the records, not by the clock. Stand them ahead of processors that cost more, and behind those that
//! set what they look at.

mod collapse;
mod decide;
mod gate;
mod limit;

pub use collapse::Collapse;
pub use gate::SampleCounts;
pub use limit::RateLimit;

use super::draft::Draft;
use super::{Filter, Flow, Moment, Processor};
use crate::error::ConfigError;
use crate::meta::LevelFilter;
use decide::{Adaptive, How, Random, Steps};
use gate::Gate;
use std::time::Duration;

/// Lets a part of the records pass (spec \[68\]).
///
/// Records of ERROR and above always pass, see [`exempt`](Sample::exempt). What is dropped counts as
/// [`Stats::filtered`](crate::Stats::filtered), and is reported: a record `sampled_out` at INFO with the `count`, at most one in
/// ten seconds for each target (with [`first_then_every`](Sample::first_then_every): each statement), and the
/// rest at the end. The caller
/// pays what any record costs: the choice is the writer's.
///
/// ```
/// use ripsaw::{error, info, process::Sample};
/// let sample = Sample::probability(0.1).seed(1).rate_field(true);
/// let counts = sample.counts();
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder().processor(sample).sink(memory.clone()).start_local()?;
/// let attached = guard.attach();
/// (0..1000).for_each(|i| info!(i, "request"));
/// error!("always");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert_eq!(counts.kept() + counts.suppressed(), 1001);
/// assert!((50..200).contains(&counts.kept()));
/// assert!(memory.lines()[0].ends_with("sample_rate=0.1"));
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Debug)]
pub struct Sample {
    how: How,
    gate: Gate,
    random: Random,
    rate_field: bool,
}

impl Sample {
    /// Each record passes with probability `p`, from 0 (none) to 1 (all). Other numbers are an error at the start.
    pub fn probability(p: f64) -> Sample {
        Sample::new(How::Chance(p))
    }
    /// Of each logging statement the `first` records in each interval `per` pass, then every `every`th; none then, if `every` is
    /// zero. An interval begins with a record. Records of the `log` facade go by their place in the source, those without one by target
    /// and message. The 4096 statements that were last active are told apart.
    pub fn first_then_every(first: u64, every: u64, per: Duration) -> Sample {
        Sample::new(How::Steps(Steps::new(first, every, per)))
    }
    /// Of the values of a field, as a trace id, those of a part `p` pass with all their records: the same ones in each
    /// process that samples by the same or a higher `p`. Values are texts, integers, bytes or UUIDs. Records without the field pass
    /// with probability `p`, each by itself.
    pub fn by_trace(field: impl Into<Box<str>>, p: f64) -> Sample {
        Sample::new(How::Trace(field.into(), p))
    }
    /// About so many records a second pass, whatever the load: the probability is set anew each second by the load of the
    /// one before, and halved within a second in which twice as many have passed.
    pub fn adaptive(records_per_second: f64) -> Sample {
        Sample::new(How::Adaptive(Adaptive::new(records_per_second)))
    }

    fn new(how: How) -> Sample {
        Sample { how, gate: Gate::new("sampled_out"), random: Random::new(), rate_field: false }
    }

    /// Records of at least this level always pass. Default ERROR; [`LevelFilter::Off`] makes no exception.
    pub fn exempt(mut self, level: impl Into<LevelFilter>) -> Sample {
        self.gate.exempt = level.into();
        self
    }
    /// Only records that meet a condition are sampled; the others pass. A second one counts as well.
    pub fn only(mut self, filter: Filter) -> Sample {
        self.gate.concern(filter);
        self
    }
    /// Makes the choice repeatable. By default it is another one in each process; that of
    /// [`by_trace`](Sample::by_trace) is always the same.
    pub fn seed(mut self, seed: u64) -> Sample {
        self.random = Random::seeded(seed);
        self
    }
    /// Whether records that were sampled and pass get the field `sample_rate`: the part of their like that passes. Default
    /// false; it makes formatting slower, as each change of a record does.
    pub fn rate_field(mut self, on: bool) -> Sample {
        self.rate_field = on;
        self
    }
    /// How often what was dropped is reported. Default ten seconds; above zero.
    pub fn report_every(mut self, interval: Duration) -> Sample {
        self.gate.report_every(interval);
        self
    }
    /// What passes and what does not; to be asked for before the sampler is handed over.
    pub fn counts(&self) -> SampleCounts {
        self.gate.counts.clone()
    }
}

impl Processor for Sample {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        if !self.gate.concerns(draft) {
            return self.gate.keep();
        }
        let keys = &self.gate.keys;
        let (kept, rate) = self.how.decide(draft, &mut self.random, || keys.statement(draft));
        if !kept {
            return self.gate.drop(draft, matches!(self.how, How::Steps(_)));
        }
        if self.rate_field {
            draft.set("sample_rate", rate);
        }
        self.gate.keep()
    }

    fn tick(&mut self, moment: &mut Moment<'_>) {
        self.gate.tick(moment);
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.how.check()?;
        self.gate.check("sample.report_every")
    }
}
