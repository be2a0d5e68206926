//! Signals that ask the process to end: what is on its way is written first.
//!
//! The handler asks the writer and waits. It takes no lock and allocates nothing, so it may interrupt whatever it likes;
//! if what it interrupted holds something that the writer needs, the deadline ends the wait.

use super::Engine;
use crate::lane::WriterScope;
use crate::os::{Caught, Leaked, Manner, install_signal};
use crate::writer::Phase;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What ends a process by default, and can be waited for.
const ENDING: [i32; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];
/// The first and the longest pause between two looks at the writer.
const PAUSES: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(1));

/// The engine that handlers speak to. Never freed: a handler may have just read it.
static ENGINE: Leaked<Arc<Engine>> = Leaked::none();
/// A handler waits for the writer.
static WAITING: AtomicBool = AtomicBool::new(false);

/// Makes `engine` the one that handlers speak to, and installs those that it asks for. They are installed once; with an
/// engine that does not ask for them they pass everything on.
pub(super) fn install(engine: &Arc<Engine>) {
    let settings = &engine.settings;
    let asks = settings.flush_on_signals.is_some() || settings.flush_on_crash.is_some();
    if !asks && ENGINE.get().is_none() {
        return;
    }
    ENGINE.set(Box::leak(Box::new(engine.clone())));
    if settings.flush_on_signals.is_some() {
        for signal in ENDING {
            if let Err(e) = install_signal(signal, Manner::Nested, on_ending) {
                crate::fault::report(format_args!("no handler for signal {signal}: {e}"));
            }
        }
    }
}

/// The engine that handlers speak to.
pub(super) fn engine() -> Option<&'static Engine> {
    ENGINE.get().map(|engine| &**engine)
}

/// What [`on_hangup`] is told by, in the process with this number.
static HANGUPS: Hangups =
    Hangups { process: AtomicU32::new(0), watches: AtomicU32::new(0), count: AtomicU64::new(0) };

struct Hangups {
    /// Who watches: a forked child inherits the counters, but not the threads that look at them.
    process: AtomicU32,
    watches: AtomicU32,
    count: AtomicU64,
}

/// As long as it lives, SIGHUP ends nothing but is counted.
#[cfg(feature = "toml")]
#[derive(Debug)]
pub(super) struct HangupWatch(());

#[cfg(feature = "toml")]
impl HangupWatch {
    pub(super) fn begin() -> std::io::Result<HangupWatch> {
        crate::os::install_anyway(libc::SIGHUP, Manner::Nested, on_ending)?;
        let id = std::process::id();
        // Relaxed, here and below: the counters order nothing. A signal that arrives while they are set is taken either way.
        if HANGUPS.process.swap(id, Ordering::Relaxed) != id {
            HANGUPS.watches.store(0, Ordering::Relaxed);
        }
        HANGUPS.watches.fetch_add(1, Ordering::Relaxed);
        Ok(HangupWatch(()))
    }

    /// How many have arrived so far.
    pub(super) fn count(&self) -> u64 {
        HANGUPS.count.load(Ordering::Relaxed)
    }
}

#[cfg(feature = "toml")]
impl Drop for HangupWatch {
    fn drop(&mut self) {
        if HANGUPS.process.load(Ordering::Relaxed) == std::process::id() {
            HANGUPS.watches.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Counts a SIGHUP, if somebody waits for it.
fn on_hangup(caught: &Caught) -> bool {
    let is_watched = HANGUPS.watches.load(Ordering::Relaxed) > 0
        && HANGUPS.process.load(Ordering::Relaxed) == std::process::id();
    if is_watched {
        HANGUPS.count.fetch_add(1, Ordering::Relaxed);
        caught.tell_handler();
    }
    is_watched
}

fn on_ending(caught: &Caught) {
    if caught.number() == libc::SIGHUP && on_hangup(caught) {
        return;
    }
    // A second signal means that somebody does not want to wait.
    // Relaxed: nothing but the flag itself is told by it.
    if !WAITING.swap(true, Ordering::Relaxed) {
        if let Some(engine) = engine()
            && let Some(limit) = engine.settings.flush_on_signals
            // The writer cannot wait for itself.
            && !WriterScope::is_active()
        {
            engine.await_writer(limit, || false);
        }
        WAITING.store(false, Ordering::Relaxed);
    }
    caught.pass_on();
}

impl Engine {
    /// Waits until the writer has written what was committed before, for at most `limit`, or until `give_up` says so;
    /// whether it has. For signal
    /// handlers: atomics, the clock, and two system calls that are async-signal-safe on Linux (a futex wake-up and
    /// `clock_nanosleep`).
    pub(super) fn await_writer(&self, limit: Duration, give_up: impl Fn() -> bool) -> bool {
        if self.is_copy() {
            // What there was is the parent's to write.
            return true;
        }
        let deadline = Instant::now().checked_add(limit);
        let ticket = self.control.request();
        let mut pause = PAUSES.0;
        loop {
            if self.control.completed() >= ticket || self.has_ended() {
                return true;
            }
            if give_up() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return false;
            }
            self.front.wake_from_handler();
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Whether the writer has drained for the last time.
    fn has_ended(&self) -> bool {
        // Acquire: pairs with the Release in `finish`.
        self.finished.load(Ordering::Acquire) || self.control.phase() == Phase::Stopped
    }
}
