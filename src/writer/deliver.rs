//! From a record to the buffers of the routes that want it.

use super::books::{Books, SOLE};
use super::output::{Offer, Outlet};
use crate::codec::Record;
use crate::drain::Next;
use crate::image::Place;
use crate::process::Tools;
use std::ops::Range;
use std::time::Duration;

/// A write that takes longer than this ends the pass, so that a slow sink cannot keep a pass from seeing a shutdown.
const SLOW_WRITE: Duration = Duration::from_millis(2);

/// Formats a record for every outlet that wants it; `None` if some did, and all their formats panicked.
#[inline(always)]
pub(super) fn deliver(
    outlets: &mut [Outlet],
    record: &Record<'_>,
    place: Place,
    books: &mut Books,
) -> Option<Next> {
    match outlets {
        // A panic of the format ends the batch, which is caught as a whole.
        [outlet] if outlet.takes(record.level()) => {
            outlet.push(record, place, books.number());
            books.counters.wanted.add(1);
            Some(attend(outlet, books))
        }
        _ => deliver_to_all(outlets, record, place, books, None),
    }
}

/// The line of the record at hand in the format that routes share, once one of them has it in its buffer.
#[derive(Debug, Default)]
pub(super) struct Rendered(Option<(usize, Range<usize>)>);

impl Rendered {
    /// The line, if there is one and `outlet` shares the format. `before` are the outlets ahead of it.
    pub(super) fn of<'o>(&self, before: &'o [Outlet], outlet: &Outlet) -> Option<&'o [u8]> {
        let (at, range) = self.0.as_ref().filter(|_| outlet.shares_format())?;
        before.get(*at)?.line(range)
    }
    /// The outlet at this place has added the record.
    pub(super) fn note(&mut self, at: usize, outlet: &Outlet) {
        if self.0.is_none() && outlet.shares_format() {
            self.0 = outlet.last_line().map(|range| (at, range));
        }
    }
}

/// The same for several routes, for one that drops, or where there are filters and processors, which need `tools`.
#[inline(never)]
pub(super) fn deliver_to_all(
    outlets: &mut [Outlet],
    record: &Record<'_>,
    place: Place,
    books: &mut Books,
    tools: Option<&Tools>,
) -> Option<Next> {
    let (level, number) = (record.level(), books.number());
    let (mut taken, mut failed, mut dropped) = (0, false, None);
    let mut rendered = Rendered::default();
    for at in 0..outlets.len() {
        let (before, rest) = outlets.split_at_mut(at);
        let outlet = &mut rest[0];
        if !outlet.wants(level) {
            continue;
        }
        let line = rendered.of(before, outlet);
        let offer = match tools {
            Some(tools) => outlet.offer_processed(record, line, (place, number), tools, books),
            None => outlet.offer(record, line, place, number),
        };
        match offer {
            Offer::Taken => {
                taken += 1;
                rendered.note(at, outlet);
            }
            Offer::Dropped(cause) => dropped = Some(cause),
            // The other routes still get the record.
            Offer::Failed => failed = true,
            Offer::Unwanted => {}
        }
    }
    let mut next = Next::More;
    match (taken, dropped) {
        (0, Some(cause)) => {
            books.counters.wanted.add(1);
            books.lost(level, cause, true);
        }
        (0, None) if failed => return None,
        (0, None) => books.counters.filtered.add(1),
        _ => {
            books.counters.wanted.add(1);
            let fate = if taken > 1 { books.share(taken) } else { SOLE };
            outlets.iter_mut().for_each(|outlet| outlet.share(fate));
            for outlet in outlets {
                if attend(outlet, books) == Next::Stop {
                    next = Next::Stop;
                }
            }
        }
    }
    Some(next)
}

/// Writes or sends off what is due. A slow write and a queue without room end the batch.
#[inline(always)]
fn attend(outlet: &mut Outlet, books: &mut Books) -> Next {
    if outlet.is_due() && (outlet.attend(books) > SLOW_WRITE || !outlet.has_room()) {
        Next::Stop
    } else {
        Next::More
    }
}
