//! The layers of others beside ours.

#[cfg(tokio_unstable)]
mod console;
mod opentelemetry;

use ripsaw::format::Json;
use ripsaw::sink::Memory;
use ripsaw::{Attached, Guard, LevelFilter, Overflow};
use serde_json::{Map, Value};
use std::time::Duration;

/// An engine without a thread of its own, to which the calling thread is attached.
pub(crate) struct Engine {
    _attached: Attached,
    guard: Guard,
    memory: Memory,
}

impl Engine {
    pub(crate) fn start() -> Engine {
        let memory = Memory::new();
        let guard = ripsaw::builder()
            .level(LevelFilter::NotSet)
            .format(Json::new().timestamp(false))
            .overflow(Overflow::Block(Duration::MAX))
            .manual()
            .sink(memory.clone())
            .start_local()
            .expect("the engine starts");
        Engine { _attached: guard.attach(), guard, memory }
    }

    /// All lines so far, as objects.
    pub(crate) fn objects(&self) -> Vec<Map<String, Value>> {
        while self.guard.handle().pump() > 0 {}
        let lines = self.memory.lines();
        lines.iter().map(|line| serde_json::from_str(line).expect("an object")).collect()
    }
}

/// What each event says.
pub(crate) fn messages(objects: &[Map<String, Value>]) -> Vec<&str> {
    objects.iter().filter_map(|object| object["event"].as_str()).collect()
}
