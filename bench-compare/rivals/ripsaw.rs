//! Ripsaw.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use ripsaw::{Guard, Level, Logger, Overflow};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

struct Ripsaw {
    guard: Guard,
    bound: Logger,
}

impl Rival for Ripsaw {
    const ABOUT: About = About {
        title: "ripsaw",
        package: "ripsaw",
        config: "default arena, full: blocks",
        synchronous: false,
        lossy: false,
        json: true,
        context: true,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> Ripsaw {
        let builder = ripsaw::builder().level(Level::Info);
        let builder = match form {
            Form::Text => builder.text(),
            Form::Json => builder.json(),
        };
        let overflow = Overflow::Block(Duration::from_secs(240));
        let guard = builder.file(file).overflow(overflow).start().expect("the engine starts");
        let bound = Logger::new("compare")
            .with("service", "orders")
            .with("region", "eu-central-1")
            .with("tenant", 4711)
            .with("user", "u-20931")
            .with("trace", "4bf92f3577b34da6");
        Ripsaw { guard, bound }
    }

    text_calls!(ripsaw::info, ripsaw::debug);

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        ripsaw::info!(worker = worker, n = n, px = px, "order filled");
    }

    #[inline(always)]
    fn json_context(&self, worker: u32, n: u64, px: f64) {
        ripsaw::info!(logger: &self.bound, worker = worker, n = n, px = px, "order filled");
    }

    fn finish(self) {
        let report = self.guard.shutdown(Duration::from_secs(60));
        assert_eq!((report.dropped, report.unflushed), (0, 0));
    }
}

fn main() -> ExitCode {
    harness::main::<Ripsaw>()
}
