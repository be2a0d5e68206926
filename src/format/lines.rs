//! What a built-in format keeps from record to record.

use super::context::Contexts;
use super::layout::{Direct, Layout, Parts};
use super::plan::{Desk, Plan};
use super::time::Stamp;
use crate::codec::{Record, Site};

/// Plans, contexts, and the calendar.
#[derive(Debug)]
pub(super) struct Lines {
    /// By callsite; each without and with a bound logger, then the same with a text before the message.
    plans: Vec<[Option<Box<Plan>>; 4]>,
    contexts: Contexts,
    desk: Desk,
}

impl Clone for Lines {
    /// Only what cannot be worked out again.
    fn clone(&self) -> Self {
        Lines::new(self.desk.stamp.clone())
    }
}

impl Lines {
    pub(super) const fn new(stamp: Stamp) -> Self {
        Lines { plans: Vec::new(), contexts: Contexts::new(), desk: Desk::new(stamp) }
    }

    /// Appends the line of a record.
    #[inline]
    pub(super) fn write<L: Layout>(&mut self, layout: &L, record: &Record<'_>, out: &mut Vec<u8>) {
        let Lines { plans, contexts, desk } = self;
        let Site::Static(meta) = record.site else {
            let Desk { stamp, scratch, .. } = desk;
            Direct { layout, record, stamp, scratch, out }.all();
            return;
        };
        let context = match record.bound {
            None => None,
            Some(bound) => Some(contexts.get(layout, bound, &mut desk.scratch)),
        };
        let (bound, prefixed) = (context.is_some(), !record.prefix.is_empty());
        let mut unnumbered = None;
        let place = match record.callsite {
            None => &mut unnumbered,
            Some(callsite) => {
                let at = callsite as usize;
                if at >= plans.len() {
                    plans.resize_with(at + 1, || [None, None, None, None]);
                }
                &mut plans[at][usize::from(bound) + 2 * usize::from(prefixed)]
            }
        };
        let plan = place.get_or_insert_with(|| Box::new(Plan::new(layout, meta, bound, prefixed)));
        plan.run(layout, record, context, desk, out);
        plan.keep_small();
    }
}

impl<L: Layout> Direct<'_, '_, L> {
    fn all(mut self) {
        let layout = self.layout;
        layout.line(&mut self);
        self.raw(b"\n");
    }
}
