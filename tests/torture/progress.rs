//! What the calls of a victim have come to, kept outside the engine: in a mapped file, which outlives the process
//! however it ends.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Threads that are told apart.
pub(crate) const SLOTS: usize = 16;
/// Counters of a slot: begun, returned, marked, and one that keeps the slots apart.
const WORDS: usize = 4;
const BYTES: usize = SLOTS * WORDS * size_of::<u64>();

/// One thread's calls. Each number is that of calls, so the next call has the number `begun`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) begun: u64,
    pub(crate) returned: u64,
    /// Those that must be accounted for, whatever comes later.
    pub(crate) marked: u64,
}

fn path(dir: &Path) -> PathBuf {
    dir.join("progress")
}

/// The victim's side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    words: &'static [AtomicU64; SLOTS * WORDS],
}

impl Progress {
    /// Maps the file, which is made if it is not there. The mapping stays as long as the process.
    #[allow(unsafe_code)]
    pub(crate) fn map(dir: &Path) -> io::Result<Progress> {
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(path(dir))?;
        file.set_len(BYTES as u64)?;
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a new mapping, at a place that the kernel chooses, of a file that is as long.
        let at =
            unsafe { libc::mmap(std::ptr::null_mut(), BYTES, access, kind, file.as_raw_fd(), 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the mapping is as large as the array, page-aligned, initialised by the kernel, never unmapped, and
        // nothing but atomics ever refers to it.
        let words = unsafe { &*at.cast::<[AtomicU64; SLOTS * WORDS]>() };
        Ok(Progress { words })
    }

    fn word(self, slot: usize, word: usize) -> &'static AtomicU64 {
        &self.words[slot * WORDS + word]
    }

    /// Makes call number `n` of this slot, between two notes of it.
    pub(crate) fn around(self, slot: usize, n: u64, call: impl FnOnce()) {
        self.word(slot, 0).store(n + 1, Ordering::Release);
        call();
        self.word(slot, 1).store(n + 1, Ordering::Release);
    }

    /// Calls of a slot that have returned.
    pub(crate) fn returned(self, slot: usize) -> u64 {
        self.word(slot, 1).load(Ordering::Acquire)
    }

    /// Notes that these calls of each slot must be accounted for.
    pub(crate) fn mark(self, returned: &[u64; SLOTS]) {
        for (slot, n) in returned.iter().enumerate() {
            self.word(slot, 2).store(*n, Ordering::Release);
        }
    }

    /// Calls that have returned, by slot.
    pub(crate) fn snapshot(self) -> [u64; SLOTS] {
        std::array::from_fn(|slot| self.returned(slot))
    }
}

/// Marks, for a victim that is about to be killed, all calls that have returned.
pub(crate) fn mark(dir: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path(dir))?;
    for (slot, calls) in read(dir)?.iter().enumerate() {
        let at = (slot * WORDS + 2) * size_of::<u64>();
        file.write_all_at(&calls.returned.to_ne_bytes(), at as u64)?;
    }
    Ok(())
}

/// What the file says, for the one who judges.
pub(crate) fn read(dir: &Path) -> io::Result<[Calls; SLOTS]> {
    let bytes = std::fs::read(path(dir))?;
    let words = bytes.as_chunks::<8>().0;
    let word = |slot: usize, word: usize| {
        words.get(slot * WORDS + word).map_or(0, |bytes| u64::from_ne_bytes(*bytes))
    };
    Ok(std::array::from_fn(|slot| Calls {
        begun: word(slot, 0),
        returned: word(slot, 1),
        marked: word(slot, 2),
    }))
}
