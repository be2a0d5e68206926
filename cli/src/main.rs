//! `ripsaw`: the command line of the Ripsaw logging engine.
//!
//! `ripsaw bench` measures the documented scenarios on this machine, against a real file whose
//! lines it counts, and writes `bench.json` and `bench.html`. `ripsaw recover` prints what a killed
//! process left in the file of its arena; `ripsaw emoji` which field gets which emoji. `ripsaw
//! check-config`, `explain` and `config` are about configuration files.

mod args;
mod bench;
mod config;
mod emoji;
mod machine;
mod measure;
mod recover;
mod report;
mod run;
mod scenario;
mod scratch;
mod sys;
mod verify;

use std::process::ExitCode;

use args::Parsed;

/// Exit status of a command line or an output path that cannot be used.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match args::parse(std::env::args_os()) {
        Ok(Parsed::Text(text)) => report::print(&text).unwrap_or_else(|error| fail(1, &error)),
        Ok(Parsed::Run(request)) => {
            let printed = run::serve(&request).and_then(|reply| report::print(&reply));
            printed.unwrap_or_else(|error| fail(1, &error))
        }
        Ok(Parsed::Check(args)) => args.run(),
        Ok(Parsed::Explain(args)) => args.run(),
        Ok(Parsed::Recover(args)) => recover::run(&args).unwrap_or_else(|error| fail(1, &error)),
        Ok(Parsed::Bench(plan)) => match bench::run(&plan) {
            Ok(code) => code,
            Err(bench::Failure::Usage(line)) => fail(USAGE, &line),
            Err(bench::Failure::Run(line)) => fail(1, &line),
        },
        Err(line) => fail(USAGE, &line),
    }
}

/// Prints one line on standard error and gives the exit status.
fn fail(status: u8, line: &str) -> ExitCode {
    use std::io::Write as _;
    // A closed standard error leaves nobody to tell; the status still says it.
    let _ = writeln!(std::io::stderr(), "ripsaw: {line}");
    ExitCode::from(status)
}
