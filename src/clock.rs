//! Time stamps: raw ticks on the caller, wall-clock time on the writer.
//!
//! A tick is a cycle of the invariant time stamp counter where there is one (9-14 ns to read), else a nanosecond of the
//! operating system's real-time clock. The writer converts ticks with a calibration that it renews once a second, so
//! that steps and slews of the wall clock are followed.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fmt;
use std::ptr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Where time stamps come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Clock {
    /// The time stamp counter if the processor says that it is invariant, else [`Clock::System`].
    #[default]
    Auto,
    /// `CLOCK_REALTIME` through the vDSO: about 22 ns a call.
    System,
    /// `CLOCK_REALTIME_COARSE`: about 5 ns a call, in steps of the kernel's tick (1-4 ms).
    Coarse,
    /// A clock that only the test moves: see [`ManualClock`].
    Manual(ManualClock),
}

/// A clock for tests: it stands still until it is told to move. Copies are the same clock.
///
/// An engine with `.clock(Clock::Manual(clock))` stamps its records by it, and what is timed in it
/// ([`timed`](crate::timed())) lasts as long as the clock was advanced. Each clock keeps eight bytes until the process ends.
///
/// ```
/// use ripsaw::{Clock, ManualClock};
/// use std::time::Duration;
/// let clock = ManualClock::new(Duration::from_secs(1_700_000_000));
/// let memory = ripsaw::sink::Memory::new();
/// let builder = ripsaw::builder().clock(Clock::Manual(clock)).manual().sink(memory.clone());
/// let guard = builder.start_local()?;
/// let attached = guard.attach();
/// clock.advance(Duration::from_millis(250));
/// ripsaw::info!("later");
/// guard.handle().pump();
/// assert!(memory.text().starts_with("2023-11-14T22:13:20.250000Z"));
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ManualClock {
    unix_ns: &'static AtomicU64,
}

impl ManualClock {
    /// A clock that shows this time, counted from the beginning of 1970 (UTC). Times after the year 2554 do not fit.
    pub fn new(since_1970: Duration) -> ManualClock {
        let unix_ns = Box::leak(Box::new(AtomicU64::new(0)));
        let clock = ManualClock { unix_ns };
        clock.set(since_1970);
        clock
    }
    /// What it shows.
    pub fn now(self) -> Duration {
        // Relaxed here and below: a number that orders nothing. A thread that was told of a change sees it.
        Duration::from_nanos(self.unix_ns.load(Ordering::Relaxed))
    }
    /// Puts it to another time, later or earlier.
    pub fn set(self, since_1970: Duration) {
        self.unix_ns.store(whole_ns(since_1970), Ordering::Relaxed);
    }
    /// Moves it on.
    pub fn advance(self, by: Duration) {
        self.unix_ns.fetch_add(whole_ns(by), Ordering::Relaxed);
    }
}

impl PartialEq for ManualClock {
    fn eq(&self, other: &ManualClock) -> bool {
        ptr::eq(self.unix_ns, other.unix_ns)
    }
}
impl Eq for ManualClock {}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

fn whole_ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A beginning, and how long ago it was: by the monotonic clock, or by one of a test's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stopwatch {
    Monotonic(Instant),
    Manual(ManualClock, Duration),
}

impl Stopwatch {
    /// Begins now, by `clock` if there is one.
    pub(crate) fn start(clock: Option<ManualClock>) -> Stopwatch {
        match clock {
            Some(clock) => Stopwatch::Manual(clock, clock.now()),
            None => Stopwatch::Monotonic(Instant::now()),
        }
    }
    /// Since the beginning; zero if a clock was set back behind it.
    pub(crate) fn elapsed(self) -> Duration {
        match self {
            Stopwatch::Monotonic(began) => began.elapsed(),
            Stopwatch::Manual(clock, began) => clock.now().saturating_sub(began),
        }
    }
}

/// A resolved [`Clock`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Tsc,
    System,
    Coarse,
    Manual(ManualClock),
}

impl Source {
    pub(crate) fn resolve(clock: Clock) -> Source {
        match clock {
            Clock::Auto if tsc_is_invariant() => Source::Tsc,
            Clock::Auto | Clock::System => Source::System,
            Clock::Coarse => Source::Coarse,
            Clock::Manual(clock) => Source::Manual(clock),
        }
    }

    /// The clock that a test moves, if this is one.
    pub(crate) fn manual(self) -> Option<ManualClock> {
        match self {
            Source::Manual(clock) => Some(clock),
            _ => None,
        }
    }

    /// A reading that was just made in nanoseconds since 1970, without a calibration.
    pub(crate) fn recent_unix_ns(self, ticks: u64) -> u64 {
        match self {
            Source::Tsc => unix_ns(),
            Source::System | Source::Coarse | Source::Manual(_) => ticks,
        }
    }

    /// A number for a file; see [`Source::from_code`].
    pub(crate) fn code(self) -> u64 {
        match self {
            Source::Tsc => 0,
            // The ticks of a manual clock are nanoseconds since 1970 too.
            Source::System | Source::Manual(_) => 1,
            Source::Coarse => 2,
        }
    }

    /// The source with this number.
    pub(crate) fn from_code(code: u64) -> Option<Source> {
        [Source::Tsc, Source::System, Source::Coarse].into_iter().find(|s| s.code() == code)
    }

    /// The present time in ticks of this source.
    #[inline(always)]
    pub(crate) fn ticks(self) -> u64 {
        self.kind().ticks(|| self)
    }

    pub(crate) fn kind(self) -> Kind {
        if self == Source::Tsc { Kind::Tsc } else { Kind::Other }
    }
}

/// What the hot path switches on: one comparison for the usual clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Tsc,
    Other,
}

impl Kind {
    /// The present time in ticks of `source`, which is of this kind.
    #[inline(always)]
    pub(crate) fn ticks(self, source: impl Fn() -> Source) -> u64 {
        if self == Kind::Tsc { tsc() } else { other_ticks(source) }
    }
}

#[inline(never)]
fn other_ticks(source: impl Fn() -> Source) -> u64 {
    let id = match source() {
        Source::Coarse => COARSE,
        Source::System => libc::CLOCK_REALTIME,
        Source::Tsc => return tsc(),
        Source::Manual(clock) => return whole_ns(clock.now()),
    };
    os_clock(id)
}

#[cfg(target_os = "linux")]
const COARSE: libc::clockid_t = libc::CLOCK_REALTIME_COARSE;
#[cfg(not(target_os = "linux"))]
const COARSE: libc::clockid_t = libc::CLOCK_REALTIME;

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn tsc() -> u64 {
    // SAFETY: every x86_64 processor has the instruction, and it has no other effect than to return a number.
    unsafe { core::arch::x86_64::_rdtsc() }
}
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn tsc() -> u64 {
    os_clock(libc::CLOCK_REALTIME)
}

#[cfg(target_arch = "x86_64")]
fn tsc_is_invariant() -> bool {
    use core::arch::x86_64::__cpuid;
    __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
}
#[cfg(not(target_arch = "x86_64"))]
fn tsc_is_invariant() -> bool {
    false
}

#[inline]
fn os_clock(id: libc::clockid_t) -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid place for the result. The call cannot fail for the clocks used here.
    unsafe { libc::clock_gettime(id, &mut now) };
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// Nanoseconds since 1970 by the operating system's clock.
pub(crate) fn unix_ns() -> u64 {
    os_clock(libc::CLOCK_REALTIME)
}

/// The first reading of the counter beside the monotonic clock in this process: the longer ago, the better the rate.
struct Origin {
    ticks: u64,
    at: Instant,
}

static ORIGIN: OnceLock<Origin> = OnceLock::new();

/// Converts ticks into nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calibration {
    source: Source,
    base_ticks: u64,
    base_ns: u64,
    /// Nanoseconds a tick, times 2^32.
    rate: u64,
    renew_at: u64,
}

impl Calibration {
    /// A first calibration. Takes 2 ms for the counter, once a process; nothing for the other clocks.
    pub(crate) fn new(source: Source) -> Calibration {
        if source == Source::Tsc {
            let origin = ORIGIN.get_or_init(|| Origin { ticks: tsc(), at: Instant::now() });
            while origin.at.elapsed() < Duration::from_millis(2) {
                core::hint::spin_loop();
            }
        }
        let mut calibration =
            Calibration { source, base_ticks: 0, base_ns: 0, rate: 1 << 32, renew_at: 0 };
        calibration.renew();
        calibration
    }

    /// What a file keeps of it: base in ticks, base in nanoseconds, rate.
    pub(crate) fn parts(&self) -> [u64; 3] {
        [self.base_ticks, self.base_ns, self.rate]
    }

    /// The calibration that a file kept, as it was then.
    pub(crate) fn of_parts(source: Source, [base_ticks, base_ns, rate]: [u64; 3]) -> Calibration {
        Calibration { source, base_ticks, base_ns, rate, renew_at: 0 }
    }

    /// Ticks to nanoseconds since 1970.
    #[inline]
    pub(crate) fn unix_ns(&self, ticks: u64) -> u64 {
        let since = ticks.wrapping_sub(self.base_ticks) as i64;
        let ns = (i128::from(since) * i128::from(self.rate)) >> 32;
        self.base_ns.wrapping_add(ns as u64)
    }

    /// This many nanoseconds in ticks.
    pub(crate) fn ticks_in(&self, ns: u64) -> u64 {
        ((u128::from(ns) << 32) / u128::from(self.rate)) as u64
    }

    /// Renews the calibration when a second has passed since the last time; says whether it did.
    pub(crate) fn refresh(&mut self, now_ticks: u64) -> bool {
        let due = self.source == Source::Tsc && now_ticks.wrapping_sub(self.renew_at) as i64 >= 0;
        if due {
            self.renew();
        }
        due
    }

    fn renew(&mut self) {
        if self.source != Source::Tsc {
            // Their ticks are nanoseconds since 1970 already.
            return;
        }
        // The tightest of a few readings: an interruption between the two clocks would shift all stamps.
        let (mut best, mut width) = ((0, 0, Instant::now()), u64::MAX);
        for _ in 0..8 {
            let before = tsc();
            let wall = unix_ns();
            let mono = Instant::now();
            let after = tsc();
            if after.wrapping_sub(before) < width {
                width = after.wrapping_sub(before);
                best = (before.wrapping_add(width / 4), wall, mono);
            }
        }
        let (ticks, wall, mono) = best;
        if let Some(origin) = ORIGIN.get() {
            let ns = mono.saturating_duration_since(origin.at).as_nanos();
            let passed = ticks.wrapping_sub(origin.ticks);
            if passed > 0 && ns > 0 {
                self.rate = ((ns << 32) / u128::from(passed)) as u64;
            }
        }
        self.base_ticks = ticks;
        self.base_ns = wall;
        self.renew_at = ticks.wrapping_add(self.ticks_in(1_000_000_000));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_agrees_with_the_wall_clock() {
        for clock in [Clock::Auto, Clock::System, Clock::Coarse] {
            let source = Source::resolve(clock);
            let calibration = Calibration::new(source);
            let before = unix_ns();
            let stamp = calibration.unix_ns(source.ticks());
            let after = unix_ns();
            // A coarse clock lags by up to a kernel tick (10 ms at 100 Hz); nothing is ahead by more than the drift.
            assert!(stamp + 11_000_000 >= before, "{clock:?}: {stamp} is before {before}");
            assert!(stamp <= after + 1_000_000, "{clock:?}: {stamp} is after {after}");
        }
    }

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let clock = ManualClock::new(Duration::from_secs(7));
        let source = Source::resolve(Clock::Manual(clock));
        let watch = Stopwatch::start(Some(clock));
        assert_eq!((source.ticks(), watch.elapsed()), (7_000_000_000, Duration::ZERO));
        clock.advance(Duration::from_nanos(3));
        assert_eq!((source.ticks(), watch.elapsed()), (7_000_000_003, Duration::from_nanos(3)));
        clock.set(Duration::from_secs(1));
        assert_eq!((source.ticks(), watch.elapsed()), (1_000_000_000, Duration::ZERO));
        assert_eq!(Calibration::new(source).unix_ns(source.ticks()), 1_000_000_000);
        assert!(clock == clock && clock != ManualClock::new(Duration::from_secs(1)));
    }

    #[test]
    fn ticks_before_the_base_convert_too() {
        let calibration = Calibration {
            source: Source::Tsc,
            base_ticks: 1000,
            base_ns: 5_000_000,
            rate: 1 << 31,
            renew_at: 0,
        };
        assert_eq!(calibration.unix_ns(1000), 5_000_000);
        assert_eq!(calibration.unix_ns(1010), 5_000_005);
        assert_eq!(calibration.unix_ns(990), 4_999_995);
        assert_eq!(calibration.ticks_in(5), 10);
    }
}
