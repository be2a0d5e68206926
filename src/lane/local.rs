//! The thread's own end of its lane.
//!
//! Two thread-locals. The hot one has a `const` initialiser and nothing to drop, so that it can be reached at any time,
//! also from other thread-locals' destructors, without a check. The other exists for its destructor: it closes the lane.

use super::Front;
use super::tip::{Request, Tip};
use crate::clock::Source;
use crate::stats::DropCause;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

/// The front of the process-wide engine. Once set it is never freed.
static GLOBAL: AtomicPtr<Front> = AtomicPtr::new(ptr::null_mut());

/// What a thread may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// No lane yet.
    Unbound,
    /// The tip has a lane of the engine `bound`.
    Bound,
    /// The thread ends: its lane is closed, and it cannot have another.
    Ending,
    /// The thread drains: what it logs would feed itself.
    Draining,
}

/// What the hot path needs of its thread.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) tip: Tip,
    source: Cell<Source>,
    mode: Cell<Mode>,
    /// The engine of the lane; owned (a strong count) while `mode` is `Bound`.
    bound: Cell<*const Front>,
    /// The engine that this thread is attached to instead of the global one; null, or an owned reference.
    attached: Cell<*const Front>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            tip: Tip::none(),
            source: Cell::new(Source::Tsc),
            mode: Cell::new(Mode::Unbound),
            bound: Cell::new(ptr::null()),
            attached: Cell::new(ptr::null()),
        }
    };
    static CLOSER: Closer = const { Closer };
}

const _: () = assert!(!std::mem::needs_drop::<Local>());

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

/// Gives access to the calling thread's end.
#[inline(always)]
pub(crate) fn with_local<R>(f: impl FnOnce(&Local) -> R) -> R {
    LOCAL.with(f)
}

/// Makes `front` the one that threads use unless they are attached to another. It is never freed.
pub(crate) fn install_global(front: Arc<Front>) -> bool {
    let new = Arc::into_raw(front).cast_mut();
    // Release: pairs with the Acquire in `engine`.
    let was = GLOBAL.compare_exchange(ptr::null_mut(), new, Ordering::Release, Ordering::Relaxed);
    if was.is_err() {
        // SAFETY: `new` came from `into_raw` above and was not shared.
        drop(unsafe { Arc::from_raw(new) });
    }
    was.is_ok()
}

/// Replaces the global front after its engine was shut down; the old one stays valid for those who use it.
pub(crate) fn replace_global(front: Arc<Front>) {
    // The old front is leaked on purpose: other threads may have just read the pointer.
    GLOBAL.store(Arc::into_raw(front).cast_mut(), Ordering::Release);
}

/// Calls `f` with the engine of the calling thread, if it has one.
pub(crate) fn with_current<R>(f: impl FnOnce(&Front) -> R) -> Option<R> {
    LOCAL.with(|local| {
        let front = local.engine()?;
        local.leave_if_not(front);
        // SAFETY: the global engine is never freed, and the thread owns a reference to the one that it is attached to.
        // Only this thread can let go of it, by dropping an `Attached`, which what is called here does not own.
        Some(f(unsafe { &*front }))
    })
}

impl Local {
    /// The present time in ticks of the thread's clock.
    #[inline(always)]
    pub(crate) fn ticks(&self) -> u64 {
        self.source.get().ticks()
    }

    fn engine(&self) -> Option<*const Front> {
        let attached = self.attached.get();
        // Acquire: pairs with the Release in `install_global`.
        let front = if attached.is_null() { GLOBAL.load(Ordering::Acquire) } else { attached };
        (!front.is_null()).then_some(front)
    }

    /// Everything that is not the common case: the first call of a thread, a full block, a thread that ends.
    /// True if the record was accepted; if not, it was counted.
    #[cold]
    #[inline(never)]
    pub(crate) fn push_slow(&self, request: &mut Request<'_>) -> bool {
        let Some(front) = self.engine() else { return false };
        // SAFETY: as in `with_current`.
        let front = unsafe { &*front };
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

    /// Leaves the lane of an engine that is no longer the thread's: the global one was replaced.
    fn leave_if_not(&self, front: *const Front) {
        if self.mode.get() == Mode::Bound && !ptr::eq(self.bound.get(), front) {
            self.unbind();
        }
    }

    fn bind(&self, front: &Front) {
        if CLOSER.try_with(|_| ()).is_err() {
            self.mode.set(Mode::Ending);
            return;
        }
        // SAFETY: `front` lies in an `Arc` (see `install_global` and `attach`).
        unsafe { Arc::increment_strong_count(front) };
        self.bound.set(front);
        self.tip.bind(front.claim());
        self.source.set(front.source);
        self.mode.set(Mode::Bound);
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
struct Saved {
    tip: Tip,
    source: Source,
    mode: Mode,
    bound: *const Front,
    attached: *const Front,
}

impl Saved {
    /// Puts the thread's state aside and leaves it in `mode`, attached to `attached`: null, or a reference that the thread
    /// owns from now on.
    fn replace(mode: Mode, attached: *const Front) -> Saved {
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

    /// Gives the thread its state back. Called once, in whatever order the owners of such states are dropped: what the
    /// thread has at that moment is let go.
    fn restore(&self) {
        LOCAL.with(|local| {
            local.unbind();
            self.tip.swap(&local.tip);
            local.source.set(self.source);
            // A thread that began to end in between stays so: its closer will not run again.
            if local.mode.get() != Mode::Ending {
                local.mode.set(self.mode);
            }
            local.bound.set(self.bound);
            let left = local.attached.replace(self.attached);
            if !left.is_null() {
                // SAFETY: the thread owned this reference, see `replace`.
                drop(unsafe { Arc::from_raw(left) });
            }
        });
    }
}

/// While it lives, the thread that made it logs into another engine than the global one.
#[derive(Debug)]
#[must_use = "the thread is attached only as long as this value lives"]
pub struct Attached {
    saved: Saved,
    _not_send: PhantomData<*const ()>,
}

impl Attached {
    pub(crate) fn new(front: Arc<Front>) -> Attached {
        let mode = LOCAL.with(|local| match local.mode.get() {
            Mode::Ending => Mode::Ending,
            _ => Mode::Unbound,
        });
        let saved = Saved::replace(mode, Arc::into_raw(front));
        Attached { saved, _not_send: PhantomData }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.saved.restore();
    }
}

/// While it lives, its thread drains, and what it logs is refused and counted.
#[derive(Debug)]
pub(crate) struct WriterScope {
    saved: Saved,
    _not_send: PhantomData<*const ()>,
}

impl WriterScope {
    pub(crate) fn enter() -> WriterScope {
        let attached = LOCAL.with(|local| local.attached.get());
        if !attached.is_null() {
            // SAFETY: the thread owns a reference to it; this one is for the time in between.
            unsafe { Arc::increment_strong_count(attached) };
        }
        let saved = Saved::replace(Mode::Draining, attached);
        WriterScope { saved, _not_send: PhantomData }
    }
    /// Whether the calling thread drains.
    pub(crate) fn is_active() -> bool {
        LOCAL.with(|local| local.mode.get() == Mode::Draining)
    }
}

impl Drop for WriterScope {
    fn drop(&mut self) {
        self.saved.restore();
    }
}
