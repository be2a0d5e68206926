//! An engine without a thread of its own, to which the calling thread is attached, and the lines of its only sink.

use ripsaw::sink::Memory;
use ripsaw::{Attached, Builder, Guard, Overflow};
use std::time::Duration;

pub(crate) struct Engine {
    _attached: Attached,
    pub(crate) guard: Guard,
    pub(crate) memory: Memory,
}

impl Engine {
    /// Nothing is lost: a thread that logs too much at once waits for ever, and the test fails.
    pub(crate) fn local(builder: Builder) -> Engine {
        let memory = Memory::new();
        let guard = builder
            .overflow(Overflow::Block(Duration::MAX))
            .manual()
            .sink(memory.clone())
            .start_local()
            .expect("the engine starts");
        Engine { _attached: guard.attach(), guard, memory }
    }

    /// Takes all that was logged.
    pub(crate) fn pump(&self) {
        while self.guard.handle().pump() > 0 {}
    }
}
