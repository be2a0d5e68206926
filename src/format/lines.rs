//! What a built-in format keeps from record to record.

use super::context::Contexts;
use super::layout::{Direct, Layout, Parts};
use super::plan::{Desk, Plan};
use super::time::Stamp;
use crate::codec::{Record, Site};

/// Plans, contexts, and the calendar.
#[derive(Debug)]
pub(super) struct Lines {
    plans: Plans,
    /// For records with a text before the message.
    prefixed: Plans,
    contexts: Contexts,
    desk: Desk,
}

/// By callsite; each without and with a bound logger.
type Plans = Vec<[Option<Box<Plan>>; 2]>;

impl Clone for Lines {
    /// Only what cannot be worked out again.
    fn clone(&self) -> Self {
        Lines::new(self.desk.stamp.clone())
    }
}

impl Lines {
    pub(super) const fn new(stamp: Stamp) -> Self {
        Lines {
            plans: Vec::new(),
            prefixed: Vec::new(),
            contexts: Contexts::new(),
            desk: Desk::new(stamp),
        }
    }

    /// Appends the line of a record.
    #[inline(always)]
    pub(super) fn write<L: Layout>(&mut self, layout: &L, record: &Record<'_>, out: &mut Vec<u8>) {
        if record.prefix.is_some() {
            return self.write_prefixed(layout, record, out);
        }
        let Lines { plans, contexts, desk, .. } = self;
        write_planned(plans, contexts, desk, layout, record, out);
    }

    /// A function of its own, so that what is rare costs what is not no registers.
    #[inline(never)]
    fn write_prefixed<L: Layout>(&mut self, layout: &L, record: &Record<'_>, out: &mut Vec<u8>) {
        let Lines { prefixed, contexts, desk, .. } = self;
        write_planned(prefixed, contexts, desk, layout, record, out);
    }
}

#[inline(always)]
fn write_planned<L: Layout>(
    plans: &mut Plans,
    contexts: &mut Contexts,
    desk: &mut Desk,
    layout: &L,
    record: &Record<'_>,
    out: &mut Vec<u8>,
) {
    let Site::Static(meta) = record.site else {
        let Desk { stamp, scratch, .. } = desk;
        Direct { layout, record, stamp, scratch, out }.all();
        return;
    };
    let context = match record.bound {
        None => None,
        Some(bound) => Some(contexts.get(layout, bound, &mut desk.scratch)),
    };
    let bound = context.is_some();
    let mut unnumbered = None;
    let place = match record.callsite {
        None => &mut unnumbered,
        Some(callsite) => {
            let at = callsite as usize;
            if at >= plans.len() {
                plans.resize_with(at + 1, || [None, None]);
            }
            &mut plans[at][usize::from(bound)]
        }
    };
    let new = || Box::new(Plan::new(layout, meta, bound, record.prefix.is_some()));
    let plan = place.get_or_insert_with(new);
    plan.run(layout, record, context, desk, out);
    plan.keep_small();
}

impl<L: Layout> Direct<'_, '_, L> {
    fn all(mut self) {
        let layout = self.layout;
        layout.line(&mut self);
        self.raw(b"\n");
    }
}
