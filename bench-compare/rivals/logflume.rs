//! `logflume`. Its macros move their arguments into a closure, so strings must be owned.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Payload, Rival};
use logflume::{Level, Logger};
use std::path::Path;
use std::process::ExitCode;

struct Logflume;

impl Rival for Logflume {
    const ABOUT: About = About {
        title: "logflume",
        package: "logflume",
        config: "131,072 records, full: blocks; sleeps 1 ms when idle (100 ms by default); \
                 stamped by its thread; ignores the level",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: false,
    };

    fn start(file: &Path, _form: Form) -> Logflume {
        Logger::new()
            .level(Level::Info)
            .buffer_size(131_072)
            .sleep_duration_millis(1)
            .utc_time(true)
            .file(file.to_str().expect("a path in UTF-8"))
            .init()
            .expect("logflume starts");
        Logflume
    }

    #[inline(always)]
    fn basic(&self, worker: u32, n: u64, px: f64) {
        basic_line!(logflume::info, worker, n, px);
    }

    #[inline(always)]
    fn string(&self, worker: u32, n: u64, text: &str) {
        let text = text.to_owned();
        string_line!(logflume::info, worker, n, text);
    }

    #[inline(always)]
    fn large(&self, worker: u32, n: u64, px: f64, payload: &Payload) {
        let payload = payload.clone();
        large_line!(logflume::info, worker, n, px, payload);
    }

    fn finish(self) {
        logflume::logger().flush();
    }
}

fn main() -> ExitCode {
    harness::main::<Logflume>()
}
