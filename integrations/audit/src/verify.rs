//! Whether a file is as it was written.

use crate::error::{AuditError, Flaw};
use crate::line::Line;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A file without a flaw.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Report {
    /// How many lines it has.
    pub lines: u64,
    /// The hash of the last one; empty if there is none. Kept elsewhere, it tells whether lines are missing at the end.
    pub last_hash: String,
}

/// Reads a whole file, a line at a time, and checks the form and the hash of each line, and that it continues the one before.
/// Takes a shared lock, so it never meets a line that is half written.
///
/// # Errors
/// The first line that is not as it was written, or what the system says.
pub fn verify(path: impl AsRef<Path>) -> Result<Report, AuditError> {
    let path = path.as_ref();
    let io = |error| AuditError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(io)?;
    file.lock_shared().map_err(io)?;
    let mut reader = BufReader::new(file);
    let mut report = Report { lines: 0, last_hash: String::new() };
    let (mut at, mut bytes) = (0, Vec::new());
    loop {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes).map_err(io)?;
        if read == 0 {
            return Ok(report);
        }
        report.lines += 1;
        let line = checked(&bytes, &report.last_hash).map_err(|flaw| AuditError::Broken {
            line: report.lines,
            at,
            flaw,
        })?;
        report.last_hash = line.hash;
        at += read as u64;
    }
}

/// The text that the hash of a line is of: its event without `hash`, all keys sorted.
///
/// # Errors
/// The line is not an event of an audit log.
pub fn canonical(line: &str) -> Result<String, AuditError> {
    let line = Line::read(line.strip_suffix('\n').unwrap_or(line));
    line.map(|line| line.canonical).map_err(|flaw| AuditError::Broken { line: 1, at: 0, flaw })
}

fn checked(bytes: &[u8], previous_hash: &str) -> Result<Line, Flaw> {
    let text = bytes.strip_suffix(b"\n").ok_or(Flaw::Cut)?;
    let line = Line::read(std::str::from_utf8(text).map_err(|_| Flaw::Form)?)?;
    if !line.is_whole() {
        return Err(Flaw::Hash);
    }
    if line.previous_hash != previous_hash {
        return Err(Flaw::Link);
    }
    Ok(line)
}
