//! Threads that log into another engine than the global one.

use super::Front;
use super::busy::Busy;
use super::draining::WriterScope;
use super::local::{Mode, Saved, mode};
use core::sync::atomic::{AtomicU64, Ordering};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

/// While it lives, the thread that made it logs into another engine than the global one.
///
/// The one that was made last counts; they may be dropped in any order.
#[derive(Debug)]
#[must_use = "the thread is attached only as long as this value lives"]
pub struct Attached {
    id: u64,
    _not_send: PhantomData<*const ()>,
}

/// An attachment of the thread.
#[derive(Debug)]
struct Attachment {
    id: u64,
    /// What the thread was before.
    saved: Saved,
    /// It was dropped while the thread drained, and ends when the thread does so no more.
    over: bool,
}

thread_local! {
    /// The thread's attachments, oldest first.
    static ATTACHMENTS: RefCell<Vec<Attachment>> = const { RefCell::new(Vec::new()) };
}

impl Attached {
    pub(crate) fn new(front: Arc<Front>) -> Attached {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mode = match mode() {
            Mode::Unbound | Mode::Bound => Mode::Unbound,
            other => other,
        };
        // In the middle of a drain the thread stays what it is, and one in its last destructors may have no list any more.
        if mode != Mode::Draining {
            let _ = ATTACHMENTS.try_with(|attachments| {
                let _busy = Busy::begin();
                let saved = Saved::replace(mode, Arc::into_raw(front));
                attachments.borrow_mut().push(Attachment { id, saved, over: false });
            });
        }
        Attached { id, _not_send: PhantomData }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // Without the list there was nothing to attach, or the thread ends with it.
        let _ = ATTACHMENTS.try_with(|attachments| {
            let mut attachments = attachments.borrow_mut();
            if let Some(mine) = attachments.iter_mut().find(|a| a.id == self.id) {
                mine.over = true;
            }
        });
        end_attachments();
    }
}

/// Ends the attachments that are over, unless the thread drains: whoever called the drain goes on with its lane.
pub(super) fn end_attachments() {
    while !WriterScope::is_active() {
        let over = ATTACHMENTS.try_with(|attachments| {
            let mut attachments = attachments.borrow_mut();
            let at = attachments.iter().position(|attachment| attachment.over)?;
            let mut saved = attachments.remove(at).saved;
            let is_last = at == attachments.len();
            if let Some(later) = attachments.get_mut(at) {
                // What the next one goes back to is now what this one went back to.
                std::mem::swap(&mut later.saved, &mut saved);
            }
            Some((saved, is_last))
        });
        match over {
            Ok(Some((saved, true))) => saved.restore(),
            Ok(Some((saved, false))) => saved.release(),
            Ok(None) | Err(_) => return,
        }
    }
}

/// Forgets what the thread would go back to of any engine but `kept`: see [`leave_parent`](super::leave_parent).
pub(super) fn leave_in_attachments(kept: Option<&Front>) {
    let _ = ATTACHMENTS.try_with(|attachments| {
        if let Ok(mut attachments) = attachments.try_borrow_mut() {
            attachments.iter_mut().for_each(|attachment| attachment.saved.leave(kept));
        }
    });
}
