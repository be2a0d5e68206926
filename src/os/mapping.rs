//! Memory from the operating system: tables that other processes may read, and behind them the blocks.

use crate::sync::Word;
use core::ffi::c_void;
use core::sync::atomic::AtomicU64;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// What page tables work with; larger pages are touched more often than needed.
const PAGE: usize = 4096;

/// A mapping of fixed size, every page touched, so that no caller ever takes a page fault.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: *mut c_void,
    words: usize,
    tables: usize,
}

// SAFETY: the mapping is owned by this value and lives as long as it does. Its tables are atomics; who may touch which of
// the words behind them is decided by the block protocol.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Private memory, zero: `tables` words and `rest` words.
    pub(crate) fn anonymous(tables: usize, rest: usize) -> io::Result<Mapping> {
        Mapping::new(tables, rest, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }

    /// The beginning of a file, shared with whoever maps or reads it. The file is long enough and backed by storage (see
    /// [`reserve`]). A forked child does not have it.
    pub(crate) fn of_file(tables: usize, rest: usize, file: &File) -> io::Result<Mapping> {
        let mapping = Mapping::new(tables, rest, libc::MAP_SHARED, file.as_raw_fd())?;
        #[cfg(target_os = "linux")]
        // SAFETY: the range is the mapping made above. If the advice is refused, a child merely has what it must not use.
        unsafe {
            libc::madvise(mapping.base, mapping.len(), libc::MADV_DONTFORK);
        }
        Ok(mapping)
    }

    fn new(tables: usize, rest: usize, flags: i32, file: i32) -> io::Result<Mapping> {
        let words = tables + rest;
        let len = words * size_of::<u64>();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a mapping at an address of the kernel's choice touches no existing memory.
        let base = unsafe { libc::mmap(core::ptr::null_mut(), len, access, flags, file, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        for offset in (0..len).step_by(PAGE) {
            // SAFETY: `offset < len`, within the mapping made above, which nobody else writes yet; it holds zeros.
            unsafe { base.cast::<u8>().add(offset).write_volatile(0) };
        }
        Ok(Mapping { base, words, tables })
    }

    /// Bytes in all.
    pub(crate) fn len(&self) -> usize {
        self.words * size_of::<u64>()
    }

    /// Where it begins: for a raw copy by a handler of signals.
    pub(crate) fn base(&self) -> *const u8 {
        self.base.cast()
    }

    /// The tables.
    pub(crate) fn tables(&self) -> &[AtomicU64] {
        // SAFETY: the mapping has these words, aligned to a page, for as long as `self` is borrowed, and nobody accesses them
        // but by this slice of atomics.
        unsafe { core::slice::from_raw_parts(self.base.cast(), self.tables) }
    }

    /// The first word behind the tables.
    pub(crate) fn rest(&self) -> *mut Word {
        self.base.cast::<Word>().wrapping_add(self.tables)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is the one that was mapped in `new`, and `&mut self` says that nobody uses it.
        unsafe { libc::munmap(self.base, self.len()) };
    }
}

/// Gives a file its length, every byte backed by storage: a hole would end in SIGBUS when the disk is full.
pub(crate) fn reserve(file: &File, bytes: usize) -> io::Result<()> {
    // SAFETY: takes numbers only.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, bytes as libc::off_t) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
