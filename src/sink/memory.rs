//! Sinks for tests and measurements.

use super::{Blocking, Durability, Sink};
use crate::sync::lock;
use std::io;
use std::sync::{Arc, Mutex};

/// Keeps everything in memory. Clones share it: give one to the engine and read the other.
///
/// ```
/// use ripsaw::sink::Memory;
/// let memory = Memory::new();
/// let guard = ripsaw::builder().sink(memory.clone()).start_local().unwrap();
/// let attached = guard.attach();
/// ripsaw::info!(answer = 42, "hello");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert!(memory.text().ends_with("hello answer=42\n"));
/// # drop(attached);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Memory {
    /// An empty memory.
    pub fn new() -> Memory {
        Memory::default()
    }
    /// All that was written so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.bytes)).into_owned()
    }
    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
    /// Forgets everything.
    pub fn clear(&self) {
        lock(&self.bytes).clear();
    }
}

impl Sink for Memory {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        lock(&self.bytes).extend_from_slice(batch);
        Ok(batch.len())
    }
    fn blocking(&self) -> Blocking {
        Blocking::Never
    }
    fn name(&self) -> String {
        "memory".to_owned()
    }
}

/// Prints by `print!`, so that the test harness keeps it and shows it beside a test that fails only. For tests: each batch takes
/// the lock of standard output.
///
/// ```
/// let builder = ripsaw::builder().sink(ripsaw::sink::TestOutput::new());
/// # drop(builder);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TestOutput;

impl TestOutput {
    /// A sink that prints.
    pub fn new() -> TestOutput {
        TestOutput
    }
}

impl Sink for TestOutput {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        print!("{}", String::from_utf8_lossy(batch));
        Ok(batch.len())
    }
    fn blocking(&self) -> Blocking {
        Blocking::Never
    }
    fn name(&self) -> String {
        "test output".to_owned()
    }
}

/// Takes everything and keeps nothing: for measuring what comes before.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Null;

impl Null {
    /// A sink that keeps nothing.
    pub fn new() -> Null {
        Null
    }
}

impl Sink for Null {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        Ok(batch.len())
    }
    fn flush(&mut self, _durability: Durability) -> io::Result<()> {
        Ok(())
    }
    fn blocking(&self) -> Blocking {
        Blocking::Never
    }
    fn name(&self) -> String {
        "null".to_owned()
    }
}
