//! `flexi_logger` in its asynchronous mode.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use flexi_logger::{FileSpec, Logger, LoggerHandle, WriteMode};
use harness::{About, Form, Rival};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

struct FlexiLogger {
    handle: LoggerHandle,
}

impl Rival for FlexiLogger {
    const ABOUT: About = About {
        title: "flexi_logger",
        package: "flexi_logger",
        config: "WriteMode::AsyncWith (unbounded, no other choice), detailed_format or \
                 json_format",
        synchronous: false,
        lossy: false,
        json: true,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> FlexiLogger {
        let format = match form {
            Form::Text => flexi_logger::detailed_format,
            Form::Json => flexi_logger::json_format,
        };
        let mode = WriteMode::AsyncWith {
            pool_capa: 1024,
            message_capa: 256,
            flush_interval: Duration::from_secs(1),
        };
        let handle = Logger::try_with_str("info")
            .and_then(|logger| {
                logger
                    .log_to_file(FileSpec::try_from(file).expect("a path with a name"))
                    .write_mode(mode)
                    .format(format)
                    .start()
            })
            .expect("flexi_logger starts");
        FlexiLogger { handle }
    }

    text_calls!(log::info, log::debug);

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        log::info!(worker, n, px; "order filled");
    }

    fn finish(self) {
        self.handle.shutdown();
    }
}

fn main() -> ExitCode {
    harness::main::<FlexiLogger>()
}
