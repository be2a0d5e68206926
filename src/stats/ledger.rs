//! What was lost and why: counted by any thread, read by the writer.

use crate::meta::Level;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::OnceLock;

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
    /// A processor on the caller's thread that may not be passed over has panicked: see
    /// [`CallerProcessor::is_essential`](crate::process::CallerProcessor::is_essential).
    Caller = 8,
}

impl DropCause {
    /// All causes.
    pub const ALL: [DropCause; 9] = [
        DropCause::Shed,
        DropCause::Full,
        DropCause::Deadline,
        DropCause::OnWriter,
        DropCause::Sink,
        DropCause::Damaged,
        DropCause::Space,
        DropCause::Nested,
        DropCause::Caller,
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
            DropCause::Caller => "caller",
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
    /// One while a thread gives a slot its name: the others must not wait for it in the cell, which sleeps.
    naming: AtomicU32,
    other: AtomicU64,
}

impl Targets {
    const SLOTS: usize = 256;
    const PROBES: usize = 16;

    pub(crate) fn new() -> Targets {
        Targets {
            slots: (0..Self::SLOTS).map(|_| Default::default()).collect(),
            naming: AtomicU32::new(0),
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
            match self.name(name, target) {
                Some(known) if known == target => {
                    count.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Some(_) => {}
                None => break,
            }
        }
        self.other.fetch_add(1, Ordering::Relaxed);
    }
    /// The slot's name, given to it if it has none; none if another thread is doing such a thing for long.
    fn name<'a>(&self, name: &'a OnceLock<Box<str>>, target: &str) -> Option<&'a str> {
        for _ in 0..10_000 {
            if let Some(name) = name.get() {
                return Some(name);
            }
            // Relaxed: it guards nothing; the cell synchronises. Whoever has it is alone in the cell.
            if self.naming.swap(1, Ordering::Relaxed) == 0 {
                let known = name.get_or_init(|| target.into());
                self.naming.store(0, Ordering::Relaxed);
                return Some(known);
            }
            core::hint::spin_loop();
        }
        None
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
