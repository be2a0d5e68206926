//! Contexts: what belongs to a thread or a task stands in its records.

mod correlation;
mod headers;
mod instrument;
mod loggers;
mod memory;
mod sampling;
mod scopes;
mod tasks;

use ripsaw::format::Text;
use ripsaw::sink::Memory;
use ripsaw::{Attached, Builder, Guard, Overflow};
use std::time::Duration;

/// An engine without a thread of its own, to which the calling thread is attached, and its lines.
pub(crate) struct Engine {
    _attached: Attached,
    pub(crate) guard: Guard,
    memory: Memory,
}

impl Engine {
    /// Lines of level, message and fields.
    pub(crate) fn start() -> Engine {
        Engine::with(ripsaw::builder())
    }

    pub(crate) fn with(builder: Builder) -> Engine {
        let memory = Memory::new();
        let guard = builder
            .format(Text::new().timestamp(false).target(false))
            .overflow(Overflow::Block(Duration::MAX))
            .manual()
            .sink(memory.clone())
            .start_local()
            .expect("the engine starts");
        Engine { _attached: guard.attach(), guard, memory }
    }

    pub(crate) fn pump(&self) {
        while self.guard.handle().pump() > 0 {}
    }

    /// All lines so far, without their level.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.pump();
        let lines = self.memory.lines();
        lines.iter().map(|line| line.get(9..).unwrap_or("").to_owned()).collect()
    }
}
