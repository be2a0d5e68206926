//! The benchmark as a whole: every scenario, every repetition, the reports.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Plan;
use crate::machine::{self, Machine, Source};
use crate::measure::{Sampler, Stopwatch};
use crate::report::{self, Document, Row};
use crate::run::{self, Reply, Request};
use crate::scratch::Scratch;
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
        let (messages, bursts) = (plan.messages(scenario), plan.bursts());
        let mut sampler = Sampler::new(watch);
        let mut runs = Vec::new();
        for repeat in 1..=plan.repeat {
            bar.set_message(format!("{} {repeat}/{}", scenario.name(), plan.repeat));
            let name = scenario.name().to_owned();
            let threads = plan.threads;
            let request = Request::Scenario { name, messages, threads, bursts };
            let Reply::Scenario(run) = run::ask(&request, scratch)? else {
                return Err(Failure::Run("a run gave the reply to another request".to_owned()));
            };
            sampler.add(&run.latency);
            runs.push(run);
            bar.inc(1);
        }
        let threads = scenario.threads(plan.threads);
        scenarios.push(Row::new(scenario, threads, messages, &runs, &sampler));
    }
    bar.set_message("one call");
    let request = Request::Call { bursts: plan.call_bursts() };
    let Reply::Call { costs, problems } = run::ask(&request, scratch)? else {
        return Err(Failure::Run("a run gave the reply to another request".to_owned()));
    };
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
        call: costs.map(|costs| *costs),
        call_problems: problems,
    })
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
