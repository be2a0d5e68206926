//! The machine and the build that the figures belong to.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// A machine, as far as the system tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    /// Cores that this process may use.
    pub(crate) cores: usize,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) kernel: String,
    pub(crate) os: String,
}

/// The source that the program was built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// The checked-out revision; `None` outside a git checkout.
    pub(crate) commit: Option<String>,
    /// True if tracked files differ from that revision.
    pub(crate) modified: bool,
}

impl Machine {
    /// Asks the system.
    pub(crate) fn this() -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let unknown = || "unknown".to_owned();
        Machine {
            cpu: value_of(&read("/proc/cpuinfo"), "model name", ':')
                .unwrap_or_else(|| format!("unknown {}", std::env::consts::ARCH)),
            cores: std::thread::available_parallelism().map_or(1, |n| n.get()),
            memory_bytes: memory_bytes(&read("/proc/meminfo")),
            kernel: Some(read("/proc/sys/kernel/osrelease").trim().to_owned())
                .filter(|release| !release.is_empty())
                .unwrap_or_else(unknown),
            os: value_of(&read("/etc/os-release"), "PRETTY_NAME", '=')
                .unwrap_or_else(|| std::env::consts::OS.to_owned()),
        }
    }
}

impl Source {
    /// Asks git about the directory that this program was built in.
    pub(crate) fn this() -> Source {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        let git = |words: &[&str]| {
            let output = Command::new("git")
                .arg("-C")
                .arg(dir)
                .args(words)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .output()
                .ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let commit = git(&["rev-parse", "--verify", "HEAD"]).map(|hash| hash.trim().to_owned());
        let modified = commit.is_some()
            && git(&["status", "--porcelain", "--untracked-files=no"])
                .is_some_and(|changes| !changes.trim().is_empty());
        Source { commit, modified }
    }
}

/// The present time as `2026-11-20T13:05:09Z`.
pub(crate) fn now_utc() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    utc(seconds)
}

fn utc(unix_seconds: u64) -> String {
    let (day, second) = (unix_seconds / 86_400, unix_seconds % 86_400);
    // Days are counted from 1 March of year 0, so that a leap day is the last of its year.
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The value of the first line `key <separator> value`, without quotes.
fn value_of(text: &str, key: &str, separator: char) -> Option<String> {
    text.lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        .filter(|value| !value.is_empty())
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let kib: u64 = value_of(meminfo, "MemTotal", ':')?.strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(utc(1_735_689_599), "2024-12-31T23:59:59Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn the_systems_files_are_read() {
        assert_eq!(memory_bytes("MemTotal:  24576 kB\nMemFree: 1 kB\n"), Some(24_576 * 1_024));
        assert_eq!(memory_bytes("nothing"), None);
        let cpu = "processor\t: 0\nmodel name\t: A: fast one\n";
        assert_eq!(value_of(cpu, "model name", ':').as_deref(), Some("A: fast one"));
        let os = "NAME=\"x\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n";
        assert_eq!(value_of(os, "PRETTY_NAME", '=').as_deref(), Some("Debian GNU/Linux 12"));
    }

    #[test]
    fn this_machine_has_a_core_and_a_name() {
        let machine = Machine::this();
        assert!(machine.cores > 0 && !machine.cpu.is_empty() && !machine.os.is_empty());
    }
}
