//! Standard output and standard error.

use super::{Durability, Sink};
use std::io::{self, Write};

/// Standard output. Its lock is taken for each batch, so whole batches stand between the lines of `println!`.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Stdout;

impl Stdout {
    /// Standard output.
    pub fn new() -> Stdout {
        Stdout
    }
}

impl Sink for Stdout {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let mut out = io::stdout().lock();
        // The standard library buffers lines; whole lines pass through with one system call.
        let taken = out.write(batch)?;
        out.flush()?;
        Ok(taken)
    }
    fn flush(&mut self, _durability: Durability) -> io::Result<()> {
        io::stdout().lock().flush()
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
    fn name(&self) -> String {
        "stderr".to_owned()
    }
}
