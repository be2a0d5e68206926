//! Standard output and standard error.

use super::{Durability, Sink};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

/// Standard output. Its lock is taken for each batch, so whole batches stand between the lines of `println!`.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Stdout {
    /// The same open file, without the standard library's buffer: after a write that took a part of a batch, nothing may
    /// fail that would have the batch written again.
    file: Option<std::fs::File>,
}

impl Stdout {
    /// Standard output.
    pub fn new() -> Stdout {
        Stdout::default()
    }
}

impl Sink for Stdout {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let mut out = io::stdout().lock();
        out.flush()?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(out.as_fd().try_clone_to_owned()?.into()),
        };
        file.write(batch)
    }
    fn flush(&mut self, _durability: Durability) -> io::Result<()> {
        io::stdout().lock().flush()
    }
    fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }
    fn name(&self) -> String {
        "stdout".to_owned()
    }
}

/// Standard error.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Stderr;

impl Stderr {
    /// Standard error.
    pub fn new() -> Stderr {
        Stderr
    }
}

impl Sink for Stderr {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write(batch)
    }
    fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }
    fn name(&self) -> String {
        "stderr".to_owned()
    }
}
