//! The thread's own end of its lane.
//!
//! Two thread-locals. The hot one has a `const` initialiser and nothing to drop, so that it can be reached at any time,
//! also from other thread-locals' destructors, without a check. The other exists for its destructor: it closes the lane.

use super::Front;
use super::attached::leave_in_attachments;
use super::busy::Busy;
use super::caller::pass;
use super::tip::{Request, Tip};
use crate::clock::{Kind, Source};
use crate::meta::Level;
use crate::stats::DropCause;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::cell::Cell;
use std::ptr;
use std::sync::{Arc, OnceLock};

/// The front of the process-wide engine. Once set it is never freed.
static GLOBAL: AtomicPtr<Front> = AtomicPtr::new(ptr::null_mut());

/// Makes an engine in a forked child; see [`leave_parent`].
static REVIVER: OnceLock<fn()> = OnceLock::new();
/// See [`forks`].
static FORKS: AtomicU32 = AtomicU32::new(0);
/// This is a forked child that has no engine yet, but can have one.
static ORPHAN: AtomicBool = AtomicBool::new(false);

/// What a thread may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    /// No lane yet.
    Unbound,
    /// The tip has a lane of the engine `bound`.
    Bound,
    /// The thread ends: its lane is closed, and it cannot have another.
    Ending,
    /// The thread drains: what it logs would feed itself.
    Draining,
}

/// What the hot path needs of its thread comes first, on one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Local {
    pub(crate) tip: Tip,
    /// What the thread's records name unless they name something else: see `callsite::ambient`. Zero for nothing.
    context: Cell<u32>,
    /// Of `source`.
    clock: Cell<Kind>,
    /// The engine of the lane; owned (a strong count) while `mode` is `Bound`.
    bound: Cell<*const Front>,
    pub(super) mode: Cell<Mode>,
    /// The engine that this thread is attached to instead of the global one; null, or an owned reference.
    pub(super) attached: Cell<*const Front>,
    source: Cell<Source>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            tip: Tip::none(),
            clock: Cell::new(Kind::Tsc),
            source: Cell::new(Source::Tsc),
            mode: Cell::new(Mode::Unbound),
            context: Cell::new(0),
            bound: Cell::new(ptr::null()),
            attached: Cell::new(ptr::null()),
        }
    };
    static CLOSER: Closer = const { Closer };
}

const _: () = assert!(!std::mem::needs_drop::<Local>());
const _: () = assert!(core::mem::offset_of!(Local, bound) <= 64);

/// Closes the thread's lane when the thread ends.
struct Closer;

impl Drop for Closer {
    fn drop(&mut self) {
        LOCAL.with(|local| {
            local.unbind();
            local.mode.set(Mode::Ending);
        });
    }
}

/// The calling thread's end, valid as long as the thread runs. For the hot path: a closure that is handed to
/// [`with_local`] might not be inlined, and would be passed its arguments by memory.
#[inline(always)]
pub(super) fn local() -> *const Local {
    // What is handed to `with` is too small not to be inlined.
    LOCAL.with(ptr::from_ref)
}

/// Gives access to the calling thread's end.
#[inline(always)]
pub(crate) fn with_local<R>(f: impl FnOnce(&Local) -> R) -> R {
    let local = local();
    // SAFETY: there is nothing to drop in it, so it is valid as long as the thread runs, and `f` cannot keep it.
    f(unsafe { &*local })
}

/// What the thread may do.
pub(super) fn mode() -> Mode {
    LOCAL.with(|local| local.mode.get())
}

/// Whether the thread is in its last destructors: a channel, or whatever else asks the standard library which thread it is, may
/// panic then.
pub(crate) fn is_ending() -> bool {
    mode() == Mode::Ending
}

/// The thread's name, if it has one and can still be asked for it.
pub(super) fn thread_name() -> String {
    let thread = if is_ending() { None } else { this_thread() };
    thread.and_then(|thread| thread.name().map(str::to_owned)).unwrap_or_default()
}

/// None if even the standard library has let go of the thread, which only a panic tells.
fn this_thread() -> Option<std::thread::Thread> {
    std::panic::catch_unwind(std::thread::current).ok()
}

/// A number that tells the calling thread from all others that run. For signal handlers too.
pub(crate) fn thread_key() -> usize {
    LOCAL.with(|local| ptr::from_ref(local).addr())
}

/// Makes `front` the one that threads use unless they are attached to another. It is never freed, nor is the one before:
/// a thread may have just read the pointer.
pub(crate) fn set_global(front: Arc<Front>) {
    // Release: pairs with the Acquire in `global`.
    GLOBAL.store(Arc::into_raw(front).cast_mut(), Ordering::Release);
}

/// Has `reviver` called when a child that [`leave_parent`] has made an orphan logs for the first time; it may call
/// [`set_global`]. Only the first one counts.
pub(crate) fn set_reviver(reviver: fn()) {
    let _ = REVIVER.set(reviver);
}

/// In a forked child: nobody uses the lanes of its parent's engines any more, but for `kept`. What the thread owned there is
/// forgotten, not given back, for the writer is not here to take it, and an arena's file is not mapped here.
pub(crate) fn leave_parent(kept: Option<&Front>, orphan: bool) {
    // Relaxed, all of them: a forked child has one thread, and those to come are started after this.
    let forks = FORKS.fetch_add(1, Ordering::Relaxed) + 1;
    match kept {
        Some(kept) => kept.forks.store(forks, Ordering::Relaxed),
        None => GLOBAL.store(ptr::null_mut(), Ordering::Relaxed),
    }
    ORPHAN.store(orphan, Ordering::Relaxed);
    LOCAL.with(|local| {
        if local.mode.get() == Mode::Bound && !is_kept(local.bound.get(), kept) {
            Tip::none().swap(&local.tip);
            local.bound.set(ptr::null());
            local.mode.set(Mode::Unbound);
        }
    });
    leave_in_attachments(kept);
}

fn is_kept(bound: *const Front, kept: Option<&Front>) -> bool {
    kept.is_some_and(|kept| ptr::eq(kept, bound))
}

/// The forks that this process is away from the first one that loaded this crate: an engine of another number is a copy,
/// whose writer stayed behind.
pub(super) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// The global engine's front, or null. In a forked child the first who asks makes one.
fn global() -> *const Front {
    // Acquire: pairs with the Release in `set_global`.
    let front = GLOBAL.load(Ordering::Acquire);
    if !front.is_null() || mode() == Mode::Draining {
        return front;
    }
    // Acquire: pairs with the Release below: who finds no orphan any more finds what was set before.
    if ORPHAN.load(Ordering::Acquire)
        && let Some(reviver) = REVIVER.get()
    {
        reviver();
        ORPHAN.store(false, Ordering::Release);
    }
    // Acquire: as above.
    GLOBAL.load(Ordering::Acquire)
}

/// Counts a call that came in the middle of another one, and cannot be served: see [`Busy`].
#[cold]
pub(crate) fn refuse(level: Level) {
    let attached = LOCAL.with(|local| local.attached.get());
    // Acquire: as in `global`, but this is no time to make an engine.
    let front = if attached.is_null() { GLOBAL.load(Ordering::Acquire) } else { attached };
    // SAFETY: null, or as in `Local::engine`; the thread's attachment does not end before the reference does.
    if let Some(front) = unsafe { front.as_ref() } {
        front.ledger.add(level, DropCause::Nested, front.source.ticks());
    }
}

/// The version of what the engine of the calling thread wants, if it has one.
pub(crate) fn policy_version() -> Option<u64> {
    let front = LOCAL.with(Local::front);
    // SAFETY: as in `Local::engine`; the thread's attachment does not end before the reference does.
    let front = unsafe { front.as_ref() }?;
    (front.forks.load(Ordering::Relaxed) == forks()).then(|| front.policy.version())
}

/// Calls `f` with the engine of the calling thread, if it has one.
pub(crate) fn with_current<R>(f: impl FnOnce(&Front) -> R) -> Option<R> {
    let front = LOCAL.with(|local| {
        let front = local.engine()?;
        local.leave_if_not(Arc::as_ptr(&front));
        Some(front)
    })?;
    Some(f(&front))
}

impl Local {
    /// The present time in ticks of the thread's clock.
    #[inline(always)]
    pub(crate) fn ticks(&self) -> u64 {
        self.clock.get().ticks(|| self.source.get())
    }

    /// The number of the fields that the thread adds to its records.
    #[inline(always)]
    pub(crate) fn context(&self) -> u32 {
        self.context.get()
    }

    pub(crate) fn set_context(&self, id: u32) {
        self.context.set(id);
    }

    /// What the thread logs into, or null.
    fn front(&self) -> *const Front {
        let attached = self.attached.get();
        if attached.is_null() { global() } else { attached }
    }

    /// The engine that the thread logs into. Owned, since what is called with it may end the attachment.
    fn engine(&self) -> Option<Arc<Front>> {
        let front = self.front();
        if front.is_null() {
            return None;
        }
        // SAFETY: the pointer came from `Arc::into_raw`; the global engine's is never freed, and the thread owns a
        // reference to the one that it is attached to.
        let front = unsafe {
            Arc::increment_strong_count(front);
            Arc::from_raw(front)
        };
        (front.forks.load(Ordering::Relaxed) == forks()).then_some(front)
    }

    /// Everything that is not the common case: the first call of a thread, a full block, a thread that ends.
    /// True if the record was accepted; if not, it was counted.
    #[cold]
    #[inline(never)]
    pub(crate) fn push_slow(&self, request: &mut Request<'_>) -> bool {
        if Busy::is_active() {
            refuse(request.level);
            return false;
        }
        let _busy = Busy::begin();
        let Some(front) = self.engine() else { return false };
        match front.stage() {
            Some(stage) if self.mode.get() != Mode::Draining => {
                if !ptr::eq(self.bound.get(), Arc::as_ptr(&front)) {
                    // The clock of this engine may be another than the one that the caller read.
                    request.ticks = front.source.ticks();
                }
                pass(self, &front, stage, request)
            }
            _ => self.deliver(request),
        }
    }

    /// Puts a record into the lane that the thread has now: whatever ran in between may have changed it. True if it was
    /// accepted; if not, it was counted.
    pub(super) fn deliver(&self, request: &mut Request<'_>) -> bool {
        let Some(front) = self.engine() else { return false };
        let front = &*front;
        self.leave_if_not(front);
        if self.mode.get() == Mode::Unbound {
            self.bind(front);
            // The clock of this engine may be another than the one that the caller read.
            request.ticks = self.source.get().ticks();
        }
        let result = match self.mode.get() {
            Mode::Draining => Err(DropCause::OnWriter),
            Mode::Ending => {
                request.ticks = front.source.ticks();
                front.push_shared(request)
            }
            Mode::Bound | Mode::Unbound => match self.tip.push(front, request) {
                Err(_) if self.tip.is_blockless() => front.push_shared(request),
                result => result,
            },
        };
        if let Err(cause) = result {
            // SAFETY: `front` is the engine of the lane, and is borrowed.
            let ledger = match unsafe { self.tip.lane() } {
                Some(lane) => &lane.ledger,
                None => &front.ledger,
            };
            front.count_drop(ledger, request, cause);
        }
        result.is_ok()
    }

    fn set_source(&self, source: Source) {
        self.clock.set(source.kind());
        self.source.set(source);
    }

    /// Leaves the lane of an engine that is no longer the thread's: the global one was replaced.
    fn leave_if_not(&self, front: *const Front) {
        if self.mode.get() == Mode::Bound && !ptr::eq(self.bound.get(), front) {
            self.unbind();
        }
    }

    fn bind(&self, front: &Front) {
        // A thread may log for the first time in the destructor of a key of the C library.
        if CLOSER.try_with(|_| ()).is_err() || this_thread().is_none() {
            self.mode.set(Mode::Ending);
            return;
        }
        // SAFETY: `front` lies in an `Arc` (see `install_global` and `attach`).
        unsafe { Arc::increment_strong_count(front) };
        self.bound.set(front);
        self.tip.bind(front.claim());
        self.set_source(front.source);
        self.mode.set(Mode::Bound);
    }

    /// Goes over to `attached`, null or an owned reference, and lets go of the one before.
    fn attach_to(&self, attached: *const Front) {
        let left = self.attached.replace(attached);
        if !left.is_null() {
            // SAFETY: the thread owned this reference, see `Saved::replace`.
            drop(unsafe { Arc::from_raw(left) });
        }
    }

    fn unbind(&self) {
        if self.mode.get() == Mode::Bound {
            // SAFETY: `bind` counted this reference.
            let front = unsafe { Arc::from_raw(self.bound.replace(ptr::null())) };
            self.tip.close(&front);
            self.mode.set(Mode::Unbound);
        }
    }
}

/// What a thread was before it was attached or began to drain. Owns the references that the thread owned.
#[derive(Debug)]
pub(super) struct Saved {
    tip: Tip,
    source: Source,
    mode: Mode,
    bound: *const Front,
    attached: *const Front,
}

impl Saved {
    /// Puts the thread's state aside and leaves it in `mode`, attached to `attached`: null, or a reference that the thread
    /// owns from now on.
    pub(super) fn replace(mode: Mode, attached: *const Front) -> Saved {
        LOCAL.with(|local| {
            let tip = Tip::none();
            tip.swap(&local.tip);
            Saved {
                tip,
                source: local.source.get(),
                mode: local.mode.replace(mode),
                bound: local.bound.replace(ptr::null()),
                attached: local.attached.replace(attached),
            }
        })
    }

    /// Forgets what the thread owned of any engine but `kept`: see [`leave_parent`].
    pub(super) fn leave(&mut self, kept: Option<&Front>) {
        if self.mode == Mode::Bound && !is_kept(self.bound, kept) {
            Tip::none().swap(&self.tip);
            self.bound = ptr::null();
            self.mode = Mode::Unbound;
        }
    }

    /// Lets go of a state that nobody goes back to.
    pub(super) fn release(self) {
        if self.mode == Mode::Bound {
            // SAFETY: `bind` counted this reference, and it moved here with the tip.
            let front = unsafe { Arc::from_raw(self.bound) };
            self.tip.close(&front);
        }
        if !self.attached.is_null() {
            // SAFETY: the thread owned this reference, and it moved here.
            drop(unsafe { Arc::from_raw(self.attached) });
        }
    }

    /// Gives the thread its state back. Called once, in whatever order the owners of such states are dropped: what the
    /// thread has at that moment is let go.
    pub(super) fn restore(mut self) {
        LOCAL.with(|local| {
            local.unbind();
            if local.mode.get() == Mode::Ending {
                // The thread began to end in between, and its closer will not run again.
                let attached = std::mem::replace(&mut self.attached, ptr::null());
                self.release();
                return local.attach_to(attached);
            }
            self.tip.swap(&local.tip);
            local.set_source(self.source);
            local.mode.set(self.mode);
            local.bound.set(self.bound);
            local.attach_to(self.attached);
        });
    }
}
