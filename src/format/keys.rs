//! The keys of one object: whether any comes twice, and where each comes last.

use std::collections::HashMap;

/// Length and three characters of a key: keys that differ here are different.
pub(super) const fn print(key: &[u8]) -> u32 {
    match key {
        [] => 0,
        [first, .., last] => {
            u32::from_le_bytes([*first, key[key.len() / 2], *last, key.len() as u8])
        }
        [only] => u32::from_le_bytes([*only, 0, 0, 1]),
    }
}

/// Keys that are compared without a look at the whole of them.
const FEW: usize = 32;

/// The keys so far of one object.
pub(super) struct Seen {
    prints: [u32; FEW],
    count: usize,
}

impl Seen {
    pub(super) fn new() -> Self {
        Seen { prints: [0; FEW], count: 0 }
    }
    /// Whether `key` may have come before or may be one of `reserved`. Never false where it is so.
    #[inline]
    pub(super) fn may_clash(&mut self, key: &str, reserved: &[u32]) -> bool {
        let print = print(key.as_bytes());
        let known = self.prints.get(..self.count).is_none_or(|seen| seen.contains(&print));
        if let Some(place) = self.prints.get_mut(self.count) {
            *place = print;
        }
        self.count += 1;
        known || self.count > FEW || reserved.contains(&print)
    }
}

/// Where each key comes last: the keys in order, or a table where there are too many.
pub(super) struct Last<'a> {
    few: [&'a str; FEW],
    count: usize,
    many: Option<HashMap<&'a str, usize>>,
}

impl<'a> Last<'a> {
    pub(super) fn of(keys: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut last = Last { few: [""; FEW], count: 0, many: None };
        for key in keys.clone() {
            let Some(place) = last.few.get_mut(last.count) else {
                last.many = Some(keys.enumerate().map(|(at, key)| (key, at)).collect());
                break;
            };
            *place = key;
            last.count += 1;
        }
        last
    }
    /// Whether `key`, which stands at `at`, does not come again.
    pub(super) fn is(&self, key: &str, at: usize) -> bool {
        match &self.many {
            None => !self.few[at + 1..self.count].contains(&key),
            Some(places) => places.get(key) == Some(&at),
        }
    }
}
