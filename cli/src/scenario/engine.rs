//! Starts the engine of a run: with one file, and so that it never loses a record.

use std::path::Path;
use std::time::Duration;

use ripsaw::{Guard, Level, Overflow};

use super::LineFormat;

/// How long a flush may take before the run counts as failed.
pub(crate) const FLUSH_DEADLINE: Duration = Duration::from_secs(120);

/// How long a call may wait for room: longer than any flush, so that a run on a slow disk ends
/// with a missed flush rather than with a dropped record.
const CALL_DEADLINE: Duration = Duration::from_secs(240);

/// Starts the process's engine. It writes `format` lines of INFO and above to a new file.
///
/// # Errors
/// One line if the engine cannot be started.
pub(crate) fn start(format: LineFormat, file: &Path) -> Result<Guard, String> {
    let builder = ripsaw::builder().level(Level::Info);
    let builder = match format {
        LineFormat::KeyValue => builder.key_value(),
        LineFormat::Json => builder.json(),
    };
    builder
        .file(file)
        .overflow(Overflow::Block(CALL_DEADLINE))
        .start()
        .map_err(|error| format!("cannot start the engine: {error}"))
}
