//! What can be wrong.

use std::path::PathBuf;
use std::{fmt, io};

/// Why a line could not be added, or a file is not what it should be.
#[derive(Debug)]
pub enum AuditError {
    /// The file cannot be opened, locked, read or written.
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A line is not as it was written.
    Broken {
        /// Which one, from 1; 0 for the last, where the others were not read.
        line: u64,
        /// At which byte it begins.
        at: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
}

/// What is wrong with a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Flaw {
    /// It does not end in a line feed: it was cut off.
    Cut,
    /// It is not an event in the form in which they are written.
    Form,
    /// Its hash is not that of its text: it was changed.
    Hash,
    /// It does not continue the line before: one was taken out, put in or moved.
    Link,
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, at, flaw) = match self {
            AuditError::Io { path, error } => {
                return write!(f, "audit file {}: {error}", path.display());
            }
            AuditError::Broken { line, at, flaw } => (line, at, flaw),
        };
        match line {
            0 => write!(f, "the last line, at byte {at},")?,
            line => write!(f, "line {line}, at byte {at},")?,
        }
        f.write_str(match flaw {
            Flaw::Cut => {
                " does not end: keep a copy of the file, and shorten it to that byte to go on"
            }
            Flaw::Form => " is not an event of an audit log: keep the file, and begin another",
            Flaw::Hash => " was changed: its hash is not that of its text",
            Flaw::Link => " does not continue the one before: lines were taken out, added or moved",
        })
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AuditError::Io { error, .. } => Some(error),
            AuditError::Broken { .. } => None,
        }
    }
}
