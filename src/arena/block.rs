//! The protocol of one block: commit and seal.
//!
//! A block is an array of words that one producer fills with frames, front to back, while one reader follows.
//! There is no shared cursor. Each frame begins with a header word that is written last:
//!
//! * the producer clears the word *behind* the frame, then publishes the header of the frame (Release);
//! * the reader peeks at the next header (Acquire): zero means that nothing more is committed yet;
//! * a full block ends with the header [`SEAL`]; one word is always kept for it;
//! * the first word is cleared before the block's handle is pushed on the lane's ring (Release there).
//!
//! So the reader never comes to a word that was not cleared or published for this use of the block, and whatever it
//! finds behind a header was written before it. When it has met the seal, the block is its own to give back.

use crate::sync::Word;

/// The header that ends a block. Its length field is 1, so that it can never be mistaken for a frame.
pub(crate) const SEAL: u64 = (0xFFFF_FFFF << 32) | 1;

/// The producer's side of a block: where the next frame begins, and the last word, which is kept for the seal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) at: *const Word,
    pub(crate) end: *const Word,
}

impl Open {
    /// Begins a block of `words` words at `first`.
    ///
    /// # Safety
    /// `first` points to `words >= 1` words that outlive the result and that no one else accesses until the block's
    /// handle is pushed.
    pub(crate) unsafe fn begin(first: *const Word, words: usize) -> Open {
        // SAFETY: the caller hands over `words >= 1` valid words.
        unsafe { (*first).clear() };
        // SAFETY: `words - 1` is within the block.
        Open { at: first, end: unsafe { first.add(words - 1) } }
    }

    /// Whether a frame of `words` fits before the word of the seal.
    #[inline(always)]
    pub(crate) fn fits(&self, words: usize) -> bool {
        (self.end.addr().wrapping_sub(self.at.addr())) / size_of::<Word>() >= words
    }

    /// Publishes the frame whose payload was written behind `at`.
    ///
    /// # Safety
    /// `self` came from [`Open::begin`] and is used by one thread; `fits(words)` holds; `words >= 1`; all payload
    /// words of the frame are written; `header` is not zero and says `words`.
    #[inline(always)]
    pub(crate) unsafe fn commit(&mut self, words: usize, header: u64) {
        // SAFETY: `fits(words)`: at most `end`, which is a word of the block.
        let next = unsafe { self.at.add(words) };
        // SAFETY: `next` is a word of the block that the reader cannot reach before the publish below.
        unsafe { (*next).clear() };
        // SAFETY: `at` is a word of the block; it was cleared by `begin` or by the commit before.
        unsafe { (*self.at).publish(header) };
        self.at = next;
    }

    /// Ends the block: the reader will give it back.
    ///
    /// # Safety
    /// As for [`Open::commit`]; the producer does not touch the block again.
    pub(crate) unsafe fn seal(self) {
        // SAFETY: `at <= end`, a word of the block that is a cleared header.
        unsafe { (*self.at).publish(SEAL) };
    }
}

/// The reader's side of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) at: *const Word,
}

impl Reading {
    /// Begins at the first word of a block.
    pub(crate) fn begin(first: *const Word) -> Reading {
        Reading { at: first }
    }

    /// The next header, zero if there is none yet.
    ///
    /// # Safety
    /// The block's handle was popped from the lane's ring, the block was not given back since, and no [`SEAL`] was met.
    #[inline(always)]
    pub(crate) unsafe fn head(&self) -> u64 {
        // SAFETY: the protocol keeps `at` on a word that the producer cleared or published.
        unsafe { (*self.at).peek() }
    }

    /// Steps over a frame of `words`.
    ///
    /// # Safety
    /// [`Reading::head`] returned the header of a frame of exactly `words`.
    #[inline(always)]
    pub(crate) unsafe fn advance(&mut self, words: usize) {
        // SAFETY: a published frame lies within the block, and so does the word behind it.
        self.at = unsafe { self.at.add(words) };
    }
}
