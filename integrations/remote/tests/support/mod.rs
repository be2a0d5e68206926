//! Engines, paths and patience.

#![allow(dead_code, reason = "each test takes what it needs")]

use ripsaw::sink::Memory;
use ripsaw::{Builder, Guard, Handle};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether there is a thread of this name, and all there are have SIGINT and SIGTERM blocked.
#[cfg(target_os = "linux")]
pub(crate) fn is_unsignalled(name: &str) -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // One that has ended meanwhile has no files any more.
    let status = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("status")).ok()
    };
    let is_named = |status: &String| status.starts_with(&format!("Name:\t{name}\n"));
    let masks: Vec<u64> = tasks
        .filter_map(status)
        .filter(is_named)
        .map(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:\t"));
            u64::from_str_radix(line.unwrap(), 16).unwrap()
        })
        .collect();
    const INT_AND_TERM: u64 = 1 << 1 | 1 << 14;
    !masks.is_empty() && masks.iter().all(|mask| mask & INT_AND_TERM == INT_AND_TERM)
}

/// A path of this name that is not there.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("remote");
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join(name);
    let _ = std::fs::remove_file(&path);
    let _ = std::fs::remove_dir_all(&path);
    path
}

/// An engine of a test's own, whose lines are kept whatever documents say of sinks.
pub(crate) struct Engine {
    pub(crate) memory: Memory,
    guard: Guard,
}

impl Engine {
    pub(crate) fn start(builder: Builder) -> Engine {
        let memory = Memory::new();
        Engine { guard: builder.sink(memory.clone()).start_local().unwrap(), memory }
    }
    pub(crate) fn handle(&self) -> Handle {
        self.guard.handle()
    }
    /// Ends it without patience for sinks.
    pub(crate) fn abandon(self) {
        self.guard.shutdown(Duration::ZERO);
    }
    pub(crate) fn levels(&self) -> String {
        self.handle().levels().to_string()
    }
    /// What must be added to each document.
    pub(crate) fn add(&self) -> impl Fn(Builder) -> Builder + Send + Sync + 'static {
        let memory = self.memory.clone();
        move |builder| builder.sink(memory.clone())
    }
    pub(crate) fn text(&self) -> String {
        self.handle().flush(PATIENCE).unwrap();
        self.memory.text()
    }
    /// How often this was told.
    pub(crate) fn told(&self, what: &str) -> usize {
        self.text().matches(what).count()
    }
}
