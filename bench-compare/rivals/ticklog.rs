//! `ticklog`.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use std::path::Path;
use std::process::ExitCode;
use ticklog::{Backpressure, FileSink, Guard, Level};

struct Ticklog {
    guard: Guard,
}

impl Rival for Ticklog {
    const ABOUT: About = About {
        title: "ticklog",
        package: "ticklog",
        config: "ring of 1 MiB a thread (fixed), full: spins; level fixed at compile time; \
                 warm_up()",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Ticklog {
        let guard = ticklog::configure! {
            sink: FileSink::truncate(file).expect("a new file"),
            max_level: Level::Info,
            backpressure: Backpressure::Block,
        };
        Ticklog { guard: guard.expect("ticklog starts") }
    }

    fn prepare_thread(&self) {
        ticklog::warm_up().expect("a ring for the thread");
    }

    text_calls!(ticklog::info, ticklog::debug);

    fn finish(self) {
        drop(self.guard);
    }
}

fn main() -> ExitCode {
    harness::main::<Ticklog>()
}
