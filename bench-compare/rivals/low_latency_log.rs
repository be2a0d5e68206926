//! `low_latency_log`. Its macros move their arguments into a closure, so strings must be owned.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Payload, Rival};
use low_latency_log::{Logger, LoggerGuard, RollingCondition};
use std::path::Path;
use std::process::ExitCode;

struct LowLatencyLog {
    guard: LoggerGuard,
}

impl Rival for LowLatencyLog {
    const ABOUT: About = About {
        title: "low_latency_log",
        package: "low_latency_log",
        config: "131,072 records (its default), full: blocks; level fixed at compile time",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> LowLatencyLog {
        let folder = file.parent().expect("a directory").display().to_string();
        // It writes `name.<date>` and makes `name` a link to it.
        let name = file.file_name().expect("a name").display().to_string();
        let condition = RollingCondition::new().daily();
        let guard = Logger::new(condition, folder, name)
            .time_format_str("%Y-%m-%d %H:%M:%S")
            .init()
            .expect("low_latency_log starts");
        LowLatencyLog { guard }
    }

    #[inline(always)]
    fn basic(&self, worker: u32, n: u64, px: f64) {
        basic_line!(low_latency_log::info, worker, n, px);
    }

    #[inline(always)]
    fn string(&self, worker: u32, n: u64, text: &str) {
        let text = text.to_owned();
        string_line!(low_latency_log::info, worker, n, text);
    }

    #[inline(always)]
    fn large(&self, worker: u32, n: u64, px: f64, payload: &Payload) {
        let payload = payload.clone();
        large_line!(low_latency_log::info, worker, n, px, payload);
    }

    #[inline(always)]
    fn disabled(&self, worker: u32, n: u64, px: f64) {
        basic_line!(low_latency_log::debug, worker, n, px);
    }

    fn finish(self) {
        drop(self.guard);
    }
}

fn main() -> ExitCode {
    harness::main::<LowLatencyLog>()
}
