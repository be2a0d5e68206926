//! From a statement's arguments to the lane.

use super::ambient::{bound_for, number_for};
use super::logger::Logger;
use super::{Callsite, bits};
#[cfg(feature = "tracing")]
use crate::codec::ReadyList;
use crate::codec::{ArgList, Bound, Scratch};
use crate::lane::{self, Origin, push, refuse, with_scratch};
use crate::meta::{Level, Metadata};
use std::sync::Arc;

/// Encodes and commits one record. Never fails, never panics but for the caller's own `Debug` and `Display`.
#[doc(hidden)]
#[inline(always)]
pub fn emit<L: ArgList>(callsite: &'static Callsite, verdict: u32, args: L) {
    emit_bound(callsite, verdict, None, args);
}

/// The same with a logger's name and bound fields.
#[doc(hidden)]
#[inline(always)]
pub fn emit_with<L: ArgList>(logger: &Logger, callsite: &'static Callsite, verdict: u32, args: L) {
    emit_bound(callsite, verdict, Some(logger), args);
}

#[inline(always)]
fn emit_bound<L: ArgList>(
    callsite: &'static Callsite,
    verdict: u32,
    logger: Option<&Logger>,
    args: L,
) {
    // Asked for only where a record does not get through at once.
    let origin = || Statement { callsite, logger };
    let id = verdict >> bits::ID_SHIFT;
    if L::RENDERS {
        let done = with_scratch(|bump| {
            let ready = args.ready(Scratch::new(bump));
            // Not before: what renders may change the thread's scopes.
            push(origin, id, number_for(logger), &ready);
        });
        if !done {
            return refuse(callsite.metadata().level);
        }
    } else {
        push(origin, id, number_for(logger), &args.ready(Scratch::NONE));
    }
    if verdict & bits::AFTER != 0 {
        lane::after(callsite.metadata().level);
    }
}

/// Commits a record whose arguments are ready; what is to be done after it is the caller's to do.
#[cfg(feature = "tracing")]
pub(crate) fn emit_ready<R: ReadyList>(callsite: &'static Callsite, verdict: u32, ready: &R) {
    let origin = || Statement { callsite, logger: None };
    push(origin, verdict >> bits::ID_SHIFT, number_for(None), ready);
}

/// What follows a commit.
#[cfg(feature = "tracing")]
pub(crate) fn after(callsite: &'static Callsite, verdict: u32) {
    if verdict & bits::AFTER != 0 {
        lane::after(callsite.metadata().level);
    }
}

/// The call of a macro.
struct Statement<'l> {
    callsite: &'static Callsite,
    logger: Option<&'l Logger>,
}

impl Origin for Statement<'_> {
    fn place(&self) -> (Level, &str) {
        let meta = self.callsite.metadata();
        (meta.level, self.logger.and_then(Logger::name).unwrap_or(meta.target))
    }
    fn metadata(&self) -> Option<&'static Metadata> {
        Some(self.callsite.metadata())
    }
    fn bound(&self) -> Option<Arc<Bound>> {
        bound_for(self.logger)
    }
}
