//! Signals: handlers that come before whatever handled a signal so far, and pass it on.
//!
//! All that runs in a handler here is async-signal-safe: atomics, and calls from the list in `signal-safety(7)`.

use super::Leaked;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use std::{io, ptr};

/// What is done when a signal arrives. Must be async-signal-safe.
pub(crate) type Action = fn(&Caught);

/// A signal that has arrived, as long as its handler runs.
#[derive(Debug)]
pub(crate) struct Caught {
    number: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
}

/// A signal that is handled here.
struct Installed {
    action: Action,
    manner: Manner,
    /// What handled it so far.
    before: libc::sigaction,
}

/// By number. A place is filled once: whoever puts a handler over this one later, and calls it in turn, must not be
/// called by it.
static INSTALLED: [Leaked<Installed>; 65] = [const { Leaked::none() }; 65];

/// How a handler of C looks that asks for more than the number.
type Detailed = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// How a handler runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manner {
    /// The same signal, and any other, may interrupt it.
    Nested,
    /// On the thread's alternate stack, for its own may be used up. That one is small: other signals wait.
    Alone,
}

/// Has `action` called when the signal arrives. One that is ignored stays ignored.
pub(crate) fn install(number: c_int, manner: Manner, action: Action) -> io::Result<()> {
    put(number, manner, action, false)
}

/// The same, also where the signal is ignored so far. Passed on, it is ignored then.
#[cfg(feature = "toml")]
pub(crate) fn install_anyway(number: c_int, manner: Manner, action: Action) -> io::Result<()> {
    put(number, manner, action, true)
}

fn put(number: c_int, manner: Manner, action: Action, if_ignored: bool) -> io::Result<()> {
    let Some(place) = INSTALLED.get(number as usize) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let before = disposition(number)?;
    if place.get().is_some() || (before.sa_sigaction == libc::SIG_IGN && !if_ignored) {
        return Ok(());
    }
    let installed = Box::leak(Box::new(Installed { action, manner, before }));
    place.set(installed);
    set_disposition(number, &installed.disposition())
}

impl Installed {
    /// What makes the system call [`arrive`].
    fn disposition(&self) -> libc::sigaction {
        let mut ours = plain(arrive as Detailed as libc::sighandler_t);
        ours.sa_flags = libc::SA_SIGINFO | (self.before.sa_flags & libc::SA_RESTART);
        ours.sa_flags |= match self.manner {
            Manner::Nested => libc::SA_NODEFER | (self.before.sa_flags & libc::SA_ONSTACK),
            Manner::Alone => libc::SA_ONSTACK,
        };
        if self.manner == Manner::Alone {
            // SAFETY: a place for a set.
            unsafe { libc::sigfillset(&mut ours.sa_mask) };
        }
        ours
    }
}

/// Has a signal handled as it was before [`install`], until [`resume`].
pub(crate) fn suspend(number: c_int) {
    if let Some(installed) = INSTALLED.get(number as usize).and_then(Leaked::get) {
        // An error would mean a number that `install` did not take.
        let _ = set_disposition(number, &installed.before);
    }
}

/// Undoes [`suspend`], unless somebody else handles the signal by now.
pub(crate) fn resume(number: c_int) {
    let Some(installed) = INSTALLED.get(number as usize).and_then(Leaked::get) else { return };
    if disposition(number).is_ok_and(|now| now.sa_sigaction == installed.before.sa_sigaction) {
        // As in `suspend`.
        let _ = set_disposition(number, &installed.disposition());
    }
}

/// What the system calls.
extern "C" fn arrive(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // Who was interrupted may be about to look at it.
    let errno = errno();
    if let Some(installed) = INSTALLED.get(number as usize).and_then(Leaked::get) {
        (installed.action)(&Caught { number, info, context });
    }
    set_errno(errno);
}

impl Caught {
    /// Which signal it is.
    pub(crate) fn number(&self) -> c_int {
        self.number
    }

    /// Whether an instruction made the signal, so that it comes again if its handler returns. Otherwise a process sent it.
    pub(crate) fn is_fault(&self) -> bool {
        let faults = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];
        // SAFETY: null, or what the system handed to the handler, which is still running.
        let info = unsafe { self.info.as_ref() };
        faults.contains(&self.number) && info.is_some_and(|info| info.si_code > 0)
    }

    /// Hands the signal to whoever handled it before. By default that ends the process with this signal, as if there
    /// had been no handler: at once, or for a fault when the handler returns and the instruction is tried again.
    pub(crate) fn pass_on(&self) {
        let Some(installed) = INSTALLED.get(self.number as usize).and_then(Leaked::get) else {
            return;
        };
        let before = &installed.before;
        match before.sa_sigaction {
            libc::SIG_IGN => return,
            libc::SIG_DFL => {}
            _ => return self.call(before, before.sa_flags & libc::SA_RESETHAND != 0),
        }
        // As in `suspend`.
        let _ = set_disposition(self.number, &plain(libc::SIG_DFL));
        if !self.is_fault() {
            let only = set_of(self.number);
            // SAFETY: the set is initialised, and the place for the old mask may be null. A thread may always change its own.
            unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &only, ptr::null_mut()) };
            // To this thread, so that it has arrived when the call returns, if it ever does.
            // SAFETY: takes a number, touches no memory.
            unsafe { libc::raise(self.number) };
        }
    }

    /// Calls the handler of before, if there was one: what the system would do by itself is not done. One that wanted to be
    /// called once is called again, for to give way to what the system does would end the process.
    pub(crate) fn tell_handler(&self) {
        if let Some(installed) = INSTALLED.get(self.number as usize).and_then(Leaked::get)
            && ![libc::SIG_DFL, libc::SIG_IGN].contains(&installed.before.sa_sigaction)
        {
            self.call(&installed.before, false);
        }
    }

    /// Calls a handler as the system would have, perhaps for the last time.
    fn call(&self, before: &libc::sigaction, last: bool) {
        let mut masked = before.sa_mask;
        if before.sa_flags & libc::SA_NODEFER == 0 {
            // SAFETY: an initialised set, and the number of a signal.
            unsafe { libc::sigaddset(&mut masked, self.number) };
        }
        let mut old = set_of(self.number);
        // SAFETY: both are initialised sets.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &masked, &mut old) };
        if last {
            // As in `suspend`.
            let _ = set_disposition(self.number, &plain(libc::SIG_DFL));
        }
        if before.sa_flags & libc::SA_SIGINFO != 0 {
            // SAFETY: with SA_SIGINFO, whoever installed it says that it is such a function; it is not SIG_DFL or SIG_IGN.
            let f = unsafe {
                core::mem::transmute::<libc::sighandler_t, Detailed>(before.sa_sigaction)
            };
            f(self.number, self.info, self.context);
        } else {
            // SAFETY: without SA_SIGINFO, it is a function of the number alone.
            let f = unsafe {
                core::mem::transmute::<libc::sighandler_t, extern "C" fn(c_int)>(
                    before.sa_sigaction,
                )
            };
            f(self.number);
        }
        // SAFETY: as above.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &old, ptr::null_mut()) };
    }
}

/// A disposition without flags and mask.
fn plain(handler: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: all zero is a value of this plain C structure: no handler, no flags.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    // SAFETY: a place for a set.
    unsafe { libc::sigemptyset(&mut action.sa_mask) };
    action
}

fn disposition(number: c_int) -> io::Result<libc::sigaction> {
    let mut now = plain(libc::SIG_DFL);
    // SAFETY: a null pointer changes nothing; the other leads to a place for the result.
    match unsafe { libc::sigaction(number, ptr::null(), &mut now) } {
        0 => Ok(now),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set_disposition(number: c_int, action: &libc::sigaction) -> io::Result<()> {
    // SAFETY: the action is initialised, and names `SIG_DFL`, a handler of this file, or what the system returned.
    match unsafe { libc::sigaction(number, action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set_of(number: c_int) -> libc::sigset_t {
    let mut set = plain(libc::SIG_DFL).sa_mask;
    // SAFETY: an initialised set, and the number of a signal.
    unsafe { libc::sigaddset(&mut set, number) };
    set
}

#[cfg(any(target_os = "linux", target_os = "emscripten"))]
fn errno_place() -> *mut c_int {
    // SAFETY: takes no arguments, cannot fail.
    unsafe { libc::__errno_location() }
}
#[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
fn errno_place() -> *mut c_int {
    // SAFETY: takes no arguments, cannot fail.
    unsafe { libc::__error() }
}
#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
fn errno_place() -> *mut c_int {
    // SAFETY: takes no arguments, cannot fail.
    unsafe { libc::__errno() }
}

fn errno() -> c_int {
    // SAFETY: the thread's own `errno`, which lives as long as it runs.
    unsafe { *errno_place() }
}

fn set_errno(value: c_int) {
    // SAFETY: as in `errno`.
    unsafe { *errno_place() = value }
}
