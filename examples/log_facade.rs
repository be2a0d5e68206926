//! A program of the `log` crate, switched: it was `examples/before/log_facade.rs`, and `cargo xtask ci` compares what both print.
//!
//! `cargo run --example log_facade`

use log::{debug, error, info, trace, warn};
use std::fmt;

/// A pool of connections, as a library has it that knows nothing of who logs.
mod pool {
    #[derive(Debug)]
    pub(crate) struct Refused {
        pub(crate) code: u16,
    }

    pub(crate) fn connect(host: &str, attempt: u32) -> Result<u32, Refused> {
        log::trace!(host, attempt; "dialling");
        match attempt {
            0 => Err(Refused { code: 110 }),
            _ => Ok(attempt * 7),
        }
    }
}

impl fmt::Display for pool::Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused-{}", self.code)
    }
}

fn main() {
    let _guard = ripsaw::builder().filter("debug").text().stdout().start().unwrap();

    info!("listening on {}:{}", "127.0.0.1", 8080);
    for attempt in 0..2 {
        match pool::connect("db-1", attempt) {
            Ok(connection) => info!(target: "db", connection, attempt; "connected"),
            Err(error) => warn!(target: "db", attempt, code = error.code, error:%; "no answer"),
        }
    }
    trace!("below the level");
    debug!(size = 16_u8, share = 0.5, ready = true, grade = 'A', hosts:? = Some(3); "pool");
    std::thread::spawn(|| error!(exit:% = -1; "worker {:>4} gave up", 7)).join().unwrap();
    info!("done");
    log::logger().flush();
}
