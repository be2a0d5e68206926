//! The time: the system's, or a test's.

use ripsaw::ManualClock;
use std::time::{Duration, Instant, SystemTime};

/// A clock, and when it was begun with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Time {
    /// Spans by the monotonic clock, dates by the wall clock.
    System(Instant),
    /// Both by a clock that a test moves.
    Manual(ManualClock, Duration),
}

impl Time {
    /// Begins now.
    pub(crate) fn system() -> Time {
        Time::System(Instant::now())
    }
    /// Begins now, by a test's clock.
    pub(crate) fn manual(clock: ManualClock) -> Time {
        Time::Manual(clock, clock.now())
    }
    /// Begins anew, by the same clock.
    pub(crate) fn restarted(self) -> Time {
        match self {
            Time::System(_) => Time::system(),
            Time::Manual(clock, _) => Time::manual(clock),
        }
    }
    /// Since the beginning; zero if a clock was set back behind it.
    pub(crate) fn elapsed(self) -> Duration {
        match self {
            Time::System(began) => began.elapsed(),
            Time::Manual(clock, began) => clock.now().saturating_sub(began),
        }
    }
    /// Since 1970.
    pub(crate) fn unix(self) -> Duration {
        match self {
            Time::System(_) => {
                SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
            }
            Time::Manual(clock, _) => clock.now(),
        }
    }
}
