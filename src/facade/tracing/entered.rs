//! The spans that the thread is in, and what that puts in force for its records.
//!
//! An entered span is a scope of the thread: exactly the fields of the span and its parents count in it, over what the program
//! itself had put in force. So an event has nothing to look up, and native records get the same fields.

use crate::callsite::{Held, Map, begin, current, end, renew, within};
use crate::codec::Bound;
use std::cell::RefCell;
use std::sync::Arc;

pub(super) type Fields = Option<Arc<Held>>;

thread_local! {
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

struct Entered {
    /// Layer and span.
    key: (u64, u64),
    /// None if the thread was in the span already: then nothing changed.
    scope: Option<Scope>,
}

#[derive(Clone)]
struct Scope {
    token: u64,
    /// Generation of the spans' fields.
    seen: u64,
    /// What counted without any span.
    base: Fields,
    /// The fields of the span and its parents.
    chain: Fields,
    /// What is in force: both.
    shown: Fields,
}

/// The thread is in the span `key` from now on, whose fields with those of its parents are `chain` as of generation `seen`.
pub(super) fn enter(key: (u64, u64), chain: Fields, seen: u64) {
    if with(|list| list.iter().any(|e| e.key == key)).unwrap_or(false) {
        with(|list| list.push(Entered { key, scope: None }));
        return;
    }
    let base = base();
    let shown = over(&base, &chain);
    let token = begin(shown.clone());
    let mut scope = Some(Scope { token, seen, base, chain, shown });
    with(|list| list.push(Entered { key, scope: scope.take() }));
    if let Some(scope) = scope {
        // A thread in its last destructors, or the middle of an allocation, could not be asked to end it.
        end(scope.token);
    }
}

/// The thread leaves the span.
pub(super) fn exit(key: (u64, u64)) {
    let left = with(|list| {
        let at = list.iter().rposition(|e| e.key == key)?;
        Some(list.remove(at))
    });
    if let Some(Some(Entered { scope: Some(scope), .. })) = left {
        end(scope.token);
    }
}

/// The innermost span of this layer, if its fields are of another generation.
pub(super) fn stale(layer: u64, generation: u64) -> Option<u64> {
    with(|list| {
        let top = list.iter().rfind(|e| e.scope.is_some())?;
        let scope = top.scope.as_ref()?;
        (top.key.0 == layer && scope.seen != generation).then_some(top.key.1)
    })
    .flatten()
}

/// Puts newer fields of a span in force, where the thread is in it.
pub(super) fn update(key: (u64, u64), chain: Fields, seen: u64) {
    let find = |list: &mut Vec<Entered>| {
        list.iter_mut().find(|e| e.key == key).and_then(|e| e.scope.as_mut()).map(|scope| {
            scope.seen = seen;
            scope.clone()
        })
    };
    let Some(Some(mut scope)) = with(find) else { return };
    if same(&scope.chain, &chain) {
        return;
    }
    scope.shown = over(&scope.base, &chain);
    scope.chain = chain;
    renew(scope.token, scope.shown.clone());
    let replaced = with(|list| {
        let entered = list.iter_mut().find(|e| e.key == key)?;
        entered.scope.replace(scope)
    });
    drop(replaced);
}

/// Runs `f` with these fields of spans in force, and no others' of spans.
pub(super) fn instead(chain: Fields, f: impl FnOnce()) {
    let token = begin(over(&base(), &chain));
    f();
    end(token);
}

/// What is in force on the thread without the fields of spans.
fn base() -> Fields {
    let now = current();
    let top = with(|list| {
        let top = list.iter().rfind(|e| e.scope.is_some())?.scope.as_ref()?;
        Some((top.base.clone(), top.chain.clone(), same(&top.shown, &now)))
    });
    match (top.flatten(), &now) {
        (Some((base, _, true)), _) => base,
        // Scopes that were begun inside the span took over its fields.
        (Some((_, Some(chain), false)), Some(both)) => without(both, &chain),
        _ => now,
    }
}

/// `both` without what stands in `chain` with the same value.
fn without(both: &Arc<Held>, chain: &Held) -> Fields {
    let inner = |key: &str| both.bound().entries().find(|(k, _)| *k == key).map(|(_, v)| v);
    let hidden =
        |key: &str| chain.bound().entries().any(|(k, v)| k == key && inner(key) == Some(v));
    let left = both.bound().entries().filter(|(key, _)| !hidden(key)).count();
    match left {
        0 => None,
        _ if left == both.bound().entries().count() => Some(both.clone()),
        _ => {
            let map = Map::with_capacity(both.bound().fields.len());
            let fields = map.keep(both.bound().entries(), hidden).finish();
            Some(Arc::new(Held::new(Bound::new(None, fields))))
        }
    }
}

fn over(base: &Fields, chain: &Fields) -> Fields {
    match (base, chain) {
        (Some(base), Some(chain)) => Some(within(base, chain)),
        (fields, None) | (None, fields) => fields.clone(),
    }
}

/// Whether both are the very same set.
pub(super) fn same(a: &Fields, b: &Fields) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// The thread's list. None in its last destructors, and for what an allocator logs while the list grows.
fn with<R>(f: impl FnOnce(&mut Vec<Entered>) -> R) -> Option<R> {
    ENTERED.try_with(|list| list.try_borrow_mut().ok().map(|mut list| f(&mut list))).ok().flatten()
}
