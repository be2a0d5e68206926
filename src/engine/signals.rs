//! Signals that ask the process to end: what is on its way is written first.
//!
//! The handler asks the writer and waits. It takes no lock and allocates nothing, so it may interrupt whatever it likes;
//! if what it interrupted holds something that the writer needs, the deadline ends the wait.

use super::Engine;
use crate::lane::WriterScope;
use crate::os::{Caught, Leaked, Manner, install_signal};
use crate::writer::Phase;
use core::sync::atomic::{AtomicBool, Ordering};
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

fn on_ending(caught: &Caught) {
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
