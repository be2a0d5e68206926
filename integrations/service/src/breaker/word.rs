//! The state of a breaker, in one word.

use super::BreakerState;

/// What the atomic word holds: 2 bits of state, 12 of failures, 8 of successes, 42 of milliseconds (139 years).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Word {
    pub(super) state: State,
    pub(super) failures: u32,
    pub(super) successes: u32,
    /// Since the breaker was made: when the last failure was, or while a probe is under way when that began.
    pub(super) ms: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum State {
    #[default]
    Closed,
    Open,
    HalfOpen,
    /// Half open, and its one probe is under way: that began at the word's time, by which its permit is known.
    Probing,
}

impl State {
    pub(super) fn public(self) -> BreakerState {
        match self {
            State::Closed => BreakerState::Closed,
            State::Open => BreakerState::Open,
            State::HalfOpen | State::Probing => BreakerState::HalfOpen,
        }
    }
}

impl Word {
    pub(super) const MOST_FAILURES: u32 = (1 << 12) - 1;
    pub(super) const MOST_SUCCESSES: u32 = (1 << 8) - 1;
    pub(super) const MOST_MS: u64 = (1 << 42) - 1;

    pub(super) fn pack(self) -> u64 {
        let counts = u64::from(self.failures) << 2 | u64::from(self.successes) << 14;
        self.state as u64 | counts | self.ms << 22
    }
    pub(super) fn unpack(raw: u64) -> Word {
        let state = match raw & 3 {
            0 => State::Closed,
            1 => State::Open,
            2 => State::HalfOpen,
            _ => State::Probing,
        };
        Word {
            state,
            failures: (raw >> 2) as u32 & Word::MOST_FAILURES,
            successes: (raw >> 14) as u32 & Word::MOST_SUCCESSES,
            ms: raw >> 22,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for state in [State::Closed, State::Open, State::HalfOpen, State::Probing] {
            let (failures, successes) = (Word::MOST_FAILURES, Word::MOST_SUCCESSES);
            let word = Word { state, failures, successes, ms: Word::MOST_MS };
            assert_eq!(Word::unpack(word.pack()), word);
            let word = Word { state, failures: 1, successes: 2, ms: 3 };
            assert_eq!(Word::unpack(word.pack()), word);
        }
    }
}
