//! Forks: a child has one thread, and of all others what they left lying about.
//!
//! Before a fork, the mutexes of this crate are taken, so that no other thread is inside them, and with
//! [`Builder::follow_forks`](crate::Builder::follow_forks) the writer's state too: then no sink is in the middle of a
//! write. The parent puts everything back. The child lets go of its parent's lanes at once, and of its parent's
//! records: they are the parent's to write. With the first call that logs it makes itself an engine of its own out of the
//! parent's configuration, formats and sinks; a child that never logs, or calls `exec`, pays nothing.

use super::Engine;
use super::start::{GLOBAL, STARTING, inherit};
use crate::callsite::{self, Frozen};
use crate::lane::{self, WriterScope};
use crate::sync::lock_until;
use crate::writer::{Core, Phase};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, Once};
use std::time::{Duration, Instant};

/// How long a fork waits for another one, and who asks for the result of one waits for it. Both run no foreign code.
const TURN: Duration = Duration::from_secs(10);
/// How long a fork waits for what others hold.
const PATIENCE: Duration = Duration::from_millis(200);
/// The same for the start of an engine, which may be on this very thread.
const START_PATIENCE: Duration = Duration::from_millis(10);

/// What a child finds of its parent's engine.
struct Legacy {
    engine: Arc<Engine>,
    /// Nothing if it could not be had in time.
    core: Option<Box<Core>>,
}

/// Waits for a child's first record. Locked by a fork that is under way, and by a child that makes itself an engine.
static LEGACY: Mutex<Option<Legacy>> = Mutex::new(None);

/// What a thread holds during its fork. A mutex that could not be had is left alone.
struct Held {
    legacy: Option<MutexGuard<'static, Option<Legacy>>>,
    _starting: Option<MutexGuard<'static, ()>>,
    global: Option<MutexGuard<'static, Option<Arc<Engine>>>>,
    /// The global engine, if it runs.
    running: Option<Legacy>,
    _callsites: Frozen,
}

thread_local! {
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// Has every fork from now on go by this file.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        lane::set_reviver(revive);
        if !crate::os::at_fork(prepare, in_parent, in_child) {
            crate::fault::report(format_args!("the system takes no more fork handlers"));
        }
    });
}

extern "C" fn prepare() {
    // A thread in its last destructors has no place to keep anything.
    let _ = HELD.try_with(|held| {
        let legacy = lock_until(&LEGACY, Instant::now() + TURN);
        let now = Instant::now();
        let deadline = now + PATIENCE;
        // In the order in which others take several: the writer has its state, and asks for callsites.
        let starting = lock_until(&STARTING, now + START_PATIENCE);
        let global = lock_until(&GLOBAL, deadline);
        let engine = global.as_ref().and_then(|global| Option::clone(global));
        let running = engine
            .filter(|engine| engine.control.phase() == Phase::Running && !engine.is_copy())
            .map(|engine| Legacy { core: engine.park(deadline), engine });
        let callsites = callsite::freeze(deadline);
        let all = Held { legacy, _starting: starting, global, running, _callsites: callsites };
        held.replace(Some(all))
    });
}

extern "C" fn in_parent() {
    let Ok(Some(held)) = HELD.try_with(RefCell::take) else { return };
    if let Some(Legacy { engine, core: Some(core) }) = held.running {
        engine.custody.put_back(core);
    }
}

extern "C" fn in_child() {
    crate::os::note_child();
    let Ok(Some(mut held)) = HELD.try_with(RefCell::take) else {
        return lane::leave_parent(None, false);
    };
    // After a shutdown whoever logs writes, in the child as well, if the arena is here.
    let stopped = held.global.as_ref().and_then(|global| Option::as_ref(global)).filter(|engine| {
        engine.control.phase() == Phase::Stopped && engine.front.arena.file().is_none()
    });
    if let Some(stopped) = stopped {
        return lane::leave_parent(Some(&stopped.front), false);
    }
    if let (Some(running), Some(legacy)) = (held.running.take(), &mut held.legacy) {
        // Nobody's destructors may run: they would wait for threads that are not here.
        let follows = running.engine.settings.follow_forks;
        let (new, old) = if follows { (Some(running), None) } else { (None, Some(running)) };
        std::mem::forget((std::mem::replace(&mut **legacy, new), old));
    }
    std::mem::forget(held.running.take());
    // A child that has not logged leaves its own child what its parent left it.
    let orphan = held.legacy.as_ref().is_some_and(|legacy| legacy.is_some());
    lane::leave_parent(None, orphan);
}

/// Makes a child's own engine, on the first thread that needs one; the others wait for it.
pub(super) fn revive() {
    // Nothing that is called here may come here again.
    let _scope = WriterScope::enter();
    let Some(mut legacy) = lock_until(&LEGACY, Instant::now() + TURN) else { return };
    let Some(Legacy { engine, core }) = legacy.take() else { return };
    if core.is_none() {
        crate::os::write_error(
            b"ripsaw: the sinks were busy at the fork: this process does not write what it logs\n",
        );
    }
    if inherit(&engine, core).is_err() {
        crate::os::write_error(
            b"ripsaw: no memory or no thread after the fork: this process does not log\n",
        );
    }
    // As in `in_child`.
    std::mem::forget(engine);
}

/// Whether this is a child that could log, but has not.
pub(super) fn is_pending() -> bool {
    lock_until(&LEGACY, Instant::now() + TURN).is_some_and(|legacy| legacy.is_some())
}

impl Engine {
    /// The engine of this process: a child's own, if this is its copy of the parent's.
    pub(super) fn here(self: &Arc<Engine>) -> &Arc<Engine> {
        let mut engine = self;
        while let Some(heir) = engine.heir.get() {
            engine = heir;
        }
        engine
    }

    /// Sees to it that a forked child that could have an engine of its own, but has not logged yet, has it.
    pub(super) fn follow_fork(self: &Arc<Engine>) {
        if self.here().is_copy() && !WriterScope::is_active() {
            revive();
        }
    }

    /// The writer's state, with no sink in the middle of a write, if it can be had.
    fn park(&self, deadline: Instant) -> Option<Box<Core>> {
        // A sink that forks has it.
        if !self.settings.follow_forks || WriterScope::is_active() {
            return None;
        }
        let mut core = self.custody.take(deadline)?;
        core.land_until(deadline);
        Some(core)
    }
}
