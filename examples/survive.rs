//! A process is killed while it logs; the next one writes what was on its way.
//!
//! `cargo run --example survive`

use ripsaw::{Builder, StartError, info, warn};
use std::path::PathBuf;
use std::process::Command;

/// Both processes are started with this.
fn engine(log: &PathBuf) -> Builder {
    // In /dev/shm, since the name has no folder: it outlives a process, not the machine.
    let arena = format!("ripsaw-survive-{}.arena", log.display()).replace('/', "-");
    ripsaw::builder().file(log).arena_file(arena)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(log) = std::env::var_os("RIPSAW_SURVIVE_LOG") {
        return Ok(victim(&PathBuf::from(log))?);
    }
    let log = std::env::temp_dir().join(format!("ripsaw-survive-{}.log", std::process::id()));
    let victim = Command::new(std::env::current_exe()?).env("RIPSAW_SURVIVE_LOG", &log).status()?;
    println!("the first process: {victim}");

    let guard = engine(&log).start()?;
    info!("back again");
    println!("recovered {} records", guard.handle().stats().recovered);
    drop(guard);
    let text = std::fs::read_to_string(&log)?;
    text.lines().rev().take(3).collect::<Vec<_>>().iter().rev().for_each(|l| println!("{l}"));
    assert_eq!(text.lines().count(), 1001);
    std::fs::remove_file(&log)?;
    Ok(())
}

/// Logs and is gone, with no chance to say goodbye.
fn victim(log: &PathBuf) -> Result<(), StartError> {
    let _guard = engine(log).start()?;
    (0..999).for_each(|order| info!(order, "placed"));
    warn!("something is wrong here");
    // As with `kill -9`: no destructor and no exit hook runs.
    std::process::abort();
}
