//! The static face of a logging statement, and its cached verdict.
//!
//! A verdict is recomputed for every callsite whenever a configuration changes, so that a call has nothing to look
//! up: one relaxed load says whether it is enabled, and carries the callsite's id for the frame.

mod ambient;
mod bound;
mod dynamic;
mod emit;
mod logger;
mod methods;
mod policy;
mod random;
mod registry;
mod sample;

#[cfg(feature = "tracing")]
pub(crate) use ambient::renew;
pub(crate) use ambient::{Stack, begin, current, end, replace, settle, swap, within};
pub(crate) use bound::{Held, Map, Retired, rebuilt};
pub use dynamic::Event;
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) use dynamic::{dynamic_enabled, dynamic_verdict, emit_dynamic};
#[cfg(feature = "tracing")]
pub(crate) use emit::{after, emit_ready};
pub use emit::{emit, emit_with};
pub use logger::{Logger, get_logger, logger_enabled, logger_verdict};
pub(crate) use random::unique;
#[cfg(feature = "log")]
pub(crate) use registry::listen;
pub(crate) use registry::{
    Frozen, Judge, Sites, find_bound, freeze, inherit, judge, recompute, retract, statements,
    suppressed,
};
#[cfg(feature = "tracing")]
pub(crate) use registry::{listen_after, lowest_now, verdict_now};

use crate::lane::{self, Busy, Subject};
use crate::meta::{Level, Metadata};
use core::sync::atomic::{AtomicU32, Ordering};
use sample::Sampler;

/// Bits of a verdict; the callsite's id stands above them.
pub(crate) mod bits {
    /// The call is to be made.
    pub(crate) const ENABLED: u32 = 1;
    /// Several engines exist: ask the thread's own before encoding.
    pub(crate) const CHECK: u32 = 2;
    /// Something is to be done after the commit: a flush, or a synchronous write.
    pub(crate) const AFTER: u32 = 4;
    /// Only some of the statement's calls are to be made.
    pub(crate) const SAMPLE: u32 = 8;
    /// An override may decide by the fields of the context: ask with them.
    pub(crate) const FIELD: u32 = 0x10;
    /// An override decides by the statement's place: ask, whichever logger is named.
    pub(crate) const PLACE: u32 = 0x20;
    /// Of a logger without a name: the callsite's own verdict counts.
    pub(crate) const OF_SITE: u32 = 0x40;
    /// The callsite was never reached.
    pub(crate) const NEW: u32 = 0x80;
    /// A verdict with one of these does not say all.
    pub(crate) const ASK: u32 = NEW | CHECK | SAMPLE | FIELD | PLACE;
    /// All bits.
    pub(crate) const MASK: u32 = 0xFF;
    /// Where the id begins.
    pub(crate) const ID_SHIFT: u32 = 8;
}

/// One logging statement.
#[derive(Debug)]
pub struct Callsite {
    /// Id and verdict in one word, so that a relaxed load cannot see one without the other.
    state: AtomicU32,
    /// [`Level::index`], so that a logger's verdict is found without a look at the metadata.
    level: u8,
    meta: &'static Metadata,
    sampler: Sampler,
}

impl Callsite {
    /// For the macros.
    #[doc(hidden)]
    pub const fn new(meta: &'static Metadata) -> Callsite {
        let (state, level) = (AtomicU32::new(bits::NEW), meta.level.index() as u8);
        Callsite { state, level, meta, sampler: Sampler::new() }
    }

    /// What the statement says of itself.
    pub fn metadata(&self) -> &'static Metadata {
        self.meta
    }

    /// Zero when disabled, otherwise to be handed to [`emit`]. Costs one relaxed load and a predicted branch.
    #[doc(hidden)]
    #[inline(always)]
    pub fn verdict(&'static self) -> u32 {
        // Relaxed: a verdict orders nothing. A call that begins after a reload has returned to a thread that told this
        // one about it sees the new verdict by coherence.
        let state = self.state.load(Ordering::Relaxed);
        if state & bits::MASK == 0 {
            return 0;
        }
        if state & bits::ASK != 0 {
            return self.slow_verdict(state);
        }
        state
    }

    #[cold]
    #[inline(never)]
    fn slow_verdict(&'static self, state: u32) -> u32 {
        const SAMPLED: u32 = bits::ENABLED | bits::SAMPLE;
        let own = state & (SAMPLED | bits::ASK) == SAMPLED;
        if own && self.sampler.skips_own() { 0 } else { self.slower_verdict(own, state) }
    }

    #[inline(never)]
    fn slower_verdict(&'static self, own: bool, state: u32) -> u32 {
        if own {
            return if self.sampler.passes_own() { state } else { 0 };
        }
        match self.registered() {
            Some(state) => self.sampled(state, None),
            None => 0,
        }
    }

    /// Whether calls are made, though perhaps not all of them.
    #[doc(hidden)]
    pub fn is_enabled(&'static self) -> bool {
        // Relaxed: as in `verdict`.
        if self.state.load(Ordering::Relaxed) & bits::MASK == 0 {
            return false;
        }
        let state = self.registered();
        state.is_some_and(|state| {
            policy::resolve(state, &self.subject(self.meta.target), None).0 != 0
        })
    }

    /// What is judged; the logger's name counts for the target, if there is one.
    fn subject<'a>(&'a self, target: &'a str) -> Subject<'a> {
        Subject::new(self.meta.level, target, Some((self.meta.file, self.meta.line)))
    }

    /// The verdict as the thread's own engine sees it, on this very call.
    fn sampled(&'static self, verdict: u32, logger: Option<&Logger>) -> u32 {
        let target = logger.and_then(Logger::name).unwrap_or(self.meta.target);
        match policy::resolve(verdict, &self.subject(target), logger) {
            (_, Some(sampling)) if !self.sampler.passes(sampling) => 0,
            (judged, _) => judged,
        }
    }

    /// Id and verdict of the callsite, whether or not it is enabled. None, and the call is counted, if it is new and this is
    /// no time to register it.
    fn registered(&'static self) -> Option<u32> {
        match self.state.load(Ordering::Relaxed) {
            state if state & bits::NEW == 0 => Some(state),
            _ if Busy::is_active() => {
                lane::refuse(self.meta.level);
                None
            }
            _ => Some(registry::register(self)),
        }
    }
}

/// Whether statements of this level are compiled in: see the `max-level-*` features.
#[doc(hidden)]
pub const fn compiled_in(level: Level) -> bool {
    let cap = if cfg!(feature = "max-level-off") {
        255
    } else if cfg!(feature = "max-level-critical") {
        Level::Critical as u8
    } else if cfg!(feature = "max-level-error") {
        Level::Error as u8
    } else if cfg!(feature = "max-level-warning") {
        Level::Warning as u8
    } else if cfg!(feature = "max-level-info") {
        Level::Info as u8
    } else if cfg!(feature = "max-level-debug") {
        Level::Debug as u8
    } else {
        0
    };
    level as u8 >= cap
}
