//! The scenarios under ThreadSanitizer, without a test harness around them (the harness has reports of its own):
//!
//! ```text
//! RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" CARGO_TARGET_DIR=target/tsan \
//!     cargo +nightly run -p loom-tests --bin tsan --features std --release --target x86_64-unknown-linux-gnu
//! ```
//!
//! What it can and cannot say: it watches the library's own `sync`, so the plain accesses of blocks, ring slots and of
//! what a block's owner does are checked on the machine's memory. It does not follow standalone fences, on which the
//! doorbell rests. That costs it nothing here, as no plain memory is reached by way of the doorbell: needs are atomics
//! with a Release and an Acquire of their own. For the same reason a missing fence would go unnoticed; that the fences
//! are needed and enough is shown by the models alone.

use std::process::ExitCode;

/// Repetitions of each scenario, which is a few hundred to a few thousand steps of each role.
const ROUNDS: usize = 3_000;

fn main() -> ExitCode {
    for scenario in loom_tests::ALL {
        scenario.run(ROUNDS);
    }
    // With a report the sanitizer ends the process with a status of its own.
    ExitCode::SUCCESS
}
