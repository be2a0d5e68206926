//! A file that is appended to.

use super::{Blocking, Durability, FileEnd, Sink};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Appends to a file, which is created with mode 0640 if it does not exist.
#[derive(Debug)]
pub struct File {
    file: std::fs::File,
    path: PathBuf,
    /// Something was written, so the file is known to have ended with a whole line before.
    begun: bool,
    /// Who opened it. A forked child may find a line that its parent is just writing, and has none to end.
    process: u32,
}

impl File {
    /// Opens `path` for appending. The folder must exist.
    ///
    /// If the file ends in the middle of a line (a process that was killed while it wrote), the first write ends that line.
    ///
    /// # Errors
    /// What the system says, with the path in the message.
    pub fn append(path: impl Into<PathBuf>) -> io::Result<File> {
        let path = path.into();
        match OpenOptions::new().append(true).create(true).read(true).mode(0o640).open(&path) {
            Ok(file) => Ok(File { file, path, begun: false, process: std::process::id() }),
            Err(e) => Err(named(&path, &e)),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether the file is empty, ends with a line feed, or is none that could be looked at (a pipe, a device).
fn ends_whole(file: &std::fs::File) -> io::Result<bool> {
    use std::os::unix::fs::FileExt;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.read_exact_at(&mut last, meta.len() - 1)?;
    Ok(last == *b"\n")
}

fn named(path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{}: {e}", path.display()))
}

impl Sink for File {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        // Looked at now and not when it was opened: until then, the route that this one takes the place of may write there.
        let looks = !self.begun && self.process == std::process::id();
        if looks && !ends_whole(&self.file).map_err(|e| named(&self.path, &e))? {
            self.file.write_all(b"\n").map_err(|e| named(&self.path, &e))?;
        }
        self.begun = true;
        self.file.write(batch).map_err(|e| named(&self.path, &e))
    }
    fn flush(&mut self, durability: Durability) -> io::Result<()> {
        match durability {
            Durability::Handed => Ok(()),
            Durability::Synced => match self.file.sync_data() {
                // A pipe or a terminal: there is no device that could be asked.
                Err(e) if e.kind() == io::ErrorKind::InvalidInput => Ok(()),
                result => result.map_err(|e| named(&self.path, &e)),
            },
        }
    }
    fn blocking(&self) -> Blocking {
        // Into the page cache a line takes as long as its formatting; a device may take nothing at all.
        let regular = self.file.metadata().is_ok_and(|meta| meta.is_file());
        if regular { Blocking::Brief } else { Blocking::Unbounded }
    }
    fn end(&self) -> Option<FileEnd> {
        let meta = self.file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(FileEnd { device: meta.dev(), inode: meta.ino(), length: meta.len() })
    }
    fn name(&self) -> String {
        self.path.display().to_string()
    }
}
