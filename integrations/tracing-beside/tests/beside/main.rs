//! The layers of others beside ours.

#[path = "../../../../tests/harness/engine.rs"]
mod engine;

#[cfg(tokio_unstable)]
mod console;
mod opentelemetry;
// The macros take such values themselves by this cfg only.
#[cfg(tracing_unstable)]
mod valuable;

pub(crate) use engine::Engine;
use ripsaw::LevelFilter;
use ripsaw::format::Json;
use serde_json::{Map, Value};

impl Engine {
    pub(crate) fn start() -> Engine {
        let builder = ripsaw::builder().level(LevelFilter::NotSet);
        Engine::local(builder.format(Json::new().timestamp(false)))
    }

    /// All lines so far, as objects.
    pub(crate) fn objects(&self) -> Vec<Map<String, Value>> {
        self.pump();
        let lines = self.memory.lines();
        lines.iter().map(|line| serde_json::from_str(line).expect("an object")).collect()
    }
}

/// What each event says.
pub(crate) fn messages(objects: &[Map<String, Value>]) -> Vec<&str> {
    objects.iter().filter_map(|object| object["event"].as_str()).collect()
}
