//! From the lanes to one stream of frames, ordered by time.
//!
//! Within a lane the order is that of the calls, always. Across lanes, frames are merged by time stamp among those
//! that are visible when the pass looks: a record whose call returned at least [`WINDOW`] before another one began
//! comes first. A pass emits nothing younger than its own beginning minus the window (for a flush: than its beginning).

use crate::lane::{Front, Reader, Taken};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// How long a pass waits for a caller between reading the clock and committing, before it may order others first.
pub(crate) const WINDOW: Duration = Duration::from_micros(10);

/// What the visitor of a pass says after each frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Go on.
    More,
    /// Stop here; the frame was taken.
    Stop,
}

/// All lanes as the writer sees them.
#[derive(Debug)]
pub(crate) struct Drain {
    front: Arc<Front>,
    /// Oldest lane first: index `i` is the `i`-th that was registered.
    readers: Vec<Reader>,
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

/// A point in every lane: see [`Drain::barrier`].
#[derive(Debug)]
pub(crate) struct Barrier {
    /// For each lane the number of blocks that had been pushed, until it is known to be passed.
    goals: Vec<Option<u32>>,
}

impl Drain {
    pub(crate) fn new(front: Arc<Front>) -> Drain {
        Drain { front, readers: Vec::new(), heap: BinaryHeap::new() }
    }

    /// The lanes.
    pub(crate) fn readers(&mut self) -> &mut [Reader] {
        &mut self.readers
    }

    /// Marks all that is committed now. The mark is passed once each lane was found empty, or was drained to the end
    /// of the block that was open: even if callers never pause, that is a bounded amount.
    pub(crate) fn barrier(&mut self) -> Barrier {
        self.meet_new_lanes();
        Barrier { goals: self.readers.iter().map(|r| Some(r.lane().ring.pushed())).collect() }
    }

    /// Whether all that was committed when `barrier` was made has been taken.
    pub(crate) fn passed(&mut self, barrier: &mut Barrier) -> bool {
        let front = &*self.front;
        for (reader, goal) in self.readers.iter_mut().zip(&mut barrier.goals) {
            // Blocks are counted modulo 2^32, and far fewer exist: the sign of the difference tells before from after.
            if goal.is_some_and(|goal| {
                reader.blocks_done().wrapping_sub(goal) as i32 >= 0 || reader.peek(front).is_none()
            }) {
                *goal = None;
            }
        }
        barrier.goals.iter().all(Option::is_none)
    }

    /// Visits committed records until there are none, `limit` were visited, or the visitor stops; none younger than
    /// `horizon`, and none of another epoch if one is given. Returns how many were visited.
    pub(crate) fn pass(
        &mut self,
        limit: usize,
        horizon: Option<u64>,
        epoch: Option<u64>,
        mut visit: impl FnMut(Taken<'_>) -> Next,
    ) -> usize {
        self.meet_new_lanes();
        let front = &*self.front;
        self.heap.clear();
        for (i, reader) in self.readers.iter_mut().enumerate() {
            match reader.peek(front) {
                Some(ticks) => self.heap.push(Reverse((ticks, i))),
                None => reader.retire_if_done(front),
            }
        }
        let horizon = horizon.unwrap_or(u64::MAX);
        let mut visited = 0;
        while let Some(Reverse((_, i))) = self.heap.pop() {
            let reader = &mut self.readers[i];
            let rival = self.heap.peek().map_or(u64::MAX, |Reverse((ticks, _))| *ticks);
            while let Some(taken) = reader.take_until(front, rival.min(horizon), epoch) {
                let go_on = visit(taken);
                visited += 1;
                if go_on == Next::Stop || visited >= limit {
                    return visited;
                }
            }
            if epoch.is_some_and(|epoch| !front.epoch.is(epoch)) {
                return visited;
            }
            if let Some(ticks) = reader.peek(front).filter(|ticks| *ticks <= horizon) {
                self.heap.push(Reverse((ticks, i)));
            }
        }
        visited
    }

    /// Gives back the lanes of threads that are gone, as far as they are empty.
    pub(crate) fn retire(&mut self) {
        let front = &*self.front;
        self.readers.iter_mut().for_each(|reader| reader.retire_if_done(front));
    }

    /// Gives up the blocks that are kept for records in the making.
    pub(crate) fn relieve(&mut self) {
        let front = &*self.front;
        self.readers.iter_mut().for_each(|reader| reader.relieve(front));
    }

    /// Time stamp of the oldest committed record.
    pub(crate) fn oldest(&mut self) -> Option<u64> {
        let front = &*self.front;
        self.readers.iter_mut().filter_map(|reader| reader.peek(front)).min()
    }

    /// The registry lists the newest lane first; `readers` ends with the newest that is known. One walk: a lane that is
    /// registered meanwhile is met the next time.
    fn meet_new_lanes(&mut self) {
        let known = self.readers.last().map(Reader::slot_ptr);
        let new: Vec<_> = self
            .front
            .lanes
            .iter()
            .take_while(|slot| known.is_none_or(|known| !ptr::eq(known, *slot)))
            .map(Reader::new)
            .collect();
        self.readers.extend(new.into_iter().rev());
    }
}
