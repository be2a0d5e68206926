//! A test's view: an engine of its own, without a thread, drained by hand.
//!
//! `cargo run --example capture`

use ripsaw::sink::Memory;
use std::time::Duration;

fn transfer(amount: u64) {
    if amount > 100 {
        ripsaw::warn!(amount, limit = 100, "refused");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let memory = Memory::new();
    let guard = ripsaw::builder().manual().json().sink(memory.clone()).start_local()?;
    let attached = guard.attach();

    transfer(50);
    transfer(500);
    guard.handle().flush(Duration::from_secs(1))?;

    let lines = memory.lines();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with(r#""event":"refused","amount":500,"limit":100}"#), "{}", lines[0]);
    println!("{}", lines[0]);
    drop(attached);
    Ok(())
}
