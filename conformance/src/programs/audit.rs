//! An audit log, in a file that is deleted again.

use crate::case::Case;
use crate::session::Session;
use ripsaw::{ManualClock, Value};
use ripsaw_audit::{AuditError, AuditLog, canonical, verify};
use std::path::Path;
use std::time::Duration;

/// The lines of three events, the third by a log that was opened anew; what the first hash is of; what was logged.
pub(super) fn chain(_: &Case, session: &mut Session) -> Result<Vec<String>, String> {
    let path = std::env::temp_dir().join(format!("conformance-audit-{}", std::process::id()));
    // One of a process with the same number, that was killed.
    let _ = std::fs::remove_file(&path);
    let written = write(&path).map_err(|e| e.to_string());
    let text = std::fs::read_to_string(&path).map_err(|e| e.to_string());
    let _ = std::fs::remove_file(&path);
    written?;
    let mut lines: Vec<String> = text?.lines().map(str::to_owned).collect();
    let first = canonical(lines.first().map_or("", String::as_str)).map_err(|e| e.to_string())?;
    lines.push(format!("CANONICAL-1 {first}"));
    Ok([lines, session.lines()].concat())
}

fn write(path: &Path) -> Result<(), AuditError> {
    let clock = ManualClock::new(Duration::from_micros(1_705_314_600_123_456));
    let open = || Ok(AuditLog::open(path)?.target("pyvider.dynamic_call").clock(clock));
    let audit = open()?;
    let changed: [(&str, Value); 3] = [
        ("target_user", "user@example.com".into()),
        ("permission", "admin".into()),
        ("granted", true.into()),
    ];
    audit.record("user.permission.changed", "admin@example.com", &changed)?;
    audit.record("login", "é", &[("n", 1.5.into()), ("z", Value::Null)])?;
    open()?.record("third", "u", &[])?;
    verify(path)?;
    Ok(())
}
