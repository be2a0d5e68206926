//! Levels, formats and sinks are replaced while threads log.
//!
//! `cargo run --example reload`

use ripsaw::sink::Memory;
use ripsaw::{Level, Overflow, builder, debug, info};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (first, second) = (Memory::new(), Memory::new());
    let overflow = Overflow::Block(Duration::MAX);
    let guard = builder().overflow(overflow).sink(first.clone()).start()?;
    let handle = guard.handle();

    let stop = AtomicBool::new(false);
    let logged: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let stop = &stop;
                scope.spawn(move || {
                    let mut n = 0;
                    while !stop.load(Ordering::Relaxed) {
                        info!(thread, n, "working");
                        n += 1;
                    }
                    n
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(50));
        handle.reload(builder().level(Level::Debug).json().sink(second.clone()))?;
        debug!("enabled from the moment that reload has returned");
        std::thread::sleep(Duration::from_millis(50));
        stop.store(true, Ordering::Relaxed);
        Ok::<_, ripsaw::ConfigError>(threads.into_iter().map(|t| t.join().unwrap_or(0)).sum())
    })?;

    // A configuration that is wrong changes nothing, and says what is wrong.
    let error = handle.reload(builder().filter("inof")).expect_err("not a level");
    println!("{error}");

    guard.shutdown(Duration::from_secs(10));
    let (text, json) = (first.lines().len(), second.lines().len());
    println!("{logged} records: {text} lines of text, then {json} of JSON");
    assert_eq!(text + json, logged + 1);
    Ok(())
}
