//! One run, in a process of its own: the engine of a program is started once, and the runs of a
//! benchmark must not inherit anything from each other.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ripsaw::{Guard, Handle};
use serde::{Deserialize, Serialize};

use crate::measure::{CallCosts, Sampler, Samples, Stopwatch, measure_calls};
use crate::scenario::{self, FLUSH_DEADLINE, LineFormat, Scenario};
use crate::sys;
use crate::verify::{self, Findings, Sequence};

/// What a run is asked to do. Its file is made in the current directory and removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// All calls of a scenario, then the latency of single ones.
    Scenario { name: String, messages: u64, threads: u32, bursts: u32 },
    /// The costs of a single call.
    Call { bursts: u32 },
}

/// What a run found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Reply {
    Scenario(Run),
    /// The costs are absent if there are problems.
    Call {
        costs: Option<Box<CallCosts>>,
        problems: Vec<String>,
    },
}

/// One run of a scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Lines counted in the file.
    pub(crate) lines: u64,
    /// Records that stand in no line.
    pub(crate) lost: u64,
    pub(crate) bytes: u64,
    /// Records that the engine says it dropped.
    pub(crate) dropped: u64,
    /// Lines after a later one of the same worker.
    pub(crate) reordered: u64,
    /// From the first call until the flush returned.
    pub(crate) seconds: f64,
    /// From the first call to the return of the last one.
    pub(crate) producing: f64,
    /// Processor time of the process in `seconds`.
    pub(crate) cpu_seconds: f64,
    /// What is wrong with the file or the engine's account of it; the figures are void then.
    pub(crate) problems: Vec<String>,
    /// Single calls, after the run.
    pub(crate) latency: Samples,
}

/// Has `request` carried out by a new process, with `dir` as its current directory.
///
/// # Errors
/// One line if the process could not be started or did not reply.
pub(crate) fn ask(request: &Request, dir: &Path) -> Result<Reply, String> {
    let failed = |error: &dyn std::fmt::Display| format!("a run failed: {error}");
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let request = serde_json::to_string(request).map_err(|error| failed(&error))?;
    let mut child = Command::new(program)
        .args(["bench-run", &request])
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    // Open as long as this process lives; see `end_with_parent`.
    let _lifeline = child.stdin.take();
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let last = stderr.lines().last().unwrap_or_default();
        let line = last.strip_prefix("ripsaw: ").unwrap_or(last);
        return Err(match line {
            "" => failed(&output.status),
            line => line.to_owned(),
        });
    }
    // What the engine has to say about itself is for the user, if there still is one.
    let _ = std::io::stderr().write_all(&output.stderr);
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
}

/// Carries out a request in this process; gives the text of the reply.
///
/// # Errors
/// One line if the run broke off.
pub(crate) fn serve(request: &str) -> Result<String, String> {
    let unknown = |error: &dyn std::fmt::Display| format!("not a request: {error}");
    let request: Request = serde_json::from_str(request).map_err(|error| unknown(&error))?;
    end_with_parent()?;
    let reply = match request {
        Request::Scenario { name, messages, threads, bursts } => {
            let scenario = Scenario::by_name(&name).ok_or_else(|| unknown(&name))?;
            Reply::Scenario(run(scenario, messages, threads, bursts)?)
        }
        Request::Call { bursts } => {
            let (costs, problems) = call_costs(bursts)?;
            Reply::Call { costs: costs.map(Box::new), problems }
        }
    };
    serde_json::to_string(&reply).map_err(|error| error.to_string())
}

/// Ends this process as soon as the one that started it is gone and with it the other end of
/// standard input. The thread sleeps in its only system call until then.
fn end_with_parent() -> Result<(), String> {
    let wait = || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        sys::exit_at_once(1);
    };
    let thread = std::thread::Builder::new().name("lifeline".to_owned()).spawn(wait);
    thread.map(drop).map_err(|error| format!("cannot start a thread: {error}"))
}

/// The calls, the flush, the check of the file; then the latency of single calls on the same
/// engine, checked in the same way.
fn run(scenario: Scenario, calls: u64, threads: u32, bursts: u32) -> Result<Run, String> {
    let (format, file) = (scenario.spec().format, Path::new("run.log"));
    let mut sampler = Sampler::new(Stopwatch::new());
    let guard = scenario::start(format, file)?;
    let handle = guard.handle();

    let cpu = sys::cpu_seconds();
    let produced = scenario.produce(calls, threads)?;
    let flushed = flush(&handle);
    let seconds = produced.started.elapsed().as_secs_f64();
    let cpu = sys::cpu_seconds() - cpu;

    let mut check = Check::new(file, format, scenario.ordered(), &handle);
    check.problems.extend(flushed.err());
    let found = check.next(&scenario.expected(calls, threads))?;
    let stats = handle.stats();

    let sampled = scenario.sample(&mut sampler, bursts);
    check.problems.extend(flush(&handle).err());
    let _ = check.next(&[scenario.expected_of_worker(sampled)])?;
    check.problems.extend(stop(guard).err());
    let problems = check.problems;
    fs::remove_file(file).map_err(|error| cannot("remove", file, &error))?;
    Ok(Run {
        lines: found.lines,
        lost: found.missing,
        bytes: found.bytes,
        dropped: stats.dropped(),
        reordered: found.reordered,
        seconds,
        producing: produced.producing.as_secs_f64(),
        cpu_seconds: cpu,
        problems,
        latency: sampler.samples(),
    })
}

/// The costs of single calls, or what was wrong with the file that these wrote.
fn call_costs(bursts: u32) -> Result<(Option<CallCosts>, Vec<String>), String> {
    let file = Path::new("call.log");
    let watch = Stopwatch::new();
    let guard = scenario::start(LineFormat::KeyValue, file)?;
    let handle = guard.handle();
    let call = |n| scenario::basic_call(0, n);
    let (costs, calls) = measure_calls(watch, bursts, call, scenario::disabled_call);
    let mut check = Check::new(file, LineFormat::KeyValue, true, &handle);
    check.problems.extend(flush(&handle).err());
    let _ = check.next(&[Sequence { first: 0, step: 1, count: calls }])?;
    check.problems.extend(stop(guard).err());
    let problems = check.problems;
    fs::remove_file(file).map_err(|error| cannot("remove", file, &error))?;
    Ok((problems.is_empty().then_some(costs), problems))
}

/// Compares a file with the calls that were made and with the engine's own statistics.
struct Check<'a> {
    file: &'a Path,
    format: LineFormat,
    ordered: bool,
    handle: &'a Handle,
    /// What has been checked so far.
    bytes: u64,
    lines: u64,
    expected: u64,
    problems: Vec<String>,
}

impl<'a> Check<'a> {
    fn new(file: &'a Path, format: LineFormat, ordered: bool, handle: &'a Handle) -> Check<'a> {
        let problems = Vec::new();
        Check { file, format, ordered, handle, bytes: 0, lines: 0, expected: 0, problems }
    }

    /// Checks what has been written since the last check against the records of `workers`.
    fn next(&mut self, workers: &[Sequence]) -> Result<Findings, String> {
        let cannot = |error| cannot("read", self.file, &error);
        let end = fs::metadata(self.file).map_err(cannot)?.len();
        let found = verify::file(self.file, self.bytes, end, self.format.markers(), workers)
            .map_err(cannot)?;
        self.problems.extend(found.problems(self.ordered));
        self.bytes = end;
        self.lines += found.lines;
        self.expected += workers.iter().map(|sequence| sequence.count).sum::<u64>();
        let stats = self.handle.stats();
        for (what, engine, file) in [
            ("accepted records", stats.accepted, self.expected),
            ("written records", stats.written, self.lines),
            ("dropped records", stats.dropped(), 0),
            ("bytes", stats.bytes, self.bytes),
        ] {
            if engine != file {
                self.problems.push(format!("the engine counts {engine} {what}, not {file}"));
            }
        }
        Ok(found)
    }
}

fn flush(handle: &Handle) -> Result<(), String> {
    handle.flush(FLUSH_DEADLINE).map_err(|error| format!("the flush failed: {error}"))
}

fn stop(guard: Guard) -> Result<(), String> {
    match guard.shutdown(Duration::from_secs(30)).unflushed {
        0 => Ok(()),
        records => Err(format!("{records} records unwritten at shutdown")),
    }
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {verb} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_the_command_line() {
        let name = "json".to_owned();
        for request in [
            Request::Scenario { name, messages: 7, threads: 2, bursts: 3 },
            Request::Call { bursts: 9 },
        ] {
            let text = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
        }
    }

    #[test]
    fn a_request_that_cannot_be_read_is_refused() {
        assert!(serve("{}").unwrap_err().starts_with("not a request"));
    }
}
