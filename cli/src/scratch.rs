//! A directory of this process for the files that are measured, removed at the end.

use std::io;
use std::path::{Path, PathBuf};

/// Removed with everything in it when dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    /// Makes a new directory below the system's temporary directory.
    pub(crate) fn create() -> io::Result<Scratch> {
        let parent = std::env::temp_dir();
        // A name that is taken, say by a killed process that had this number, is passed over:
        // what is in there is not ours to remove.
        for attempt in 0..1_000 {
            let dir = parent.join(format!("ripsaw-bench-{}-{attempt}", std::process::id()));
            match std::fs::create_dir(&dir) {
                Ok(()) => return Ok(Scratch { dir }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody is left to use the error, and the directory is in the temporary one.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_directories_differ_and_vanish() {
        let (a, b) = (Scratch::create().unwrap(), Scratch::create().unwrap());
        assert_ne!(a.path(), b.path());
        let path = a.path().to_owned();
        std::fs::write(path.join("file"), "x").unwrap();
        drop(a);
        assert!(!path.exists());
        assert!(b.path().exists());
    }
}
