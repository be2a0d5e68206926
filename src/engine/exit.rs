//! What happens at exit and on a panic.

use super::start::global;
use crate::config::EngineSettings;
use crate::error::FlushError;
use crate::lane::WriterScope;
use crate::writer::Phase;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::Once;
use std::time::Duration;

/// How long an exit waits for the sinks.
const EXIT_DEADLINE: Duration = Duration::from_secs(5);
/// How long a panic waits for the sinks.
const PANIC_DEADLINE: Duration = Duration::from_secs(1);

/// The process that installed the hooks. A forked child inherits them, but has nothing to flush, and its copies of the
/// locks may be held by threads that it does not have.
static PROCESS: AtomicU32 = AtomicU32::new(0);
static AT_EXIT: AtomicBool = AtomicBool::new(false);
static ON_PANIC: AtomicBool = AtomicBool::new(false);
static LOG_PANICS: AtomicBool = AtomicBool::new(false);

/// Switches the hooks on or off. They are installed once; a panic hook that was there before is called first.
pub(super) fn install(settings: &EngineSettings) {
    let (at_exit, on_panic) = (settings.flush_at_exit, settings.flush_on_panic);
    static EXIT: Once = Once::new();
    static PANIC: Once = Once::new();
    PROCESS.store(std::process::id(), Ordering::Relaxed);
    AT_EXIT.store(at_exit, Ordering::Relaxed);
    ON_PANIC.store(on_panic, Ordering::Relaxed);
    LOG_PANICS.store(settings.log_panics, Ordering::Relaxed);
    if at_exit {
        EXIT.call_once(|| {
            if !crate::os::at_exit(at_exit_hook) {
                crate::fault::report(format_args!("the system takes no more exit handlers"));
            }
        });
    }
    if on_panic || settings.log_panics {
        PANIC.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                before(info);
                if LOG_PANICS.load(Ordering::Relaxed) && is_ours() {
                    super::panics::log(info);
                }
                if ON_PANIC.load(Ordering::Relaxed) && is_ours() {
                    flush_on_panic();
                }
            }));
        });
    }
}

/// What was logged before a panic may be the last that is heard of it. What is not written in time is not given up.
fn flush_on_panic() {
    if let Err(error @ (FlushError::Timeout | FlushError::Sink)) =
        crate::engine::flush(PANIC_DEADLINE)
    {
        crate::fault::report(format_args!(
            "what was logged before the panic is not written yet: {error}"
        ));
    }
}

/// Whether the hooks have something to do on this thread of this process.
fn is_ours() -> bool {
    !WriterScope::is_active() && PROCESS.load(Ordering::Relaxed) == std::process::id()
}

/// Ends the global engine, so that later exit handlers and destructors log synchronously.
extern "C" fn at_exit_hook() {
    if !AT_EXIT.load(Ordering::Relaxed) || !is_ours() {
        return;
    }
    // An unwinding panic must not leave a C function; there is nobody left to tell.
    let _ = crate::sync::caught(|| {
        let Some(handle) = global() else { return };
        if handle.engine.control.phase() == Phase::Running {
            let lost = handle.engine.shutdown(EXIT_DEADLINE);
            if lost > 0 {
                let seconds = EXIT_DEADLINE.as_secs();
                crate::fault::report(format_args!(
                    "{lost} records were not taken by their sinks within {seconds} s after the exit"
                ));
            }
        } else if handle.engine.has_news() {
            // What was logged since the shutdown, or while it was under way. What it gave up is not waited for again.
            if let Err(error) = handle.flush(EXIT_DEADLINE) {
                crate::fault::report(format_args!(
                    "what was logged since the shutdown may be lost at the exit: {error}"
                ));
            }
        }
    });
}
