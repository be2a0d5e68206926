//! What processors say.

use crate::codec::{OwnedRecord, Record};

/// A record that a processor adds.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    record: OwnedRecord,
    /// Before the record at hand, and not behind it.
    before: bool,
    /// It was logged, and held back. What a processor makes goes to the routes past all processors but those that are
    /// essential.
    replayed: bool,
    /// What is said instead where there are things that must not be seen.
    discreet: Option<Box<OwnedRecord>>,
}

impl Said {
    pub(super) fn made(record: OwnedRecord, before: bool) -> Said {
        Said { record, before, replayed: false, discreet: None }
    }
    /// The same, with another one for those who have things that must not be seen.
    pub(super) fn discreetly(self, discreet: OwnedRecord) -> Said {
        Said { discreet: Some(Box::new(discreet)), ..self }
    }
    /// The same, as essential processors have left it.
    pub(super) fn guarded(self, record: OwnedRecord) -> Said {
        Said { record, discreet: None, ..self }
    }
    /// It has passed the processors of the chain in which it was held back.
    pub(super) fn replayed(record: OwnedRecord) -> Said {
        Said { record, before: true, replayed: true, discreet: None }
    }
    /// Whether it comes before the record during which it was said.
    pub(crate) fn is_before(&self) -> bool {
        self.before
    }
    /// Whether filters and processors of routes are to see it.
    pub(crate) fn is_replayed(&self) -> bool {
        self.replayed
    }
    /// Calls `f` with the record.
    pub(crate) fn with(&self, f: &mut dyn FnMut(&Record<'_>)) {
        self.record.with(f);
    }
    /// Calls `f` with what is said where there are things that must not be seen.
    pub(crate) fn with_discreet(&self, f: &mut dyn FnMut(&Record<'_>)) {
        self.discreet.as_deref().unwrap_or(&self.record).with(f);
    }
}
