//! Threads that drain.

use super::attached::end_attachments;
use super::busy::Busy;
use super::local::{Mode, Saved, with_local};
use std::marker::PhantomData;
use std::sync::Arc;

/// While it lives, its thread drains, and what it logs is refused and counted.
#[derive(Debug)]
pub(crate) struct WriterScope {
    saved: Option<Saved>,
    /// Refuses by itself whatever is logged meanwhile.
    _busy: Busy,
    _not_send: PhantomData<*const ()>,
}

impl WriterScope {
    pub(crate) fn enter() -> WriterScope {
        let attached = with_local(|local| local.attached.get());
        if !attached.is_null() {
            // SAFETY: the thread owns a reference to it; this one is for the time in between.
            unsafe { Arc::increment_strong_count(attached) };
        }
        let saved = Some(Saved::replace(Mode::Draining, attached));
        WriterScope { saved, _busy: Busy::suspend(), _not_send: PhantomData }
    }
    /// For the last words of a thread of the engine's own: what its allocator logs from now on is refused, because nobody
    /// may wait for a drain here who is waited for by the one that drains.
    pub(crate) fn remain() {
        with_local(|local| local.mode.set(Mode::Draining));
    }
    /// Whether the calling thread drains.
    pub(crate) fn is_active() -> bool {
        with_local(|local| local.mode.get() == Mode::Draining)
    }
}

impl Drop for WriterScope {
    fn drop(&mut self) {
        if let Some(saved) = self.saved.take() {
            saved.restore();
        }
        end_attachments();
    }
}
