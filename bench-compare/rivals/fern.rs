//! `fern`, which writes in the call.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

struct Fern;

impl Rival for Fern {
    const ABOUT: About = About {
        title: "fern",
        package: "fern",
        config: "time by humantime; a BufWriter in a Box, which it flushes after every line",
        synchronous: true,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Fern {
        let file = BufWriter::with_capacity(1 << 16, File::create(file).expect("a new file"));
        fern::Dispatch::new()
            .format(|out, message, record| {
                let time = humantime::format_rfc3339_micros(SystemTime::now());
                out.finish(format_args!("{time} {} {} {message}", record.level(), record.target()));
            })
            .level(log::LevelFilter::Info)
            .chain(Box::new(file) as Box<dyn Write + Send>)
            .apply()
            .expect("no other logger");
        Fern
    }

    text_calls!(log::info, log::debug);

    fn finish(self) {
        log::logger().flush();
    }
}

fn main() -> ExitCode {
    harness::main::<Fern>()
}
