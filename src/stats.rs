//! Counters: what came in, what went out, what was lost and why.

use crate::meta::Level;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::lock;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// Why a record was not written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum DropCause {
    /// The arena was filled beyond the mark that is kept for more severe records.
    Shed = 0,
    /// The arena was full.
    Full = 1,
    /// The arena stayed full for the whole time that the caller was willing to wait.
    Deadline = 2,
    /// Logged by a sink or a format, on the writer's own thread.
    OnWriter = 3,
    /// A sink lost it.
    Sink = 4,
    /// Its bytes could not be read.
    Damaged = 5,
    /// The disk is so full that only more severe records are written.
    Space = 6,
    /// Logged in the middle of another log call of the same thread: by the allocator, or by a signal handler.
    Nested = 7,
}

impl DropCause {
    /// All causes.
    pub const ALL: [DropCause; 8] = [
        DropCause::Shed,
        DropCause::Full,
        DropCause::Deadline,
        DropCause::OnWriter,
        DropCause::Sink,
        DropCause::Damaged,
        DropCause::Space,
        DropCause::Nested,
    ];
    /// Lower-case name, as the notices print it.
    pub const fn as_str(self) -> &'static str {
        match self {
            DropCause::Shed => "shed",
            DropCause::Full => "full",
            DropCause::Deadline => "deadline",
            DropCause::OnWriter => "on_writer",
            DropCause::Sink => "sink",
            DropCause::Damaged => "damaged",
            DropCause::Space => "space",
            DropCause::Nested => "nested",
        }
    }
}

/// Numbers of dropped records by level and cause.
pub(crate) type DropTable = [[u64; DropCause::ALL.len()]; Level::ALL.len()];

/// Counts drops; any thread may add.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    counts: [[AtomicU64; DropCause::ALL.len()]; Level::ALL.len()],
    first: AtomicU64,
    last: AtomicU64,
}

impl Ledger {
    pub(crate) fn add(&self, level: Level, cause: DropCause, ticks: u64) {
        // The times are advisory: a reader may pair a count with the time of a neighbour.
        let _ = self.first.compare_exchange(0, ticks, Ordering::Relaxed, Ordering::Relaxed);
        self.last.store(ticks, Ordering::Relaxed);
        // Release: pairs with the Acquire in `table`, so that a seen count has its times.
        self.counts[level.index()][cause as usize].fetch_add(1, Ordering::Release);
    }
    pub(crate) fn table(&self) -> DropTable {
        let mut table = DropTable::default();
        for (row, counts) in table.iter_mut().zip(&self.counts) {
            for (n, count) in row.iter_mut().zip(counts) {
                *n = count.load(Ordering::Acquire);
            }
        }
        table
    }
    /// Time of the first drop since the last call, and of the latest one.
    pub(crate) fn take_times(&self) -> (u64, u64) {
        let last = self.last.load(Ordering::Relaxed);
        match self.first.swap(0, Ordering::Relaxed) {
            0 => (last, last),
            first => (first, last),
        }
    }
}

/// Drops by target: a fixed table, so that an overload allocates once a target and never grows.
#[derive(Debug)]
pub(crate) struct Targets {
    slots: Box<[(OnceLock<Box<str>>, AtomicU64)]>,
    other: AtomicU64,
}

impl Targets {
    const SLOTS: usize = 256;
    const PROBES: usize = 16;

    pub(crate) fn new() -> Targets {
        Targets {
            slots: (0..Self::SLOTS).map(|_| Default::default()).collect(),
            other: AtomicU64::new(0),
        }
    }
    pub(crate) fn add(&self, target: &str) {
        // FNV-1a: short keys, no need to resist attackers, since the table is bounded.
        let hash = target.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        for probe in 0..Self::PROBES {
            let (name, count) = &self.slots[(hash as usize).wrapping_add(probe) % Self::SLOTS];
            if &**name.get_or_init(|| target.into()) == target {
                count.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        self.other.fetch_add(1, Ordering::Relaxed);
    }
    pub(crate) fn list(&self) -> Vec<(String, u64)> {
        let mut list: Vec<_> = self
            .slots
            .iter()
            .filter_map(|(name, n)| Some((name.get()?.to_string(), n.load(Ordering::Relaxed))))
            .collect();
        let other = self.other.load(Ordering::Relaxed);
        if other > 0 {
            list.push(("(other targets)".to_owned(), other));
        }
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        list
    }
}

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
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Records offered by calls whose level was enabled.
    pub accepted: u64,
    /// Records that at least one sink has taken.
    pub written: u64,
    /// Records that reached the writer but that no route wanted.
    pub filtered: u64,
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
    /// The sink's name.
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
    /// A snapshot for the sink of this name.
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
