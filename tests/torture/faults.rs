//! Sinks that misbehave.

use crate::run::{below, next};
use ripsaw::sink::Sink;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Takes a part of what it is given, is interrupted, fails, takes nothing, panics; but what it says that it took is in the
/// file.
pub(crate) struct Faulty {
    file: File,
    state: u64,
}

impl Faulty {
    pub(crate) fn new(path: &Path, seed: u64) -> io::Result<Faulty> {
        Ok(Faulty { file: File::options().append(true).create(true).open(path)?, state: seed })
    }
}

impl Sink for Faulty {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let take = match next(&mut self.state) % 48 {
            0 => return Err(io::ErrorKind::Interrupted.into()),
            1 => return Err(io::ErrorKind::WouldBlock.into()),
            2 => return Err(io::Error::other("told to fail")),
            3 => return Ok(0),
            4 => panic!("a sink that was told to panic"),
            5..=24 => 1 + below(&mut self.state, batch.len() as u64) as usize,
            25 => 1,
            _ => batch.len(),
        };
        let take = take.min(batch.len());
        self.file.write_all(&batch[..take])?;
        Ok(take)
    }
    fn name(&self) -> String {
        "faulty".to_owned()
    }
}

/// Takes some batches, and does not return from the next one.
pub(crate) struct Hanging {
    left: u64,
}

impl Hanging {
    pub(crate) fn new(seed: u64) -> Hanging {
        Hanging { left: seed % 4 }
    }
}

impl Sink for Hanging {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            loop {
                std::thread::park();
            }
        }
        self.left -= 1;
        Ok(batch.len())
    }
    fn name(&self) -> String {
        "hanging".to_owned()
    }
}
