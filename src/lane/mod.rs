//! A thread's way to the writer, and what all threads of an engine share.

mod attached;
mod busy;
mod caller;
mod doorbell;
mod draining;
mod epoch;
mod local;
mod policy;
mod push;
mod reader;
mod registry;
mod sampling;
mod tip;

pub use attached::Attached;
pub(crate) use busy::Busy;
pub(crate) use draining::WriterScope;
pub(crate) use local::{
    Local, is_ending, leave_parent, policy_version, refuse, set_global, set_reviver, thread_key,
    with_current, with_local,
};
pub(crate) use policy::{ContextFields, Judgement, Policy, Subject, fetch_policy};
pub(crate) use push::{push, with_scratch};
pub(crate) use reader::{Reader, Taken};
use registry::{Registry, Slot};
pub use sampling::HeadSampling;
pub(crate) use sampling::Sampling;
pub(crate) use tip::{Origin, Request, Tip};

use crate::arena::{Arena, Backing};
use crate::clock::{ManualClock, Source};
use crate::codec::ThreadInfo;
use crate::meta::Level;
use crate::os;
use crate::process::CallerStage;
use crate::ring::Ring;
use crate::stats::{DropCause, Ledger, Targets};
use crate::sync::lock;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use doorbell::Doorbell;
use epoch::Epoch;
use std::fmt;
use std::io;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::Duration;

/// What happens to a record for which the arena has no room.
///
/// There is no policy that drops the oldest records: the writer may be reading them, and a caller that took their block away
/// would have to wait for it. What such a policy is wanted for, room for what matters, is what [`Overflow::Shed`] keeps for
/// the severe records, or what [`Builder::overflow_for`](crate::Builder::overflow_for) gives a level; whatever is dropped is
/// counted and told in the output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// Drop it, and keep the last part of the arena for more severe records: TRACE and DEBUG stop when a quarter of
    /// the blocks is left, INFO when an eighth is left, WARNING and above use all. Blocks that threads hold open are not
    /// counted. Never waits.
    #[default]
    Shed,
    /// Wait until there is room, but no longer than this; then drop. `Duration::MAX` waits for ever. Levels below WARNING
    /// leave a thirty-second part of the arena free.
    Block(Duration),
    /// Drop it when the arena is full. Levels below WARNING leave a thirty-second part of the arena free. Never waits.
    DropNewest,
}

/// A level's policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelPolicy {
    pub(crate) overflow: Overflow,
    /// The part of the circulating blocks that must stay free, in 32nds.
    reserve: usize,
}

impl LevelPolicy {
    fn new(level: Level, overflow: Overflow) -> LevelPolicy {
        let reserve = match (overflow, level) {
            (_, Level::Warning | Level::Error | Level::Critical) => 0,
            (Overflow::Shed, Level::Trace | Level::Debug) => 8,
            (Overflow::Shed, Level::Info) => 4,
            (Overflow::Block(_) | Overflow::DropNewest, _) => 1,
        };
        LevelPolicy { overflow, reserve }
    }
}

/// What a caller that waits for room is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Wait: a writer is at work.
    Wait,
    /// Look again: the caller itself has drained something.
    Retry,
    /// Give up: the writer has ended, and the sinks take nothing.
    GiveUp,
}

/// What the lanes need from the engine above them.
pub(crate) trait Hooks: Send + Sync {
    /// A caller waits for room; see [`Way`].
    fn make_way(&self) -> Way;
    /// A record of a level that asks for a flush, or of an engine without a writer, was committed.
    fn after(&self, level: Level);
}

/// The most blocks that one lane may have in flight.
const LANE_BLOCKS: usize = 4096;

/// One thread's part of what the writer reads.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) ring: Ring,
    pub(crate) ledger: Ledger,
    thread: Mutex<Arc<ThreadInfo>>,
    /// Tells what one thread does with the lane from what another one did before.
    life: AtomicU64,
    /// Blocks opened so far; only counted where the arena has an image.
    opened: AtomicU64,
}

impl Lane {
    /// The thread that owns the lane, or owned it last.
    pub(crate) fn thread(&self) -> Arc<ThreadInfo> {
        lock(&self.thread).clone()
    }
    /// The number of the present use of the lane, from 1.
    fn life(&self) -> u64 {
        // Relaxed: stored by the thread that asks.
        self.life.load(Ordering::Relaxed)
    }
}

/// The callers' half of an engine.
pub(crate) struct Front {
    pub(crate) arena: Arena,
    pub(crate) lanes: Registry<Lane>,
    pub(crate) targets: Targets,
    pub(crate) source: Source,
    /// Largest record in words; more is cut.
    pub(crate) max_record: usize,
    /// Drops that belong to no lane.
    pub(crate) ledger: Ledger,
    /// Lanes claimed so far.
    lives: AtomicU64,
    policies: [LevelPolicy; Level::ALL.len()],
    /// The largest reserve of any level.
    reserve: usize,
    /// See `local::forks`.
    forks: AtomicU32,
    /// Blocks that a lane holds open, whether or not there is anything in them, or is about to.
    open: AtomicUsize,
    doorbell: Doorbell,
    policy: policy::Slot,
    /// Advances with each change of the configuration.
    pub(crate) epoch: Epoch,
    /// The writer can take nothing before a sink's thread is through, which wakes it.
    stuck: AtomicBool,
    writer: OnceLock<std::thread::Thread>,
    hooks: OnceLock<Box<dyn Hooks>>,
    /// What runs on the callers' threads. Without it, no call looks here but in its slow path.
    stage: Option<CallerStage>,
    /// For threads that have no block of their own: those in their last destructors, and those beyond the half of the
    /// blocks that may be held open.
    shared: Box<[Mutex<Option<Tip>>]>,
}

impl Front {
    /// How many contexts that are gone are kept for records on their way: as many as can be in the arena, if each record
    /// names one of its own and is no smaller than 64 bytes.
    pub(crate) fn most_retired(&self) -> usize {
        (self.arena.blocks() * self.arena.max_frame() / 8).max(1024)
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").field("arena", &self.arena).finish_non_exhaustive()
    }
}

impl Front {
    pub(crate) fn new(
        blocks: usize,
        block_bytes: usize,
        source: Source,
        overflow: [Overflow; Level::ALL.len()],
        backing: Backing<'_>,
    ) -> io::Result<Front> {
        let policies = Level::ALL.map(|l| LevelPolicy::new(l, overflow[l.index()]));
        Ok(Front {
            arena: Arena::new(blocks, block_bytes, backing, source)?,
            lanes: Registry::new(),
            targets: Targets::new(),
            source,
            // A record may take a quarter of the arena, and no more than a header can say.
            max_record: (blocks * block_bytes / 32).min(crate::codec::header::MAX_WORDS),
            ledger: Ledger::default(),
            lives: AtomicU64::new(0),
            reserve: policies.iter().map(|p| p.reserve).max().unwrap_or(0),
            forks: AtomicU32::new(local::forks()),
            open: AtomicUsize::new(0),
            policies,
            doorbell: Doorbell::new(),
            policy: policy::Slot::default(),
            epoch: Epoch::new(),
            stuck: AtomicBool::new(false),
            writer: OnceLock::new(),
            hooks: OnceLock::new(),
            stage: None,
            shared: (0..(blocks / 32).clamp(1, 8)).map(|_| Mutex::new(None)).collect(),
        })
    }

    /// The same with processors on the callers' threads.
    pub(crate) fn with_stage(self, stage: Option<CallerStage>) -> Front {
        Front { stage, ..self }
    }
    pub(crate) fn stage(&self) -> Option<&CallerStage> {
        self.stage.as_ref()
    }
    pub(crate) fn set_hooks(&self, hooks: Box<dyn Hooks>) {
        // Set once, by the engine that owns this front.
        let _ = self.hooks.set(hooks);
    }
    pub(crate) fn hooks(&self) -> Option<&dyn Hooks> {
        self.hooks.get().map(|h| &**h)
    }
    pub(crate) fn set_writer(&self, thread: std::thread::Thread) {
        let _ = self.writer.set(thread);
    }
    /// What the engine wants from now on.
    pub(crate) fn set_policy(&self, policy: Arc<dyn Policy>) {
        self.policy.set(policy);
    }
    pub(crate) fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }
    pub(crate) fn policy(&self, level: Level) -> LevelPolicy {
        self.policies[level.index()]
    }
    /// The number of free blocks that a record with this reserve (in 32nds) must leave. What lanes hold open does not circulate, and
    /// does not count: many idle threads are not an overload.
    fn floor(&self, reserve: usize) -> usize {
        // Relaxed: an estimate, like the number of free blocks.
        let circulating = self.arena.blocks().saturating_sub(self.open.load(Ordering::Relaxed));
        circulating * reserve / 32
    }
    /// Whether so much is free that every level may write without a look.
    fn is_calm(&self) -> bool {
        self.arena.free() >= self.floor(self.reserve)
    }
    /// Counts one more thread that holds a block open, if it may. The other half must circulate, or nobody would get on: so
    /// threads that begin at once are counted before they have a block.
    fn hold(&self) -> bool {
        let most = self.arena.blocks() / 2;
        // Relaxed: the number alone matters.
        let one_more = |open: usize| (open < most).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    /// Wakes the writer if it sleeps. What the caller did before is visible to it.
    pub(crate) fn wake(&self) {
        if self.doorbell.ring()
            && let Some(thread) = self.writer.get()
        {
            thread.unpark();
        }
    }

    /// Wakes the writer from a signal handler, whether or not it sleeps: who was interrupted may have taken the doorbell's
    /// ring, and not have come to the wake-up. On Linux `unpark` is an atomic exchange and a futex call, hence
    /// async-signal-safe; elsewhere it may take a lock, and the writer wakes by itself after `max_delay`.
    pub(crate) fn wake_from_handler(&self) {
        if cfg!(target_os = "linux")
            && let Some(thread) = self.writer.get()
        {
            thread.unpark();
        }
    }

    /// Whether to wake the writer because the arena fills would be in vain.
    pub(crate) fn set_stuck(&self, stuck: bool) {
        // Relaxed: a hint. A wake-up that is missed costs one sleep of the writer.
        self.stuck.store(stuck, Ordering::Relaxed);
    }
    fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }

    /// A lane for the calling thread.
    fn claim(&self) -> &Slot<Lane> {
        let slot = self.lanes.claim(|| Lane {
            ring: Ring::new(self.arena.blocks().min(LANE_BLOCKS)),
            ledger: Ledger::default(),
            thread: Mutex::new(Arc::default()),
            life: AtomicU64::new(0),
            opened: AtomicU64::new(0),
        });
        // Relaxed: only that no number is given twice matters.
        slot.lane.life.store(self.lives.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        let info = ThreadInfo { id: os::thread_id(), name: local::thread_name() };
        *lock(&slot.lane.thread) = Arc::new(info);
        slot
    }

    /// Pushes through a lane that threads without a block share.
    fn push_shared(&self, request: &mut Request<'_>) -> Result<(), DropCause> {
        let mut shared = self.lock_shared(request).ok_or(DropCause::Full)?;
        let tip = shared.get_or_insert_with(|| {
            let tip = Tip::none();
            tip.bind(self.claim());
            tip.share();
            tip
        });
        tip.push(self, request)
    }

    /// One of the shared lanes. Its holder may wait for room, so a caller that must not wait passes on to the others, and
    /// gives up after a while; one that may wait does so until its deadline.
    fn lock_shared(&self, request: &mut Request<'_>) -> Option<MutexGuard<'_, Option<Tip>>> {
        // Thread-locals of different threads lie pages apart.
        let first = with_local(|local| ptr::from_ref(local).addr() >> 12);
        for round in 0_u32.. {
            for i in 0..self.shared.len() {
                match self.shared[first.wrapping_add(i) % self.shared.len()].try_lock() {
                    Ok(tip) => return Some(tip),
                    Err(TryLockError::Poisoned(tip)) => return Some(tip.into_inner()),
                    Err(TryLockError::WouldBlock) => {}
                }
            }
            match self.policy(request.level).overflow {
                Overflow::Block(limit) if request.may_wait(limit) => {
                    std::thread::sleep(Duration::from_micros(50));
                }
                _ if round < 100 => std::thread::yield_now(),
                _ => break,
            }
        }
        None
    }

    /// Counts a record that is not coming.
    fn count_drop(&self, ledger: &Ledger, request: &Request<'_>, cause: DropCause) {
        ledger.add(request.level, cause, request.ticks);
        self.targets.add(request.target);
    }
}

/// The clock of the current thread's engine, if a test moves it.
pub(crate) fn manual_clock() -> Option<ManualClock> {
    with_current(|front| front.source.manual()).flatten()
}

/// The largest record that the current thread's engine takes, in words.
pub(crate) fn max_record() -> usize {
    with_current(|front| front.max_record).unwrap_or(crate::codec::header::MAX_WORDS)
}

/// Runs what the current thread's engine wants after a record of this level.
pub(crate) fn after(level: Level) {
    with_current(|front| {
        if let Some(hooks) = front.hooks() {
            hooks.after(level);
        }
    });
}
