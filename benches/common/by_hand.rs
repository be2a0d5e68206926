//! An engine that is drained by hand, outside of the measured time.

use ripsaw::sink::Null;
use ripsaw::{Builder, Guard, Overflow};

/// Calls in one batch: 40 KB of frames or a little more, a few blocks.
pub(crate) const CALLS: u64 = 800;

/// The only engine of the process.
pub(crate) fn engine(builder: Builder) -> Guard {
    let builder = builder.manual().overflow(Overflow::DropNewest).sink(Null::new());
    builder.start().expect("the only engine of this process")
}
