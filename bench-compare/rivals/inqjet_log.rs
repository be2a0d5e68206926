//! `inqjet` behind the `log` facade.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use inqjet::{BackpressureMode, ColorMode, InqJetBuilder, InqJetGuard, LevelFilter};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;

struct Inqjet {
    guard: InqJetGuard,
}

impl Rival for Inqjet {
    const ABOUT: About = About {
        title: "log + inqjet",
        package: "inqjet",
        config: "ring of 4 MiB, full: backs off; BufWriter",
        synchronous: false,
        lossy: false,
        json: false,
        context: false,
        threads: true,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Inqjet {
        let file = BufWriter::with_capacity(1 << 16, File::create(file).expect("a new file"));
        let guard = InqJetBuilder::default()
            .with_writer(file)
            .with_log_level(LevelFilter::Info)
            .with_buffer_size(1 << 22)
            .with_color_mode(ColorMode::Never)
            .with_backpressure(BackpressureMode::Backoff)
            .build()
            .expect("inqjet starts");
        Inqjet { guard }
    }

    text_calls!(log::info, log::debug);

    fn finish(self) {
        drop(self.guard);
    }
}

fn main() -> ExitCode {
    harness::main::<Inqjet>()
}
