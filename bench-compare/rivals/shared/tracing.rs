//! `tracing` with `tracing-subscriber`'s formats and `tracing-appender`'s writer thread.

use crate::harness::{About, Form, Rival};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use tracing::Level;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};

/// `LOSSY` is what `tracing-appender` does by default: it drops when its queue is full.
pub(crate) struct Tracing<const LOSSY: bool> {
    guard: WorkerGuard,
}

impl<const LOSSY: bool> Rival for Tracing<LOSSY> {
    const ABOUT: About = About {
        title: if LOSSY { "tracing (lossy)" } else { "tracing" },
        package: "tracing",
        config: if LOSSY {
            "fmt or json layer; tracing-appender, 128,000 lines, full: drops (its default); \
             BufWriter"
        } else {
            "fmt or json layer; tracing-appender, 128,000 lines, full: blocks; BufWriter"
        },
        synchronous: false,
        lossy: LOSSY,
        json: true,
        context: true,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> Self {
        // Its worker writes each line with a call of its own, and flushes when it has no more.
        let file = BufWriter::with_capacity(1 << 16, File::create(file).expect("a new file"));
        let (writer, guard) = NonBlockingBuilder::default().lossy(LOSSY).finish(file);
        let builder = tracing_subscriber::fmt()
            .with_max_level(Level::INFO)
            .with_ansi(false)
            .with_writer(writer);
        match form {
            Form::Text => builder.init(),
            Form::Json => builder.json().with_span_list(false).init(),
        }
        Tracing { guard }
    }

    text_calls!(tracing::info, tracing::debug);

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        tracing::info!(worker, n, px, "order filled");
    }

    #[inline(always)]
    fn json_context(&self, worker: u32, n: u64, px: f64) {
        tracing::info!(worker, n, px, "order filled");
    }

    fn in_context(&self, body: impl FnOnce()) {
        let span = tracing::info_span!(
            "request",
            service = "orders",
            region = "eu-central-1",
            tenant = 4711,
            user = "u-20931",
            trace = "4bf92f3577b34da6"
        );
        span.in_scope(body);
    }

    fn finish(self) {
        drop(self.guard);
    }
}
