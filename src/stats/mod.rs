//! Counters: what came in, what went out, what was lost and why.

mod ledger;

pub use ledger::DropCause;
pub(crate) use ledger::{DropTable, Ledger, Targets};

use crate::meta::Level;
use crate::sync::lock;
use core::sync::atomic::{AtomicU64, Ordering};
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

/// What the writer counts. One thread at a time adds, any thread reads.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) drained: Count,
    /// Records that at least one route took.
    pub(crate) wanted: Count,
    /// Of those, records that at least one sink has taken.
    pub(crate) written: Count,
    /// Of those, records that no sink has taken, and none will.
    pub(crate) lost: Count,
    pub(crate) filtered: Count,
    /// Records of an earlier process.
    pub(crate) recovered: Count,
    pub(crate) bytes: Count,
    pub(crate) batches: Count,
    pub(crate) notices: Count,
    pub(crate) sink_errors: Count,
    pub(crate) sequence_gaps: Count,
    pub(crate) flushes: Count,
    pub(crate) flush_ns: Count,
    pub(crate) flush_max_ns: Count,
}

impl Counters {
    /// Records that were formatted, and that no sink has taken yet.
    pub(crate) fn pending(&self) -> u64 {
        self.wanted.get().saturating_sub(self.written.get() + self.lost.get())
    }
}

/// A counter with one writer at a time: an addition is a plain load and store.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, n: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
    }
    /// Adds where several threads may.
    pub(crate) fn add_shared(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    pub(crate) fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }
    pub(crate) fn raise(&self, n: u64) {
        self.0.fetch_max(n, Ordering::Relaxed);
    }
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A snapshot of an engine's counters.
///
/// While records are on their way, `accepted` counts those that the writer has taken plus those dropped. After a
/// flush with no concurrent calls, `accepted == written + filtered + dropped()` exactly.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Records offered by calls whose level was enabled.
    pub accepted: u64,
    /// Records that at least one sink has taken.
    pub written: u64,
    /// Records that no route wanted, by level or filter, or that a processor dropped, be it on the caller's thread or on the
    /// writer's.
    pub filtered: u64,
    /// Calls that [`Builder::sample`](crate::Builder::sample) suppressed, in the whole process; they are not part of `accepted`.
    /// Of other threads that have not ended, up to 128 of each statement may not have been added yet.
    pub suppressed: u64,
    /// Records of an earlier process that were found in the arena's file and written at the start; they are not part of
    /// `accepted` and `written`.
    pub recovered: u64,
    /// Bytes handed to the sinks, over all routes.
    pub bytes: u64,
    /// Writes to sinks.
    pub batches: u64,
    /// Drop notices written into the stream; they are not part of `written`.
    pub notices: u64,
    /// Failed writes and flushes of sinks.
    pub sink_errors: u64,
    /// Breaks in a lane's sequence numbers: always zero, or memory was damaged.
    pub sequence_gaps: u64,
    /// Blocks of the arena that are in use.
    pub blocks_in_use: usize,
    /// The most blocks that were in use at once.
    pub blocks_high_water: usize,
    /// Blocks of the arena.
    pub blocks_total: usize,
    /// Flushes served.
    pub flushes: u64,
    /// Mean time from a flush request to its completion.
    pub flush_latency: Duration,
    /// The longest such time.
    pub flush_latency_max: Duration,
    /// Dropped records by target, most first; at most some 256 targets are told apart.
    pub dropped_by_target: Vec<(String, u64)>,
    /// The routes in force, in the order of the configuration.
    pub routes: Vec<RouteStats>,
    /// The processors in force: those on the callers' threads, the engine's own, then those of the routes, in the order of the
    /// configuration.
    pub processors: Vec<ProcessorStats>,
    pub(crate) drops: DropTable,
}

impl Stats {
    /// Records dropped, for whatever cause.
    pub fn dropped(&self) -> u64 {
        self.drops.iter().flatten().sum()
    }
    /// Records of this level dropped for this cause.
    pub fn dropped_by(&self, level: Level, cause: DropCause) -> u64 {
        self.drops[level.index()][cause as usize]
    }
    /// Records of this level dropped.
    pub fn dropped_at(&self, level: Level) -> u64 {
        self.drops[level.index()].iter().sum()
    }
}

/// All fields; what was dropped by its level and cause, as `{"info": {"shed": 3}}`.
impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without a rest, so that no field is forgotten.
        let Stats {
            accepted,
            written,
            filtered,
            suppressed,
            recovered,
            bytes,
            batches,
            notices,
            sink_errors,
            sequence_gaps,
            blocks_in_use,
            blocks_high_water,
            blocks_total,
            flushes,
            flush_latency,
            flush_latency_max,
            dropped_by_target,
            routes,
            processors,
            drops,
        } = self;
        f.debug_struct("Stats")
            .field("accepted", accepted)
            .field("written", written)
            .field("filtered", filtered)
            .field("dropped", &Drops(drops))
            .field("dropped_by_target", dropped_by_target)
            .field("suppressed", suppressed)
            .field("recovered", recovered)
            .field("bytes", bytes)
            .field("batches", batches)
            .field("notices", notices)
            .field("sink_errors", sink_errors)
            .field("sequence_gaps", sequence_gaps)
            .field("blocks_in_use", blocks_in_use)
            .field("blocks_high_water", blocks_high_water)
            .field("blocks_total", blocks_total)
            .field("flushes", flushes)
            .field("flush_latency", flush_latency)
            .field("flush_latency_max", flush_latency_max)
            .field("routes", routes)
            .field("processors", processors)
            .finish()
    }
}

/// What is not zero of a table of drops.
struct Drops<'t>(&'t DropTable);

impl fmt::Debug for Drops<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let levels = Level::ALL.into_iter().map(|level| (level.as_str(), &self.0[level.index()]));
        let lost = levels.filter(|(_, counts)| counts.iter().any(|n| *n > 0));
        f.debug_map().entries(lost.map(|(level, counts)| (level, Causes(counts)))).finish()
    }
}

/// The same of one level.
struct Causes<'t>(&'t [u64; DropCause::ALL.len()]);

impl fmt::Debug for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = DropCause::ALL.into_iter().zip(self.0).filter(|(_, n)| **n > 0);
        f.debug_map().entries(counts.map(|(cause, n)| (cause.as_str(), n))).finish()
    }
}

/// What became of the records that a processor has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessorStats {
    /// Its name.
    pub name: String,
    /// Records that it has seen.
    pub calls: u64,
    /// Of those, records that it has dropped.
    pub dropped: u64,
    /// Of those, records on which it has panicked.
    pub panics: u64,
    /// The time that it has taken, if that is measured: see [`Builder::time_processors`](crate::Builder::time_processors).
    pub time: Option<Duration>,
}

/// How a sink is doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[non_exhaustive]
pub enum SinkState {
    /// Its last call succeeded, or there was none.
    #[default]
    Ok = 0,
    /// Its last call failed; it is tried again.
    Degraded = 1,
    /// It has failed for a second, or has not returned from a call for a second.
    Down = 2,
}

/// What became of the records of one route: `wanted == written + dropped + pending`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteStats {
    /// What [`Route::name`](crate::Route::name) says, else the sink's name.
    pub name: String,
    /// How the sink is doing.
    pub state: SinkState,
    /// Records that the route's level lets pass.
    pub wanted: u64,
    /// Of those, records that the sink has taken.
    pub written: u64,
    /// Of those, records that this route has dropped. The others may have them.
    pub dropped: u64,
    /// Of those, records that wait for the sink.
    pub pending: u64,
    /// Bytes that the sink has taken.
    pub bytes: u64,
    /// Failed calls of the sink.
    pub errors: u64,
    /// What the sink said when it failed for the last time.
    pub last_error: Option<String>,
}

/// What the writer counts for one route. One thread at a time adds, any thread reads.
#[derive(Debug, Default)]
pub(crate) struct RouteCounters {
    pub(crate) written: Count,
    pub(crate) dropped: Count,
    pub(crate) pending: Count,
    pub(crate) bytes: Count,
    pub(crate) errors: Count,
    state: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl RouteCounters {
    /// All zero: in a forked child, which has sent nothing yet.
    pub(crate) fn reset(&self) {
        for count in [&self.written, &self.dropped, &self.pending, &self.bytes, &self.errors] {
            count.set(0);
        }
        self.set_state(SinkState::Ok);
    }
    pub(crate) fn set_state(&self, state: SinkState) {
        // Relaxed: a number to look at, which guards nothing.
        self.state.store(state as u64, Ordering::Relaxed);
    }
    pub(crate) fn state(&self) -> SinkState {
        match self.state.load(Ordering::Relaxed) {
            0 => SinkState::Ok,
            1 => SinkState::Degraded,
            _ => SinkState::Down,
        }
    }
    pub(crate) fn set_last_error(&self, error: String) {
        *lock(&self.last_error) = Some(error);
    }
    pub(crate) fn last_error(&self) -> Option<String> {
        lock(&self.last_error).clone()
    }
    /// A snapshot for the route of this name.
    pub(crate) fn snapshot(&self, name: &str) -> RouteStats {
        let (written, dropped) = (self.written.get(), self.dropped.get());
        let pending = self.pending.get();
        RouteStats {
            name: name.to_owned(),
            state: self.state(),
            wanted: written + dropped + pending,
            written,
            dropped,
            pending,
            bytes: self.bytes.get(),
            errors: self.errors.get(),
            last_error: self.last_error(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_shown_by_level_and_cause() {
        let mut stats = Stats { written: 7, ..Stats::default() };
        assert!(format!("{stats:?}").contains("written: 7, filtered: 0, dropped: {}, "));
        stats.drops[Level::Info.index()][DropCause::Shed as usize] = 3;
        stats.drops[Level::Error.index()][DropCause::Sink as usize] = 1;
        let shown = format!("{stats:?}");
        assert!(
            shown.contains(r#"dropped: {"info": {"shed": 3}, "error": {"sink": 1}}, "#),
            "{shown}"
        );
    }
}
