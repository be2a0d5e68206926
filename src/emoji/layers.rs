//! From layers to what counts: one list of fields, one set for each name.

use super::sets::{EmojiSet, FieldDef, Layer};
use super::tables::DAS;
use std::collections::BTreeMap;

/// What the layers and sets of a configuration amount to.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// In the order of the prefix.
    pub(super) fields: Vec<FieldDef>,
    pub(super) sets: BTreeMap<String, EmojiSet>,
}

impl Resolved {
    /// Layers by ascending priority: sets of the same name and fields of the same key are replaced, a field in its first
    /// place. Sets of the user's come last (spec [39]).
    pub(super) fn new(layers: &[Layer], user: &[EmojiSet]) -> Resolved {
        let mut sets: BTreeMap<String, EmojiSet> = BTreeMap::new();
        let mut put = |set: EmojiSet| sets.insert(set.name.clone(), set);
        DAS.into_iter().map(EmojiSet::builtin).for_each(|set| drop(put(set)));
        let mut sorted: Vec<&Layer> = layers.iter().collect();
        sorted.sort_by_key(|layer| layer.priority);
        let mut fields: Vec<FieldDef> = Vec::new();
        for layer in sorted {
            layer.sets.iter().cloned().for_each(|set| drop(put(set)));
            for field in &layer.fields {
                match fields.iter_mut().find(|known| known.key == field.key) {
                    Some(known) => *known = field.clone(),
                    None => fields.push(field.clone()),
                }
            }
        }
        user.iter().cloned().for_each(|set| drop(put(set)));
        Resolved { fields, sets }
    }

    /// The sets of domain, action and status.
    pub(super) fn das(&self) -> [&EmojiSet; 3] {
        DAS.map(|(name, _)| &self.sets[name])
    }
}
