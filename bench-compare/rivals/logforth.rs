//! `logforth` behind the `log` facade.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use logforth::append::asynchronous::AsyncBuilder;
use logforth::append::file::FileBuilder;
use logforth::bridge::log::LogBridge;
use logforth::diagnostic::ThreadLocalDiagnostic;
use logforth::layout::{JsonLayout, TextLayout};
use logforth::record::{Level, LevelFilter};
use std::path::Path;
use std::process::ExitCode;

struct Logforth;

impl Rival for Logforth {
    const ABOUT: About = About {
        title: "logforth",
        package: "logforth",
        config: "Async over File, 131,072 records, full: blocks; context by \
                 ThreadLocalDiagnostic, as strings",
        synchronous: false,
        lossy: false,
        json: true,
        context: true,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> Logforth {
        let folder = file.parent().expect("a directory");
        let name = file.file_name().expect("a name").display().to_string();
        let builder = FileBuilder::new(folder, name);
        let builder = match form {
            Form::Text => builder.layout(TextLayout::default().no_color()),
            Form::Json => builder.layout(JsonLayout::default()),
        };
        let append = AsyncBuilder::new("logforth")
            .buffered_lines_limit(Some(131_072))
            .overflow_block()
            .append(builder.build().expect("a new file"))
            .build();
        let logger = logforth::core::builder()
            .dispatch(|dispatch| {
                dispatch
                    .filter(LevelFilter::MoreSevereEqual(Level::Info))
                    .diagnostic(ThreadLocalDiagnostic::default())
                    .append(append)
            })
            .build();
        log::set_boxed_logger(Box::new(LogBridge::new(logger))).expect("no other logger");
        log::set_max_level(log::LevelFilter::Info);
        Logforth
    }

    text_calls!(log::info, log::debug);

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        log::info!(worker, n, px; "order filled");
    }

    #[inline(always)]
    fn json_context(&self, worker: u32, n: u64, px: f64) {
        log::info!(worker, n, px; "order filled");
    }

    fn in_context(&self, body: impl FnOnce()) {
        ThreadLocalDiagnostic::insert("service", "orders");
        ThreadLocalDiagnostic::insert("region", "eu-central-1");
        ThreadLocalDiagnostic::insert("tenant", "4711");
        ThreadLocalDiagnostic::insert("user", "u-20931");
        ThreadLocalDiagnostic::insert("trace", "4bf92f3577b34da6");
        body();
    }

    fn finish(self) {
        log::logger().flush();
    }
}

fn main() -> ExitCode {
    harness::main::<Logforth>()
}
