//! Ripsaw beside other loggers: the work is done by the runner of `bench-compare`, a workspace of its
//! own.

use crate::shell::cargo;
use std::process::ExitCode;

const RUNNER: &str = "run --quiet --release --manifest-path bench-compare/Cargo.toml \
    --package bench-compare-runner --bin compare --";

/// Builds the runner and hands it the options. It says itself what went wrong.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let mut command = cargo(RUNNER);
    command.args(options);
    match command.status() {
        // 2 stands for a command line that makes no sense, here as there.
        Ok(status) => {
            ExitCode::from(status.code().and_then(|code| code.try_into().ok()).unwrap_or(1))
        }
        Err(error) => {
            eprintln!("xtask: cannot start {}: {error}", command.get_program().display());
            ExitCode::FAILURE
        }
    }
}
