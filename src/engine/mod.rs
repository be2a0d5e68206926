//! Everything together: started once, spoken to through [`Guard`] and [`Handle`].

mod beside;
mod crash;
mod custody;
mod emergency;
mod exit;
mod explain;
mod flush;
mod flush_async;
mod fork;
mod handle;
mod overrides;
mod panics;
mod recover;
mod signals;
mod start;
#[cfg(feature = "toml")]
mod watch;

pub use explain::{Decider, Explanation, Probe, RouteAnswer};
pub use handle::{Guard, Handle, ShutdownReport};
pub use overrides::{ActiveOverride, OverrideId};
pub(crate) use start::start_global;
pub use start::{flush, stats};
#[cfg(feature = "toml")]
pub use watch::Watch;

use crate::callsite::{self, Judge, Retired};
use crate::config::{Current, EngineSettings, Pipeline};
use crate::image::Image;
use crate::lane::{Attached, Front, Hooks, Policy, Way, WriterScope, is_ending};
use crate::meta::Level;
use crate::os::WriteSignals;
use crate::process::CallerStage;
use crate::stats::{Counters, DropCause, Stats};
use crate::sync::lock;
use crate::writer::{Control, Core, Phase, Progress, Scope};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crossbeam_channel::Sender;
use custody::Custody;
use flush_async::Waiting;
use overrides::Timer;
use std::ffi::CString;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, OnceLock, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The shortest and first sleep of an idle writer.
const FIRST_SLEEP: Duration = Duration::from_micros(100);

/// What a caller waits beyond a deadline, or for a sink after the shutdown.
const GRACE: Duration = Duration::from_millis(100);
/// How long a shutdown waits beyond its deadline for a write that is under way.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(300);
/// The longest timeout that a shutdown takes.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// One engine: the callers' half, the writer's half, and what connects them.
pub(crate) struct Engine {
    front: Arc<Front>,
    current: Arc<Current>,
    control: Control,
    counters: Arc<Counters>,
    settings: EngineSettings,
    /// Where a handler dumps the arena that has no file.
    crash_file: Option<CString>,
    custody: Custody,
    retired: Sender<Retired>,
    /// Flushes that asked for the device.
    synced: AtomicU64,
    /// Threads that are attached nowhere log here, and never logged into another engine before.
    only: bool,
    /// The process that started the engine: a forked child has no writer.
    process: u32,
    /// In a forked child, the engine that took the place of this copy.
    heir: OnceLock<Arc<Engine>>,
    /// The global engine that this one took the place of.
    predecessor: Option<Arc<Engine>>,
    served: Mutex<Waiting>,
    served_signal: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// When the shutdown that was asked for gives up.
    deadline: Mutex<Option<Instant>>,
    /// What follows from this pipeline, while the engine runs or after its end.
    wanted: Mutex<Option<Wanted>>,
    /// Ends overrides that are set for some time.
    timer: Timer,
    /// Records that the shutdown could not write.
    lost: AtomicU64,
    /// Records that were drained when the shutdown was over, and calls that had been refused when it began.
    known_at_end: [AtomicU64; 2],
    /// The writer has drained for the last time.
    finished: AtomicBool,
    /// Flush tickets whose records the shutdown gave up or no device has: behind the first, up to the second.
    given_up: Mutex<Vec<(u64, u64)>>,
}

/// A pipeline, whether the engine was stopped, and its policy then.
type Wanted = (Weak<Pipeline>, bool, Arc<dyn Policy>);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("phase", &self.control.phase()).finish_non_exhaustive()
    }
}

impl Engine {
    /// One round of the writer, on the calling thread. `None` if another thread drains until `deadline`.
    fn pass(&self, deadline: Option<Instant>) -> Option<Progress> {
        let _scope = WriterScope::enter();
        let _signals = WriteSignals::hold();
        self.custody.with(deadline, |core| self.pass_with(core, Scope::Everything))
    }

    fn pass_with(&self, core: &mut Core, scope: Scope) -> Progress {
        let progress = core.pass(&self.control, &self.synced, scope);
        if let Some((ticket, ok)) = progress.flushed {
            if !ok {
                self.give_up(self.control.completed(), ticket);
            }
            self.complete(ticket);
        }
        progress
    }

    /// The life of the writer's thread.
    fn run(&self) {
        let _attached = Attached::new(self.front.clone());
        let _scope = WriterScope::enter();
        let mut sleep = FIRST_SLEEP;
        while self.control.phase() == Phase::Running {
            let progress = self.pass_safely();
            self.tell_late();
            if progress.goes_on() || progress.flushed.is_some() {
                sleep = FIRST_SLEEP;
                continue;
            }
            let doorbell = self.front.doorbell();
            doorbell.announce_sleep();
            // Once more: whatever rang before the announcement rang in vain.
            let progress = self.pass_safely();
            let idle = !progress.goes_on()
                && progress.flushed.is_none()
                && self.control.phase() == Phase::Running;
            if idle {
                self.serve_predecessor();
                let left = |until: Instant| until.saturating_duration_since(Instant::now());
                let until = progress.blocked_until.into_iter().chain(self.tell_late()).min();
                let pause = until.map_or(sleep, |until| left(until).min(sleep));
                std::thread::park_timeout(pause);
                sleep = (sleep * 2).min(self.settings.max_delay);
            } else {
                sleep = FIRST_SLEEP;
            }
            doorbell.awake();
        }
        self.finish();
    }

    /// Calls that were under way when this engine took the place of another may have committed there.
    fn serve_predecessor(&self) {
        if let Some(before) = &self.predecessor {
            while before.pass(Some(Instant::now())).is_some_and(|progress| progress.goes_on()) {}
            before.serve_predecessor();
        }
    }

    /// A round that survives a panic in a format or a sink that was not met where it is expected.
    fn pass_safely(&self) -> Progress {
        let round = || self.custody.with(None, |core| self.pass_with(core, Scope::Settled));
        let progress = catch_unwind(AssertUnwindSafe(round)).unwrap_or_else(|_| {
            crate::fault::report(format_args!("the writer panicked and goes on"));
            None
        });
        let nothing =
            Progress { taken: 0, again: false, blocked_until: None, away: false, flushed: None };
        progress.unwrap_or(nothing)
    }

    /// The last round, until the shutdown's deadline.
    fn finish(&self) {
        let deadline = lock(&self.deadline).unwrap_or_else(Instant::now);
        let end = |core: &mut Core| {
            // Those that come later are served by whoever waits for them.
            let newest = self.control.newest();
            let lost = core.finish(&self.control, &self.synced, deadline);
            // While nobody else drains: what others take from now on, a failing sink may still have to get. Relaxed: as below.
            self.known_at_end[0].store(self.counters.drained.get(), Ordering::Relaxed);
            (newest, lost)
        };
        let Some((newest, lost)) = self.custody.with(Some(deadline), end) else { return };
        // Relaxed: whoever reads it has joined this thread, or seen STOPPED, which is set after that.
        self.lost.store(lost, Ordering::Relaxed);
        if lost > 0 {
            self.give_up(self.control.completed(), newest);
        }
        self.complete(newest.max(self.control.completed()));
        // Release: pairs with the Acquire in `has_ended`.
        self.finished.store(true, Ordering::Release);
    }

    /// Changes what is in force. When this returns, every call that begins afterwards is decided by it, and its record
    /// processed and written by it.
    fn change(self: &Arc<Engine>, make: impl Fn(&Pipeline) -> Pipeline) {
        self.current.update(make);
        self.here().front.epoch.advance();
        callsite::recompute();
    }

    /// Whether this is a copy in a forked child, whose writer and locks stayed behind.
    fn is_copy(&self) -> bool {
        std::process::id() != self.process
    }

    /// Ends the writer: drains until `timeout`. Returns how many records were lost. Whoever comes second waits for the first.
    fn shutdown(&self, timeout: Duration) -> u64 {
        if self.is_copy() {
            return 0;
        }
        let deadline =
            Instant::now().checked_add(timeout.min(LONGEST)).unwrap_or_else(Instant::now);
        // Before the writer can see that it is to stop: it would take a deadline that is not there for one that has passed.
        lock(&self.deadline).get_or_insert(deadline);
        if !self.control.advance(Phase::Stopping) {
            while self.control.phase() != Phase::Stopped && Instant::now() < deadline {
                std::thread::sleep(Duration::from_micros(50));
            }
            // Relaxed: STOPPED orders, and without it the number is not known yet.
            return self.lost.load(Ordering::Relaxed);
        }
        // Relaxed: see below. What is refused from now on may come too late for the last notices.
        self.known_at_end[1].store(self.refused(), Ordering::Relaxed);
        // From now on whoever logs also drains; see `Hooks::after`.
        callsite::recompute();
        match lock(&self.thread).take() {
            // A sink may not return: the writer is waited for, but not for ever.
            Some(thread) => {
                while !thread.is_finished() && Instant::now() < deadline + SHUTDOWN_GRACE {
                    thread.thread().unpark();
                    std::thread::sleep(Duration::from_micros(50));
                }
                if thread.is_finished() {
                    // A panic in it was reported by its hook.
                    drop(thread.join());
                } else {
                    let what = "the shutdown's deadline passed while a sink was writing";
                    crate::fault::report(format_args!("{what}"));
                    // Relaxed: a number without anything behind it.
                    self.lost.store(self.counters.pending(), Ordering::Relaxed);
                }
            }
            None => {
                let _scope = WriterScope::enter();
                let _signals = WriteSignals::hold();
                self.finish();
            }
        }
        self.serve_predecessor();
        self.control.advance(Phase::Stopped);
        // Whoever still waits now serves itself.
        self.tell_served(u64::MAX);
        // Relaxed: stored by this thread, or by one that was joined.
        let lost = self.lost.load(Ordering::Relaxed);
        self.leave_file(lost);
        // Acquire: pairs with the Release in `finish`.
        if !self.finished.load(Ordering::Acquire) {
            // A sink holds the writer up: what it has is given up. Relaxed: read by the thread that ends the process, to
            // which it is a hint.
            self.known_at_end[0].store(self.counters.drained.get(), Ordering::Relaxed);
        }
        lost
    }

    /// Whether the calling thread can drain. As long as sinks have threads of their own, one in its last destructors cannot:
    /// the channels to them would panic.
    fn may_drain_here(&self) -> bool {
        // Acquire: pairs with the Release in `finish`, behind which whoever drains makes the calls.
        !is_ending() || self.settings.manual || self.finished.load(Ordering::Acquire)
    }

    /// Calls that were refused so far.
    fn refused(&self) -> u64 {
        let stats = self.stats();
        stats.accepted - self.counters.drained.get().min(stats.accepted)
    }

    fn stats(&self) -> Stats {
        let mut drops = self.front.ledger.table();
        for slot in self.front.lanes.iter() {
            for (sum, row) in drops.iter_mut().zip(slot.lane.ledger.table()) {
                for (sum, n) in sum.iter_mut().zip(row) {
                    *sum += n;
                }
            }
        }
        let before_writer = |cause: &DropCause| {
            !matches!(cause, DropCause::Sink | DropCause::Damaged | DropCause::Space)
        };
        let refused: u64 = DropCause::ALL
            .into_iter()
            .filter(before_writer)
            .map(|cause| drops.iter().map(|row| row[cause as usize]).sum::<u64>())
            .sum();
        let c = &self.counters;
        let flushes = c.flushes.get();
        let pipeline = self.current.load();
        let steps = pipeline.outputs.iter().flat_map(|output| output.steps.stats());
        let stage = self.front.stage();
        let dropped_by_stage = stage.map_or(0, CallerStage::dropped);
        let stage = stage.into_iter().flat_map(CallerStage::stats);
        Stats {
            accepted: c.drained.get() + refused + dropped_by_stage,
            written: c.written.get(),
            filtered: c.filtered.get() + dropped_by_stage,
            suppressed: callsite::suppressed().iter().map(|(_, count)| count).sum(),
            recovered: c.recovered.get(),
            bytes: c.bytes.get(),
            batches: c.batches.get(),
            notices: c.notices.get(),
            sink_errors: c.sink_errors.get(),
            sequence_gaps: c.sequence_gaps.get(),
            blocks_in_use: self.front.arena.blocks()
                - self.front.arena.free().min(self.front.arena.blocks()),
            blocks_high_water: self.front.arena.high_water(),
            blocks_total: self.front.arena.blocks(),
            flushes,
            flush_latency: Duration::from_nanos(c.flush_ns.get() / flushes.max(1)),
            flush_latency_max: Duration::from_nanos(c.flush_max_ns.get()),
            dropped_by_target: self.front.targets.list(),
            routes: pipeline.outputs.iter().map(|output| output.stats()).collect(),
            processors: stage.chain(pipeline.steps.stats()).chain(steps).collect(),
            drops,
        }
    }
}

impl Judge for Engine {
    fn image(&self) -> Option<&Image> {
        // A forked child does not have its parent's.
        self.front.arena.image().filter(|_| !self.is_copy())
    }
    fn policy(&self) -> Arc<dyn Policy> {
        let stopped = self.control.phase() != Phase::Running;
        let pipeline = self.current.load();
        let mut wanted = lock(&self.wanted);
        if let Some((of, was_stopped, policy)) = &*wanted
            && std::ptr::eq(of.as_ptr(), Arc::as_ptr(&pipeline))
            && *was_stopped == stopped
        {
            return policy.clone();
        }
        let after = |level| self.settings.flush_on.allows(level) || stopped;
        let policy: Arc<dyn Policy> = Arc::new(pipeline.verdicts(after));
        self.front.set_policy(policy.clone());
        *wanted = Some((Arc::downgrade(&pipeline), stopped, policy.clone()));
        policy
    }
    fn is_only(&self) -> bool {
        self.only
    }
    fn retire(&self, retired: Retired) {
        // Without a writer nobody may come to read these, and one that is held up lets them wait. What is refused here costs a
        // record its bound fields, if one was committed but not written when its logger or context went: while the arena
        // is full the records of what goes are dropped anyway.
        let stopped = self.control.phase() == Phase::Stopped;
        let most = if stopped { 1024 } else { self.front.most_retired() };
        if self.retired.len() < most {
            // The receiver lives in `self.custody`, so this cannot fail.
            let _ = self.retired.send(retired);
        }
    }
}

/// What the lanes ask of their engine.
struct EngineHooks(Weak<Engine>);

impl Hooks for EngineHooks {
    fn make_way(&self) -> Way {
        let Some(engine) = self.0.upgrade() else { return Way::GiveUp };
        // Nobody drains in a forked child, and the locks may be held by threads that it does not have.
        if engine.is_copy() {
            return Way::GiveUp;
        }
        let running = engine.control.phase() == Phase::Running;
        if running && engine.is_copy() {
            return Way::GiveUp;
        }
        if running && !engine.settings.manual {
            return Way::Wait;
        }
        if !engine.may_drain_here() {
            return Way::Wait;
        }
        // There is no writer's thread, or not for long: the caller drains.
        match engine.pass(Some(Instant::now() + GRACE)) {
            Some(progress) if progress.goes_on() => Way::Retry,
            Some(progress) if running || (progress.blocked_until.is_none() && !progress.away) => {
                Way::Wait
            }
            None if engine.control.phase() != Phase::Stopped => Way::Wait,
            _ => Way::GiveUp,
        }
    }

    fn after(&self, level: Level) {
        let Some(engine) = self.0.upgrade() else { return };
        if engine.control.phase() == Phase::Running {
            if engine.settings.flush_on.allows(level) {
                engine.front.wake();
            }
        } else if !WriterScope::is_active() {
            // The writer is gone, or about to go: the record is written before the call returns. A sink that fails is
            // not waited for, nor one that does not return.
            let deadline = Instant::now() + GRACE;
            while !engine.may_drain_here() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_micros(50));
            }
            if !engine.may_drain_here() {
                // The writer takes it, or the end of the process.
                return;
            }
            while engine.pass(Some(deadline)).is_some_and(|progress| progress.goes_on()) {}
        }
    }
}
