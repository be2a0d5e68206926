//! The project's own commands, run as `cargo xtask <command>`.

mod ci;
mod compare;
mod conformance;
mod counts;
mod examples;
mod fuzz;
mod host;
mod inventory;
mod ladder;
mod mutants;
mod packages;
mod sanitize;
mod shell;
mod switched;
mod torture;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  ci                       every check, in order; stops at the first that fails
  test                     installs what the checks need, then does `ci`
  counts [--bless]         instructions a call and a record against the baseline; renews it
  conformance FILE         runs recorded cases of other logging libraries; see conformance/
  inventory                which capability of the specification has which test
  examples                 runs every example, and compares those that were switched to Ripsaw with what they were
  fuzz TARGET [SECONDS]    fuzzes one target of fuzz/ (60 seconds unless told)
  torture [SECONDS] [--seed N]
                           random ends of random processes, their output judged (600 seconds unless told)
  torture --rivals [--rivals A,B]
                           what the other loggers lose when a process ends
  mutate-orderings [--list] [--only FILE]
                           weakens each atomic ordering of src/ in turn; says which model notices
  sanitize [--records N]   protocols and engine under ThreadSanitizer and AddressSanitizer
  compare [OPTIONS]        measures Ripsaw beside other loggers (--help lists the options)";

/// Exit status for a command line that makes no sense.
const BAD_USAGE: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["ci"] => ci::run(),
        ["test"] => {
            host::install();
            ci::run()
        }
        ["counts"] => counts::run(false),
        ["counts", "--bless"] => counts::run(true),
        ["conformance", file] => conformance::check(file),
        ["examples"] => examples::run(),
        ["inventory"] => inventory::run(),
        ["fuzz", target] => fuzz::run(target, fuzz::DEFAULT_SECONDS),
        ["fuzz", target, seconds] => match seconds.parse() {
            Ok(seconds) if seconds > 0 => fuzz::run(target, seconds),
            _ => bad_usage(&format!("`{seconds}` is no number of seconds from 1 up")),
        },
        ["mutate-orderings", ref options @ ..] => mutants::run(options),
        ["sanitize", ref options @ ..] => sanitize::run(options),
        ["compare", ref options @ ..] => compare::run(options),
        ["torture", ref options @ ..] => torture::run(options),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        [] => bad_usage("which command?"),
        [command, ..] => bad_usage(&format!("cannot do `{command}` with these arguments")),
    }
}

/// Says what is wrong with the command line, and how it should look.
fn bad_usage(what: &str) -> ExitCode {
    eprintln!("xtask: {what}\n\n{USAGE}");
    ExitCode::from(BAD_USAGE)
}
