//! Adopting another pipeline, between two rounds.

use super::Core;
use super::journal::Journal;
use super::output::Outlet;
use super::processing::Occasion;
use crate::config::{Output, Pipeline};
use crate::image::SLOTS;
use std::sync::Arc;

impl Core {
    /// Adopts a new pipeline. Outlets that it does not have any more get no further records and close when they are
    /// empty; those that it shares with the old one go on as they are. False if that has to wait: until then no record may be
    /// taken, which would be the new pipeline's.
    pub(super) fn follow_configuration(&mut self) -> bool {
        if self.current.is(&self.pipeline) {
            return true;
        }
        let next = self.current.load();
        if self.is_crowded(&next) {
            return false;
        }
        self.pipeline = next;
        if !self.processing.follows(&self.pipeline.steps) {
            self.tick(Occasion::End);
            self.processing.follow(&self.pipeline.steps);
        }
        let past = self.past();
        let mut left = Vec::new();
        for (i, outlet) in self.outlets.iter_mut().enumerate() {
            outlet.write(&mut self.books);
            if !self.pipeline.outputs.iter().any(|o| outlet.is_for(o)) && outlet.leave() {
                left.push(i);
            }
        }
        for output in self.pipeline.outputs.iter() {
            if !self.outlets.iter().any(|outlet| outlet.is_for(output)) {
                let carrying = self.overlap.then_some(&self.front);
                let journal = |o: &Output| Journal::new(&self.front, &o.name, o.level, &past);
                self.outlets.extend(Outlet::new(output, carrying, journal));
            }
        }
        // After their successors have slots: else a record that is still to come would be for nobody.
        left.into_iter().for_each(|i| self.outlets[i].bound_journal(&past));
        self.tell_who_is_lone();
        true
    }

    /// Whether routes of `next` have to wait for others to leave: by reloads that come faster than sinks finish, routes with
    /// their threads would pile up, and there would be no slots for them in the image. One whose sink is in trouble is not
    /// waited for.
    fn is_crowded(&self, next: &Pipeline) -> bool {
        let has_outlet = |output: &Arc<Output>| self.outlets.iter().any(|o| o.is_for(output));
        let new = || next.outputs.iter().filter(|output| !has_outlet(output)).count();
        self.outlets.iter().any(|outlet| outlet.is_leaving() && !outlet.is_bad())
            && self.outlets.len() + new() > SLOTS
    }

    pub(super) fn tell_who_is_lone(&mut self) {
        let lone = self.pipeline.outputs.len() == 1;
        self.outlets.iter_mut().for_each(|outlet| outlet.set_lone(lone));
    }
}
