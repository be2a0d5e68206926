//! `quicklog`. One thread logs and another one, which is the user's, takes the records out.

#[path = "../harness/mod.rs"]
#[macro_use]
mod harness;

use harness::{About, Form, Rival};
use quicklog_flush::Flush;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

struct Quicklog {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// Its own file flusher opens the file anew for every line.
struct Buffered(BufWriter<File>);

impl Flush for Buffered {
    fn flush_one(&mut self, line: String) {
        self.0.write_all(line.as_bytes()).expect("room on the disk");
    }
}

impl Rival for Quicklog {
    const ABOUT: About = About {
        title: "quicklog",
        package: "quicklog",
        config: "1,000,000 records (its default), full: drops (no other choice); one thread \
                 only; flushed every millisecond by a thread of its own into a BufWriter; level \
                 fixed at compile time",
        synchronous: false,
        lossy: true,
        json: false,
        context: false,
        threads: false,
        level: true,
    };

    fn start(file: &Path, _form: Form) -> Quicklog {
        quicklog::init!();
        let file = File::create(file).expect("a new file");
        quicklog::with_flush!(Buffered(BufWriter::with_capacity(1 << 16, file)));
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            loop {
                let last = asked.load(Ordering::Acquire);
                while quicklog::try_flush!().is_ok() {}
                if last {
                    break;
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        Quicklog { stop, thread }
    }

    text_calls!(quicklog::info, quicklog::debug);

    fn finish(self) {
        self.stop.store(true, Ordering::Release);
        self.thread.join().expect("the flushing thread does not panic");
        // Drops the flusher, and with it writes what is left in its buffer.
        quicklog::with_flush!(quicklog_flush::noop_flusher::NoopFlusher);
    }
}

fn main() -> ExitCode {
    harness::main::<Quicklog>()
}
