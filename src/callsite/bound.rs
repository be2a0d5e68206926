//! Sets of fields, and a logger's name, that frames refer to by number.

use super::registry;
use crate::codec::{Bound, NestedEntries, TreeWriter, Value};
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

/// What a record can name besides its statement: in the table of numbers from the first record that names it until it is
/// dropped.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Held {
    /// The number that frames use; zero before the first one.
    id: AtomicU32,
    bound: Arc<Bound>,
}

/// One that is gone, kept until its last records are written.
#[derive(Clone, Debug)]
pub(crate) struct Retired {
    pub(crate) id: u32,
    pub(crate) bound: Arc<Bound>,
}

impl Held {
    pub(crate) fn new(bound: Bound) -> Held {
        Held { id: AtomicU32::new(0), bound: Arc::new(bound) }
    }

    pub(crate) fn bound(&self) -> &Arc<Bound> {
        &self.bound
    }

    /// The number for a record that is about to be made. Zero, which names nothing, only in the middle of an allocation
    /// that the engine itself makes.
    #[inline(always)]
    pub(crate) fn id(&self) -> u32 {
        // Relaxed: stored under the registry's mutex after the number is in the table, and the writer looks for it there
        // under the same mutex, after it has met the frame: see `registry::Sites`.
        match self.id.load(Ordering::Relaxed) {
            0 => self.admit(),
            id => id,
        }
    }

    #[cold]
    #[inline(never)]
    fn admit(&self) -> u32 {
        registry::admit(&self.bound, &self.id)
    }

    /// The same fields in a place of their own, to be changed before any record names them.
    pub(crate) fn edit(self: &mut Arc<Held>) -> Option<&mut Vec<u8>> {
        let held = Arc::get_mut(self)?;
        (*held.id.get_mut() == 0).then_some(())?;
        Arc::get_mut(&mut held.bound).map(|bound| &mut bound.fields)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let id = *self.id.get_mut();
        if id != 0 {
            registry::retire(&Retired { id, bound: self.bound.clone() });
        }
    }
}

/// A map of fields that is being put together.
pub(crate) struct Map {
    bytes: Vec<u8>,
    at: usize,
    count: u32,
}

impl Map {
    pub(crate) fn with_capacity(bytes: usize) -> Map {
        let mut bytes = Vec::with_capacity(bytes);
        let at = bytes.open_map();
        Map { bytes, at, count: 0 }
    }

    /// Takes over entries, but for those that are `hidden`.
    pub(crate) fn keep(mut self, entries: NestedEntries<'_>, hidden: impl Fn(&str) -> bool) -> Map {
        for (key, value) in entries.filter(|(key, _)| !hidden(key)) {
            self.bytes.key(key);
            self.bytes.leaf(value);
            self.count += 1;
        }
        self
    }

    pub(crate) fn put(mut self, key: &str, value: &Value) -> Map {
        self.bytes.key(key);
        self.bytes.value(value);
        self.count += 1;
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.patch(self.at, self.count);
        self.bytes
    }
}

/// The fields of `old` without `key`, and with its new value behind them if there is one.
pub(crate) fn rebuilt(old: &Bound, key: &str, value: Option<&Value>) -> Vec<u8> {
    let map = Map::with_capacity(old.fields.len() + 64).keep(old.entries(), |k| k == key);
    match value {
        Some(value) => map.put(key, value).finish(),
        None => map.finish(),
    }
}

/// The fields of both; of two with the same key the inner one. The name is the inner one's.
pub(crate) fn merged(outer: &Bound, inner: &Bound) -> Bound {
    let hidden = |key: &str| inner.entries().any(|(k, _)| k == key);
    let fields = Map::with_capacity(outer.fields.len() + inner.fields.len())
        .keep(outer.entries(), hidden)
        .keep(inner.entries(), |_| false)
        .finish();
    Bound::new(inner.name.clone(), fields)
}
