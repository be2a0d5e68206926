//! The stack of free blocks.

use crate::pool::Pool;
use crate::rt::{size, two};
use crate::stage::Plain;
use std::sync::Arc;

/// A pool, and for each block memory that only its owner may touch.
struct Stage {
    pool: Pool,
    owners: Vec<Plain<u32>>,
}

impl Stage {
    fn new(blocks: usize) -> Arc<Stage> {
        let owners = (0..blocks).map(|_| Plain::new(0)).collect();
        Arc::new(Stage { pool: Pool::new(blocks), owners })
    }
    /// Takes a block and marks it.
    fn take(&self, owner: u32) -> Option<u32> {
        let block = self.pool.pop()?;
        let memory = &self.owners[block as usize];
        assert_eq!(memory.get(), 0, "block {block} has an owner already");
        memory.set(owner);
        Some(block)
    }
    fn give(&self, owner: u32, block: u32) {
        let memory = &self.owners[block as usize];
        assert_eq!(memory.get(), owner, "block {block} has changed its owner");
        memory.set(0);
        self.pool.push(block);
    }
    /// Asserts that every block is there once, and counted.
    fn assert_conserved(&self) {
        assert_eq!(self.pool.free(), self.owners.len());
        let mut all: Vec<_> = std::iter::from_fn(|| self.pool.pop()).collect();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..self.owners.len() as u32), "{all:?}");
        assert_eq!((self.pool.free(), self.pool.pop()), (0, None));
    }
}

/// Two threads take and give: no block has two owners or is lost, and what an owner did happens before the next one
/// has it.
pub(super) fn two_owners() {
    let stage = Stage::new(2);
    let work = |stage: &Stage, owner, rounds| {
        for _ in 0..rounds {
            let block = stage.take(owner).expect("two blocks, two threads, one each");
            stage.give(owner, block);
        }
    };
    let here = stage.clone();
    two(|| work(&stage, 1, size(2, 200)), move || work(&here, 2, size(1, 200)));
    stage.assert_conserved();
}

/// While one thread is about to take the top, another one takes it, takes the one below, and gives the top back: the
/// first must not then make the second's block the top (ABA).
pub(super) fn three_blocks() {
    let stage = Stage::new(3);
    let here = stage.clone();
    two(
        || {
            for _ in 0..size(1, 200) {
                let block = stage.take(1).expect("the other one takes two");
                stage.give(1, block);
            }
        },
        move || {
            for _ in 0..size(1, 200) {
                let (top, below) = (here.take(2).unwrap(), here.take(2).unwrap());
                here.give(2, top);
                let again = here.take(2).unwrap();
                here.give(2, below);
                here.give(2, again);
            }
        },
    );
    stage.assert_conserved();
}

/// The count of free blocks, as seen while blocks come and go, is never below zero (which would be a huge number) nor
/// above the number of blocks.
pub(super) fn count() {
    let stage = Stage::new(1);
    let block = stage.take(1).expect("it is free");
    let here = stage.clone();
    let count = |stage: &Stage| assert!(stage.pool.free() <= 1);
    two(
        || {
            stage.give(1, block);
            count(&stage);
        },
        move || {
            for _ in 0..size(2, 200) {
                if let Some(block) = here.take(2) {
                    count(&here);
                    here.give(2, block);
                }
                count(&here);
            }
        },
    );
    stage.assert_conserved();
}

/// Two threads want the last block: one gets it, the other gets none, or gets it afterwards.
pub(super) fn last_block() {
    let stage = Stage::new(1);
    let work = |stage: &Stage, owner| {
        (0..size(2, 200))
            .filter_map(|_| stage.take(owner))
            .map(|block| stage.give(owner, block))
            .count()
    };
    let here = stage.clone();
    let (a, b) = two(|| work(&stage, 1), move || work(&here, 2));
    assert!(a + b > 0);
    stage.assert_conserved();
}
