//! Who has what: each record is written, lost or on its way, once, however many routes it takes.

use crate::image::Place;
use crate::lane::Front;
use crate::meta::Level;
use crate::stats::{Counters, DropCause, DropTable};
use std::sync::Arc;

/// A record in the buffer of a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Where its line ends.
    pub(super) end: usize,
    pub(super) level: Level,
    /// Its place among the fates, or [`SOLE`].
    pub(super) fate: u32,
    /// Its number among all records of the engine.
    pub(super) number: u64,
    /// Where its frame ends, if that is noted.
    pub(super) place: Place,
}

/// No other route has the record.
pub(super) const SOLE: u32 = u32::MAX;

/// What is known of a record that several routes have.
#[derive(Clone, Copy, Debug)]
struct Fate {
    /// Routes that have neither written nor dropped it.
    open: u32,
    written: bool,
}

/// The books of the writer.
pub(super) struct Books {
    pub(super) counters: Arc<Counters>,
    front: Arc<Front>,
    fates: Vec<Fate>,
    free: Vec<u32>,
    /// Losses that notices of single routes tell, so that those of all routes must not.
    told: DropTable,
}

impl Books {
    pub(super) fn new(counters: Arc<Counters>, front: Arc<Front>) -> Books {
        Books { counters, front, fates: Vec::new(), free: Vec::new(), told: DropTable::default() }
    }

    /// The number of the record at hand.
    pub(super) fn number(&self) -> u64 {
        self.counters.wanted.get()
    }

    /// The fate of a record that `routes` routes have.
    pub(super) fn share(&mut self, routes: u32) -> u32 {
        let fate = Fate { open: routes, written: false };
        match self.free.pop() {
            Some(at) => {
                self.fates[at as usize] = fate;
                at
            }
            None => {
                self.fates.push(fate);
                (self.fates.len() - 1) as u32
            }
        }
    }

    /// A route's sink has taken these records. `shared`: one of them may be with other routes too.
    pub(super) fn written(&mut self, marks: &[Mark], shared: bool) {
        let first = if shared {
            marks.iter().filter(|mark| mark.fate == SOLE || self.close(mark.fate, true)).count()
        } else {
            marks.len()
        };
        self.counters.written.add(first as u64);
    }

    /// A route has dropped a record that it had; true if that was the last chance.
    pub(super) fn dropped(&mut self, mark: &Mark, cause: DropCause, told: bool) -> bool {
        let lost = mark.fate == SOLE || self.close(mark.fate, false);
        if lost {
            self.lost(mark.level, cause, told);
        }
        lost
    }

    /// A record that was wanted is lost for all. `told`: the routes' own notices say so.
    pub(super) fn lost(&mut self, level: Level, cause: DropCause, told: bool) {
        self.front.ledger.add(level, cause, self.front.source.ticks());
        self.counters.lost.add(1);
        self.told[level.index()][cause as usize] += u64::from(told);
    }

    /// One route less has the record. True for the first that has written it, or for the last if none has.
    fn close(&mut self, at: u32, written: bool) -> bool {
        let fate = &mut self.fates[at as usize];
        fate.open -= 1;
        let decided = !fate.written && (written || fate.open == 0);
        fate.written |= written;
        if fate.open == 0 {
            self.free.push(at);
        }
        decided
    }

    /// What notices of single routes have told.
    pub(super) fn told(&self) -> &DropTable {
        &self.told
    }

    /// All drops so far, of all lanes and for all causes.
    pub(super) fn drops(&self) -> u64 {
        let sum = |table: DropTable| table.iter().flatten().sum::<u64>();
        let lanes = self.front.lanes.iter().map(|slot| sum(slot.lane.ledger.table())).sum::<u64>();
        sum(self.front.ledger.table()) + lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Backing;
    use crate::clock::{Clock, Source};
    use crate::lane::Overflow;

    fn books() -> Books {
        let source = Source::resolve(Clock::System);
        let overflow = [Overflow::Shed; Level::ALL.len()];
        let front = Front::new(8, 512, source, overflow, Backing::Memory).unwrap();
        Books::new(Arc::default(), Arc::new(front))
    }

    fn mark(fate: u32) -> Mark {
        Mark { end: 0, level: Level::Info, fate, number: 0, place: Place::NONE }
    }

    #[test]
    fn a_record_is_written_once_and_lost_only_if_no_route_wrote_it() {
        let mut books = books();
        let fate = books.share(3);
        assert!(!books.dropped(&mark(fate), DropCause::Sink, false));
        books.written(&[mark(fate)], true);
        books.written(&[mark(fate)], true);
        assert_eq!((books.counters.written.get(), books.counters.lost.get()), (1, 0));
        // Its place is used again.
        let next = books.share(2);
        assert_eq!(next, fate);
        assert!(!books.dropped(&mark(next), DropCause::Sink, false));
        assert!(books.dropped(&mark(next), DropCause::Sink, true));
        assert_eq!((books.counters.written.get(), books.counters.lost.get()), (1, 1));
        assert_eq!(books.drops(), 1);
        assert_eq!(books.told()[Level::Info.index()][DropCause::Sink as usize], 1);
        books.written(&[mark(SOLE), mark(SOLE)], true);
        assert_eq!(books.counters.written.get(), 3);
    }
}
