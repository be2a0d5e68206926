//! `nanolog-rs`.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use nanolog_rs::{AsyncLogger, FileSink, Level};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

struct Nanolog;

impl Rival for Nanolog {
    const ABOUT: About = About {
        title: "nanolog-rs",
        package: "nanolog-rs",
        config: "131,072 records, full: spins; its thread spins when idle; time as nanoseconds, \
                 without a calendar (its default)",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Nanolog {
        let sink = FileSink::with_buffer_size(file, 1 << 16).expect("a new file");
        let logger = AsyncLogger::builder()
            .level(Level::Info)
            .formatter(Arc::new(nanolog_rs::DefaultFormatter::plain()))
            .sink(Arc::new(sink))
            .queue_capacity(131_072)
            .build()
            .expect("nanolog-rs starts");
        nanolog_rs::init_global_logger(Arc::new(logger)).expect("no other logger");
        Nanolog
    }

    text_calls!(nanolog_rs::info, nanolog_rs::debug);

    fn finish(self) {
        let logger = nanolog_rs::global_logger().expect("a logger");
        logger.shutdown().expect("everything is written");
    }
}

fn main() -> ExitCode {
    harness::main::<Nanolog>()
}
