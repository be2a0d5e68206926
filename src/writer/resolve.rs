//! From the words of a frame to a record: callsite, time, thread, bound context.

use crate::callsite::{Retired, Sites, find_bound};
use crate::clock::Calibration;
use crate::codec::{Args, Bound, Frame, Record, Site, ThreadInfo, dynamic_site, header};
use crate::lane::Taken;
use crossbeam_channel::Receiver;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, LazyLock};

static NOBODY: LazyLock<ThreadInfo> = LazyLock::new(ThreadInfo::default);

/// Spreads ids that were given out in order: nobody chooses them, so nothing has to be resisted.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32((*byte).into()));
    }
    #[inline]
    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// What frames refer to by number.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    sites: Sites,
    bounds: HashMap<u32, Arc<Bound>, BuildHasherDefault<IdHasher>>,
    /// The context that was asked for last.
    last: Option<(u32, Arc<Bound>)>,
    fresh: Vec<u32>,
}

impl Resolver {
    /// The record in a frame; `None` if its bytes are damaged.
    #[inline(always)]
    pub(crate) fn record<'a>(
        &'a mut self,
        taken: &Taken<'a>,
        calibration: &Calibration,
        retired: &Receiver<Retired>,
    ) -> Option<Record<'a>> {
        let frame = Frame::new(taken.words).ok()?;
        let args = frame.args().ok()?;
        let unix_ns = calibration.unix_ns(frame.ticks());
        let (site, callsite, args) = match frame.id() {
            header::ID_DYNAMIC => (dynamic_site(args.get(0))?, None, Args::default()),
            id => (Site::Static(self.sites.get(id)?.metadata()), Some(id), args),
        };
        let bound = match frame.bound() {
            0 => None,
            id => self.bound(id, retired),
        };
        let thread = taken.thread.map_or(&*NOBODY, |thread| thread);
        let (seq, level) = (taken.seq, site.level());
        Some(Record { site, callsite, unix_ns, seq, thread, bound, args, level, prefix: None })
    }

    /// Takes over so many contexts of loggers that are gone; returns their ids.
    pub(crate) fn adopt_retired(&mut self, retired: &Receiver<Retired>, most: usize) -> Vec<u32> {
        for gone in retired.try_iter().take(most) {
            self.fresh.push(gone.id);
            self.bounds.insert(gone.id, gone.bound);
        }
        std::mem::take(&mut self.fresh)
    }

    /// Forgets a context that no record names any more.
    pub(crate) fn forget(&mut self, id: u32) {
        self.bounds.remove(&id);
        self.last = None;
    }

    /// The context with this id.
    #[inline]
    fn bound(&mut self, id: u32, retired: &Receiver<Retired>) -> Option<&Bound> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != id) {
            self.look_up(id, retired);
        }
        self.last.as_ref().map(|(_, bound)| &**bound)
    }

    #[inline(never)]
    fn look_up(&mut self, id: u32, retired: &Receiver<Retired>) {
        if !self.bounds.contains_key(&id) {
            self.learn_bound(id, retired);
        }
        self.last = self.bounds.get(&id).map(|bound| (id, bound.clone()));
    }

    /// A context is in the table while its logger lives. When it dies it goes to the engines first and out of the table
    /// afterwards, so what is not in the table has been sent.
    #[cold]
    fn learn_bound(&mut self, id: u32, retired: &Receiver<Retired>) {
        if let Some(bound) = find_bound(id) {
            self.bounds.insert(id, bound);
            return;
        }
        for gone in retired.try_iter() {
            self.fresh.push(gone.id);
            self.bounds.insert(gone.id, gone.bound);
        }
    }
}
