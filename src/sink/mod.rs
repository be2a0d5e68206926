//! Where bytes go.

mod failover;
mod file;
mod memory;
mod open;
mod stdio;

pub use failover::Failover;
pub use file::File;
pub use memory::{Memory, Null, TestOutput};
pub use stdio::{Stderr, Stdout};

use crate::meta::LevelFilter;
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

/// How long a call of a sink may take. The writer chooses by it who makes the calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Blocking {
    /// It never waits for anything: the writer makes each call itself.
    Never,
    /// About as long as formatting does, like a file in the page cache. If it is the only sink, the writer makes the calls
    /// for small batches itself, and a thread of the sink's own writes full ones while the writer formats the next.
    Brief,
    /// For ever, if the other end wants it so. A thread of the sink's own makes every call, and the writer never waits
    /// for it, but at a flush and at the shutdown, up to their deadlines.
    Unbounded,
}

/// A destination of formatted records. Used by one thread at a time: the writer's, or the sink's own (see
/// [`Sink::blocking`]).
///
/// A batch is a number of whole lines. Like [`io::Write::write`], `write` may take a part of them and says how many bytes it
/// took; the engine comes back with the rest. An error means that nothing of this call was taken: the engine keeps the
/// bytes and retries with growing pauses from 1 ms to 0.5 s. So do `Ok(0)` and a panic. To take more than was offered
/// counts as all of it. What becomes of further records meanwhile depends on whether there are other routes:
/// see [`Route::queue_bytes`](crate::Route::queue_bytes).
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

    /// How long a call may take. Asked once, before the first one. The default is [`Blocking::Unbounded`].
    fn blocking(&self) -> Blocking {
        Blocking::Unbounded
    }

    /// Takes back the last `bytes` that it took: the beginning of a line whose rest it refused. True if it did; then the
    /// line is written again from its start. Otherwise it goes on where it ended. The default cannot.
    fn retract(&mut self, _bytes: usize) -> bool {
        false
    }

    /// Where the next byte goes, if the sink appends to a file that can be read again under [`Sink::name`]. With it, a record
    /// whose write was under way when the process was killed is recovered once and not twice. Asked before each batch, if the
    /// arena is kept in a file. The default is `None`.
    fn end(&self) -> Option<FileEnd> {
        None
    }

    /// The lowest level that the sink has room for. What is lower is dropped, for this route only, and counted as
    /// [`DropCause::Space`](crate::DropCause::Space). Asked after each call, and four times a second while it is not
    /// [`LevelFilter::NotSet`], which is the default.
    fn admits(&mut self) -> LevelFilter {
        LevelFilter::NotSet
    }

    /// Something that happened to the sink since the last call and that the reader of the stream should know, for example
    /// that its file was replaced: a short text without a line feed. It is reported on standard error, and becomes a WARNING
    /// of the target `ripsaw` in the stream. Asked after each call; the default has none.
    fn event(&mut self) -> Option<String> {
        None
    }

    /// Whether people read what is written at a terminal: formats may use colours then. Asked once, before the first
    /// record. The default is false.
    fn is_terminal(&self) -> bool {
        false
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
