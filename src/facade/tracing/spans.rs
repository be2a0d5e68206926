//! What is kept of a span: its own fields, and those fields together with its parents'.

use super::entered::{Fields, same};
use super::options::Names;
use super::visit;
use crate::callsite::{Held, Map};
use crate::codec::{Bound, TreeWriter, Value, ValueRef};
use crate::lane::{Busy, with_scratch};
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;
use tracing_core::field::{FieldSet, Visit};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Lies among the span's extensions. No foreign code runs and nothing of the engine's is dropped while they are locked.
pub(super) struct State {
    own: Arc<Bound>,
    /// The parents' fields from which `all` was made.
    outer: Fields,
    /// All that counts in the span.
    all: Fields,
    /// The generation in which it was made.
    seen: u64,
    was_entered: bool,
    pub(super) timing: Option<Timing>,
}

/// Counts the changes of spans' fields after their creation, so that what was put together before can be told.
static GENERATION: AtomicU64 = AtomicU64::new(1);

pub(super) fn generation() -> u64 {
    // Relaxed: whoever was told by other means of a change sees it by coherence; the fields themselves lie behind a lock.
    GENERATION.load(Ordering::Relaxed)
}

/// Fields of a statement with these names, in a map. Rendered in the thread's scratch, since foreign code may log, and
/// create spans, while it renders.
pub(super) fn encoded(names: &FieldSet, record: impl FnOnce(&mut dyn Visit)) -> Bound {
    let mut bytes = Vec::new();
    let done = with_scratch(|bump| {
        let mut fields = visit::Fields::of_span(bump);
        record(&mut fields);
        fields.put(names, &mut bytes);
    });
    if !done {
        // A span in a `Debug` of a field of a span, and so on.
        let at = bytes.open_map();
        bytes.key("fields");
        bytes.leaf(ValueRef::Text("[too deep]"));
        bytes.patch(at, 1);
    }
    Bound::new(None, bytes)
}

/// Begins to keep a new span.
pub(super) fn keep<'a, S: LookupSpan<'a>>(
    span: &SpanRef<'a, S>,
    own: Bound,
    names: Names,
    timed: bool,
) {
    let seen = generation();
    let outer = span.parent().and_then(|parent| chain(&parent, names));
    let all = joined(&outer, &own, span.name(), names);
    let timing = timed.then(Timing::new);
    let state = State { own: Arc::new(own), outer, all, seen, was_entered: false, timing };
    let _busy = Busy::begin();
    let before = span.extensions_mut().replace(state);
    drop(before);
}

/// The fields of a span and its parents as they are now; of a span that is not kept, those of its parents.
pub(super) fn chain<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, names: Names) -> Fields {
    let generation = generation();
    match span.extensions().get::<State>() {
        Some(state) if state.seen == generation => return state.all.clone(),
        _ => {}
    }
    let mut outer = None;
    for span in span.scope().from_root() {
        outer = match refreshed(&span, &outer, generation, names) {
            Some(all) => all,
            None => outer,
        };
    }
    outer
}

/// All that counts in a span whose parents' fields are `outer`. None if the span is not kept.
fn refreshed<'a, S: LookupSpan<'a>>(
    span: &SpanRef<'a, S>,
    outer: &Fields,
    generation: u64,
    names: Names,
) -> Option<Fields> {
    loop {
        let (own, known) = span.extensions().get::<State>().map(|state| {
            (state.own.clone(), same(&state.outer, outer).then(|| state.all.clone()))
        })?;
        let all = known.unwrap_or_else(|| joined(outer, &own, span.name(), names));
        let busy = Busy::begin();
        let old = span.extensions_mut().get_mut::<State>().map(|state| {
            // Another thread has changed them meanwhile, and has put together what counts now.
            Arc::ptr_eq(&state.own, &own).then(|| {
                state.seen = generation;
                let outer = std::mem::replace(&mut state.outer, outer.clone());
                (outer, std::mem::replace(&mut state.all, all.clone()))
            })
        });
        drop(busy);
        match old {
            Some(None) => {}
            Some(Some(_)) | None => return Some(all),
        }
    }
}

/// Adds fields to a span that exists: one that it has already gets the new value, and stands last. `more` gets those that
/// there are. True if the span is kept.
pub(super) fn change<'a, S: LookupSpan<'a>>(
    span: &SpanRef<'a, S>,
    names: Names,
    more: impl Fn(&Bound) -> Arc<Bound>,
) -> bool {
    loop {
        let known = span.extensions().get::<State>().map(|s| (s.own.clone(), s.outer.clone()));
        let Some((before, outer)) = known else { return false };
        let own = over(&before, &more(&before));
        let all = joined(&outer, &own, span.name(), names);
        let busy = Busy::begin();
        let old = span.extensions_mut().get_mut::<State>().map(|state| {
            // What another thread has added meanwhile is not among them.
            let is_last = Arc::ptr_eq(&state.own, &before) && same(&state.outer, &outer);
            is_last.then(|| {
                let own = std::mem::replace(&mut state.own, Arc::new(own));
                (own, std::mem::replace(&mut state.all, all))
            })
        });
        drop(busy);
        match old {
            Some(None) => {}
            Some(Some(_)) => break,
            None => return false,
        }
    }
    // Relaxed: see `generation`.
    GENERATION.fetch_add(1, Ordering::Relaxed);
    true
}

/// Whether a span that is kept is entered for the first time. Says so once.
pub(super) fn is_first_entry<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> bool {
    let mut extensions = span.extensions_mut();
    let state = extensions.get_mut::<State>();
    state.is_some_and(|state| !std::mem::replace(&mut state.was_entered, true))
}

/// What is known of a span that ends.
pub(super) fn close<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<State> {
    let _busy = Busy::begin();
    span.extensions_mut().remove::<State>()
}

/// `more` in the place of, and behind, what is in `own`.
fn over(own: &Bound, more: &Bound) -> Bound {
    let hidden = |key: &str| more.entries().any(|(k, _)| k == key);
    let map = Map::with_capacity(own.fields.len() + more.fields.len());
    Bound::new(None, map.keep(own.entries(), hidden).keep(more.entries(), |_| false).finish())
}

/// The parents' fields under those of a span, with its name as far as it is wanted.
fn joined(outer: &Fields, own: &Bound, name: &str, names: Names) -> Fields {
    let is_own = |key: &str| own.entries().any(|(k, _)| k == key);
    let innermost = names.innermost && !is_own(SPAN);
    let list = names.list && !is_own(SPANS);
    if !innermost && !list && own.entries().next().is_none() {
        return outer.clone();
    }
    let entries = || outer.iter().flat_map(|outer| outer.bound().entries());
    let mut map = Map::with_capacity(own.fields.len() + 64);
    if let Some(outer) = outer {
        map = map.keep(outer.bound().entries(), |key| {
            is_own(key) || (innermost && key == SPAN) || (list && key == SPANS)
        });
    }
    if innermost {
        map = map.put(SPAN, &Value::from(name));
    }
    if list {
        let outer = entries().find(|(key, _)| *key == SPANS).map(|(_, value)| value);
        let mut all: Vec<Value> = match outer {
            Some(ValueRef::List(names)) => names.items().map(Value::from).collect(),
            _ => Vec::new(),
        };
        all.push(Value::from(name));
        map = map.put(SPANS, &Value::List(all));
    }
    let fields = map.keep(own.entries(), |_| false).finish();
    Some(Arc::new(Held::new(Bound::new(None, fields))))
}

const SPAN: &str = "span";
const SPANS: &str = "spans";

/// For how long a span was entered, and for how long it was not.
pub(super) struct Timing {
    idle: u64,
    busy: u64,
    last: Instant,
}

impl Timing {
    fn new() -> Timing {
        Timing { idle: 0, busy: 0, last: Instant::now() }
    }

    pub(super) fn tick(&mut self, was_busy: bool) {
        let now = Instant::now();
        let ns = now.saturating_duration_since(self.last).as_nanos() as u64;
        let sum = if was_busy { &mut self.busy } else { &mut self.idle };
        *sum = sum.saturating_add(ns);
        self.last = now;
    }

    /// Busy and idle in milliseconds, with three decimals.
    pub(super) fn ms(mut self) -> (f64, f64) {
        self.tick(false);
        let ms = |ns: u64| (ns / 1000) as f64 / 1000.0;
        (ms(self.busy), ms(self.idle))
    }
}

impl State {
    /// All that counts in the span.
    pub(super) fn into_parts(self) -> (Fields, Option<Timing>) {
        (self.all, self.timing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tracing_subscriber::Registry;

    fn one(key: &str) -> Arc<Bound> {
        let mut bytes = Vec::new();
        let at = bytes.open_map();
        bytes.key(key);
        bytes.leaf(ValueRef::U64(1));
        bytes.patch(at, 1);
        Arc::new(Bound::new(None, bytes))
    }

    #[test]
    fn what_others_add_while_fields_are_added_is_not_lost() {
        let names = Names { innermost: false, list: false };
        let dispatch = tracing_core::Dispatch::new(Registry::default());
        tracing_core::dispatcher::with_default(&dispatch, || {
            let made = tracing::error_span!("s");
            let registry = dispatch.downcast_ref::<Registry>().expect("it is one");
            let span = registry.span(&made.id().expect("it is enabled")).expect("it is open");
            keep(&span, Bound::new(None, one("a").fields.to_vec()), names, false);
            let is_first = Cell::new(true);
            let changed = change(&span, names, |_| {
                if is_first.replace(false) {
                    assert!(change(&span, names, |_| one("b")));
                }
                one("c")
            });
            assert!(changed);
            let all = chain(&span, names).expect("there are some");
            let keys: Vec<&str> = all.bound().entries().map(|(key, _)| key).collect();
            assert_eq!(keys, ["a", "b", "c"]);
        });
    }
}
