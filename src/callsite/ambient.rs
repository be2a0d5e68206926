//! The fields that a thread, or the task that it runs, adds to all its records.
//!
//! The hot path knows their number only (`lane::Local`). What keeps the number valid is here: the entry on top of the thread's
//! stack holds it as long as the thread may name it.

use super::bound::{Held, merged};
use super::logger::Logger;
use crate::codec::Bound;
use crate::lane::{Busy, Local, with_local};
use core::sync::atomic::{AtomicU64, Ordering};
use std::cell::RefCell;
use std::sync::Arc;

/// The scopes of a thread, or of a task while no thread runs it, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Stack(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    /// Never used twice in a process.
    token: u64,
    /// All that counts in this scope, with what it took over of the outer ones.
    held: Option<Arc<Held>>,
}

/// The token of what counts outside all scopes of a thread or a task.
const BASE: u64 = 0;

struct Ambient {
    stack: RefCell<Stack>,
    /// Combinations that were made last.
    combined: RefCell<[Option<Combined>; PLACES]>,
}

/// An inner set of fields in an outer one.
struct Combined {
    /// Serials of both.
    key: (u64, u64),
    held: Arc<Held>,
}

/// Combinations that a thread remembers.
const PLACES: usize = 16;

thread_local! {
    static AMBIENT: Ambient = const {
        Ambient { stack: RefCell::new(Stack(Vec::new())), combined: RefCell::new([const { None }; PLACES]) }
    };
}

impl Drop for Ambient {
    fn drop(&mut self) {
        // Before what it names is let go: the thread's later destructors may log.
        with_local(|local| local.set_context(0));
    }
}

impl Stack {
    /// For a task whose records have these fields.
    pub(crate) fn of_task(held: Option<Arc<Held>>) -> Stack {
        Stack(vec![Entry { token: BASE, held }])
    }

    fn top(&self) -> Option<&Arc<Held>> {
        self.0.last()?.held.as_ref()
    }

    /// Tells the hot path what is on top.
    fn show(&self) {
        let id = self.top().map_or(0, |held| held.id());
        with_local(|local| local.set_context(id));
    }
}

/// What the thread's records have at present.
pub(crate) fn current() -> Option<Arc<Held>> {
    let top = |ambient: &Ambient| ambient.stack.try_borrow().ok()?.top().cloned();
    AMBIENT.try_with(top).ok().flatten()
}

/// Begins a scope in which exactly these fields count; returns what ends it.
pub(crate) fn begin(held: Option<Arc<Held>>) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(BASE + 1);
    // Relaxed: only that no number is given twice matters.
    let token = NEXT.fetch_add(1, Ordering::Relaxed);
    change(|stack| stack.0.push(Entry { token, held }));
    token
}

/// Ends a scope of this thread, if it has not ended yet. Those within it go on as they are.
pub(crate) fn end(token: u64) {
    drop(change(|stack| {
        let at = stack.0.iter().rposition(|entry| entry.token == token)?;
        Some(stack.0.remove(at))
    }));
}

/// Says that a scope of this thread is never ended: what lies under it cannot count again, and is let go.
pub(crate) fn settle(token: u64) {
    drop(change(|stack| {
        let at = stack.0.iter().rposition(|entry| entry.token == token)?;
        Some(stack.0.drain(..at).collect::<Vec<Entry>>())
    }));
}

/// Changes what counts until the scope of the thread ends that was begun last.
pub(crate) fn replace(held: Option<Arc<Held>>) {
    drop(change(|stack| match stack.0.last_mut() {
        Some(entry) => std::mem::replace(&mut entry.held, held),
        None => {
            stack.0.push(Entry { token: BASE, held });
            None
        }
    }));
}

/// Changes what counts in a scope of this thread, if it has not ended yet. Those within it go on as they are.
#[cfg(feature = "tracing")]
pub(crate) fn renew(token: u64, held: Option<Arc<Held>>) {
    drop(change(|stack| {
        let entry = stack.0.iter_mut().rfind(|entry| entry.token == token)?;
        std::mem::replace(&mut entry.held, held)
    }));
}

/// Swaps the scopes of the thread for others.
pub(crate) fn swap(other: &mut Stack) {
    change(|stack| std::mem::swap(stack, other));
}

/// Changes the thread's scopes; in its last destructors it has none. What is let go of comes out with the result, and is
/// dropped after the hot path has been told.
fn change<R>(f: impl FnOnce(&mut Stack) -> R) -> Option<R> {
    let change = |ambient: &Ambient| {
        // What an allocator logs meanwhile finds the scopes borrowed, and its record lacks them.
        let mut stack = ambient.stack.try_borrow_mut().ok()?;
        let out = f(&mut stack);
        stack.show();
        Some(out)
    };
    AMBIENT.try_with(change).ok().flatten()
}

/// The number for a record that is about to be made: of the thread's own fields, under those of the logger if there is one.
#[inline(always)]
pub(super) fn number_for(logger: Option<&Logger>) -> u32 {
    let own = with_local(Local::context);
    match logger {
        None => own,
        Some(logger) if own == 0 => logger.held().id(),
        Some(logger) => number_within(logger.held()),
    }
}

/// What that number stands for.
pub(super) fn bound_for(logger: Option<&Logger>) -> Option<Arc<Bound>> {
    match (current(), logger) {
        (None, logger) => logger.map(|logger| logger.held().bound().clone()),
        (Some(own), None) => Some(own.bound().clone()),
        (Some(outer), Some(logger)) => Some(within(&outer, logger.held()).bound().clone()),
    }
}

#[cold]
#[inline(never)]
fn number_within(logger: &Held) -> u32 {
    let known = AMBIENT.try_with(|ambient| {
        let stack = ambient.stack.try_borrow().ok()?;
        let key = key(stack.top()?, logger);
        find(ambient, key, |held| held.id())
    });
    if let Ok(Some(id)) = known {
        return id;
    }
    match current() {
        // In the middle of an allocation of the engine's own a record goes without the thread's fields.
        Some(outer) if !Busy::is_active() => within(&outer, logger).id(),
        _ => logger.id(),
    }
}

/// The inner fields within the outer ones: remembered by the thread for a while, otherwise put together.
pub(crate) fn within(outer: &Arc<Held>, inner: &Held) -> Arc<Held> {
    let key = key(outer, inner);
    if let Ok(Some(held)) = AMBIENT.try_with(|ambient| find(ambient, key, Arc::clone)) {
        return held;
    }
    let busy = Busy::begin();
    let held = Arc::new(Held::new(merged(outer.bound(), inner.bound())));
    drop(busy);
    let remember = |ambient: &Ambient| {
        let new = Some(Combined { key, held: held.clone() });
        Some(std::mem::replace(ambient.combined.try_borrow_mut().ok()?.get_mut(place(key))?, new))
    };
    drop(AMBIENT.try_with(remember));
    held
}

fn key(outer: &Held, inner: &Held) -> (u64, u64) {
    (outer.bound().serial(), inner.bound().serial())
}

fn place((outer, inner): (u64, u64)) -> usize {
    (outer.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ inner) as usize % PLACES
}

fn find<R>(ambient: &Ambient, key: (u64, u64), f: impl FnOnce(&Arc<Held>) -> R) -> Option<R> {
    let combined = ambient.combined.try_borrow().ok()?;
    combined[place(key)].as_ref().filter(|known| known.key == key).map(|known| f(&known.held))
}
