//! One run of one workload of one rival, in a process of its own.

use crate::verify::{self, Found};
use crate::workload::Workload;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A process that takes longer is killed.
const LIMIT: Duration = Duration::from_secs(60);

/// What a rival's program says of itself, one JSON line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) title: String,
    /// The package whose version stands in the lock file, or a name with a version.
    pub(crate) package: String,
    pub(crate) config: String,
    #[serde(default)]
    pub(crate) synchronous: bool,
    #[serde(default)]
    pub(crate) lossy: bool,
    pub(crate) workloads: Vec<String>,
}

/// What a rival's program says of a run, one JSON line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Calls made; a latency run decides this itself.
    pub(crate) messages: u64,
    /// From the first call until everything was in the file.
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    #[serde(default)]
    pub(crate) peak_bytes: u64,
    /// The size of the file when the program thought that everything was in it.
    #[serde(default)]
    pub(crate) bytes: Option<u64>,
    #[serde(default)]
    pub(crate) latency: Option<Latency>,
}

/// Nanoseconds, net of the timer; see `harness/latency.rs`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) typical: f64,
    pub(crate) burst: f64,
    pub(crate) cold: f64,
    pub(crate) timer: f64,
    pub(crate) disabled: Option<f64>,
    pub(crate) idle_cpu: f64,
}

/// A run that came to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) report: Report,
    pub(crate) found: Found,
}

impl Run {
    /// What is wrong with it, in words.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.found.problems();
        let late = self.report.bytes.map_or(0, |bytes| self.found.bytes.saturating_sub(bytes));
        if late > 0 {
            problems.push(format!("{late} bytes came after its flush had returned"));
        }
        problems
    }
}

/// Asks a program what it is.
///
/// # Errors
/// One line that says why it did not tell.
pub(crate) fn about(program: &Path) -> Result<About, String> {
    let text = output(Command::new(program).arg("about"), LIMIT)?;
    serde_json::from_str(&text).map_err(|error| format!("`about` is not understood: {error}"))
}

/// Runs a workload in the empty directory `dir`, which is emptied again.
///
/// # Errors
/// One line that says how it failed.
pub(crate) fn run(
    program: &Path,
    workload: &Workload,
    amount: u64,
    dir: &Path,
) -> Result<Run, String> {
    let cannot = |error: std::io::Error| format!("{}: {error}", dir.display());
    fs::create_dir_all(dir).map_err(cannot)?;
    let file = dir.join("run.log");
    let mut command = Command::new(program);
    command.args(["run", workload.name, &amount.to_string()]).arg(&file).current_dir(dir);
    let run = output(&mut command, LIMIT).and_then(|text| {
        let report: Report = serde_json::from_str(&text)
            .map_err(|error| format!("its report is not understood: {error}"))?;
        let found = verify::file(&file, workload, report.messages)
            .map_err(|error| format!("its file cannot be read: {error}"))?;
        Ok(Run { report, found })
    });
    fs::remove_dir_all(dir).map_err(cannot)?;
    run
}

/// Standard output of a program that succeeds within `limit`. Its standard error is shown if it
/// does not, as far as the last line goes.
fn output(command: &mut Command, limit: Duration) -> Result<String, String> {
    let mut child = command
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start: {error}"))?;
    let mut stderr = child.stderr.take().expect("a pipe");
    let errors = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        text
    });
    let mut stdout = child.stdout.take().expect("a pipe");
    let answer = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let began = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| format!("cannot wait: {error}"))? {
            Some(status) => break status,
            None if began.elapsed() > limit => {
                // It may end just now, so that there is nothing left to kill.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not end within {} s", limit.as_secs()));
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let errors = errors.join().unwrap_or_default();
    if !status.success() {
        let errors = String::from_utf8_lossy(&errors);
        let line = errors.lines().rfind(|line| !line.starts_with("note:")).unwrap_or_default();
        return Err(format!("ended with {status}: {line}"));
    }
    let _ = std::io::stderr().write_all(&errors);
    let answer = answer.join().map_err(|_| "cannot read its output".to_owned())?;
    answer.map_err(|error| format!("cannot read its output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_output_of_a_program_is_read() {
        let limit = Duration::from_secs(20);
        assert_eq!(output(&mut shell("echo out"), limit).as_deref(), Ok("out\n"));
        let why = output(&mut shell("echo why >&2; exit 3"), limit).unwrap_err();
        assert!(why.contains("why") && why.contains('3'), "{why}");
        let why = output(&mut Command::new("/no/such/program"), limit).unwrap_err();
        assert!(why.starts_with("cannot start"), "{why}");
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let why = output(&mut shell("exec sleep 60"), Duration::from_millis(50)).unwrap_err();
        assert!(why.contains("did not end"), "{why}");
    }

    #[test]
    fn a_report_may_leave_out_what_a_program_cannot_know() {
        let report: Report =
            serde_json::from_str(r#"{"messages":2,"seconds":0.5,"cpu_seconds":1}"#).unwrap();
        let found = Found { lines: 2, bytes: 9, ..Found::default() };
        let mut run = Run { report, found };
        assert!(run.problems().is_empty());
        run.report.bytes = Some(7);
        assert_eq!(run.problems(), ["2 bytes came after its flush had returned"]);
    }
}
