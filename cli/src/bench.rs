//! Runs the benchmark: every scenario, every repetition, each checked against its file.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use ripsaw::Handle;

use crate::args::Plan;
use crate::machine::{self, Machine, Source};
use crate::measure::{CallCosts, Sampler, Stopwatch, measure_calls};
use crate::report::{self, Document, Row, Run};
use crate::scenario::{self, FLUSH_DEADLINE, LineFormat, Scenario};
use crate::scratch::Scratch;
use crate::verify::{self, Findings, Sequence};
use crate::{fail, sys};

/// Why there is no report.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request cannot be carried out here; nothing has been measured.
    Usage(String),
    /// The benchmark broke off.
    Run(String),
}

impl From<String> for Failure {
    fn from(line: String) -> Failure {
        Failure::Run(line)
    }
}

/// Carries out `plan` and writes the reports.
///
/// Gives status 1 if a record was lost; the report then has no figures for that scenario.
///
/// # Errors
/// An output directory or temporary directory that cannot be written, too little disk space, an
/// engine that does not start.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode, Failure> {
    let json = plan.out.join("bench.json");
    let html = plan.out.join("bench.html");
    check_writable(&plan.out, &[&json, &html]).map_err(Failure::Usage)?;
    let scratch = Scratch::create().map_err(|error| {
        let dir = std::env::temp_dir();
        Failure::Usage(format!("cannot write in {}: {error}", dir.display()))
    })?;
    check_space(plan, scratch.path()).map_err(Failure::Usage)?;
    let dir = scratch.path().to_owned();
    sys::on_interrupt(move || drop(fs::remove_dir_all(dir)));

    let document = measure(plan, scratch.path())?;
    drop(scratch);
    let text = document.to_json();
    write(&json, &text)?;
    write(&html, &report::html(&document))?;
    let shown = if plan.json {
        text
    } else {
        format!("{}\nwrote {} and {}\n", report::table(&document), json.display(), html.display())
    };
    let printed = report::print(&shown);
    for refusal in document.refusals() {
        fail(1, &refusal);
    }
    match printed {
        Err(line) => Err(Failure::Run(line)),
        Ok(_) if !document.valid() => Ok(ExitCode::from(1)),
        Ok(code) => Ok(code),
    }
}

fn measure(plan: &Plan, scratch: &Path) -> Result<Document, Failure> {
    let watch = Stopwatch::new();
    let bar = progress(plan.scenarios.len() as u64 * u64::from(plan.repeat) + 1);
    let mut scenarios = Vec::new();
    for &scenario in &plan.scenarios {
        let mut sampler = Sampler::new(watch);
        let mut runs = Vec::new();
        for repeat in 1..=plan.repeat {
            bar.set_message(format!("{} {repeat}/{}", scenario.name(), plan.repeat));
            let file = scratch.join(format!("{}-{repeat}.log", scenario.name()));
            runs.push(run_once(plan, scenario, &file, &mut sampler)?);
            bar.inc(1);
        }
        let (messages, threads) = (plan.messages(scenario), scenario.threads(plan.threads));
        scenarios.push(Row::new(scenario, threads, messages, &runs, &sampler));
    }
    bar.set_message("one call");
    let (call, call_problems) = call_costs(plan, watch, &scratch.join("call.log"))?;
    bar.finish_and_clear();
    let source = Source::this();
    Ok(Document {
        machine: Machine::this(),
        commit: source.commit,
        modified: source.modified,
        version: env!("CARGO_PKG_VERSION"),
        date: machine::now_utc(),
        quick: plan.quick,
        repeat: plan.repeat,
        scenarios,
        call,
        call_problems,
    })
}

/// One run on a fresh engine: the calls, the flush, the check of the file; then the latency of
/// single calls on the same engine, checked in the same way.
fn run_once(
    plan: &Plan,
    scenario: Scenario,
    file: &Path,
    sampler: &mut Sampler,
) -> Result<Run, String> {
    let (format, calls) = (scenario.spec().format, plan.messages(scenario));
    let guard = scenario::start(format, file)?;
    let handle = guard.handle();

    let cpu = sys::cpu_seconds();
    let produced = scenario.produce(&handle, calls, plan.threads)?;
    let flushed = flush(&handle);
    let seconds = produced.started.elapsed().as_secs_f64();
    let cpu = sys::cpu_seconds() - cpu;

    let mut check = Check::new(file, format, scenario.ordered(), &handle);
    check.problems.extend(flushed.err());
    let found = check.next(&scenario.expected(calls, plan.threads))?;
    let stats = handle.stats();

    let attached = handle.attach();
    let sampled = scenario.sample(sampler, plan.bursts());
    check.problems.extend(flush(&handle).err());
    drop(attached);
    let _ = check.next(&[scenario.expected_of_worker(sampled)])?;
    check.problems.extend(stop(guard).err());
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
        problems: check.problems,
    })
}

/// The costs of single calls, or what was wrong with the file that these wrote.
fn call_costs(
    plan: &Plan,
    watch: Stopwatch,
    file: &Path,
) -> Result<(Option<CallCosts>, Vec<String>), String> {
    let guard = scenario::start(LineFormat::KeyValue, file)?;
    let handle = guard.handle();
    let attached = handle.attach();
    let call = |n| scenario::basic_call(0, n);
    let (costs, calls) = measure_calls(watch, plan.call_bursts(), call, scenario::disabled_call);
    let mut check = Check::new(file, LineFormat::KeyValue, true, &handle);
    check.problems.extend(flush(&handle).err());
    drop(attached);
    let _ = check.next(&[Sequence { first: 0, step: 1, count: calls }])?;
    check.problems.extend(stop(guard).err());
    Ok((check.problems.is_empty().then_some(costs), check.problems))
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

fn stop(guard: ripsaw::Guard) -> Result<(), String> {
    match guard.shutdown(Duration::from_secs(30)).unflushed {
        0 => Ok(()),
        records => Err(format!("{records} records unwritten at shutdown")),
    }
}

/// A bar on standard error, hidden unless that is a terminal. It is drawn between runs only, so
/// that no thread of it runs beside a measurement.
fn progress(steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps);
    if let Ok(style) = ProgressStyle::with_template("{msg:14} [{bar:40}] {pos}/{len} {elapsed}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// Makes sure that the reports can be written, before minutes are spent on measuring.
fn check_writable(dir: &Path, files: &[&PathBuf]) -> Result<(), String> {
    fs::create_dir_all(dir).map_err(|error| cannot("create", dir, &error))?;
    for file in files {
        let existed = file.exists();
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .map_err(|error| cannot("write", file, &error))?;
        if !existed {
            // Nothing is left behind if the benchmark breaks off.
            let _ = fs::remove_file(file);
        }
    }
    Ok(())
}

/// Makes sure that the largest measured file fits on its disk.
fn check_space(plan: &Plan, dir: &Path) -> Result<(), String> {
    let largest = plan.scenarios.iter().map(|&s| plan.messages(s) * s.spec().line_bytes_at_most);
    let need = largest.max().unwrap_or(0) + (64 << 20);
    match sys::free_bytes(dir) {
        Some(free) if free < need => Err(format!(
            "{} has {} MB free and a run needs {}: set TMPDIR, or lower --messages",
            std::env::temp_dir().display(),
            free / 1_000_000,
            need / 1_000_000,
        )),
        _ => Ok(()),
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| Failure::Run(cannot("write", file, &error)))
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {verb} {}: {error}", path.display())
}
