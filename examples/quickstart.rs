//! The first steps: start, log, change the level, flush, shut down.
//!
//! `cargo run --example quickstart`

use ripsaw::{Level, Logger, debug, error, info};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = ripsaw::builder().level(Level::Info).stdout().start()?;

    let (id, px) = (42, 1.25);
    info!("order {id} filled at {px:.2}");
    info!(order_id = id, px, venue = "X", "order filled");
    debug!("not seen: the level is info");

    let log = Logger::new("shop.orders").with("tenant", "eu");
    error!(logger: &log, attempt = 3, "payment refused\nsecond line");

    guard.handle().set_level(Level::Debug);
    debug!("seen now");

    guard.handle().flush(Duration::from_secs(1))?;
    let report = guard.shutdown(Duration::from_secs(5));
    info!("written at once: the writer has ended");
    eprintln!("{report:?}");
    Ok(())
}
