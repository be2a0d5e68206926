//! Flush tickets and the phases of an engine's life.
//!
//! A flush takes a ticket (Release) after the records that it must cover were committed. The writer reads the newest
//! ticket (Acquire) *before* it looks at the lanes, drains all that it then finds, flushes the sinks and completes
//! every ticket up to that one (Release). So a completed ticket (Acquire) means: covered records are out.

use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// The life of an engine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The writer's thread (or the user's pump) drains.
    Running = 0,
    /// A shutdown was asked for; the writer drains what is there.
    Stopping = 1,
    /// The writer is gone: whoever logs drains.
    Stopped = 2,
}

/// What callers ask of the writer.
#[derive(Debug)]
pub(crate) struct Control {
    requested: AtomicU64,
    completed: AtomicU64,
    phase: AtomicU8,
}

impl Control {
    pub(crate) fn new() -> Control {
        Control {
            requested: AtomicU64::new(0),
            completed: AtomicU64::new(0),
            phase: AtomicU8::new(Phase::Running as u8),
        }
    }

    /// Asks for a flush of all that happened before; returns the ticket.
    pub(crate) fn request(&self) -> u64 {
        // Release: pairs with the Acquire in `newest`; a later ticket continues the release sequence of the earlier ones.
        self.requested.fetch_add(1, Ordering::Release) + 1
    }

    /// The newest ticket; the writer reads it before it looks at the lanes.
    pub(crate) fn newest(&self) -> u64 {
        // Acquire: pairs with the Release in `request`.
        self.requested.load(Ordering::Acquire)
    }

    /// All tickets up to `ticket` are served. Only the one that drains calls this.
    pub(crate) fn complete(&self, ticket: u64) {
        // Release: pairs with the Acquire in `completed`.
        self.completed.store(ticket, Ordering::Release);
    }

    /// The newest served ticket.
    pub(crate) fn completed(&self) -> u64 {
        // Acquire: pairs with the Release in `complete`.
        self.completed.load(Ordering::Acquire)
    }

    /// Where the engine stands.
    pub(crate) fn phase(&self) -> Phase {
        // Acquire: pairs with the Release in `advance`; STOPPED means that the writer's last write happened.
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Running,
            1 => Phase::Stopping,
            _ => Phase::Stopped,
        }
    }

    /// Moves on to `phase`; false if the engine was already there or further.
    pub(crate) fn advance(&self, phase: Phase) -> bool {
        // Release: pairs with the Acquire in `phase`. Acquire: the loser sees what the winner did.
        self.phase.fetch_max(phase as u8, Ordering::AcqRel) < phase as u8
    }
}
