//! Starting an engine, and the functions that speak to the global one.

use super::beside::spawn;
use super::custody::Custody;
use super::emergency::dump_path;
use super::overrides::Timer;
use super::recover::{Leftovers, cannot_use};
use super::{Engine, EngineHooks, Guard, Handle};
use super::{crash, exit, fork, signals};
use crate::arena::Backing;
use crate::callsite;
use crate::clock::Source;
use crate::config::{Builder, Current, EngineSettings};
use crate::error::{FlushError, StartError};
use crate::format::message_text;
use crate::image::CHILD;
use crate::lane::{Front, WriterScope, set_global};
use crate::stats::{Counters, Stats};
use crate::sync::lock;
use crate::writer::{Control, Core, Phase};
use core::sync::atomic::{AtomicBool, AtomicU64};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock, TryLockError};
use std::time::Duration;

/// The engine of all threads that are attached to no other.
pub(super) static GLOBAL: Mutex<Option<Arc<Engine>>> = Mutex::new(None);

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
pub(super) static STARTING: Mutex<()> = Mutex::new(());

/// Starts the engine that all threads log into.
pub(crate) fn start_global(builder: Builder) -> Result<Guard, StartError> {
    let _starting = match STARTING.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(StartError::AlreadyStarted),
    };
    let old = lock(&GLOBAL).clone();
    // A forked child has nothing but a copy, whose lanes its threads have left, and whose records are not its own.
    let copied = old.as_ref().is_some_and(|old| old.is_copy());
    if !copied && old.as_ref().is_some_and(|old| old.control.phase() != Phase::Stopped) {
        return Err(StartError::AlreadyStarted);
    }
    let predecessor = old.clone().filter(|_| !copied);
    let engine = launch(builder, old.is_none(), predecessor)?;
    make_global(&engine, old.as_ref(), callsite::judge);
    Ok(Guard { handle: Handle { engine }, global: true })
}

/// Has all threads that are attached to no other engine log into this one, and the process's ends flush it. `judge` makes
/// it known to the statements.
fn make_global(
    engine: &Arc<Engine>,
    old: Option<&Arc<Engine>>,
    judge: fn(Arc<dyn callsite::Judge>, Option<*const ()>),
) {
    set_global(engine.front.clone());
    judge(engine.clone(), old.map(|old| Arc::as_ptr(old).cast()));
    exit::install(&engine.settings);
    signals::install(engine);
    crash::install(engine);
    if let Some(copy) = old.filter(|old| old.is_copy()) {
        // Whoever still speaks to the copy reaches this engine.
        let _ = copy.heir.set(engine.clone());
        // Its destructor would wait for the parent's threads.
        std::mem::forget(copy.clone());
    }
    let replaced = lock(&GLOBAL).replace(engine.clone());
    drop(replaced);
}

/// In a forked child, puts an engine of its own in the place of the copy of its parent's: the same settings and levels, and
/// the formats and sinks that are in `core`. Files that are kept for a crash get the child's number behind their names.
pub(super) fn inherit(copy: &Arc<Engine>, core: Option<Box<Core>>) -> Result<(), StartError> {
    let only = copy.only;
    let mut settings = copy.settings.clone();
    for path in [&mut settings.arena_file, &mut settings.crash_file].into_iter().flatten() {
        *path = child_path(path, copy.process);
    }
    let front = new_front(&settings).or_else(|error| {
        if settings.arena_file.take().is_none() {
            return Err(error);
        }
        crate::fault::report(format_args!("{error}: this process goes on without it"));
        new_front(&settings)
    })?;
    let engine = raise(settings, front, copy.current.clone(), only, None, Before::Parent(core))?;
    // The levels are those of the copy.
    make_global(&engine, Some(copy), callsite::inherit);
    // Another thread may have set some by the copy until now.
    keep_time(&engine);
    Ok(())
}

/// `name.child-123` for the process 123, also where the parent is a child itself. [`leftovers`](crate::image::leftovers) finds it.
fn child_path(path: &Path, parent: u32) -> PathBuf {
    let name = path.as_os_str().as_encoded_bytes();
    let own = format!("{CHILD}{parent}");
    let stem = match name.strip_suffix(own.as_bytes()) {
        Some(_) => path.with_extension(""),
        None => path.to_owned(),
    };
    let mut name = stem.into_os_string();
    name.push(format!("{CHILD}{}", std::process::id()));
    name.into()
}

impl Builder {
    /// Starts an engine of its own: threads log into it while they are attached ([`Handle::attach`]). For tests, and for
    /// streams that must be kept apart. As long as any such engine exists, an enabled call costs some nanoseconds more.
    /// What concerns the process is for the global engine and has no effect here: `flush_at_exit`, `flush_on_panic`,
    /// `log_panics`, `flush_on_signals`, `flush_on_crash`, `follow_forks` and `log_facade`; a `crash_file` is only recovered.
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
    settings.blocks()?;
    settings.check_handlers()?;
    let current = Arc::new(Current::new(builder.settings.compile()?));
    fork::install();
    let leftovers = Leftovers::claim(&settings)?;
    let front = new_front(&settings)?;
    raise(settings, front, current, only, predecessor, Before::Files(leftovers))
}

/// The memory of an engine.
fn new_front(settings: &EngineSettings) -> Result<Arc<Front>, StartError> {
    let blocks = settings.blocks()?;
    let source = Source::resolve(settings.clock);
    let backing = match (&settings.arena_file, &settings.crash_file) {
        (Some(path), _) => Backing::File(path),
        (None, Some(_)) => Backing::Image,
        (None, None) => Backing::Memory,
    };
    let front = Front::new(blocks, settings.block(), source, settings.overflow, backing);
    let stage = settings.caller.stage(message_text);
    front.map(|front| Arc::new(front.with_stage(stage))).map_err(|source| {
        match &settings.arena_file {
            Some(path) => cannot_use("arena_file", path, &source),
            None => StartError::Arena { bytes: settings.arena_bytes, source },
        }
    })
}

/// What there was before an engine.
enum Before {
    /// Files of processes that are gone.
    Files(Leftovers),
    /// The state of the parent's writer, if it could be had at the fork.
    Parent(Option<Box<Core>>),
}

/// Puts an engine together and starts its writer.
fn raise(
    settings: EngineSettings,
    front: Arc<Front>,
    current: Arc<Current>,
    only: bool,
    predecessor: Option<Arc<Engine>>,
    before: Before,
) -> Result<Arc<Engine>, StartError> {
    let crash_file = settings.crash_file.as_deref().and_then(dump_path);
    let counters = Arc::new(Counters::default());
    let (retired, retired_here) = crossbeam_channel::unbounded();
    let manual = settings.manual;
    let new = |retired_here| {
        Core::new(front.clone(), current.clone(), counters.clone(), retired_here, !manual)
    };
    let core = match before {
        Before::Parent(Some(core)) => core.inherit(front.clone(), counters.clone(), retired_here),
        Before::Parent(None) => new(retired_here),
        Before::Files(leftovers) => {
            let mut core = new(retired_here);
            counters.recovered.set(leftovers.write(&mut core));
            core
        }
    };
    let engine = Arc::new(Engine {
        front,
        current,
        control: Control::new(),
        counters,
        settings,
        crash_file,
        custody: Custody::new(core),
        retired,
        synced: AtomicU64::new(0),
        only,
        heir: OnceLock::new(),
        predecessor,
        process: std::process::id(),
        served: Mutex::default(),
        served_signal: Condvar::new(),
        thread: Mutex::new(None),
        deadline: Mutex::new(None),
        timer: Timer::default(),
        wanted: Mutex::new(None),
        lost: AtomicU64::new(0),
        known_at_end: [AtomicU64::new(0), AtomicU64::new(0)],
        finished: AtomicBool::new(false),
        given_up: Mutex::new(Vec::new()),
    });
    // Before any thread logs here.
    drop(callsite::Judge::policy(&*engine));
    engine.front.set_hooks(Box::new(EngineHooks(Arc::downgrade(&engine))));
    if !manual {
        let writer = engine.clone();
        let life = move || {
            writer.run();
            drop(writer);
            WriterScope::remain();
        };
        let thread = spawn("ripsaw-writer", life).map_err(StartError::Thread)?;
        engine.front.set_writer(thread.thread().clone());
        *lock(&engine.thread) = Some(thread);
    }
    Ok(engine)
}

/// In a forked child there are overrides from the beginning. Without another thread they stay.
fn keep_time(engine: &Arc<Engine>) {
    if let Err(error) = engine.keep_time() {
        crate::fault::report(format_args!("no thread that ends level overrides: {error}"));
    }
}
