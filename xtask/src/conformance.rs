//! `cargo xtask conformance FILE`.

use crate::shell::{cargo, run};
use std::process::ExitCode;

/// Runs the cases in `file` with the package `conformance`; the result is its own.
pub(crate) fn check(file: &str) -> ExitCode {
    // Where we were called, and not the root, is where a relative path begins.
    let path = std::path::absolute(file).unwrap_or_else(|_| file.into());
    match run(cargo("run --quiet --package conformance --").arg(path)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
