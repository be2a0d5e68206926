//! Where everything lies in the file. All numbers are words of eight bytes, in the machine's byte order.
//!
//! ```text
//! header        512 words   see below; words 0..16 never change and are covered by a checksum
//! block table   8 a block   whose block it is: [life, ordinal, first sequence number, thread id, thread name (32 bytes)]
//! slots         8 slots     what each route has taken, and the batch that it is about to take; see `journal.rs`
//! dictionary                logging statements and bound contexts by id; see `dictionary.rs`
//! blocks                    frames; see `arena/block.rs` and `codec/mod.rs`
//! ```
//!
//! Life zero marks a block that holds nothing. A life is one thread's use of a lane: blocks of one life follow each other by
//! their ordinals.

/// `ripsaw` and two bytes that no text has.
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"ripsaw\x1A\xFF");
/// Changes with every change of this file, of the dictionary's or of the frames' layout.
pub(super) const VERSION: u64 = 1;
/// Tells a machine of another byte order.
const ORDER: u64 = 0x0102_0304;

/// Words of the header.
pub(super) const HEADER: usize = 512;
/// Words that the checksum covers; it stands behind them.
pub(super) const FIXED: usize = 16;
/// Words of an entry of the block table.
pub(super) const ENTRY: usize = 8;
/// Routes that are told apart.
pub(crate) const SLOTS: usize = 8;
/// Words of a slot before its marks: state, level, name, and the batch under way.
pub(super) const SLOT_HEAD: usize = 64;
/// The most records of a batch.
pub(crate) const MARKS: usize = 2048;
/// The most bytes of a batch that are kept.
pub(crate) const BATCH_BYTES: usize = 64 * 1024;
/// Words of a slot but for the positions by block.
const SLOT: usize = SLOT_HEAD + 2 * MARKS + BATCH_BYTES / 8;
/// Whole pages come before the blocks.
const PAGE: usize = 512;
/// The most words that a file can have: 64 GiB.
const MOST: usize = 1 << 33;

/// Places in the changing part of the header.
pub(super) mod place {
    /// Whether the process has ended in order: 0 while it runs.
    pub(crate) const ENDED: usize = 32;
    /// Which of two calibrations counts.
    pub(crate) const CALIBRATION: usize = 40;
    /// Words of a calibration: ticks, nanoseconds, rate.
    pub(crate) const CALIBRATION_WORDS: usize = 3;
}

/// The numbers from which all places follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Geometry {
    pub(crate) blocks: usize,
    pub(crate) block_words: usize,
    pub(crate) dictionary_words: usize,
}

/// What the header says beside the geometry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    pub(crate) pid: u64,
    /// When the process started, in the system's ticks since boot; 0 if that is not known.
    pub(crate) started: u64,
    /// Among which processes the id counts; 0 if that is not known.
    pub(crate) namespace: u64,
    pub(crate) created_unix_ns: u64,
    /// The clock of the time stamps: see [`crate::clock::Source`].
    pub(crate) source: u64,
}

impl Geometry {
    pub(super) fn table(&self) -> usize {
        HEADER
    }
    pub(super) fn slot_words(&self) -> usize {
        SLOT + self.blocks
    }
    pub(super) fn slot(&self, slot: usize) -> usize {
        self.table() + self.blocks * ENTRY + slot * self.slot_words()
    }
    /// Where the positions by block begin in a slot.
    pub(super) const POSITIONS: usize = SLOT;
    pub(super) fn dictionary(&self) -> usize {
        self.slot(SLOTS)
    }
    /// Words before the blocks.
    pub(crate) fn tables(&self) -> usize {
        (self.dictionary() + self.dictionary_words).next_multiple_of(PAGE)
    }
    /// Words of all blocks.
    pub(crate) fn rest(&self) -> usize {
        self.blocks * self.block_words
    }
    /// Words in all.
    pub(crate) fn words(&self) -> usize {
        self.tables() + self.rest()
    }

    /// The unchanging part of a header.
    pub(super) fn header(&self, origin: &Origin) -> [u64; FIXED + 1] {
        let mut header = [0; FIXED + 1];
        let numbers = [
            MAGIC,
            VERSION << 32 | ORDER,
            self.words() as u64,
            self.blocks as u64,
            self.block_words as u64,
            self.dictionary_words as u64,
            SLOTS as u64,
            MARKS as u64,
            BATCH_BYTES as u64,
            origin.pid,
            origin.started,
            origin.created_unix_ns,
            origin.source,
            origin.namespace,
        ];
        header[..numbers.len()].copy_from_slice(&numbers);
        header[FIXED] = checksum(&header[..FIXED]);
        header
    }

    /// Reads the unchanging part of a header; the error says what is wrong with it. `words` are those of the file.
    pub(super) fn read(header: &[u64], words: usize) -> Result<(Geometry, Origin), &'static str> {
        let Some(header) = header.get(..FIXED + 1) else { return Err("it is too short") };
        if header[0] != MAGIC {
            return Err("it is no arena of this library");
        }
        if header[1] & 0xFFFF_FFFF != ORDER {
            return Err("it was made on a machine of another byte order");
        }
        if header[1] >> 32 != VERSION {
            return Err("it was made by another version of this library");
        }
        if checksum(&header[..FIXED]) != header[FIXED] {
            return Err("its header is damaged");
        }
        let number = |i: usize| usize::try_from(header[i]).ok().filter(|n| *n <= MOST);
        let (Some(total), Some(blocks), Some(block_words), Some(dictionary_words)) =
            (number(2), number(3), number(4), number(5))
        else {
            return Err("its sizes make no sense");
        };
        let same = header[6..9] == [SLOTS as u64, MARKS as u64, BATCH_BYTES as u64];
        let geometry = Geometry { blocks, block_words, dictionary_words };
        let fits = blocks.checked_mul(block_words).is_some_and(|rest| rest <= MOST);
        if !same || !fits || block_words < 2 || geometry.words() != total {
            return Err("its sizes make no sense");
        }
        if words < total {
            return Err("it was cut off");
        }
        let origin = Origin {
            pid: header[9],
            started: header[10],
            created_unix_ns: header[11],
            source: header[12],
            namespace: header[13],
        };
        Ok((geometry, origin))
    }
}

/// FNV-1a over words: against accidents, not against forgers.
pub(super) fn checksum(words: &[u64]) -> u64 {
    words.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
        (hash ^ word).wrapping_mul(0x100_0000_01b3).rotate_left(29)
    })
}
