//! Whether a process that made a file is still the same.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// When a process started, in the system's ticks since boot: a process id alone may have been given to another. `None` if
/// there is no such process, or the system does not say.
pub(super) fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the start is the twentieth field behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    // One that has ended and was not waited for yet is there in name only.
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Among which processes the ids of this one count: those of containers that share a file are others. 0 if the system does
/// not say.
pub(super) fn namespace() -> u64 {
    fs::metadata("/proc/self/ns/pid").map_or(0, |meta| meta.ino())
}
