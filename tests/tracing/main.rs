//! `tracing`'s macros arrive in the engine's stream: with level, place, typed fields and the fields of their spans.

#[path = "../harness/engine.rs"]
mod engine;

mod asynchronous;
mod beside;
mod bridge;
mod differential;
mod directives;
mod events;
mod grammar;
mod hostile;
mod levels;
mod nested;
mod order;
mod spans;
mod statements;
mod told;
#[cfg(feature = "valuable")]
mod valuable;

pub(crate) use engine::Engine;
use ripsaw::format::Json;
use ripsaw::sink::Null;
use ripsaw::tracing::Layer;
use ripsaw::{Builder, Guard, LevelFilter};
use serde_json::{Map, Value};
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

/// The process's global subscriber is ours; a global engine that wants nothing makes `log` arrive, too.
impl Engine {
    /// Everything passes.
    pub(crate) fn start() -> Engine {
        Engine::with(ripsaw::builder().level(LevelFilter::NotSet), Json::new().timestamp(false))
    }

    pub(crate) fn with(builder: Builder, format: Json) -> Engine {
        static GLOBAL: OnceLock<Guard> = OnceLock::new();
        GLOBAL.get_or_init(|| {
            Layer::new().init().expect("nothing else was there");
            let global = ripsaw::builder().level(LevelFilter::Off).sink(Null::new());
            global.start().expect("the engine starts")
        });
        Engine::local(builder.format(format))
    }

    /// All lines so far, which are forgotten.
    pub(crate) fn take(&self) -> Vec<String> {
        self.pump();
        let lines = self.memory.lines();
        self.memory.clear();
        lines
    }

    /// The same as objects.
    pub(crate) fn objects(&self) -> Vec<Map<String, Value>> {
        self.take().iter().map(|line| serde_json::from_str(line).expect("an object")).collect()
    }

    /// The same without level and target, as `event key=value ..` in the order of the line.
    pub(crate) fn said(&self) -> Vec<String> {
        self.take().iter().map(|line| told::short(line)).collect()
    }
}

/// Where another layer writes.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("UTF-8")
    }
}

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the test of this name in a process of its own; true there.
pub(crate) fn in_a_child(name: &str) -> bool {
    const CHILD: &str = "RIPSAW_TEST_ALONE";
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let me = std::env::current_exe().expect("a path");
    let mut child = std::process::Command::new(me);
    let output = child.args(["--exact", name, "--test-threads=1"]).env(CHILD, "1").output();
    let output = output.expect("the child runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}
