//! One customer is looked at in a service that runs: a level for some calls, for some time, and the reason for each verdict.
//!
//! `cargo run --example live_levels`

use ripsaw::{Context, Level, LevelOverride, Probe, debug, info};
use std::time::Duration;

fn serve(customer: u64) {
    let _scope = Context::new().with("customer", customer).enter();
    debug!(step = "price", "looked up");
    info!("served");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = ripsaw::builder().level(Level::Info).stdout().start()?;
    let handle = guard.handle();
    (1..=3).for_each(serve);

    // An operator may do this by `ripsaw-remote`'s endpoint.
    let rule = LevelOverride::new(Level::Debug).field("customer", 2);
    let id = handle.override_level(rule.lasting(Duration::from_secs(900)))?;
    (1..=3).for_each(serve);
    for customer in [1, 2] {
        let probe = Probe::new(Level::Debug, module_path!()).field("customer", customer);
        println!("{}", handle.explain(&probe));
    }
    handle.remove_override(id);
    (1..=3).for_each(serve);

    let report = guard.shutdown(Duration::from_secs(5));
    // Nine requests, one of them in detail, and what was said of the override.
    assert_eq!((report.written, report.dropped), (9 + 1 + 2, 0));
    Ok(())
}
