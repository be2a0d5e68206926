//! Compares Ripsaw with other loggers on the same work: `cargo xtask compare`.

mod args;
mod endings;
mod machine;
mod page;
mod programs;
mod results;
mod run;
mod svg;
mod verify;
#[path = "../../harness/workload.rs"]
#[allow(dead_code, unused_macros, reason = "the macros and the payload are for the rivals")]
mod workload;

use args::Args;
use machine::Machine;
use programs::{Program, Programs, RIPSAW, home};
use results::Sample;
use run::Run;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use workload::{Call, Workload};

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{}", args::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("compare: {why}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match compare(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("compare: {why}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Args) -> Result<(), String> {
    let workloads = workloads(args.workloads.as_deref())?;
    let Programs { programs, left_out } = programs::build(args.rivals.as_deref(), &args.programs)?;
    if args.endings {
        println!("{}", endings::table(&programs, &left_out, &args.dir)?);
        return Ok(());
    }
    let machine = Machine::this();
    let dir = args.dir.join(format!("ripsaw-compare-{}", std::process::id()));
    let began = Instant::now();
    let samples = rotate(&programs, &workloads, args, &dir);
    eprintln!("measured for {:.0} s", began.elapsed().as_secs_f64());
    if let Some(file) = &args.json {
        let text = serde_json::to_string_pretty(&samples).map_err(|error| error.to_string())?;
        write(file, &text)?;
    }
    let rows = results::rows(&programs, &samples);
    let block = page::block(&rows, &left_out, &machine, args.rotations);
    println!("{block}");
    let (page, svg) = (home().with_file_name("PERFORMANCE.md"), home().join("compare.svg"));
    if let Some(file) = args.page.clone().or(args.complete().then_some(page)) {
        write(&file, &page::splice(&fs::read_to_string(&file).unwrap_or_default(), &block))?;
    }
    if let Some(file) = args.svg.clone().or(args.complete().then_some(svg)) {
        write(&file, &svg::chart(&rows))?;
    }
    let ours = rows.iter().find(|row| row.program.name == RIPSAW);
    let problem = ours.and_then(|row| row.cells.values().find_map(|cell| cell.problem.clone()));
    problem.map_or(Ok(()), |problem| Err(format!("{RIPSAW} failed: {problem}")))
}

fn workloads(only: Option<&[String]>) -> Result<Vec<&'static Workload>, String> {
    let known = |name: &String| Workload::ALL.iter().any(|workload| workload.name == name);
    if let Some(unknown) = only.into_iter().flatten().find(|name| !known(name)) {
        return Err(format!("no workload `{unknown}`"));
    }
    let wanted = |workload: &&Workload| {
        only.is_none_or(|only| only.iter().any(|name| name == workload.name))
    };
    Ok(Workload::ALL.iter().filter(wanted).collect())
}

/// Each rotation runs every workload of every rival once, beginning with another rival.
fn rotate(
    programs: &[Program],
    workloads: &[&'static Workload],
    args: &Args,
    dir: &Path,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    // What failed once is not tried again: it may have taken a minute.
    let mut failed = BTreeSet::new();
    for rotation in 0..args.rotations {
        for (turn, workload) in workloads.iter().enumerate() {
            let first = first(rotation, turn, programs.len());
            for i in 0..programs.len() {
                let program = &programs[(first + i) % programs.len()];
                let offered = program.about.workloads.iter().any(|name| name == workload.name);
                let key = (program.name.clone(), workload.name);
                if !offered || failed.contains(&key) {
                    continue;
                }
                let run = run::run(&program.path, workload, amount(workload, args.quick), dir);
                eprintln!("{} {} {}: {}", rotation + 1, workload.name, program.name, say(&run));
                if run.is_err() {
                    failed.insert(key);
                }
                let (run, failed) = match run {
                    Ok(run) => (Some(run), None),
                    Err(why) => (None, Some(why)),
                };
                let rival = program.name.clone();
                samples.push(Sample { rival, workload: workload.name, rotation, run, failed });
            }
        }
    }
    samples
}

/// The rival that begins: a prime number of places further each time.
fn first(rotation: u32, turn: usize, rivals: usize) -> usize {
    (rotation as usize * 7 + turn * 3) % rivals.max(1)
}

/// Messages of a throughput run, bursts of a latency run.
fn amount(workload: &Workload, quick: bool) -> u64 {
    let amount = match (workload.latency, workload.call) {
        (true, Call::Basic) => 400,
        (true, _) => 200,
        (false, Call::Basic | Call::String35) => 1_000_000,
        (false, Call::Large) => 200_000,
        (false, Call::Json | Call::JsonContext) => 500_000,
    };
    if quick { amount / 2 } else { amount }
}

fn say(run: &Result<Run, String>) -> String {
    match run {
        Err(why) => format!("FAILED: {why}"),
        Ok(run) => {
            let mut said = match &run.report.latency {
                Some(latency) => format!("{:.1} ns, p99 {:.0}", latency.typical, latency.p99),
                None => {
                    format!("{:.2} M/s", run.report.messages as f64 / run.report.seconds / 1e6)
                }
            };
            for problem in run.problems() {
                said.push_str(", ");
                said.push_str(&problem);
            }
            said
        }
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_are_chosen_by_name() {
        assert_eq!(workloads(None).unwrap().len(), Workload::ALL.len());
        let names = ["json".to_owned(), "basic".to_owned()];
        let found: Vec<&str> =
            workloads(Some(&names)).unwrap().iter().map(|workload| workload.name).collect();
        assert_eq!(found, ["basic", "json"]);
        assert!(workloads(Some(&["jsn".to_owned()])).is_err());
    }

    #[test]
    fn another_rival_begins_in_every_rotation() {
        let begun: BTreeSet<usize> = (0..5).map(|rotation| first(rotation, 0, 23)).collect();
        assert_eq!(begun.len(), 5);
        assert_eq!(first(3, 2, 1), 0);
    }
}
