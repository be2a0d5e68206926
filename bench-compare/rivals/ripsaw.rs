//! Ripsaw.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use ripsaw::{Builder, Guard, Level, Logger, Overflow};
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
        let builder = ripsaw::builder();
        start(file, if form == Form::Text { builder.text() } else { builder.json() })
    }

    fn start_for_any_end(file: &Path) -> Ripsaw {
        let second = Duration::from_secs(1);
        let builder = ripsaw::builder().flush_on_signals(second).flush_on_crash(second);
        start(file, builder.follow_forks(true).arena_file(file.with_extension("arena")))
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

fn start(file: &Path, builder: Builder) -> Ripsaw {
    let overflow = Overflow::Block(Duration::from_secs(240));
    let builder = builder.level(Level::Info).file(file).overflow(overflow);
    let guard = builder.start().expect("the engine starts");
    let bound = Logger::new("compare")
        .with("service", "orders")
        .with("region", "eu-central-1")
        .with("tenant", 4711)
        .with("user", "u-20931")
        .with("trace", "4bf92f3577b34da6");
    Ripsaw { guard, bound }
}

fn main() -> ExitCode {
    harness::main::<Ripsaw>()
}
