//! `fast_log` behind the `log` facade.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use fast_log::Config;
use harness::{About, Form, Rival};
use std::path::Path;
use std::process::ExitCode;

struct FastLog;

impl Rival for FastLog {
    const ABOUT: About = About {
        title: "fast_log",
        package: "fast_log",
        config: "131,072 records, full: blocks; file plugin",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> FastLog {
        let config = Config::new()
            .level(log::LevelFilter::Info)
            .chan_len(Some(131_072))
            .file(file.to_str().expect("a path in UTF-8"));
        fast_log::init(config).expect("fast_log starts");
        FastLog
    }

    text_calls!(log::info, log::debug);

    fn finish(self) {
        log::logger().flush();
    }
}

fn main() -> ExitCode {
    harness::main::<FastLog>()
}
