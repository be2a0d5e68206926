//! Where the engine's own faults go: standard error, a few lines a second. Never into a lane.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fmt;
use std::io::Write as _;

/// At most this many lines in any one second.
const LINES_A_SECOND: u64 = 5;

/// Second (high 48 bits) and lines written in it (low 16 bits).
static WINDOW: AtomicU64 = AtomicU64::new(0);

/// Says one line on standard error, unless too much was said this second. Never panics.
pub(crate) fn report(what: fmt::Arguments<'_>) {
    let second = crate::clock::unix_ns() / 1_000_000_000;
    let said = WINDOW.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |window| {
        if window >> 16 != second {
            Some(second << 16 | 1)
        } else if window & 0xFFFF < LINES_A_SECOND {
            Some(window + 1)
        } else {
            None
        }
    });
    if said.is_ok() {
        let mut line = Vec::with_capacity(128);
        // Writing to a vector cannot fail; a closed standard error has nowhere left to be reported.
        let _ = writeln!(line, "ripsaw: {what}");
        crate::os::write_error(&line);
    }
}
