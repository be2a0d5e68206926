//! Token buckets.

use super::gate::{Gate, SampleCounts};
use crate::error::ConfigError;
use crate::meta::LevelFilter;
use crate::process::draft::Draft;
use crate::process::table::Table;
use crate::process::{Filter, Flow, Moment, Processor};
use std::time::Duration;

/// Lets so many records pass a second, and a burst of some more (spec \[70\]).
///
/// Each bucket holds `burst` tokens and gets `per_second` new ones a second; a record takes one, or is dropped. There
/// is one bucket for all records, or one for each target or statement. Records of ERROR and above always pass and take
/// none, see [`exempt`](RateLimit::exempt). What is dropped counts as [`Stats::filtered`](crate::Stats::filtered), and is reported: a record
/// `rate_limited` at INFO with the `count`, at most one in ten seconds for each target (statement), and the rest at the end.
///
/// ```
/// use ripsaw::{info, process::RateLimit};
/// let limit = RateLimit::new(0.001).burst(3).per_target();
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder()
///     .processor(limit)
///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
///     .sink(memory.clone())
///     .start_local()?;
/// let attached = guard.attach();
/// (0..8).for_each(|i| info!(i, "m"));
/// info!(target: "other", "has a bucket of its own");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// let expected = ["INFO     m i=0", "INFO     m i=1", "INFO     m i=2", "INFO     has a bucket of its own"];
/// assert_eq!(memory.lines(), expected);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Debug)]
pub struct RateLimit {
    per_second: f64,
    burst: u32,
    by: By,
    keys: usize,
    /// Made with the first record.
    buckets: Option<Table<Bucket>>,
    gate: Gate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    All,
    Target,
    Statement,
}

impl RateLimit {
    /// A limit of `per_second` for all records together; above zero, and may be a fraction. The burst is one second's worth, at least one.
    pub fn new(per_second: f64) -> RateLimit {
        let burst = (per_second.ceil() as u32).max(1);
        RateLimit {
            per_second,
            burst,
            by: By::All,
            keys: 4096,
            buckets: None,
            gate: Gate::new("rate_limited"),
        }
    }
    /// How many records may pass at once after a pause. At least one.
    pub fn burst(mut self, records: u32) -> RateLimit {
        self.burst = records;
        self
    }
    /// The limit holds for each target by itself.
    pub fn per_target(mut self) -> RateLimit {
        self.by = By::Target;
        self
    }
    /// The limit holds for each logging statement by itself; see [`Sample::first_then_every`](super::Sample::first_then_every) for
    /// records without one.
    pub fn per_statement(mut self) -> RateLimit {
        self.by = By::Statement;
        self
    }
    /// How many targets or statements have a bucket. Default 4096, at least one; of more, the one that was silent longest
    /// loses its bucket, and gets a full one when it is heard again.
    pub fn keys(mut self, keys: usize) -> RateLimit {
        self.keys = keys;
        self
    }
    /// Records of at least this level always pass. Default ERROR; [`LevelFilter::Off`] makes no exception.
    pub fn exempt(mut self, level: impl Into<LevelFilter>) -> RateLimit {
        self.gate.exempt = level.into();
        self
    }
    /// Only records that meet a condition are limited; the others pass. A second one counts as well.
    pub fn only(mut self, filter: Filter) -> RateLimit {
        self.gate.concern(filter);
        self
    }
    /// How often what was dropped is reported. Default ten seconds; above zero.
    pub fn report_every(mut self, interval: Duration) -> RateLimit {
        self.gate.report_every(interval);
        self
    }
    /// What passes and what does not; to be asked for before the limit is handed over.
    pub fn counts(&self) -> SampleCounts {
        self.gate.counts.clone()
    }
}

impl Processor for RateLimit {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        if !self.gate.concerns(draft) {
            return self.gate.keep();
        }
        let key = match self.by {
            By::All => 0,
            By::Target => self.gate.keys.text(draft.target()),
            By::Statement => self.gate.keys.statement(draft),
        };
        let buckets = self.buckets.get_or_insert_with(|| Table::new(self.keys));
        let (bucket, _) = buckets.entry(key, Bucket::default);
        match bucket.take(draft.unix_ns(), self.per_second, self.burst) {
            true => self.gate.keep(),
            false => self.gate.drop(draft, self.by == By::Statement),
        }
    }

    fn tick(&mut self, moment: &mut Moment<'_>) {
        self.gate.tick(moment);
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !(self.per_second > 0.0 && self.per_second.is_finite()) {
            let remedy = "use a number of records a second above zero";
            return Err(ConfigError::new(
                "rate_limit.per_second",
                self.per_second.to_string(),
                remedy,
            ));
        }
        for (field, value) in
            [("rate_limit.burst", self.burst as usize), ("rate_limit.keys", self.keys)]
        {
            if value == 0 {
                return Err(ConfigError::new(field, "0", "use at least 1"));
            }
        }
        self.gate.check("rate_limit.report_every")
    }
}

/// A bucket, told by the time at which it will be full: in units of 2^-32 ns since 1970, so that any rate is exact.
#[derive(Debug, Default)]
struct Bucket {
    full_at: u128,
}

const UNIT: f64 = 4_294_967_296.0;

impl Bucket {
    /// Takes a token, if there is one.
    fn take(&mut self, now: u64, per_second: f64, burst: u32) -> bool {
        let now = u128::from(now) << 32;
        // At most 146 years, so that no sum below overflows.
        let token = ((1e9 * UNIT / per_second) as u128).min(u128::MAX >> 34);
        let empty = token * u128::from(burst);
        // A clock that was set back finds the bucket empty at worst.
        let full_at = self.full_at.clamp(now, now + empty);
        let after = full_at + token;
        let taken = after - now <= empty;
        self.full_at = if taken { after } else { full_at };
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_bucket_gives_what_it_gets() {
        let mut bucket = Bucket::default();
        let mut now = 1000 * SECOND;
        let mut taken = |now, n: u32| (0..n).filter(|_| bucket.take(now, 10.0, 5)).count();
        assert_eq!(taken(now, 100), 5);
        assert_eq!(taken(now + SECOND / 10 - 1, 5), 0);
        assert_eq!(taken(now + SECOND / 10, 5), 1);
        now += 3600 * SECOND;
        assert_eq!(taken(now, 100), 5, "no more than the burst after a pause");
        // Set back by an hour: empty, and filled at the same rate.
        now -= 3600 * SECOND;
        assert_eq!((taken(now, 5), taken(now + SECOND / 5, 5)), (0, 2));
        // A steady load gets exactly the rate.
        now += SECOND;
        let steady: usize = (0..1000).map(|i| taken(now + i * SECOND / 100, 1)).sum();
        assert!((100..=105).contains(&steady), "{steady}");
    }

    #[test]
    fn extreme_rates_neither_overflow_nor_pass_everything() {
        let count = |rate, burst, times: &dyn Fn(u64) -> u64| {
            let mut bucket = Bucket::default();
            (0..1000).filter(|i| bucket.take(times(*i), rate, burst)).count()
        };
        assert_eq!(count(f64::MIN_POSITIVE, 1, &|_| SECOND), 1);
        assert_eq!(count(1e-9, u32::MAX, &|_| SECOND), 1000);
        assert_eq!(count(f64::MAX, 1, &|_| SECOND), 1000);
        assert_eq!(count(1e9, 1, &|i| SECOND + i), 1000);
        assert_eq!(count(1.0, 1, &|i| u64::MAX - i), 1);
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = RateLimit::new(rate).check().unwrap_err();
            assert_eq!(error.field(), "rate_limit.per_second", "{rate}");
        }
        let error = |limit: RateLimit| limit.check().unwrap_err().field().to_owned();
        assert_eq!(error(RateLimit::new(1.0).burst(0)), "rate_limit.burst");
        assert_eq!(error(RateLimit::new(1.0).keys(0)), "rate_limit.keys");
        assert_eq!(
            error(RateLimit::new(1.0).report_every(Duration::ZERO)),
            "rate_limit.report_every"
        );
        assert!(RateLimit::new(0.5).check().is_ok());
    }
}
