//! From a record to the buffers of the routes that want it.

use super::books::{Books, SOLE};
use super::output::{Offer, Outlet};
use crate::codec::Record;
use crate::drain::Next;
use crate::image::Place;
use std::time::Duration;

/// A write that takes longer than this ends the pass, so that a slow sink cannot keep a pass from seeing a shutdown.
const SLOW_WRITE: Duration = Duration::from_millis(2);

/// Formats a record for every outlet that wants it; `None` if some did, and all their formats panicked.
#[inline]
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
        _ => deliver_to_all(outlets, record, place, books),
    }
}

/// The same for several routes, or for one that drops.
fn deliver_to_all(
    outlets: &mut [Outlet],
    record: &Record<'_>,
    place: Place,
    books: &mut Books,
) -> Option<Next> {
    let (level, number) = (record.level(), books.number());
    let (mut taken, mut failed, mut dropped) = (0, false, None);
    for outlet in outlets.iter_mut().filter(|outlet| outlet.wants(level)) {
        match outlet.offer(record, place, number) {
            Offer::Taken => taken += 1,
            Offer::Dropped(cause) => dropped = Some(cause),
            // The other routes still get the record.
            Offer::Failed => failed = true,
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
#[inline]
fn attend(outlet: &mut Outlet, books: &mut Books) -> Next {
    if outlet.is_due() && (outlet.attend(books) > SLOW_WRITE || !outlet.has_room()) {
        Next::Stop
    } else {
        Next::More
    }
}
