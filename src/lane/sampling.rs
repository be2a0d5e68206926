//! How many of a statement's calls an engine wants.

use std::time::Duration;

/// Which of its calls a statement makes: decided on the caller, before anything is encoded.
///
/// See [`Builder::sample`](crate::Builder::sample).
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum HeadSampling {
    /// Each call with this probability, from 0 to 1. The decision costs some 3 ns up to 1/16, then some 6 ns.
    Probability(f64),
    /// In each interval of length `per` the first calls, and after them one out of `every` (0 for none). Each statement counts its
    /// own calls, of all threads together. The decision reads the clock, some 25 ns.
    FirstThenEvery {
        /// Calls at the beginning of an interval.
        first: u32,
        /// Of those beyond them, each of which number.
        every: u32,
        /// The interval: from 1 ms to 49 days.
        per: Duration,
    },
}

/// The same as a call needs it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Sampling {
    /// Of 2^32 calls, those that are made; or the first of an interval.
    pub(crate) first: u32,
    /// After the first, each of which number; or the seed of a repeatable choice, 0 for none.
    pub(crate) every: u32,
    /// The interval in milliseconds; zero means a probability.
    pub(crate) per_ms: u32,
}

impl HeadSampling {
    /// None if every call is made.
    pub(crate) fn compile(self, seed: Option<u64>) -> Option<Sampling> {
        match self {
            HeadSampling::Probability(p) if p >= 1.0 => None,
            HeadSampling::Probability(p) => {
                let first = (p * f64::from(u32::MAX)) as u32;
                let seed = seed.map_or(0, |seed| (seed ^ seed >> 32) as u32 | 1);
                Some(Sampling { first, every: seed, per_ms: 0 })
            }
            HeadSampling::FirstThenEvery { every: 1, .. } => None,
            HeadSampling::FirstThenEvery { first, every, per } => {
                let per_ms = u32::try_from(per.as_millis()).unwrap_or(u32::MAX).max(1);
                Some(Sampling { first, every, per_ms })
            }
        }
    }
}
