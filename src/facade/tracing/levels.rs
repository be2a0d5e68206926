//! The engine's levels, as `tracing` asks for them.

use super::Layer;
use crate::callsite::{bits, dynamic_enabled, listen_after, lowest_now, verdict_now};
use crate::lane::Subject;
use crate::meta;
use crate::sync::{lock, lock_until};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::cell::Cell;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tracing_core::dispatcher::WeakDispatch;
use tracing_core::subscriber::Interest;
use tracing_core::{Dispatch, LevelFilter, Metadata};
use tracing_subscriber::layer::{Context, Filter};

/// A filter for a layer that lets pass what the engine's levels let pass, by target, and follows their changes.
///
/// For a [`Layer`](super::Layer), or for any other layer that is to have the same levels.
#[derive(Clone, Copy, Debug)]
pub struct EngineLevels(());

impl EngineLevels {
    /// The filter. All of them are the same.
    pub fn new() -> EngineLevels {
        follow();
        EngineLevels(())
    }
}

impl Default for EngineLevels {
    fn default() -> EngineLevels {
        EngineLevels::new()
    }
}

impl<S> Filter<S> for EngineLevels {
    fn enabled(&self, meta: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        enabled(meta)
    }
    fn callsite_enabled(&self, meta: &'static Metadata<'static>) -> Interest {
        interest(meta)
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        hint()
    }
}

/// Has `tracing` ask again whenever the engine's levels may have changed.
pub(super) fn follow() {
    listen_after(ask_again);
}

/// Between two looks whether another thread still asks.
const PAUSE: Duration = Duration::from_micros(50);
/// How long a look at the layers waits for another one, which takes an instant.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where there are layers of ours.
static DISPATCHES: Mutex<Vec<WeakDispatch>> = Mutex::new(Vec::new());

/// There is a layer of ours in this one.
pub(super) fn known(dispatch: &Dispatch) {
    // Whoever lets go of a subscriber as the last runs its destructor, which may come back here: not under the lock.
    let mut alive = Vec::new();
    let mut dispatches = lock(&DISPATCHES);
    dispatches.retain(|known| {
        let found = known.upgrade();
        let is_alive = found.is_some();
        alive.extend(found);
        is_alive
    });
    dispatches.push(dispatch.downgrade());
    drop(dispatches);
}

/// Has `tracing` ask all subscribers again. Before it returns, all that was changed before it began is known.
///
/// One at a time: of two threads that ask, the one with the older answer must not be the last to write it down.
fn ask_again() {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    // Release, with the load below: what was changed is seen by whoever sees that it was asked for.
    ASKED.fetch_add(1, Ordering::Release);
    if ASKING.get() {
        // A subscriber that is being asked has changed something: the call around this one asks once more.
        return;
    }
    // May become the last reference: let go when the turn is over, since destructors may change levels.
    let mut asked_ones = Vec::new();
    let turn = Turn::take();
    loop {
        let asked = ASKED.load(Ordering::Acquire);
        // At a fork a thread may have held it that the child does not have.
        let dispatches = lock_until(&DISPATCHES, Instant::now() + PATIENCE);
        let ours = dispatches.and_then(|known| known.iter().find_map(WeakDispatch::upgrade));
        let is_here = tracing_core::dispatcher::get_default(Dispatch::is::<Layer>);
        match &ours {
            Some(ours) if !is_here => ask_for(ours),
            _ => rebuild(),
        }
        asked_ones.extend(ours);
        if ASKED.load(Ordering::Acquire) == asked {
            break;
        }
    }
    drop(turn);
}

/// The number of the process in which a thread asks, or zero.
static ASKS: AtomicU32 = AtomicU32::new(0);

/// The one who asks. No mutex: it is held while foreign subscribers are asked, so a fork may well happen meanwhile, and the
/// child does not have the thread that would give it back.
struct Turn;

impl Turn {
    fn take() -> Turn {
        let own = std::process::id();
        loop {
            let asks = ASKS.load(Ordering::Relaxed);
            // Acquire: pairs with the Release below.
            let take = || ASKS.compare_exchange(asks, own, Ordering::Acquire, Ordering::Relaxed);
            if asks != own && take().is_ok() {
                return Turn;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Release: whoever comes next writes over what was written here.
        ASKS.store(0, Ordering::Release);
    }
}

thread_local! {
    /// The thread is in `rebuild`.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

fn rebuild() {
    struct Asking;
    impl Drop for Asking {
        fn drop(&mut self) {
            ASKING.set(false);
        }
    }
    ASKING.set(true);
    // Foreign subscribers may panic.
    let _asking = Asking;
    tracing_core::callsite::rebuild_interest_cache();
}

/// Where there is one subscriber only, `tracing` asks that of the calling thread, which may have none; or be in the middle of
/// an event, and then has none for this either. So a thread is made that has it.
fn ask_for(ours: &Dispatch) {
    let ask = || tracing_core::dispatcher::with_default(ours, rebuild);
    let asked = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("ripsaw-tracing".to_owned());
        // A subscriber that panicked has said so.
        thread.spawn_scoped(scope, ask).map(|thread| drop(thread.join()))
    });
    if asked.is_err() {
        // No more threads: what is asked here is better than what was remembered.
        rebuild();
    }
}

pub(super) fn level(level: &tracing_core::Level) -> meta::Level {
    use tracing_core::Level;
    match *level {
        Level::ERROR => meta::Level::Error,
        Level::WARN => meta::Level::Warning,
        Level::INFO => meta::Level::Info,
        Level::DEBUG => meta::Level::Debug,
        Level::TRACE => meta::Level::Trace,
    }
}

/// Whether the calling thread's engine wants such a record now.
pub(super) fn enabled(meta: &Metadata<'_>) -> bool {
    dynamic_enabled(&subject(meta))
}

/// A span or an event, as the engine judges it.
pub(super) fn subject<'a>(meta: &Metadata<'a>) -> Subject<'a> {
    Subject::new(level(meta.level()), meta.target(), meta.file().zip(meta.line()))
}

/// What `tracing` may remember until it is told to ask again. Where there are several engines each call has to ask its
/// thread's, as where an override goes by fields or by places; and what asks in the middle of the engine's own work cannot be answered for good.
pub(super) fn interest(meta: &Metadata<'_>) -> Interest {
    match verdict_now(level(meta.level()), meta.target()) {
        Some(0) => Interest::never(),
        Some(verdict) if verdict & bits::ASK == 0 => Interest::always(),
        _ => Interest::sometimes(),
    }
}

/// The finest level that any target has.
pub(super) fn hint() -> Option<LevelFilter> {
    Some(match lowest_now()? {
        meta::LevelFilter::NotSet | meta::LevelFilter::Trace => LevelFilter::TRACE,
        meta::LevelFilter::Debug => LevelFilter::DEBUG,
        meta::LevelFilter::Info => LevelFilter::INFO,
        meta::LevelFilter::Warning => LevelFilter::WARN,
        meta::LevelFilter::Error => LevelFilter::ERROR,
        meta::LevelFilter::Critical | meta::LevelFilter::Off => LevelFilter::OFF,
    })
}
