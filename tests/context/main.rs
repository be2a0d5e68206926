//! Contexts: what belongs to a thread or a task stands in its records.

#[path = "../harness/engine.rs"]
mod engine;

mod correlation;
mod headers;
mod instrument;
mod loggers;
mod memory;
mod sampling;
mod scopes;
mod tasks;

pub(crate) use engine::Engine;
use ripsaw::Builder;
use ripsaw::format::Text;

impl Engine {
    /// Lines of level, message and fields.
    pub(crate) fn start() -> Engine {
        Engine::with(ripsaw::builder())
    }

    pub(crate) fn with(builder: Builder) -> Engine {
        Engine::local(builder.format(Text::new().timestamp(false).target(false)))
    }

    /// All lines so far, without their level.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.pump();
        let lines = self.memory.lines();
        lines.iter().map(|line| line.get(9..).unwrap_or("").to_owned()).collect()
    }
}
