//! Starting an engine, and the functions that speak to the global one.

use super::exit;
use super::{Engine, EngineHooks, Guard, Handle};
use crate::callsite;
use crate::clock::Source;
use crate::config::{Builder, Current};
use crate::error::{FlushError, StartError};
use crate::lane::{Front, install_global, replace_global};
use crate::stats::{Counters, Stats};
use crate::sync::lock;
use crate::writer::{Control, Core, Phase};
use core::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex};
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

/// Starts the engine that all threads log into.
pub(crate) fn start_global(builder: Builder) -> Result<Guard, StartError> {
    let mut place = lock(&GLOBAL);
    let old = place.take_if(|old| old.control.phase() == Phase::Stopped);
    if place.is_some() {
        return Err(StartError::AlreadyStarted);
    }
    let engine = match launch(builder, old.is_none()) {
        Ok(engine) => engine,
        Err(e) => {
            *place = old;
            return Err(e);
        }
    };
    match old {
        None => {
            install_global(engine.front.clone());
        }
        Some(old) => {
            replace_global(engine.front.clone());
            callsite::retract(Arc::as_ptr(&old).cast());
        }
    }
    callsite::judge(engine.clone());
    exit::install(engine.settings.flush_at_exit, engine.settings.flush_on_panic);
    *place = Some(engine.clone());
    Ok(Guard { handle: Handle { engine }, global: true })
}

impl Builder {
    /// Starts an engine of its own: threads log into it while they are attached ([`Handle::attach`]). For tests, and for
    /// streams that must be kept apart. As long as any such engine exists, an enabled call costs some nanoseconds more.
    ///
    /// # Errors
    /// What is wrong with a setting, a sink or the system.
    pub fn start_local(self) -> Result<Guard, StartError> {
        let engine = launch(self, false)?;
        callsite::judge(engine.clone());
        Ok(Guard { handle: Handle { engine }, global: false })
    }
}

fn launch(builder: Builder, only: bool) -> Result<Arc<Engine>, StartError> {
    let settings = builder.engine;
    let blocks = settings.blocks()?;
    let pipeline = builder.settings.compile()?;
    let source = Source::resolve(settings.clock);
    let front = Front::new(blocks, settings.block_bytes, source, settings.overflow)
        .map_err(|source| StartError::Arena { bytes: settings.arena_bytes, source })?;
    let front = Arc::new(front);
    let current = Arc::new(Current::new(pipeline));
    let counters = Arc::new(Counters::default());
    let (retired, retired_here) = crossbeam_channel::unbounded();
    let core = Core::new(front.clone(), current.clone(), counters.clone(), retired_here);
    let manual = settings.manual;
    let engine = Arc::new(Engine {
        front,
        current,
        control: Control::new(),
        counters,
        settings,
        core: Mutex::new(core),
        retired,
        synced: AtomicU64::new(0),
        only: AtomicBool::new(only),
        served: Mutex::new(()),
        served_signal: Condvar::new(),
        thread: Mutex::new(None),
        deadline: Mutex::new(None),
        lost: AtomicU64::new(0),
        given_up: Mutex::new(None),
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
