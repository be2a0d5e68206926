//! Records of a process that is gone, on their way to the routes that lack them.

use super::Core;
use super::output::Outlet;
use crate::image::{Recovery, Wanted};
use std::time::{Duration, Instant};

/// How long a start waits for a sink that does not take a batch of recovered records.
const PATIENCE: Duration = Duration::from_secs(2);

impl Core {
    /// Writes the records to each route that lacks them, before anything else. Returns how many there were; `None` if a
    /// sink did not take them all: then some of them may be written twice, by the next start.
    pub(crate) fn write_recovered(&mut self, recovery: &Recovery) -> Option<u64> {
        let patience = || Instant::now() + PATIENCE;
        let wanted = recovery.routes(self.outlets.iter().map(Outlet::name));
        let routes: Vec<(usize, Wanted)> = wanted.into_iter().enumerate().collect();
        let (mut count, mut stuck) = (0, false);
        recovery.each(|record, lacks| {
            let mut written = false;
            // What processors keep out of the stream must not come into it this way.
            let mut copy = None;
            let Some((record, tools)) = self.processing.view(record, &mut copy) else { return };
            for (i, wanted) in &routes {
                let outlet = &mut self.outlets[*i];
                if !stuck && outlet.wants(record.level()) && lacks(*wanted) {
                    outlet.push_uncounted(record, tools, &mut self.books);
                    written = true;
                    stuck = outlet.is_due() && !outlet.write_until(patience(), &mut self.books);
                }
            }
            count += u64::from(written);
        });
        for outlet in &mut self.outlets {
            stuck |= !outlet.write_until(patience(), &mut self.books);
        }
        if stuck {
            for outlet in &mut self.outlets {
                outlet.abandon(&mut self.books);
            }
        }
        (!stuck).then_some(count)
    }
}
