//! The last good document, on disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// A file that holds one text or another, never a half.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
}

impl Cache {
    pub(super) fn new(path: PathBuf) -> Cache {
        Cache { path }
    }

    /// None if there is no such text.
    pub(super) fn read(&self) -> Option<String> {
        std::fs::read_to_string(&self.path).ok()
    }

    /// Written beside, brought to the device, and renamed over the old one.
    pub(super) fn write(&self, text: &str) -> io::Result<()> {
        if self.read().is_some_and(|known| known == text) {
            return Ok(());
        }
        let mut name = self.path.clone().into_os_string();
        // Two processes with one cache do not write into each other's file.
        name.push(format!(".{}.new", std::process::id()));
        let new = PathBuf::from(name);
        // What a process of this number left when it was killed is in the way of a new file, and so is a link of a stranger's.
        let _ = std::fs::remove_file(&new);
        let written = (|| {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)?;
            // That the name leads to the new file is only kept with the folder.
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or_else(|| ".".as_ref()))?.sync_all()
        })();
        written.inspect_err(|_| drop(std::fs::remove_file(&new)))
    }

    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }
}
