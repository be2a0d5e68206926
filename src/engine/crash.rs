//! Crashes: the writer, which may well be alive, writes what is on its way before the process ends.
//!
//! Of several threads that crash, the first waits for the writer, and the others for the first. Every wait has a
//! deadline, and a crash of a thread that already handles one is passed on at once, so there is no way to hang or to loop.

use super::emergency::emergency_dump;
use super::{Engine, signals};
use crate::lane::{WriterScope, thread_key};
use crate::os::{Caught, Manner, install_signal, resume, suspend};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CRASHES: [i32; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT, libc::SIGILL, libc::SIGFPE];
/// How much longer than the first thread the others wait.
const MARGIN: Duration = Duration::from_millis(500);

/// The thread that crashed first, as [`thread_key`] tells them apart; zero if none did.
static FIRST: AtomicUsize = AtomicUsize::new(0);
/// Another thread crashed since, which drains or writes: there is nobody to wait for.
static WRITER_DOWN: AtomicBool = AtomicBool::new(false);

/// Installs the handlers, if `engine` asks for them.
pub(super) fn install(engine: &Engine) {
    if engine.settings.flush_on_crash.is_none() {
        return;
    }
    for signal in CRASHES {
        if let Err(e) = install_signal(signal, Manner::Alone, on_crash) {
            crate::fault::report(format_args!("no handler for signal {signal}: {e}"));
        }
    }
}

fn on_crash(caught: &Caught) {
    let asked = signals::engine().and_then(|e| Some((e, e.settings.flush_on_crash?)));
    let Some((engine, limit)) = asked.filter(|(engine, _)| !engine.is_copy()) else {
        return caught.pass_on();
    };
    let me = thread_key();
    // Acquire and Release: who comes first later sees what the one before did to `WRITER_DOWN`.
    match FIRST.compare_exchange(0, me, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            save(engine, limit);
            // The standard library's handler aborts after a stack overflow. The second signal would need room for
            // another frame on the small stack of the first, and has nothing to add.
            let aborts = caught.number() == libc::SIGABRT;
            if !aborts {
                suspend(libc::SIGABRT);
            }
            caught.pass_on();
            // Here the process goes on: with an instruction that is tried again, or with whatever the handler before put right.
            if !aborts {
                resume(libc::SIGABRT);
            }
            WRITER_DOWN.store(false, Ordering::Relaxed);
            FIRST.store(0, Ordering::Release);
        }
        Err(first) if first == me => caught.pass_on(),
        Err(_) => {
            if WriterScope::is_active() {
                // Relaxed: it says no more than itself.
                WRITER_DOWN.store(true, Ordering::Relaxed);
            }
            let until = Instant::now().checked_add(limit).and_then(|at| at.checked_add(MARGIN));
            while FIRST.load(Ordering::Acquire) != 0
                && until.is_none_or(|until| Instant::now() < until)
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            caught.pass_on();
        }
    }
}

/// Has the writer write, or dumps what it cannot.
fn save(engine: &Engine, limit: Duration) {
    let down = || WRITER_DOWN.load(Ordering::Relaxed);
    if WriterScope::is_active() || !engine.await_writer(limit, down) {
        emergency_dump(engine);
    }
}
