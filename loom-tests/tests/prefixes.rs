//! A block whose producer is gone after any of its stores.
//!
//! The block protocol is compiled against words that write down each store. For every way to fill a small block, over
//! whatever a former use left in it, the words are rebuilt as they may be found when the producer was killed: all stores
//! up to some commit, and any of the plain ones that come behind it (only a commit orders what stands before it; plain
//! stores may become visible in any order, and ahead of a commit). A reader must find the frames committed by
//! then, whole, and after them either nothing or the seal.

#![allow(unsafe_code)]

mod sync {
    use std::cell::{Cell, RefCell};

    /// How a word was written.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Store {
        /// Everything before it is visible with it.
        Publish,
        Plain,
    }

    thread_local! {
        /// Every store: how, where and what.
        pub(crate) static LOG: RefCell<Vec<(Store, usize, u64)>> = const { RefCell::new(Vec::new()) };
    }

    /// A word that writes down its stores.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct Word(pub(crate) Cell<u64>);

    impl Word {
        fn store(&self, store: Store, value: u64) {
            LOG.with_borrow_mut(|log| log.push((store, std::ptr::from_ref(self).addr(), value)));
            self.0.set(value);
        }
        pub(crate) fn publish(&self, header: u64) {
            self.store(Store::Publish, header);
        }
        pub(crate) fn peek(&self) -> u64 {
            self.0.get()
        }
        pub(crate) fn clear(&self) {
            self.store(Store::Plain, 0);
        }
        /// Writes payload.
        pub(crate) fn set(&self, value: u64) {
            self.store(Store::Plain, value);
        }
    }
}

#[path = "../../src/arena/block.rs"]
mod block;

use block::{Open, Reading, SEAL};
use std::cell::Cell;
use sync::{LOG, Store, Word};

/// Words of the block.
const WORDS: usize = 7;
/// The largest frame, as it is tried here.
const LARGEST: usize = 4;

/// A step of a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A frame of so many words.
    Commit(usize),
    /// The payload of a frame of so many words that never comes.
    Abandon(usize),
    Seal,
}

fn header(id: usize, words: usize) -> u64 {
    (id as u64 + 1) << 16 | words as u64
}

/// Never a header that could be read: the length would lead beyond the block.
fn payload(id: usize, n: usize) -> u64 {
    (id as u64 + 1) << 24 | (n as u64) << 16 | 0xFFFF
}

fn memory(values: [u64; WORDS]) -> [Word; WORDS] {
    values.map(|value| Word(Cell::new(value)))
}

/// Takes the steps over what is left of a former use; returns the stores, by the index of their word.
fn record(steps: &[Step], before: [u64; WORDS]) -> Vec<(Store, usize, u64)> {
    let words = memory(before);
    LOG.take();
    // SAFETY: these are the words, and one thread uses them.
    let mut open = unsafe { Open::begin(words.as_ptr(), WORDS) };
    let mut id = 0;
    for step in steps {
        let fill = |words: usize| {
            assert!(open.fits(words));
            for n in 1..words {
                // SAFETY: the frame fits.
                unsafe { (*open.at.add(n)).set(payload(id, n)) };
            }
        };
        match *step {
            Step::Abandon(words) => fill(words),
            Step::Commit(words) => {
                fill(words);
                // SAFETY: it fits, its payload was written, and the header says its length.
                unsafe { open.commit(words, header(id, words)) };
                id += 1;
            }
            // SAFETY: the block is not used again.
            Step::Seal => unsafe { open.seal() },
        }
    }
    let base = words.as_ptr().addr();
    let index = |(store, at, value)| (store, (at - base) / size_of::<Word>(), value);
    LOG.take().into_iter().map(index).collect()
}

/// Reads a block to its end: the lengths of its frames, and whether there was a seal.
fn read(values: [u64; WORDS], context: &dyn Fn() -> String) -> (Vec<usize>, bool) {
    let words = memory(values);
    let mut reading = Reading::begin(words.as_ptr());
    let mut frames = Vec::new();
    loop {
        let at = (reading.at.addr() - words.as_ptr().addr()) / size_of::<Word>();
        // SAFETY: checked below, before each step.
        let head = unsafe { reading.head() };
        if head == 0 || head == SEAL {
            return (frames, head == SEAL);
        }
        let (id, len) = (frames.len(), (head & 0xFFFF) as usize);
        assert_eq!(head, header(id, len), "{}", context());
        assert!(at + len < WORDS, "a frame beyond the end: {}", context());
        for n in 1..len {
            assert_eq!(words[at + n].peek(), payload(id, n), "word {n} of {id}: {}", context());
        }
        frames.push(len);
        // SAFETY: the frame ends before the last word, which was asserted.
        unsafe { reading.advance(len) };
    }
}

/// Checks every state in which the block may be found; returns how many there were.
fn check(steps: &[Step], before: [u64; WORDS]) -> usize {
    let stores = record(steps, before);
    // The handle is pushed, with a release of its own, when the block was begun: nobody comes here before.
    assert_eq!(stores[0], (Store::Plain, 0, 0));
    let commits = stores.iter().enumerate().filter(|(_, store)| store.0 == Store::Publish);
    let ends: Vec<usize> = [0].into_iter().chain(commits.map(|(at, _)| at)).collect();
    let expected: Vec<Step> =
        steps.iter().copied().filter(|s| !matches!(s, Step::Abandon(_))).collect();
    let mut states = 0;
    for (committed, &end) in ends.iter().enumerate() {
        let mut sure = before;
        stores[..=end].iter().for_each(|&(_, at, value)| sure[at] = value);
        // Behind the last commit that is visible, up to the one after the next.
        let until = ends.get(committed + 2).copied().unwrap_or(stores.len());
        let loose: Vec<_> =
            stores[end + 1..until].iter().filter(|store| store.0 == Store::Plain).collect();
        for subset in 0..1_u32 << loose.len() {
            let mut values = sure;
            for (n, &&(_, at, value)) in loose.iter().enumerate() {
                if subset >> n & 1 == 1 {
                    values[at] = value;
                }
            }
            let context = || format!("{steps:?} over {before:x?}, {committed} commits, {subset:b}");
            let (frames, sealed) = read(values, &context);
            let seen = frames.into_iter().map(Step::Commit).chain(sealed.then_some(Step::Seal));
            assert!(seen.eq(expected[..committed].iter().copied()), "{}", context());
            states += 1;
        }
    }
    states
}

/// Every way to fill a block: frames of all lengths, with or without an abandoned one before each.
fn fillings(room: usize, steps: &mut Vec<Step>, visit: &mut dyn FnMut(&[Step])) {
    steps.push(Step::Seal);
    visit(steps);
    steps.pop();
    for words in 1..=room.min(LARGEST) {
        steps.push(Step::Commit(words));
        fillings(room - words, steps, visit);
        steps.pop();
        for abandoned in 2..=room.min(LARGEST) {
            steps.extend([Step::Abandon(abandoned), Step::Commit(words)]);
            fillings(room - words, steps, visit);
            steps.truncate(steps.len() - 2);
        }
    }
}

#[test]
fn a_reader_finds_exactly_what_was_committed() {
    let frame = header(0, 2);
    let mut left_behind = vec![[0; WORDS], [u64::MAX; WORDS], [SEAL; WORDS], [frame; WORDS]];
    // What former uses really leave.
    for steps in [
        &[Step::Commit(1), Step::Commit(1), Step::Commit(1), Step::Commit(1)][..],
        &[Step::Commit(2), Step::Commit(3), Step::Seal],
        &[Step::Commit(4), Step::Abandon(2)],
    ] {
        let mut values = [0; WORDS];
        record(steps, values).iter().for_each(|&(_, at, value)| values[at] = value);
        left_behind.push(values);
    }
    let (mut ways, mut states) = (0, 0);
    for before in left_behind {
        fillings(WORDS - 1, &mut Vec::new(), &mut |steps| {
            ways += 1;
            states += check(steps, before);
        });
    }
    assert!(ways > 1_000 && states > 10_000, "{states} states of {ways} blocks");
}

/// The check itself: a producer that publishes before it clears the word behind is found out.
#[test]
fn a_missing_clear_is_found() {
    let steps = [Step::Commit(2), Step::Commit(2)];
    let before = [header(1, 1); WORDS];
    let mut stores = record(&steps, before);
    let cleared = stores.iter().position(|store| *store == (Store::Plain, 2, 0)).unwrap();
    stores.remove(cleared);
    let first = stores.iter().position(|store| store.0 == Store::Publish).unwrap();
    let mut values = before;
    stores[..=first].iter().for_each(|&(_, at, value)| values[at] = value);
    let found = std::panic::catch_unwind(|| read(values, &String::new));
    assert!(found.is_err(), "old garbage was taken for the next frame");
}
