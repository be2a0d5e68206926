//! `fastlog` behind the `log` facade, with the header formatted by its thread.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use fastlog::{LogBuilder, WorkerConfig};
use harness::{About, Form, Rival};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

struct Fastlog;

impl Rival for Fastlog {
    const ABOUT: About = About {
        title: "log + fastlog",
        package: "fastlog",
        config: "worker_format, queue of 4 MiB a thread, full: blocks; \
                 prepare_current_thread(); time as seconds and nanoseconds, without a calendar",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Fastlog {
        let config = WorkerConfig::new(1 << 22, 4096, Duration::from_millis(1));
        let mut builder = LogBuilder::new();
        builder.file(file.to_owned()).max_log_level(log::LevelFilter::Info);
        builder.worker_format(config.expect("a valid configuration"), |out, record| {
            let time = record.timestamp();
            let (level, target) = (record.level(), record.target());
            write!(out, "{}.{:09} {level} {target}: {}", time.sec, time.nsec, record.message())
        });
        builder.build().expect("fastlog starts").init().expect("no other logger");
        Fastlog
    }

    fn prepare_thread(&self) {
        fastlog::prepare_current_thread().expect("a queue for the thread");
    }

    text_calls!(log::info, log::debug);

    fn finish(self) {
        log::logger().flush();
    }
}

fn main() -> ExitCode {
    harness::main::<Fastlog>()
}
