//! What the built-in processors may do to a record without making it an edited one, which would be formatted part by part.

use super::{Draft, Tools};
use crate::codec::{Bound, Record, ValueRef};
use bumpalo::Bump;
use std::cell::OnceCell;
use std::sync::Arc;

/// Contexts that processors have put in the place of others, while their record is at hand.
#[derive(Default)]
pub(in crate::process) struct Held {
    first: OnceCell<(Arc<Bound>, Box<Held>)>,
}

impl Held {
    /// Keeps a context until the next record.
    fn keep(&self, bound: &Arc<Bound>) -> &Bound {
        let mut at = self;
        loop {
            let mut is_new = false;
            let (kept, next) = at.first.get_or_init(|| {
                is_new = true;
                (bound.clone(), Box::default())
            });
            if is_new || Arc::ptr_eq(kept, bound) {
                return kept;
            }
            at = next;
        }
    }
}

impl Tools {
    /// Memory that lives as long as the record at hand.
    pub(crate) fn bump(&self) -> &Bump {
        &self.bump
    }
    #[inline(always)]
    pub(super) fn forget_held(&mut self) {
        if self.held.first.get().is_some() {
            self.held = Held::default();
        }
    }
}

impl<'a> Draft<'a> {
    /// The record as it was logged, and memory that lives as long. What is put in its place must differ in values only.
    pub(in crate::process) fn logged(&mut self) -> (&mut Record<'a>, &'a Bump) {
        (self.record, &self.tools.bump)
    }
    /// The fields, if they are no longer those of the record.
    pub(in crate::process) fn edited(&mut self) -> Option<&mut [(&'a str, ValueRef<'a>)]> {
        self.changed.as_mut().map(|changed| &mut *changed.fields)
    }
    /// All fields, to be given other values one by one.
    pub(in crate::process) fn each_field(&mut self) -> &mut [(&'a str, ValueRef<'a>)] {
        &mut self.changed().fields
    }
    /// Takes all fields out.
    pub(in crate::process) fn clear_fields(&mut self) {
        self.changed().fields.clear();
    }
    /// Puts another context in the place of the record's.
    pub(in crate::process) fn set_bound(&mut self, bound: &Arc<Bound>) {
        let tools = self.tools;
        self.record.bound = Some(tools.held.keep(bound));
    }
    /// Memory that lives as long as the record.
    pub(in crate::process) fn bump(&self) -> &'a Bump {
        &self.tools.bump
    }
    /// Sets a field to a value that lives as long as the record.
    pub(in crate::process) fn put(&mut self, key: &str, value: ValueRef<'a>) {
        self.set_kept(key, value);
    }
}
