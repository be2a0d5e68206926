//! A file that is appended to.

use super::{Blocking, Durability, FileEnd, Sink, open};
use crate::meta::LevelFilter;
use crate::os;
use std::fs;
use std::io::{self, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long what is known of the path and of the disk counts as true.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Bytes that are copied at once from a file that was deleted.
const RESCUED_AT_ONCE: usize = 64 << 10;

/// Appends to a file, which is created with mode 0640 if it does not exist.
///
/// A file that is deleted, renamed, replaced or truncated, or whose folder is removed, is noticed at the next write that
/// comes at least 250 ms after the last look, and at a flush. Then the path is opened again, with its folders if need be, and
/// a WARNING in the stream says so. What was written to a deleted file since the last look is written again; what was written to
/// a renamed one stays there.
/// After a failed write or a failed `fdatasync` the path is opened again as well.
///
/// A named pipe is opened with the first write; until somebody reads it, its records are kept like those of any sink that fails.
/// A symbolic link in a folder that everybody may write to (such as `/tmp`) is followed only if it belongs to the user of
/// the process or to the owner of the folder.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    /// None for a named pipe that is not open yet.
    file: Option<fs::File>,
    /// Not a pipe or a device: may be looked at, cut and replaced.
    regular: bool,
    /// Something was written, so the file is known to have ended with a whole line before.
    begun: bool,
    /// Who opened it. A forked child may find a line that its parent is just writing, and has none to end.
    process: u32,
    /// The last write or flush failed: what is open may be of no more use.
    doubtful: bool,
    /// Device and inode.
    id: (u64, u64),
    /// Where our last write ended.
    end: u64,
    /// The same when the path was last seen to lead to the file.
    seen: u64,
    looked_at: Option<Instant>,
    floor: Option<Floor>,
    event: Option<String>,
}

/// Space that is left to others.
#[derive(Debug)]
struct Floor {
    bytes: u64,
    admits: LevelFilter,
    asked_at: Option<Instant>,
}

impl File {
    /// Opens `path` for appending. The folder must exist.
    ///
    /// If the file ends in the middle of a line (a process that was killed while it wrote), the first write ends that line.
    ///
    /// # Errors
    /// What the system says, with the path in the message; a folder and a stranger's link are refused.
    pub fn append(path: impl Into<PathBuf>) -> io::Result<File> {
        let path = path.into();
        let mut file = File {
            file: None,
            regular: false,
            begun: false,
            doubtful: false,
            id: (0, 0),
            end: 0,
            seen: 0,
            looked_at: None,
            floor: None,
            event: None,
            process: std::process::id(),
            path,
        };
        if !open::is_pipe(&file.path) {
            file.open().map_err(|e| file.named(&e))?;
        }
        Ok(file)
    }

    /// Leaves so many bytes of the disk to others. When less than twice as much is free, records below INFO are dropped, and
    /// when less than that is free, those below WARNING; WARNING and above are written as long as anything is. They are
    /// counted as [`DropCause::Space`](crate::DropCause::Space), and when there is room again a notice says how many they
    /// were. The disk is asked at most four times a second. Default: no such floor.
    ///
    /// ```
    /// # let path = std::env::temp_dir().join(format!("ripsaw-doc-{}.log", std::process::id()));
    /// let file = ripsaw::sink::File::append(&path)?.keep_free(512 << 20);
    /// # drop(file);
    /// # std::fs::remove_file(path)
    /// # ; Ok::<(), std::io::Error>(())
    /// ```
    pub fn keep_free(mut self, bytes: u64) -> File {
        self.floor = Some(Floor { bytes, admits: LevelFilter::NotSet, asked_at: None });
        self
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(&mut self) -> io::Result<()> {
        let file = open::append(&self.path)?;
        let meta = file.metadata()?;
        let id = (meta.dev(), meta.ino());
        if self.id != id {
            self.begun = false;
            self.end = meta.len();
            self.seen = self.end;
        }
        self.id = id;
        self.regular = meta.is_file();
        self.file = Some(file);
        self.doubtful = false;
        self.looked_at = Some(Instant::now());
        Ok(())
    }

    /// Opens the path again. If it leads elsewhere now, what has happened to the old file is an event.
    fn reopen(&mut self, what: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent().filter(|_| self.regular) {
            // It existed when the file was opened first.
            fs::create_dir_all(folder)?;
        }
        let (id, old, from, to) = (self.id, self.file.take(), self.seen, self.end);
        if let Err(e) = self.open() {
            self.file = old;
            return Err(e);
        }
        if self.id != id {
            self.event = Some(format!("{} {what}; it was opened again", self.path.display()));
            if let Some(old) = old.filter(|old| old.metadata().is_ok_and(|meta| meta.nlink() == 0))
            {
                self.rescue(&old, from, to);
            }
        }
        Ok(())
    }

    /// Copies what was written to a file that nobody can find any more since it was last seen.
    fn rescue(&mut self, old: &fs::File, mut from: u64, to: u64) {
        let mut piece = vec![0; RESCUED_AT_ONCE];
        while from < to {
            let most = (to - from).min(RESCUED_AT_ONCE as u64) as usize;
            let copied = match old.read_at(&mut piece[..most], from) {
                Ok(0) | Err(_) => return,
                Ok(n) => self.write_open(&piece[..n]),
            };
            match copied {
                Ok(n @ 1..) => from += n as u64,
                // A disk that takes nothing now is met again by the batch behind.
                _ => return,
            }
        }
    }

    /// Opens what has to be opened before a write.
    fn prepare(&mut self, at_once: bool) -> io::Result<()> {
        if self.file.is_none() {
            return self.open();
        }
        if self.doubtful {
            return self.reopen("could not be written");
        }
        let due = self.looked_at.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if self.regular && (due || at_once) {
            // Until the path was opened again, each write tries to.
            self.looked_at = None;
            if let Some(what) = self.moved()? {
                return self.reopen(what);
            }
            self.looked_at = Some(Instant::now());
            self.seen = self.end;
        }
        Ok(())
    }

    /// What has become of the file, if its path leads to it no more, or it was cut.
    fn moved(&mut self) -> io::Result<Option<&'static str>> {
        let Some(file) = &self.file else { return Ok(None) };
        let mine = file.metadata()?;
        match fs::metadata(&self.path) {
            Ok(there) if (there.dev(), there.ino()) == (mine.dev(), mine.ino()) => {
                if mine.len() < self.end {
                    self.end = mine.len();
                    // Before the first write, it was the recovery that cut off the end of a line.
                    if self.begun {
                        self.truncated();
                    }
                }
                Ok(None)
            }
            Ok(_) => Ok(Some("was replaced")),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                Ok(Some(if mine.nlink() == 0 { "was deleted" } else { "was renamed" }))
            }
            // It cannot be looked at, and perhaps not be opened again: what is open still works.
            Err(_) => Ok(None),
        }
    }

    fn write_open(&mut self, batch: &[u8]) -> io::Result<usize> {
        let Some(mut file) = self.file.as_ref() else { return Ok(0) };
        // Looked at now and not when it was opened: until then, the route that this one takes the place of may write there.
        let looks = !self.begun && self.process == std::process::id();
        if looks && !ends_whole(file)? {
            file.write_all(b"\n")?;
        }
        let begun = std::mem::replace(&mut self.begun, true);
        let n = file.write(batch)?;
        if self.regular {
            // Where an appending write has left the offset, whoever else writes there.
            // What was written is not to be written again because that cannot be found out.
            let end = file.stream_position().unwrap_or(self.end + n as u64);
            if begun && end < self.end + n as u64 {
                self.truncated();
            }
            self.end = end;
        }
        Ok(n)
    }

    fn truncated(&mut self) {
        self.event = Some(format!("{} was truncated", self.path.display()));
    }

    /// A failure that another descriptor may cure. A full disk, a limit and an interruption are none.
    fn doubt(&mut self, e: &io::Error) {
        self.doubtful |= !matches!(
            e.kind(),
            io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge
                | io::ErrorKind::Interrupted
                | io::ErrorKind::WouldBlock
        );
    }

    fn named(&self, e: &io::Error) -> io::Error {
        io::Error::new(e.kind(), format!("{}: {e}", self.path.display()))
    }
}

/// Whether the file is empty, ends with a line feed, or is none that could be looked at (a pipe, a device).
fn ends_whole(file: &fs::File) -> io::Result<bool> {
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.read_exact_at(&mut last, meta.len() - 1)?;
    Ok(last == *b"\n")
}

impl Sink for File {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let result = self.prepare(false).and_then(|()| self.write_open(batch));
        result.map_err(|e| {
            self.doubt(&e);
            self.named(&e)
        })
    }

    fn flush(&mut self, durability: Durability) -> io::Result<()> {
        let mut result = if self.file.is_some() { self.prepare(true) } else { Ok(()) };
        if let (Durability::Synced, Some(file), Ok(())) = (durability, &self.file, &result) {
            result = file.sync_data();
            if let Err(e) = &result {
                // Pipes and devices have nothing to be synced.
                if !self.regular && e.kind() == io::ErrorKind::InvalidInput {
                    return Ok(());
                }
                // What the device did not take is not tried again by the kernel, and asking the same descriptor again
                // would say that all is well.
                self.doubtful = true;
            }
        }
        result.map_err(|e| self.named(&e))
    }

    fn blocking(&self) -> Blocking {
        // Into the page cache a line takes as long as its formatting; a device or a pipe may take nothing at all.
        if self.regular { Blocking::Brief } else { Blocking::Unbounded }
    }
    fn end(&self) -> Option<FileEnd> {
        let file = self.file.as_ref().filter(|_| self.regular)?;
        let meta = file.metadata().ok()?;
        Some(FileEnd { device: meta.dev(), inode: meta.ino(), length: meta.len() })
    }

    fn retract(&mut self, bytes: usize) -> bool {
        let Some(file) = self.file.as_ref().filter(|_| self.regular) else { return false };
        let whole = self.end.checked_sub(bytes as u64);
        // Only if nobody has written behind us.
        let (Some(whole), Ok(meta)) = (whole, file.metadata()) else { return false };
        let cut = meta.len() == self.end && file.set_len(whole).is_ok();
        if cut {
            self.end = whole;
        }
        cut
    }

    fn admits(&mut self) -> LevelFilter {
        let (Some(floor), Some(file)) = (&mut self.floor, &self.file) else {
            return LevelFilter::NotSet;
        };
        if floor.asked_at.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            floor.asked_at = Some(Instant::now());
            // A disk that does not answer is no reason to drop anything.
            let free = os::free_bytes(file.as_fd()).unwrap_or(u64::MAX);
            floor.admits = match free {
                free if free < floor.bytes => LevelFilter::Warning,
                free if free < floor.bytes.saturating_mul(2) => LevelFilter::Info,
                _ => LevelFilter::NotSet,
            };
        }
        floor.admits
    }

    fn event(&mut self) -> Option<String> {
        self.event.take()
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}
