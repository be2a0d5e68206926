//! The file that lines are added to.

use crate::error::{AuditError, Flaw};
use crate::line::{self, Line};
use crate::python::{Json, map};
use ripsaw::{Event, Level, ManualClock, Value};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// An audit log: see the crate.
///
/// It may be shared by threads, and the file by processes: a line is added under a lock of the file. What a call costs is a
/// lock, a write and an unlock; with [`sync`](AuditLog::sync) the disk's time too.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    file: Mutex<Open>,
    clock: Option<ManualClock>,
    target: String,
    sync: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// How long the file was when `last_hash` was that of its last line.
    len: u64,
    last_hash: String,
}

impl AuditLog {
    /// Opens a file, or creates it. Only its last line is read, however long the file is: see [`verify`](crate::verify).
    ///
    /// # Errors
    /// What the system says; [`Flaw::Cut`], [`Flaw::Form`] or [`Flaw::Hash`] of the last line.
    pub fn open(path: impl AsRef<Path>) -> Result<AuditLog, AuditError> {
        let path = path.as_ref().to_owned();
        let io = |error| AuditError::Io { path: path.clone(), error };
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let mut open = Open { file: file.map_err(io)?, len: 0, last_hash: String::new() };
        open.file.lock().map_err(io)?;
        let caught_up = open.catch_up(&path);
        open.file.unlock().map_err(io)?;
        caught_up?;
        let file = Mutex::new(open);
        Ok(AuditLog { path, file, clock: None, target: "audit".to_owned(), sync: false })
    }
    /// Whether each line is on the disk when [`record`](AuditLog::record) returns, and not only in the hands of the system,
    /// which keeps it if this process dies. False by default.
    pub fn sync(mut self, sync: bool) -> AuditLog {
        self.sync = sync;
        self
    }
    /// The record of each event has this target in the logs. `audit` by default.
    pub fn target(mut self, target: impl Into<String>) -> AuditLog {
        self.target = target.into();
        self
    }
    /// Stamps by a test's clock.
    pub fn clock(mut self, clock: ManualClock) -> AuditLog {
        self.clock = Some(clock);
        self
    }

    /// Adds a line, and gives its hash. Then logs `audit_event` at INFO with action, user, the first eight digits of the hash
    /// and the details; a detail of the name of one of those is logged as `details.` and its name.
    ///
    /// # Errors
    /// What the system says, or the last line is not as it was written. Then the line was not added; unless it is the unlocking
    /// or, with `sync`, the disk that failed: then it is in the file, but perhaps not on the disk.
    pub fn record(
        &self,
        action: &str,
        user: &str,
        details: &[(&str, Value)],
    ) -> Result<String, AuditError> {
        let json = map(details.iter().map(|(key, value)| (*key, Json::of(value))));
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let io = |error| AuditError::Io { path: self.path.clone(), error };
        open.file.lock().map_err(io)?;
        let added = open.add(self, action, user, json);
        open.file.unlock().map_err(io)?;
        drop(open);
        let hash = added?;
        self.tell(action, user, &hash, details);
        Ok(hash)
    }

    fn tell(&self, action: &str, user: &str, hash: &str, details: &[(&str, Value)]) {
        let renamed: Vec<String> = details
            .iter()
            .map(|(key, _)| match *key {
                "action" | "user" | "hash" => format!("details.{key}"),
                key => key.to_owned(),
            })
            .collect();
        let mut event = Event::new(Level::Info, "audit_event")
            .target(&self.target)
            .field("action", action)
            .field("user", user)
            .field("hash", &hash[..8]);
        for (key, (_, value)) in renamed.iter().zip(details) {
            event = event.field(key, value.clone());
        }
        event.emit();
    }

    fn timestamp(&self) -> String {
        let now = match self.clock {
            Some(clock) => clock.now(),
            None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
        };
        iso(now)
    }
}

/// All under the lock of the file.
impl Open {
    fn add(
        &mut self,
        log: &AuditLog,
        action: &str,
        user: &str,
        details: Json,
    ) -> Result<String, AuditError> {
        self.catch_up(&log.path)?;
        // The time is taken here, so that times stand in the order of the lines.
        let (mut text, hash) = line::made(&log.timestamp(), action, user, details, &self.last_hash);
        text.push('\n');
        let io = |error| AuditError::Io { path: log.path.clone(), error };
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            // Half a line would stop all that follow.
            let _ = self.file.set_len(self.len);
            return Err(io(error));
        }
        self.len += text.len() as u64;
        self.last_hash.clone_from(&hash);
        if log.sync {
            self.file.sync_data().map_err(io)?;
        }
        Ok(hash)
    }

    /// Reads the last line, if the file is not as long as it was: another process added to it.
    fn catch_up(&mut self, path: &Path) -> Result<(), AuditError> {
        let io = |error| AuditError::Io { path: path.to_owned(), error };
        let len = self.file.metadata().map_err(io)?.len();
        if len == self.len {
            return Ok(());
        }
        let mut last_hash = String::new();
        if len > 0 {
            let (at, bytes) = last_line(&mut self.file, len).map_err(io)?;
            let broken = |flaw| AuditError::Broken { line: 0, at, flaw };
            let text = bytes.strip_suffix(b"\n").ok_or(broken(Flaw::Cut))?;
            let text = std::str::from_utf8(text).map_err(|_| broken(Flaw::Form))?;
            let line = Line::read(text).map_err(broken)?;
            if !line.is_whole() {
                return Err(broken(Flaw::Hash));
            }
            last_hash = line.hash;
        }
        (self.len, self.last_hash) = (len, last_hash);
        Ok(())
    }
}

/// Where the last line begins, and its bytes with its end, if it has one. Reads backwards in steps.
fn last_line(file: &mut File, len: u64) -> io::Result<(u64, Vec<u8>)> {
    const STEP: u64 = 4096;
    let mut at = len;
    let mut tail = Vec::new();
    loop {
        let step = STEP.min(at);
        at -= step;
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = vec![0; step as usize];
        file.read_exact(&mut bytes)?;
        let here = match tail.is_empty() {
            // The end of the last line itself does not count.
            true => &bytes[..bytes.len() - 1],
            false => &bytes[..],
        };
        let begin = here.iter().rposition(|b| *b == b'\n').map(|at| at + 1);
        bytes.append(&mut tail);
        if let Some(begin) = begin {
            return Ok((at + begin as u64, bytes.split_off(begin)));
        }
        if at == 0 {
            return Ok((0, bytes));
        }
        tail = bytes;
    }
}

/// `2024-01-15T10:30:00.123456` in UTC, without microseconds if there are none: Python's `isoformat`.
fn iso(since_1970: Duration) -> String {
    let (days, second) = (since_1970.as_secs() / 86_400, since_1970.as_secs() % 86_400);
    // Years that begin in March, in eras of 400.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let micros = match since_1970.subsec_micros() {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{micros}")
}
