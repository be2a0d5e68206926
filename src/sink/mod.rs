//! Where bytes go.

mod file;
mod memory;
mod stdio;

pub use file::File;
pub use memory::{Memory, Null};
pub use stdio::{Stderr, Stdout};

use std::fmt;
use std::io;

/// How far a flush goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Durability {
    /// The operating system has the bytes: they survive the process.
    Handed,
    /// The device has the bytes (`fdatasync`): they survive the machine.
    Synced,
}

/// Where the next byte of a sink goes, if it appends to a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileEnd {
    /// The device that the file is on.
    pub device: u64,
    /// The file's number there.
    pub inode: u64,
    /// Its length in bytes.
    pub length: u64,
}

/// A destination of formatted records. Used by one thread at a time: the writer's, or the sink's own (see
/// [`Sink::overlaps`]).
///
/// A batch is a number of whole lines. Like [`io::Write::write`], `write` may take a part of them and says how many bytes it
/// took; the writer comes back with the rest. An error means that nothing of this call was taken: the writer keeps the
/// bytes, retries with growing pauses, and leaves further records in the arena meanwhile. So do `Ok(0)` and a panic. To take
/// more than was offered counts as all of it.
///
/// [`Sink::flush`] is called for each flush that a caller asks for, and once before the sink is let go, unless it fails then.
/// What a sink logs itself is refused and counted.
///
/// ```
/// struct Upper<W>(W);
/// impl<W: std::io::Write + Send> ripsaw::sink::Sink for Upper<W> {
///     fn write(&mut self, batch: &[u8]) -> std::io::Result<usize> {
///         self.0.write_all(&batch.to_ascii_uppercase())?;
///         Ok(batch.len())
///     }
/// }
/// ```
pub trait Sink: Send {
    /// Takes bytes; returns how many.
    fn write(&mut self, batch: &[u8]) -> io::Result<usize>;

    /// Passes on what the sink has buffered itself. The default does nothing.
    fn flush(&mut self, _durability: Durability) -> io::Result<()> {
        Ok(())
    }

    /// Whether full batches should be written by a thread of the sink's own, while the writer formats the next one. Asked
    /// once. It pays where `write` takes about as long as formatting, and there is more than one processor; the thread is
    /// started when the first batch is full. The default says no.
    fn overlaps(&self) -> bool {
        false
    }

    /// Where the next byte goes, if the sink appends to a file that can be read again under [`Sink::name`]. With it, a record
    /// whose write was under way when the process was killed is recovered once and not twice. Asked before each batch, if the
    /// arena is kept in a file. The default is `None`.
    fn end(&self) -> Option<FileEnd> {
        None
    }

    /// What to call the sink in messages and statistics.
    fn name(&self) -> String {
        std::any::type_name::<Self>().to_owned()
    }
}

impl fmt::Debug for dyn Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
