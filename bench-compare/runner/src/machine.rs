//! The machine and the source that the figures belong to.

use crate::programs::home;
use std::fs;
use std::process::{Command, Stdio};

/// Two lines of words for the head of the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Processor, cores, memory, kernel.
    pub(crate) hardware: String,
    /// Commit, compiler, date.
    pub(crate) build: String,
}

impl Machine {
    /// Asks the system.
    pub(crate) fn this() -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let processor = value(&read("/proc/cpuinfo"), "model name");
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let memory = value(&read("/proc/meminfo"), "MemTotal");
        let kib: u64 = memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        let kernel = read("/proc/sys/kernel/osrelease");
        let hardware = format!(
            "{processor}, {cores} cores, {:.0} GiB, Linux {}",
            kib as f64 / f64::from(1 << 20),
            kernel.trim()
        );
        let commit = said("git", &["rev-parse", "--short", "HEAD"]);
        let changed =
            !said("git", &["status", "--porcelain", "--", "..", ":!../PERFORMANCE.md"]).is_empty();
        let commit = match commit.as_str() {
            "" => "unknown commit".to_owned(),
            commit if changed => format!("commit {commit} with changes"),
            commit => format!("commit {commit}"),
        };
        let compiler = said("rustc", &["--version"]);
        let date = said("date", &["-u", "+%Y-%m-%d"]);
        Machine { hardware, build: format!("{commit}, {compiler}, {date}") }
    }
}

/// What follows `key` and a colon.
fn value(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    let value = line.split_once(':').map_or("unknown", |(_, value)| value.trim());
    value.to_owned()
}

/// The output of a program, empty if it failed.
fn said(program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(home()).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_keys() {
        let text = "vendor_id\t: X\nmodel name\t: Some CPU @ 2 GHz\n";
        assert_eq!(value(text, "model name"), "Some CPU @ 2 GHz");
        assert_eq!(value(text, "cores"), "unknown");
    }

    #[test]
    fn programs_are_asked() {
        assert_eq!(said("echo", &["x"]), "x");
        assert_eq!(said("false", &[]), "");
    }
}
