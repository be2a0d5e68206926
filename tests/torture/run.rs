//! One run: what is done to an engine of which policy with which sink, and what its records look like. Everything follows
//! from the seed, in the parent as in the child.

use crate::events::{self, Event};
use ripsaw::{Builder, Level, Overflow};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

/// What happens when the arena is full, and how large it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Policy {
    /// The default policy in a small arena.
    Shed,
    /// The default policy in the smallest arena that holds the largest record of a victim.
    Tiny,
    DropNewest,
    /// Without an end.
    Block,
    /// For at most 20 ms.
    Block20,
}

impl Policy {
    pub(crate) const ALL: [Policy; 5] =
        [Policy::Shed, Policy::Tiny, Policy::DropNewest, Policy::Block, Policy::Block20];

    fn name(self) -> &'static str {
        match self {
            Policy::Shed => "shed",
            Policy::Tiny => "tiny",
            Policy::DropNewest => "newest",
            Policy::Block => "block",
            Policy::Block20 => "block20",
        }
    }

    pub(crate) fn set(self, builder: Builder) -> Builder {
        let (arena, block, overflow) = match self {
            Policy::Shed => (1 << 20, 16 << 10, Overflow::Shed),
            Policy::Tiny => (64 << 10, 4 << 10, Overflow::Shed),
            Policy::DropNewest => (256 << 10, 4 << 10, Overflow::DropNewest),
            Policy::Block => (256 << 10, 4 << 10, Overflow::Block(Duration::MAX)),
            Policy::Block20 => (128 << 10, 2 << 10, Overflow::Block(Duration::from_millis(20))),
        };
        builder.arena_bytes(arena).block_bytes(block).overflow(overflow)
    }
}

/// Where the records go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outlet {
    File,
    /// A named pipe that the parent reads.
    Fifo,
    /// Standard output, a pipe that the parent reads.
    Stdout,
    /// A sink that takes what it likes, fails and panics, but loses nothing that it took.
    Faulty,
    /// A file for everything, as text, and one for WARNING and above, as JSON.
    Two,
    /// A sink that does not return from a write.
    Hanging,
}

impl Outlet {
    /// Those that take records.
    pub(crate) const ALL: [Outlet; 5] =
        [Outlet::File, Outlet::Fifo, Outlet::Stdout, Outlet::Faulty, Outlet::Two];

    fn name(self) -> &'static str {
        match self {
            Outlet::File => "file",
            Outlet::Fifo => "fifo",
            Outlet::Stdout => "stdout",
            Outlet::Faulty => "faulty",
            Outlet::Two => "two",
            Outlet::Hanging => "hanging",
        }
    }
}

/// A run, written as `event/policy/sink/seed/threads/calls`.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) event: &'static Event,
    pub(crate) policy: Policy,
    pub(crate) outlet: Outlet,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    /// Calls of each thread, where the event does not decide.
    pub(crate) calls: u64,
}

impl Run {
    /// Event, policy and sink.
    pub(crate) fn place(&self) -> String {
        format!("{}/{}/{}", self.event.name, self.policy.name(), self.outlet.name())
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.place(), self.seed, self.threads, self.calls)
    }
}

impl FromStr for Run {
    type Err = String;

    fn from_str(text: &str) -> Result<Run, String> {
        let wrong = || format!("`{text}` is no event/policy/sink/seed/threads/calls");
        let parts: Vec<&str> = text.split('/').collect();
        let [event, policy, outlet, seed, threads, calls] = parts[..] else {
            return Err(wrong());
        };
        let outlets = [Outlet::ALL.as_slice(), &[Outlet::Hanging]].concat();
        Ok(Run {
            event: events::all().find(|known| known.name == event).ok_or_else(wrong)?,
            policy: Policy::ALL.into_iter().find(|p| p.name() == policy).ok_or_else(wrong)?,
            outlet: outlets.into_iter().find(|o| o.name() == outlet).ok_or_else(wrong)?,
            seed: seed.parse().map_err(|_| wrong())?,
            threads: threads.parse().map_err(|_| wrong())?,
            calls: calls.parse().map_err(|_| wrong())?,
        })
    }
}

/// The next of a sequence of numbers that look random (SplitMix64).
pub(crate) fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number below `end`.
pub(crate) fn below(state: &mut u64, end: u64) -> u64 {
    next(state) % end.max(1)
}

/// Letters and digits from which the payloads are cut.
static LETTERS: LazyLock<String> = LazyLock::new(|| {
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut state = 1;
    (0..1 << 14).map(|_| char::from(alphabet[below(&mut state, 62) as usize])).collect()
});

/// What call `i` of thread `t` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Word {
    pub(crate) level: Level,
    pub(crate) payload: &'static str,
    /// Which kind of statement makes the call.
    pub(crate) kind: u64,
}

/// The word of a call: a function of the seed and the call's number.
pub(crate) fn word(seed: u64, t: usize, i: u64) -> Word {
    let mut state = seed ^ (t as u64) << 56 ^ i.rotate_left(20);
    let h = next(&mut state);
    let level = match h % 32 {
        0..=13 => Level::Info,
        14..=25 => Level::Debug,
        26 => Level::Trace,
        27..=29 => Level::Warning,
        30 => Level::Error,
        _ => Level::Critical,
    };
    let length = match (h >> 8) % 256 {
        0 => 1500 + (h >> 16) % 1500,
        1..=8 => 300 + (h >> 16) % 500,
        _ => 1 + (h >> 16) % 90,
    } as usize;
    let from = (h >> 40) as usize % (LETTERS.len() - length);
    Word { level, payload: &LETTERS[from..from + length], kind: (h >> 4) % 8 }
}
