//! `emit` with `emit_file`. Its templates name their holes, so it has its own copies of the
//! messages.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use emit::props::ErasedProps;
use emit::{Event, Props};
use emit_file::FileBuf;
use harness::{About, Form, Payload, Rival};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

struct Emit {
    file: PathBuf,
}

impl Rival for Emit {
    const ABOUT: About = About {
        title: "emit",
        package: "emit",
        config: "emit_file: 10,000 events (fixed), full: throws the queue away (no other \
                 choice); the flush syncs the file; text by a writer of our own, as it has none",
        synchronous: false,
        lossy: true,
        json: true,
        context: true,
        threads: true,
        level: true,
    };

    fn start(file: &Path, form: Form) -> Emit {
        let files = match form {
            Form::Text => emit_file::set_with_writer(file, text, b"\n"),
            Form::Json => emit_file::set(file),
        };
        let files = files.roll_by_day().max_file_size_bytes(usize::MAX).spawn();
        let _ = emit::setup()
            .emit_when(emit::level::min_filter(emit::Level::Info))
            .emit_to(files)
            .init();
        Emit { file: file.to_owned() }
    }

    #[inline(always)]
    fn basic(&self, worker: u32, n: u64, px: f64) {
        emit::info!("order filled on the primary venue: worker {worker}, n {n}, px {px}");
    }

    #[inline(always)]
    fn string(&self, worker: u32, n: u64, text: &str) {
        emit::info!("order: worker {worker}, n {n}, text {text}");
    }

    #[inline(always)]
    fn large(&self, worker: u32, n: u64, px: f64, payload: &Payload) {
        let Payload { trace, route, client, tags, body, .. } = payload;
        // Its templates do not know the end of a line within a literal.
        emit::info!(
            "execution report: worker {worker}, n {n}, px {px}, trace {trace}, route {route}, client {client}, tags {tags}, body {body}"
        );
    }

    #[inline(always)]
    fn disabled(&self, worker: u32, n: u64, px: f64) {
        emit::debug!("order filled on the primary venue: worker {worker}, n {n}, px {px}");
    }

    #[inline(always)]
    fn json(&self, worker: u32, n: u64, px: f64) {
        emit::info!("order filled", worker, n, px);
    }

    #[inline(always)]
    fn json_context(&self, worker: u32, n: u64, px: f64) {
        emit::info!("order filled", worker, n, px);
    }

    #[allow(clippy::too_many_arguments, reason = "of a function in the expansion of the macro")]
    fn in_context(&self, body: impl FnOnce()) {
        let bound = emit::props! {
            service: "orders",
            region: "eu-central-1",
            tenant: 4711,
            user: "u-20931",
            trace: "4bf92f3577b34da6",
        };
        emit::Frame::push(emit::ctxt(), bound).call(body);
    }

    fn finish(self) {
        assert!(emit::blocking_flush(Duration::from_secs(60)));
        // It adds the day and a number to the name.
        let folder = self.file.parent().expect("a directory");
        let mut files = fs::read_dir(folder).expect("a directory").filter_map(Result::ok);
        let written = files.next().expect("a file");
        fs::rename(written.path(), &self.file).expect("the same directory");
    }
}

fn text(buf: &mut FileBuf, event: &Event<&dyn ErasedProps>) -> std::io::Result<()> {
    let at = event.extent().map(|extent| *extent.as_point());
    let level = event.props().pull::<emit::Level, _>(emit::well_known::KEY_LVL).unwrap_or_default();
    match at {
        Some(at) => write!(buf, "{at:.6} {level} {} {}", event.mdl(), event.msg()),
        None => write!(buf, "{level} {} {}", event.mdl(), event.msg()),
    }
}

fn main() -> ExitCode {
    harness::main::<Emit>()
}
