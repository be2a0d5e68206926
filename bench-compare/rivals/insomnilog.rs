//! `insomnilog`. It never waits for room, so it drops when it is called faster than it writes.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Payload, Rival};
use insomnilog::{
    BackendOptions, LogLevel, Logger, PatternFormatter, SessionFileSink, ShutdownGuard, Sink,
};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

struct Insomnilog {
    log: Arc<Logger>,
    guard: ShutdownGuard,
}

impl Rival for Insomnilog {
    const ABOUT: About = About {
        title: "insomnilog",
        package: "insomnilog",
        config: "queue of 1 MiB a thread, full: drops (no other choice); preallocate_thread()",
        synchronous: false,
        lossy: true,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Insomnilog {
        let options = BackendOptions { queue_capacity: 1 << 20, ..BackendOptions::default() };
        let guard = insomnilog::start(options).expect("insomnilog starts");
        let format = PatternFormatter::default();
        let sink = SessionFileSink::try_new(format, LogLevel::Info, file, 0).expect("a new file");
        let sinks = vec![Arc::new(sink) as Arc<dyn Sink>];
        let log = insomnilog::create_logger("compare", sinks, LogLevel::Info).expect("a new name");
        Insomnilog { log, guard }
    }

    fn prepare_thread(&self) {
        insomnilog::preallocate_thread();
    }

    #[inline(always)]
    fn basic(&self, worker: u32, n: u64, px: f64) {
        basic_line!(insomnilog::log_info[self.log], worker, n, px);
    }

    #[inline(always)]
    fn string(&self, worker: u32, n: u64, text: &str) {
        string_line!(insomnilog::log_info[self.log], worker, n, text);
    }

    #[inline(always)]
    fn large(&self, worker: u32, n: u64, px: f64, payload: &Payload) {
        large_line!(insomnilog::log_info[self.log], worker, n, px, payload);
    }

    #[inline(always)]
    fn disabled(&self, worker: u32, n: u64, px: f64) {
        basic_line!(insomnilog::log_debug[self.log], worker, n, px);
    }

    fn finish(self) {
        drop(self.guard);
    }
}

fn main() -> ExitCode {
    harness::main::<Insomnilog>()
}
