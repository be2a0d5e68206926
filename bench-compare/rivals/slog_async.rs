//! `slog` with `slog-async`; `slog-term` for text, `slog-json` for JSON.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Payload, Rival};
use slog::{Drain, LevelFilter, Logger, o};
use slog_async::{Async, AsyncGuard, OverflowStrategy};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;

struct Slog {
    log: Logger,
    bound: Logger,
    guard: AsyncGuard,
}

impl Rival for Slog {
    const ABOUT: About = About {
        title: "slog-async",
        package: "slog-async",
        config: "131,072 records, full: blocks; slog-term FullFormat or slog-json; BufWriter",
        synchronous: false,
        lossy: false,
        json: true,
        context: true,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> Slog {
        let file = BufWriter::with_capacity(1 << 16, File::create(file).expect("a new file"));
        let (drain, guard) = match form {
            Form::Text => {
                let decorator = slog_term::PlainDecorator::new(file);
                start_async(slog_term::FullFormat::new(decorator).build())
            }
            Form::Json => start_async(std::sync::Mutex::new(slog_json::Json::default(file)).fuse()),
        };
        let log = Logger::root(LevelFilter::new(drain, slog::Level::Info).fuse(), o!());
        let bound = log.new(o!(
            "service" => "orders",
            "region" => "eu-central-1",
            "tenant" => 4711,
            "user" => "u-20931",
            "trace" => "4bf92f3577b34da6",
        ));
        Slog { log, bound, guard }
    }

    #[inline(always)]
    fn basic(&self, worker: u32, n: u64, px: f64) {
        basic_line!(slog::info[self.log], worker, n, px);
    }

    #[inline(always)]
    fn string(&self, worker: u32, n: u64, text: &str) {
        string_line!(slog::info[self.log], worker, n, text);
    }

    #[inline(always)]
    fn large(&self, worker: u32, n: u64, px: f64, payload: &Payload) {
        large_line!(slog::info[self.log], worker, n, px, payload);
    }

    #[inline(always)]
    fn disabled(&self, worker: u32, n: u64, px: f64) {
        basic_line!(slog::debug[self.log], worker, n, px);
    }

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        slog::info!(self.log, "order filled"; "worker" => worker, "n" => n, "px" => px);
    }

    #[inline(always)]
    fn json_context(&self, worker: u32, n: u64, px: f64) {
        slog::info!(self.bound, "order filled"; "worker" => worker, "n" => n, "px" => px);
    }

    fn finish(self) {
        drop(self.guard);
    }
}

fn start_async<D>(drain: D) -> (slog::Fuse<Async>, AsyncGuard)
where
    D: Drain + Send + 'static,
    D::Err: std::fmt::Debug,
{
    let (drain, guard) = Async::new(drain.fuse())
        .chan_size(131_072)
        .overflow_strategy(OverflowStrategy::Block)
        .build_with_guard();
    (drain.fuse(), guard)
}

fn main() -> ExitCode {
    harness::main::<Slog>()
}
