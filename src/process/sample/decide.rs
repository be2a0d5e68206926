//! How samplers decide.

use super::gate::{is_over, nanos};
use crate::error::ConfigError;
use crate::process::draft::Draft;
use crate::process::table::{Table, mixed, stable_hash};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// So many statements are told apart.
const STATEMENTS: usize = 4096;

#[derive(Debug)]
pub(super) enum How {
    Chance(f64),
    Steps(Steps),
    Trace(Box<str>, f64),
    Adaptive(Adaptive),
}

/// The first records of an interval, then every so many.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) first: u64,
    pub(super) every: u64,
    pub(super) per: Duration,
    table: Table<Step>,
}

#[derive(Debug)]
struct Step {
    since: u64,
    seen: u64,
}

/// So many records a second, by a probability that follows the load.
#[derive(Debug)]
pub(super) struct Adaptive {
    target: f64,
    since: Option<u64>,
    seen: u64,
    kept: u64,
    /// The probability is halved when so many are kept before the second is over.
    limit: u64,
    rate: f64,
}

const SECOND: u64 = 1_000_000_000;

impl How {
    /// Whether the record with this key (of its statement) is kept, and what part of its like is.
    pub(super) fn decide(
        &mut self,
        draft: &Draft<'_>,
        random: &mut Random,
        key: impl FnOnce() -> u64,
    ) -> (bool, f64) {
        match self {
            How::Chance(p) => (random.chance(*p), *p),
            How::Steps(steps) => steps.decide(draft.unix_ns(), key()),
            How::Trace(field, p) => match draft.get(field).and_then(stable_hash) {
                Some(hash) => (is_below(hash, *p), *p),
                None => (random.chance(*p), *p),
            },
            How::Adaptive(adaptive) => {
                let rate = adaptive.rate_at(draft.unix_ns());
                let kept = random.chance(rate);
                adaptive.count(kept);
                (kept, rate)
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |field, value, remedy| Err(ConfigError::new(field, value, remedy));
        match self {
            How::Chance(p) | How::Trace(_, p) if !(0.0..=1.0).contains(p) => {
                wrong("sample.probability", p.to_string(), "use a number from 0 to 1")
            }
            How::Steps(steps) if steps.per.is_zero() => {
                wrong("sample.per", "0".to_owned(), "use an interval above zero")
            }
            How::Adaptive(Adaptive { target, .. }) if !(*target > 0.0 && target.is_finite()) => {
                let remedy = "use a number of records a second above zero";
                wrong("sample.target", target.to_string(), remedy)
            }
            _ => Ok(()),
        }
    }
}

impl Steps {
    pub(super) fn new(first: u64, every: u64, per: Duration) -> Steps {
        Steps { first, every, per, table: Table::new(STATEMENTS) }
    }

    fn decide(&mut self, now: u64, key: u64) -> (bool, f64) {
        let (step, _) = self.table.entry(key, || Step { since: now, seen: 0 });
        if is_over(now, step.since, nanos(self.per)) {
            *step = Step { since: now, seen: 0 };
        }
        step.seen += 1;
        match step.seen.checked_sub(self.first) {
            None | Some(0) => (true, 1.0),
            Some(beyond) => {
                let kept = self.every > 0 && beyond.is_multiple_of(self.every);
                (kept, if self.every > 0 { 1.0 / self.every as f64 } else { 0.0 })
            }
        }
    }
}

impl Adaptive {
    pub(super) fn new(target: f64) -> Adaptive {
        let limit = (2.0 * target).ceil() as u64;
        Adaptive { target, since: None, seen: 0, kept: 0, limit, rate: 1.0 }
    }

    fn rate_at(&mut self, now: u64) -> f64 {
        let since = *self.since.get_or_insert(now);
        if is_over(now, since, SECOND) {
            let seconds = now.abs_diff(since) as f64 / SECOND as f64;
            // A clock that was set says nothing of how much time has passed.
            if now > since {
                let load = self.seen as f64 / seconds;
                self.rate = (self.target / load.max(f64::MIN_POSITIVE)).min(1.0);
            }
            let limit = (2.0 * self.target).ceil() as u64;
            (self.since, self.seen, self.kept, self.limit) = (Some(now), 0, 0, limit);
        }
        self.rate
    }

    fn count(&mut self, kept: bool) {
        self.seen += 1;
        self.kept += u64::from(kept);
        if self.kept >= self.limit {
            // The load has risen within the second.
            self.rate /= 2.0;
            self.limit = self.limit.saturating_add(self.target.ceil() as u64);
        }
    }
}

/// Numbers that need not be unpredictable (SplitMix64).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Another sequence in each process.
    pub(super) fn new() -> Random {
        Random(RandomState::new().hash_one(0_u8))
    }
    pub(super) fn seeded(seed: u64) -> Random {
        Random(seed)
    }
    fn chance(&mut self, p: f64) -> bool {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        is_below(mixed(self.0), p)
    }
}

/// Whether an even number is among the lowest `p` of all.
fn is_below(number: u64, p: f64) -> bool {
    // Exact at both ends: 2^64 as a threshold is above all numbers, and the cast of what is too large stays there.
    u128::from(number) < (p * 18_446_744_073_709_551_616.0) as u128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_exact_at_their_ends() {
        for number in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(is_below(number, 1.0) && !is_below(number, 0.0), "{number}");
        }
        let mut random = Random::seeded(7);
        let kept = (0..100_000).filter(|_| random.chance(0.1)).count();
        assert!((9_500..10_500).contains(&kept), "{kept}");
    }

    #[test]
    fn steps_begin_again_with_each_interval() {
        let mut steps = Steps::new(2, 3, Duration::from_nanos(100));
        let mut kept = |times: std::ops::Range<u64>| -> Vec<u64> {
            times.filter(|now| steps.decide(*now, 1).0).collect()
        };
        assert_eq!(kept(1000..1010), [1000, 1001, 1004, 1007]);
        assert_eq!(kept(1099..1103), [1099, 1100, 1101], "the interval ends between");
        // Set back within the interval, then by hours.
        assert_eq!(kept(1050..1053), [1051]);
        assert_eq!(kept(10..14), [10, 11]);
        // Huge and no numbers.
        let decide = |first, every| {
            let mut steps = Steps::new(first, every, Duration::MAX);
            (0..1000).filter(|now| steps.decide(*now, 1).0).count()
        };
        assert_eq!(decide(u64::MAX, 0), 1000);
        assert_eq!(
            (decide(0, 0), decide(5, 0), decide(0, 1), decide(1, u64::MAX)),
            (0, 5, 1000, 1)
        );
    }

    #[test]
    fn a_rate_follows_the_load() {
        let (mut adaptive, mut random) = (Adaptive::new(100.0), Random::seeded(1));
        let mut now = SECOND;
        let mut second = |load: u64, adaptive: &mut Adaptive| {
            let mut kept = 0;
            for _ in 0..load {
                let rate = adaptive.rate_at(now);
                let keep = random.chance(rate);
                adaptive.count(keep);
                kept += u64::from(keep);
                now += SECOND / load;
            }
            kept
        };
        assert_eq!(second(50, &mut adaptive), 50, "a low load passes whole");
        let burst = second(100_000, &mut adaptive);
        assert!((100..1500).contains(&burst), "the first second of a burst: {burst}");
        for _ in 0..3 {
            let kept = second(100_000, &mut adaptive);
            assert!((60..150).contains(&kept), "{kept}");
        }
        second(50, &mut adaptive);
        assert_eq!(second(50, &mut adaptive), 50);
        // A clock that is set back neither stops nor opens it.
        let before = adaptive.rate;
        assert_eq!(adaptive.rate_at(5), before);
        assert_eq!(adaptive.since, Some(5));
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        for p in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            let error = How::Chance(p).check().unwrap_err();
            assert_eq!((error.field(), error.value()), ("sample.probability", &*p.to_string()));
            assert!(How::Trace("t".into(), p).check().is_err());
        }
        for target in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(How::Adaptive(Adaptive::new(target)).check().is_err(), "{target}");
        }
        assert!(How::Steps(Steps::new(1, 1, Duration::ZERO)).check().is_err());
        assert!(How::Chance(0.0).check().is_ok() && How::Chance(1.0).check().is_ok());
    }
}
