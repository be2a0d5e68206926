//! A table with a fixed number of places: what was not asked for longest gives way.

use super::draft::Draft;
use crate::codec::ValueRef;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

const NONE: u32 = u32::MAX;

/// Values by keys that are hashes already.
#[derive(Debug)]
pub(super) struct Table<V> {
    places: HashMap<u64, u32, BuildHasherDefault<AsIs>>,
    slots: Vec<Slot<V>>,
    newest: u32,
    oldest: u32,
    max: usize,
}

#[derive(Debug)]
struct Slot<V> {
    key: u64,
    value: V,
    newer: u32,
    older: u32,
}

/// Takes a key as the hash that it is.
#[derive(Debug, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = mixed(self.0 ^ u64::from(*byte)));
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl<V> Table<V> {
    /// An empty table of at most `max` values, at least one.
    pub(super) fn new(max: usize) -> Table<V> {
        let max = max.clamp(1, NONE as usize - 1);
        Table { places: HashMap::default(), slots: Vec::new(), newest: NONE, oldest: NONE, max }
    }

    /// The value of a key, made if there is none, with the value that had to give way to it.
    pub(super) fn entry(&mut self, key: u64, make: impl FnOnce() -> V) -> (&mut V, Option<V>) {
        let (at, gone) = match self.find(key) {
            Some(at) => (at, None),
            None => self.insert(key, make()),
        };
        (&mut self.slots[at as usize].value, gone)
    }

    /// The value of a key.
    pub(super) fn get(&mut self, key: u64) -> Option<&mut V> {
        let at = self.find(key)?;
        Some(&mut self.slots[at as usize].value)
    }

    /// All values, in no order.
    pub(super) fn values(&mut self) -> impl Iterator<Item = &mut V> {
        self.slots.iter_mut().map(|slot| &mut slot.value)
    }

    fn find(&mut self, key: u64) -> Option<u32> {
        let newest = self.slots.get(self.newest as usize);
        if newest.is_some_and(|slot| slot.key == key) {
            return Some(self.newest);
        }
        let at = *self.places.get(&key)?;
        self.unlink(at);
        self.link(at);
        Some(at)
    }

    fn insert(&mut self, key: u64, value: V) -> (u32, Option<V>) {
        let (at, gone) = if self.slots.len() < self.max {
            self.slots.push(Slot { key, value, newer: NONE, older: NONE });
            (self.slots.len() as u32 - 1, None)
        } else {
            let at = self.oldest;
            self.unlink(at);
            let slot = &mut self.slots[at as usize];
            self.places.remove(&slot.key);
            slot.key = key;
            (at, Some(std::mem::replace(&mut slot.value, value)))
        };
        self.places.insert(key, at);
        self.link(at);
        (at, gone)
    }

    fn unlink(&mut self, at: u32) {
        let Slot { newer, older, .. } = self.slots[at as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.slots[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.slots[older as usize].newer = newer,
        }
    }

    /// Makes it the newest.
    fn link(&mut self, at: u32) {
        let slot = &mut self.slots[at as usize];
        (slot.newer, slot.older) = (NONE, self.newest);
        match self.newest {
            NONE => self.oldest = at,
            newest => self.slots[newest as usize].newer = at,
        }
        self.newest = at;
    }
}

/// Makes keys out of what records are told apart by. Nobody can choose records whose keys meet.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(RandomState);

impl Keys {
    /// One key for each logging statement; for records without one, for each place in the source or else each text of a target.
    pub(super) fn statement(&self, draft: &Draft<'_>) -> u64 {
        match (draft.statement(), draft.line()) {
            (Some((id, _)), _) => mixed(u64::from(id) ^ 0x5851_F42D_4C95_7F2D),
            (None, Some(line)) => self.0.hash_one((draft.target(), draft.file(), line)),
            (None, None) => self.0.hash_one((draft.target(), draft.message())),
        }
    }
    pub(super) fn text(&self, text: &str) -> u64 {
        self.0.hash_one(text)
    }
    pub(super) fn value(&self, value: ValueRef<'_>) -> Option<u64> {
        with_bytes(value, |kind, bytes| self.0.hash_one((kind, bytes)))
    }
}

/// A number that a value has in each process, spread evenly; none if it is not a text, an integer, bytes or a UUID.
pub(super) fn stable_hash(value: ValueRef<'_>) -> Option<u64> {
    with_bytes(value, |kind, bytes| {
        let start = 0xcbf2_9ce4_8422_2325 ^ u64::from(kind);
        let hash = bytes
            .iter()
            .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        mixed(hash)
    })
}

fn with_bytes(value: ValueRef<'_>, f: impl FnOnce(u8, &[u8]) -> u64) -> Option<u64> {
    Some(match value {
        ValueRef::Str(text) | ValueRef::Text(text) | ValueRef::Debug(text) => f(0, text.as_bytes()),
        ValueRef::Bytes(bytes) => f(1, bytes),
        ValueRef::Uuid(bytes) => f(1, &bytes),
        ValueRef::U64(v) => f(2, &u128::from(v).to_le_bytes()),
        ValueRef::I64(v) => f(2, &i128::from(v).to_le_bytes()),
        ValueRef::U128(v) => f(2, &v.to_le_bytes()),
        ValueRef::I128(v) => f(2, &v.to_le_bytes()),
        _ => return None,
    })
}

/// Every bit of the result depends on every bit of `n` (the finalizer of MurmurHash3).
pub(super) fn mixed(mut n: u64) -> u64 {
    n = (n ^ n >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    n = (n ^ n >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    n ^ n >> 33
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn what_was_not_asked_for_longest_gives_way() {
        for max in [1, 2, 3, 8] {
            let mut table = Table::new(max);
            // The keys, newest first.
            let mut model: VecDeque<u64> = VecDeque::new();
            let mut random = 1;
            for round in 0..5000 {
                random = mixed(random + round);
                let key = random % 13;
                let known = model.contains(&key);
                let (value, gone) = table.entry(key, || key * 10);
                assert_eq!(*value, key * 10);
                model.retain(|other| *other != key);
                model.push_front(key);
                let expected = (model.len() > max).then(|| model.pop_back().unwrap() * 10);
                assert_eq!(gone, expected, "known: {known}");
                assert_eq!(table.values().count(), model.len());
            }
            assert!(table.get(99).is_none());
            assert_eq!(table.get(model[0]).copied(), Some(model[0] * 10));
        }
    }

    #[test]
    fn a_stable_hash_is_the_same_in_each_process() {
        assert_eq!(stable_hash(ValueRef::Str("4bf92f35")), Some(14_858_393_058_912_085_165));
        assert_eq!(stable_hash(ValueRef::I64(7)), stable_hash(ValueRef::U64(7)));
        assert_ne!(stable_hash(ValueRef::I64(-7)), stable_hash(ValueRef::I64(7)));
        assert_eq!(stable_hash(ValueRef::Uuid([1; 16])), stable_hash(ValueRef::Bytes(&[1; 16])));
        assert_eq!(stable_hash(ValueRef::Redacted), None);
    }
}
