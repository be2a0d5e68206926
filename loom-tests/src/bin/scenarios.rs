//! The scenarios without a test harness around them, in an order of one's choice:
//!
//! ```text
//! cargo run -p loom-tests --release --bin scenarios -- [--rounds N] [--bound N] [PREFIX...]
//! ```
//!
//! Those whose names begin with the first prefix come first, then those of the second, and so on; without a prefix all
//! are run. Each name is printed before its scenario runs, and the first failure ends the program. `--bound` replaces
//! the preemption bound of the models that have one, `--rounds` the repetitions on threads.
//!
//! With the feature `std`, on nightly, they run under ThreadSanitizer (the harness of the tests has reports of its own):
//! `cargo xtask sanitize`.
//!
//! What it can and cannot say: it watches the library's own `sync`, so the plain accesses of blocks, ring slots and of
//! what a block's owner does are checked on the machine's memory. It does not follow standalone fences, on which the
//! doorbell rests. That costs it nothing here, as no plain memory is reached by way of the doorbell: needs are atomics
//! with a Release and an Acquire of their own. For the same reason a missing fence would go unnoticed; that the fences
//! are needed and enough is shown by the models alone.

use loom_tests::{ALL, Scenario};
use std::process::ExitCode;

/// Repetitions of each scenario on threads; one is a few hundred to a few thousand steps of each role.
const ROUNDS: usize = 3_000;

fn main() -> ExitCode {
    let (mut rounds, mut bound, mut prefixes) = (ROUNDS, None, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|number| number.parse().ok());
        match arg.as_str() {
            "--rounds" => match number() {
                Some(number) => rounds = number,
                None => return usage("--rounds needs a number"),
            },
            "--bound" => match number() {
                Some(number) => bound = Some(number),
                None => return usage("--bound needs a number"),
            },
            option if option.starts_with('-') => return usage(&format!("what is {option}?")),
            prefix => prefixes.push(prefix.to_owned()),
        }
    }
    if prefixes.is_empty() {
        prefixes.push(String::new());
    }
    let mut left: Vec<&Scenario> = ALL.iter().collect();
    let mut count = 0;
    for prefix in &prefixes {
        let (now, later) = left.into_iter().partition(|s: &&Scenario| s.name.starts_with(prefix));
        left = later;
        for scenario in now {
            println!("{}", scenario.name);
            // A model without a bound stays without one.
            let bound = scenario.bound.map(|own| bound.unwrap_or(own));
            Scenario { bound, ..*scenario }.run(rounds);
            count += 1;
        }
    }
    if count == 0 {
        return usage("no scenario begins so");
    }
    // With a report ThreadSanitizer ends the process with a status of its own.
    ExitCode::SUCCESS
}

fn usage(what: &str) -> ExitCode {
    eprintln!("scenarios: {what}\nusage: scenarios [--rounds N] [--bound N] [PREFIX...]");
    ExitCode::from(2)
}
