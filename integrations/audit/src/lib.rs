//! A log of who did what, in a file of its own whose lines are chained by SHA-256 (spec \[115\]).
//!
//! Each line has the hash of the one before it in its own, so that a line that is changed, taken out, put in or moved breaks
//! the chain from there on: [`verify`] finds it. It cannot find that lines are missing at the end, nor that somebody who can
//! write the file has written all of it anew: keep [`Report::last_hash`] elsewhere, and compare.
//!
//! The line is in the file when [`AuditLog::record`] returns: it does not pass through the logging engine, which may drop
//! records. The engine only gets a record that tells of it.
//!
//! ```
//! use ripsaw_audit::{AuditLog, verify};
//! let path = std::env::temp_dir().join(format!("ripsaw-audit-{}", std::process::id()));
//! # std::fs::remove_file(&path).ok();
//! let audit = AuditLog::open(&path)?;
//! let hash = audit.record("user.permission.changed", "admin", &[("granted", true.into())])?;
//! let report = verify(&path)?;
//! assert_eq!((report.lines, report.last_hash), (1, hash));
//! # std::fs::remove_file(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod error;
mod line;
mod log;
mod python;
mod read;
mod verify;

pub use error::{AuditError, Flaw};
pub use log::AuditLog;
pub use verify::{Report, canonical, verify};
