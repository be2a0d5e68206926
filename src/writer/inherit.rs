//! What a forked child takes over of its parent's writer: configuration, formats and sinks, but no record.

use super::books::Books;
use super::journal::{Journal, Keeper};
use super::output::Outlet;
use super::{Core, notice};
use crate::callsite::Retired;
use crate::clock::Calibration;
use crate::config::Output;
use crate::drain::Drain;
use crate::lane::Front;
use crate::stats::Counters;
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Core {
    /// Waits for batches that second threads write, but not beyond `deadline`.
    pub(crate) fn land_until(&mut self, deadline: Instant) {
        for outlet in &mut self.outlets {
            while !outlet.land_if_back(&mut self.books) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_micros(20));
            }
        }
    }

    /// The state of a child's writer. Of the old one, nothing is dropped that would wait for another thread.
    pub(crate) fn inherit(
        mut self,
        front: Arc<Front>,
        counters: Arc<Counters>,
        retired: Receiver<Retired>,
    ) -> Core {
        std::mem::forget(std::mem::replace(&mut self.retired, retired));
        let carrying = self.overlap.then_some(&front);
        let journal = |output: &Output| Journal::new(&front, &output.name, output.level, &[]);
        let outlets = std::mem::take(&mut self.outlets).into_iter();
        self.outlets = outlets.filter_map(|o| Outlet::inherit(o, carrying, journal)).collect();
        self.keeper = Keeper::new(&front);
        self.books = Books::new(counters, front.clone());
        self.drain = Drain::new(front.clone());
        self.calibration = Calibration::new(front.source);
        self.front = front;
        self.leaving.clear();
        self.flush = None;
        self.synced = 0;
        self.notices = notice::Notices::default();
        self.ahead = false;
        self
    }
}
