//! Starting an engine, and the functions that speak to the global one.

use super::emergency::dump_path;
use super::recover::{Leftovers, cannot_use};
use super::{Engine, EngineHooks, Guard, Handle};
use super::{crash, exit, signals};
use crate::arena::Backing;
use crate::callsite;
use crate::clock::Source;
use crate::config::{Builder, Current};
use crate::error::{FlushError, StartError};
use crate::lane::{Front, set_global};
use crate::stats::{Counters, Stats};
use crate::sync::lock;
use crate::writer::{Control, Core, Phase};
use core::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex, TryLockError};
use std::time::Duration;

/// The engine of all threads that are attached to no other.
static GLOBAL: Mutex<Option<Arc<Engine>>> = Mutex::new(None);

/// Flushes the global engine. See [`Handle::flush`].
///
/// # Errors
/// As for [`Handle::flush`], and [`FlushError::NotStarted`].
pub fn flush(timeout: Duration) -> Result<(), FlushError> {
    global().ok_or(FlushError::NotStarted)?.flush(timeout)
}

/// The counters of the global engine, if there is one.
pub fn stats() -> Option<Stats> {
    global().map(|handle| handle.stats())
}

/// The global engine.
pub(crate) fn global() -> Option<Handle> {
    lock(&GLOBAL).clone().map(|engine| Handle { engine })
}

/// Held while a start is under way. Foreign code runs meanwhile (sinks and their names), so it must not be [`GLOBAL`].
static STARTING: Mutex<()> = Mutex::new(());

/// Starts the engine that all threads log into.
pub(crate) fn start_global(builder: Builder) -> Result<Guard, StartError> {
    let _starting = match STARTING.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(StartError::AlreadyStarted),
    };
    let old = lock(&GLOBAL).clone();
    if old.as_ref().is_some_and(|old| old.control.phase() != Phase::Stopped) {
        return Err(StartError::AlreadyStarted);
    }
    let engine = launch(builder, old.is_none(), old.clone())?;
    set_global(engine.front.clone());
    callsite::judge(engine.clone(), old.as_ref().map(|old| Arc::as_ptr(old).cast()));
    exit::install(engine.settings.flush_at_exit, engine.settings.flush_on_panic);
    signals::install(&engine);
    crash::install(&engine);
    let replaced = lock(&GLOBAL).replace(engine.clone());
    drop(replaced);
    Ok(Guard { handle: Handle { engine }, global: true })
}

impl Builder {
    /// Starts an engine of its own: threads log into it while they are attached ([`Handle::attach`]). For tests, and for
    /// streams that must be kept apart. As long as any such engine exists, an enabled call costs some nanoseconds more.
    ///
    /// # Errors
    /// What is wrong with a setting, a sink or the system.
    pub fn start_local(self) -> Result<Guard, StartError> {
        let engine = launch(self, false, None)?;
        callsite::judge(engine.clone(), None);
        Ok(Guard { handle: Handle { engine }, global: false })
    }
}

fn launch(
    builder: Builder,
    only: bool,
    predecessor: Option<Arc<Engine>>,
) -> Result<Arc<Engine>, StartError> {
    let settings = builder.engine;
    let blocks = settings.blocks()?;
    settings.check_handlers()?;
    let pipeline = builder.settings.compile()?;
    let source = Source::resolve(settings.clock);
    let file = settings.arena_file.as_deref();
    let leftovers = Leftovers::claim(&settings)?;
    let backing = match (file, &settings.crash_file) {
        (Some(path), _) => Backing::File(path),
        (None, Some(_)) => Backing::Image,
        (None, None) => Backing::Memory,
    };
    let crash_file = settings.crash_file.as_deref().and_then(dump_path);
    let front = Front::new(blocks, settings.block(), source, settings.overflow, backing).map_err(
        |source| match file {
            Some(path) => cannot_use("arena_file", path, &source),
            None => StartError::Arena { bytes: settings.arena_bytes, source },
        },
    )?;
    let front = Arc::new(front);
    let current = Arc::new(Current::new(pipeline));
    let counters = Arc::new(Counters::default());
    let (retired, retired_here) = crossbeam_channel::unbounded();
    let manual = settings.manual;
    let mut core =
        Core::new(front.clone(), current.clone(), counters.clone(), retired_here, !manual);
    counters.recovered.set(leftovers.write(&mut core));
    let engine = Arc::new(Engine {
        front,
        current,
        control: Control::new(),
        counters,
        settings,
        crash_file,
        core: Mutex::new(core),
        retired,
        synced: AtomicU64::new(0),
        only: AtomicBool::new(only),
        predecessor,
        process: std::process::id(),
        served: Mutex::new(()),
        served_signal: Condvar::new(),
        thread: Mutex::new(None),
        deadline: Mutex::new(None),
        lost: AtomicU64::new(0),
        finished: AtomicBool::new(false),
        given_up: Mutex::new(Vec::new()),
    });
    engine.front.set_hooks(Box::new(EngineHooks(Arc::downgrade(&engine))));
    if !manual {
        let writer = engine.clone();
        let thread = std::thread::Builder::new()
            .name("ripsaw-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(StartError::Thread)?;
        engine.front.set_writer(thread.thread().clone());
        *lock(&engine.thread) = Some(thread);
    }
    Ok(engine)
}
