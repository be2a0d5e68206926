//! `ftlog` behind the `log` facade.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use ftlog::LoggerGuard;
use ftlog::appender::FileAppender;
use harness::{About, Form, Rival};
use log::LevelFilter;
use std::path::Path;
use std::process::ExitCode;

struct Ftlog {
    guard: LoggerGuard,
}

impl Rival for Ftlog {
    const ABOUT: About = About {
        title: "ftlog",
        package: "ftlog",
        config: "131,072 records, full: blocks; UTC; feature tsc",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Ftlog {
        let guard = ftlog::builder()
            .max_log_level(LevelFilter::Info)
            .bounded(131_072, true)
            .utc()
            .root(FileAppender::builder().path(file).build())
            .try_init()
            .expect("ftlog starts");
        Ftlog { guard }
    }

    text_calls!(log::info, log::debug);

    fn finish(self) {
        drop(self.guard);
    }
}

fn main() -> ExitCode {
    harness::main::<Ftlog>()
}
