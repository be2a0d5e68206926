//! An engine that drains when it is told to.

use ripsaw::sink::Memory;
use ripsaw::{Attached, Builder, Config, Guard, Handle};

pub(crate) struct Engine {
    _attached: Attached,
    pub(crate) guard: Guard,
    memory: Memory,
}

impl Engine {
    pub(crate) fn of(config: &Config) -> Engine {
        Engine::start(config.builder())
    }

    pub(crate) fn start(builder: Builder) -> Engine {
        let memory = Memory::new();
        let guard = builder.sink(memory.clone()).manual().start_local().expect("it starts");
        Engine { _attached: guard.attach(), guard, memory }
    }

    pub(crate) fn handle(&self) -> Handle {
        self.guard.handle()
    }

    /// What was written since the last time.
    pub(crate) fn lines(&self) -> Vec<String> {
        while self.guard.handle().pump() > 0 {}
        let lines = self.memory.lines();
        self.memory.clear();
        lines
    }

    /// Puts another configuration in force, with the same destination.
    pub(crate) fn reload(&self, config: &Config) {
        let builder = config.builder().sink(self.memory.clone());
        self.guard.handle().reload(builder).expect("it is valid");
    }
}

/// Lines without their time.
pub(crate) fn timeless() -> Config {
    let mut config = Config::new();
    config.omit_timestamp = true;
    config
}
