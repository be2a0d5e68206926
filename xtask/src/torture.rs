//! The long form of `tests/torture`: random victims for as long as one likes.

use crate::shell::{self, cargo};
use crate::{bad_usage, compare};
use std::process::ExitCode;

/// How long it takes unless the command line says otherwise.
const DEFAULT_SECONDS: u64 = 600;

/// Tests whose short form is part of every run, with what makes them long.
const FULL: [(&str, &str, &str); 2] =
    [("recovery", "RIPSAW_KILLS", "100"), ("memory", "RIPSAW_FULL", "1")];

/// Runs the long form with optimised code, and then the long forms of other tests, which take some five minutes more. It
/// prints a table of what was run, and of each failure how to repeat it. With `--rivals`, the other loggers come to their ends
/// instead.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    if let ["--rivals", options @ ..] = options {
        return compare::run(&[&["--endings"], options].concat());
    }
    let Some((seconds, seed)) = parse(options) else {
        return bad_usage("torture takes a number of seconds, and `--seed` with a number");
    };
    let mut command = cargo("test --release --test torture --");
    command.args(["--long", &seconds.to_string()]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    let full = |(test, name, value): (&str, &str, &str)| {
        let mut command = cargo(&format!("test --release --test {test}"));
        shell::run(command.env(name, value))
    };
    match shell::run(&mut command).and_then(|()| FULL.into_iter().try_for_each(full)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Seconds, and the seed if there is one.
fn parse(options: &[&str]) -> Option<(u64, Option<u64>)> {
    let (seconds, rest) = match options {
        [first, rest @ ..] if !first.starts_with('-') => (first.parse().ok()?, rest),
        rest => (DEFAULT_SECONDS, rest),
    };
    match rest {
        [] => Some((seconds, None)),
        ["--seed", seed] => Some((seconds, Some(seed.parse().ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_understood() {
        assert_eq!(parse(&[]), Some((600, None)));
        assert_eq!(parse(&["60"]), Some((60, None)));
        assert_eq!(parse(&["60", "--seed", "7"]), Some((60, Some(7))));
        assert_eq!(parse(&["--seed", "7"]), Some((600, Some(7))));
        for wrong in
            [["x"].as_slice(), &["60", "7"], &["--seed"], &["--seed", "x"], &["60", "--seed"]]
        {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
