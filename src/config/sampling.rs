//! Which statements make which of their calls.

use super::Builder;
use crate::error::ConfigError;
use crate::lane::{HeadSampling, Sampling};
use crate::meta::Level;

/// The rules in their order; the first that fits counts.
#[derive(Clone, Default, Debug)]
pub(crate) struct Samplers {
    rules: Vec<Rule>,
    seed: Option<u64>,
}

#[derive(Clone, Debug)]
struct Rule {
    target: String,
    up_to: Level,
    sampling: HeadSampling,
}

impl Samplers {
    /// What is wanted of a statement; none for all of its calls.
    pub(crate) fn of(&self, level: Level, target: &str) -> Option<Sampling> {
        let fits = |rule: &&Rule| level <= rule.up_to && is_below(target, &rule.target);
        self.rules.iter().find(fits)?.sampling.compile(self.seed)
    }
}

/// Whether `target` is `prefix` or in it: `a.b` and `a::b` are in `a`, and everything is in nothing.
fn is_below(target: &str, prefix: &str) -> bool {
    target.strip_prefix(prefix).is_some_and(|rest| {
        prefix.is_empty() || rest.is_empty() || rest.starts_with('.') || rest.starts_with("::")
    })
}

impl Builder {
    /// Makes only some of the calls of statements whose target is `target` or below it (all, if it is empty), and whose level is
    /// at most `up_to`. More severe ones are always made. Of several rules the first that fits counts; a logger's name
    /// counts for the target. Events and records of the `log` crate, which have no statement, are all made.
    ///
    /// A call that is not made costs a few nanoseconds, and is counted for its statement: [`Stats::suppressed`] and
    /// [`Handle::suppressed`]. It is no part of `accepted`. Statements that no rule fits pay nothing.
    ///
    /// ```
    /// use ripsaw::{HeadSampling, Level};
    /// let guard = ripsaw::builder()
    ///     .level(Level::Debug)
    ///     .sample("db.pool", Level::Debug, HeadSampling::Probability(0.01))
    ///     .sample("", Level::Info, HeadSampling::FirstThenEvery {
    ///         first: 100,
    ///         every: 1000,
    ///         per: std::time::Duration::from_secs(1),
    ///     })
    ///     .sink(ripsaw::sink::Null::new())
    ///     .start_local()?;
    /// # drop(guard);
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    ///
    /// [`Stats::suppressed`]: crate::Stats::suppressed
    /// [`Handle::suppressed`]: crate::Handle::suppressed
    pub fn sample(mut self, target: &str, up_to: Level, sampling: HeadSampling) -> Builder {
        if let HeadSampling::Probability(p) = sampling
            && !(0.0..=1.0).contains(&p)
        {
            let error = ConfigError::new("sample", p.to_string(), "use a probability from 0 to 1");
            self.settings.errors.push(error);
        }
        self.settings.samplers.rules.push(Rule { target: target.to_owned(), up_to, sampling });
        self
    }

    /// Makes the choices of [`HeadSampling::Probability`] repeatable: whether a statement's n-th call is made follows from `seed`
    /// and n. For tests; threads then share a counter for each statement.
    pub fn sample_seed(mut self, seed: u64) -> Builder {
        self.settings.samplers.seed = Some(seed);
        self
    }
}
