//! The tables and frames of a file, checked before they are believed.

use super::dictionary::{self, Entry};
use super::journal::{self, Place, word};
use super::layout::{BATCH_BYTES, ENTRY, Geometry, MARKS, Origin, SLOT_HEAD, SLOTS, place};
use crate::clock::{Calibration, Source};
use crate::codec::{Bound, Frame, ThreadInfo, header};
use crate::meta::{Level, Metadata};
use crate::sync::bytes_of_words;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// All that is in a file.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) origin: Origin,
    pub(super) calibration: Calibration,
    pub(super) slots: Vec<Slot>,
    pub(super) sites: HashMap<u32, &'static Metadata>,
    pub(super) contexts: HashMap<u32, Bound>,
    /// In the order of time, each life in its own.
    pub(super) frames: Vec<Found>,
}

/// A whole record.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) words: Vec<u64>,
    /// Its time stamp, or that of a record before it in its life, if the clock went back.
    key: u64,
    pub(super) place: Place,
    pub(super) seq: u64,
    pub(super) thread: Arc<ThreadInfo>,
}

/// A route of the process that is gone.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) level: u8,
    /// The route had left the configuration.
    left: bool,
    positions: Vec<u64>,
    pub(super) batch: Option<Batch>,
}

/// A batch that was under way.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) offset: u64,
    /// All bytes of the batch, of which `bytes` holds the first ones.
    pub(super) len: u64,
    pub(super) bytes: Vec<u8>,
    /// End of each line in the batch, and the place of its record.
    pub(super) marks: Vec<(u64, Place)>,
}

impl Slot {
    /// Whether the route has the record that ends at this place, or was not to get it.
    pub(super) fn has(&self, place: Place) -> bool {
        self.positions.get(place.block as usize).is_some_and(|word| {
            let (end, limit) = (*word as u32, (word >> 32) as u32);
            end >= place.end || (self.left && limit < place.end)
        })
    }

    /// Whether the route lacks a record of this level that ends at this place.
    pub(super) fn lacks(&self, place: Place, level: Level) -> bool {
        self.level <= level as u8 && !self.has(place)
    }

    /// Notes that it has all frames of a block up to a place.
    pub(super) fn take(&mut self, place: Place) {
        if let Some(word) = self.positions.get_mut(place.block as usize) {
            *word = *word & !u64::from(u32::MAX) | u64::from((*word as u32).max(place.end));
        }
    }
}

impl Contents {
    /// Reads a whole file. The error says what is wrong with it.
    pub(super) fn read(words: &[u64]) -> Result<Contents, &'static str> {
        let (geometry, origin) = Geometry::read(words, words.len())?;
        let source = Source::from_code(origin.source).ok_or("its clock is unknown")?;
        let which = words[place::CALIBRATION].min(1) as usize;
        let at = place::CALIBRATION + 1 + which * place::CALIBRATION_WORDS;
        let calibration = Calibration::of_parts(source, [words[at], words[at + 1], words[at + 2]]);
        let slots: Vec<Slot> = (0..SLOTS).filter_map(|i| slot(words, &geometry, i)).collect();
        let mut frames = Vec::new();
        for life in lives(words, &geometry) {
            life.walk(words, &geometry, &mut frames);
        }
        // Stable, and the keys of each life only grow: that is merging, always the oldest of those that come next.
        frames.sort_by_key(|found| found.key);
        let (sites, contexts) = names(words, &geometry, &frames);
        Ok(Contents { origin, calibration, slots, sites, contexts, frames })
    }
}

/// Blocks that one thread filled one after the other.
struct Life {
    /// Ordinal and number of each block.
    blocks: Vec<(u64, usize)>,
}

fn lives(words: &[u64], geometry: &Geometry) -> Vec<Life> {
    let mut lives: HashMap<u64, Life> = HashMap::new();
    for block in 0..geometry.blocks {
        let entry = &words[geometry.table() + block * ENTRY..][..ENTRY];
        if entry[0] != 0 {
            let life = lives.entry(entry[0]).or_insert_with(|| Life { blocks: Vec::new() });
            life.blocks.push((entry[1], block));
        }
    }
    let mut lives: Vec<_> = lives.into_iter().collect();
    lives.sort_by_key(|(life, _)| *life);
    for (_, life) in &mut lives {
        life.blocks.sort_unstable();
    }
    lives.into_iter().map(|(_, life)| life).collect()
}

impl Life {
    /// Adds the whole records of this life to `out`.
    fn walk(self, words: &[u64], geometry: &Geometry, out: &mut Vec<Found>) {
        let Some(&(_, first)) = self.blocks.first() else { return };
        let thread = Arc::new(thread_of(&words[geometry.table() + first * ENTRY..][..ENTRY]));
        // The pieces of a record that is larger than a block.
        let mut pieces: Vec<u64> = Vec::new();
        let (mut expected, mut key) = (None, 0);
        for (ordinal, block) in self.blocks {
            if expected.is_some_and(|expected| expected != ordinal) {
                // A block between was given back: its records were taken, and what began there as well.
                pieces.clear();
            }
            expected = Some(ordinal.wrapping_add(1));
            let mut seq = words[geometry.table() + block * ENTRY + 2];
            let start = geometry.tables() + block * geometry.block_words;
            let frames = &words[start..start + geometry.block_words];
            let mut at = 0;
            while let Some(frame) = frames.get(at..).and_then(|rest| Frame::new(rest).ok()) {
                let head = frame.header();
                if head == header::SEAL || header::seq(head) != seq as u8 {
                    break;
                }
                let frame = &frames[at..at + header::words(head)];
                at += frame.len();
                let place = Place { block: block as u32, end: at as u32 };
                let mut found = |words: Vec<u64>| {
                    key = words.get(1).copied().unwrap_or(0).max(key);
                    out.push(Found { words, key, place, seq, thread: thread.clone() });
                };
                if header::id(head) == header::ID_FRAGMENT {
                    if frame[2] == 0 {
                        pieces.clear();
                    }
                    // One whose beginning is not here was taken, or never made whole.
                    if frame[2] == 0 || !pieces.is_empty() {
                        pieces.extend_from_slice(&frame[header::FIXED_WORDS..]);
                    }
                    if header::args(head) == 1 && !pieces.is_empty() {
                        found(std::mem::take(&mut pieces));
                    }
                } else {
                    pieces.clear();
                    found(frame.to_vec());
                }
                seq = seq.wrapping_add(1);
            }
        }
    }
}

fn thread_of(entry: &[u64]) -> ThreadInfo {
    let bytes: Vec<u8> = entry[4..8].iter().flat_map(|word| word.to_le_bytes()).collect();
    let len = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    ThreadInfo { id: entry[3], name: String::from_utf8_lossy(&bytes[..len]).into_owned() }
}

fn slot(words: &[u64], geometry: &Geometry, slot: usize) -> Option<Slot> {
    let slot = &words[geometry.slot(slot)..][..geometry.slot_words()];
    let left = match slot[word::STATE] {
        journal::IN_USE => false,
        journal::LEFT => true,
        _ => return None,
    };
    let name = bytes_of_words(&slot[word::NAME..word::NAME + word::NAME_WORDS]);
    let len = usize::try_from(slot[word::NAME_LEN]).unwrap_or(0).min(name.len());
    let level = slot[word::LEVEL] as u8;
    let positions = slot[Geometry::POSITIONS..].to_vec();
    let count = usize::try_from(slot[word::BATCH]).unwrap_or(0).min(MARKS);
    let batch = (count > 0).then(|| {
        let marks = slot[SLOT_HEAD..].chunks_exact(2).take(count);
        let kept = &slot[SLOT_HEAD + 2 * MARKS..][..BATCH_BYTES / 8];
        let len = slot[word::BYTES];
        let kept_len = usize::try_from(len).map_or(BATCH_BYTES, |len| len.min(BATCH_BYTES));
        Batch {
            device: slot[word::DEVICE],
            inode: slot[word::INODE],
            offset: slot[word::OFFSET],
            len,
            bytes: bytes_of_words(kept)[..kept_len].to_vec(),
            marks: marks
                .map(|m| (m[0], Place { block: m[1] as u32, end: (m[1] >> 32) as u32 }))
                .collect(),
        }
    });
    let name = String::from_utf8_lossy(&name[..len]).into_owned();
    Some(Slot { name, level, left, positions, batch })
}

type Names = (HashMap<u32, &'static Metadata>, HashMap<u32, Bound>);

/// Statements and contexts that the frames name.
fn names(words: &[u64], geometry: &Geometry, frames: &[Found]) -> Names {
    let mut needed = HashSet::new();
    for found in frames {
        if let Ok(frame) = Frame::new(&found.words) {
            needed.insert((Entry::Site, frame.id()));
            needed.insert((Entry::Context, frame.bound()));
        }
    }
    let (mut sites, mut contexts) = (HashMap::new(), HashMap::new());
    let at = geometry.dictionary();
    dictionary::entries(&words[at..at + geometry.dictionary_words], |kind, id, bytes| {
        // Each once: what was read of a statement stays for ever.
        if !needed.remove(&(kind, id)) {
            return;
        }
        match kind {
            Entry::Site => {
                dictionary::site(bytes).map(|site| sites.insert(id, site));
            }
            Entry::Context => {
                if let Some((name, fields)) = dictionary::context(bytes) {
                    contexts.insert(id, recovery_bound(name, &fields));
                }
            }
            Entry::Free => {}
        }
    });
    contexts.insert(0, recovery_bound(None, &[]));
    (sites, contexts)
}

/// The context of a recovered record: the fields that were bound, and the word that it was recovered.
fn recovery_bound(name: Option<String>, fields: &[u8]) -> Bound {
    use crate::codec::{TreeWriter, ValueRef, read_tree};
    let mut out = Vec::with_capacity(fields.len() + 32);
    let at = out.open_map();
    let mut count = 1;
    out.key("recovered");
    out.leaf(ValueRef::Bool(true));
    if let Some((ValueRef::Map(map), _)) = read_tree(fields) {
        for (key, value) in map.entries().filter(|(key, _)| *key != "recovered") {
            out.key(key);
            out.leaf(value);
            count += 1;
        }
    }
    out.patch(at, count);
    Bound::new(name, out)
}
