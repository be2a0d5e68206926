//! The last good document, on disk.

use crate::random::random;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
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
        if self.is_private() && self.read().is_some_and(|known| known == text) {
            return Ok(());
        }
        let mut name = self.path.clone().into_os_string();
        // Whoever has the same cache does not write into this file. The number of the process would not tell them apart: in a
        // container it is mostly 1.
        name.push(format!(".{:016x}.new", random()));
        let new = PathBuf::from(name);
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

    /// Whether its user alone can read the file.
    fn is_private(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|meta| meta.mode() & 0o077 == 0)
    }

    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As processes do that have one number, each in a container of its own.
    #[test]
    fn those_who_share_a_cache_write_whole_documents() {
        let folder = std::env::temp_dir().join(format!("ripsaw-cache-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let cache = Cache::new(folder.join("shared.toml"));
        let document = |level: &str| format!("level = '{level}'\n{}", "# more\n".repeat(10_000));
        let documents = ["warn", "error"].map(document);
        std::thread::scope(|scope| {
            for text in &documents {
                let writes = || (0..50).try_for_each(|_| cache.write(text));
                scope.spawn(move || writes().unwrap());
            }
        });
        assert!(documents.contains(&cache.read().unwrap()));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
