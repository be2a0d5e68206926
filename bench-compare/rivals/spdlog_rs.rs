//! `spdlog-rs` with its asynchronous sink.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Payload, Rival};
use spdlog::formatter::JsonFormatter;
use spdlog::sink::{AsyncPoolSink, FileSink, OverflowPolicy};
use spdlog::{Level, LevelFilter, Logger, ThreadPool};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

struct Spdlog {
    log: Arc<Logger>,
}

impl Rival for Spdlog {
    const ABOUT: About = About {
        title: "spdlog-rs",
        package: "spdlog-rs",
        config: "AsyncPoolSink, 8,192 records (its default), full: blocks; feature multi-thread",
        synchronous: false,
        lossy: false,
        json: true,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> Spdlog {
        let sink = FileSink::builder().path(file).truncate(true).capacity(1 << 16);
        let sink = match form {
            Form::Text => sink.build_arc(),
            Form::Json => sink.formatter(JsonFormatter::new()).build_arc(),
        };
        let capacity = NonZeroUsize::new(8_192).expect("more than zero");
        let pool = ThreadPool::builder().capacity(capacity).build_arc().expect("a thread");
        let sink = AsyncPoolSink::builder()
            .sink(sink.expect("a new file"))
            .overflow_policy(OverflowPolicy::Block)
            .thread_pool(pool)
            .build_arc();
        let log = Logger::builder()
            .sink(sink.expect("a sink"))
            .level_filter(LevelFilter::MoreSevereEqual(Level::Info))
            .build_arc();
        Spdlog { log: log.expect("a logger") }
    }

    #[inline(always)]
    fn basic(&self, worker: u32, n: u64, px: f64) {
        basic_line!(spdlog::info[logger: self.log], worker, n, px);
    }

    #[inline(always)]
    fn string(&self, worker: u32, n: u64, text: &str) {
        string_line!(spdlog::info[logger: self.log], worker, n, text);
    }

    #[inline(always)]
    fn large(&self, worker: u32, n: u64, px: f64, payload: &Payload) {
        large_line!(spdlog::info[logger: self.log], worker, n, px, payload);
    }

    #[inline(always)]
    fn disabled(&self, worker: u32, n: u64, px: f64) {
        basic_line!(spdlog::debug[logger: self.log], worker, n, px);
    }

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        spdlog::info!(logger: self.log, "order filled", kv: { worker, n, px });
    }

    fn finish(self) {
        // Its thread ends, and so everything is written, when the last owner of the sink is gone.
        drop(self.log);
    }
}

fn main() -> ExitCode {
    harness::main::<Spdlog>()
}
