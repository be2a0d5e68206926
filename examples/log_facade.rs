//! An existing program of the `log` crate: one line in `main` changes, its statements stay.
//!
//! `cargo run --example log_facade`

use std::time::Duration;

fn main() -> Result<(), ripsaw::StartError> {
    let guard = ripsaw::builder().filter("info,log_facade=debug").key_value().stdout().start()?;

    log::info!("listening on {}", "127.0.0.1:8080");
    log::debug!(target: "db", "not seen");
    log::warn!(retry = 2, upstream = "billing"; "slow answer");
    ripsaw::info!(native = true, "in the same stream, in order");

    guard.shutdown(Duration::from_secs(5));
    Ok(())
}
