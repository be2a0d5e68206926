//! The user's names are the user's, also where the expansion has one of the same.

#![allow(non_upper_case_globals, dead_code)]

use ripsaw::{Level, event, info};

const META: &str = "meta";
const CALLSITE: &str = "callsite";
const LEVEL: Level = Level::Info;
const TARGET: &str = "target";

struct Capture(u8);

trait Capturing {
    fn capture(&self, n: u8) -> u8;
}
impl Capturing for Capture {
    fn capture(&self, n: u8) -> u8 {
        n
    }
}

macro_rules! hygienic {
    ($value:expr) => {{
        let name = "the macro's";
        info!(name, "{name} {}", $value);
    }};
}

fn main() {
    let (a0, a1, a2) = (1, 2, 3);
    let (verdict, logger, body) = (4, 5, 6);
    let name = "the caller's";
    info!(a2, a1, a0, "{a1} {a2} {a0} {} {}", verdict, a0 + a1);
    info!(verdict, logger, body, "{verdict} {logger}");
    info!(logger: ripsaw::Logger::new("l"), verdict, logger, "{verdict} {logger}");
    info!(META, CALLSITE, "{META} {CALLSITE}");
    info!("{} {}", Capture(1).capture(7), Capture(2).0 + 1);
    info!(target: TARGET, name: META, name);
    event!(LEVEL, "m");
    hygienic!(name);
    // A statement inside an argument has callsites of its own.
    info!("{}", {
        info!(a0, "inner {a0}");
        a0
    });
}
