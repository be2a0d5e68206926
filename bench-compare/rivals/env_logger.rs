//! `env_logger`, which writes in the call.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use env_logger::{Builder, Target, WriteStyle};
use harness::{About, Form, Rival};
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

struct EnvLogger;

impl Rival for EnvLogger {
    const ABOUT: About = About {
        title: "env_logger",
        package: "env_logger",
        config: "Target::Pipe to the file itself (it never flushes a buffered one), \
                 microseconds, no colours",
        synchronous: true,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> EnvLogger {
        Builder::new()
            .filter_level(log::LevelFilter::Info)
            .format_timestamp_micros()
            .write_style(WriteStyle::Never)
            .target(Target::Pipe(Box::new(File::create(file).expect("a new file"))))
            .init();
        EnvLogger
    }

    text_calls!(log::info, log::debug);

    fn finish(self) {
        log::logger().flush();
    }
}

fn main() -> ExitCode {
    harness::main::<EnvLogger>()
}
