//! `tracing` with `tracing-appender` as it is by default: a full queue drops lines.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;
#[path = "shared/tracing.rs"]
mod shared;

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main::<shared::Tracing<true>>()
}
