//! A local engine in manual mode, and its lines.

use ripsaw::format::Text;
use ripsaw::process::Processor;
use ripsaw::sink::Memory;
use ripsaw::{Attached, Builder, Guard, Stats};

pub(crate) struct Engine {
    _attached: Attached,
    guard: Guard,
    memory: Memory,
}

impl Engine {
    /// Lines of level, message and fields.
    pub(crate) fn with(processor: impl Processor + 'static) -> Engine {
        let text = Text::new().timestamp(false).target(false);
        Engine::start(ripsaw::builder().format(text).processor(processor))
    }
    pub(crate) fn start(builder: Builder) -> Engine {
        let memory = Memory::new();
        let builder = builder.manual().level(ripsaw::Level::Trace).sink(memory.clone());
        let guard = builder.start_local().expect("the engine starts");
        Engine { _attached: guard.attach(), guard, memory }
    }
    pub(crate) fn pump(&self) {
        while self.guard.handle().pump() > 0 {}
    }
    pub(crate) fn flush(&self) {
        self.guard.handle().flush(std::time::Duration::from_secs(60)).expect("it is flushed");
    }
    pub(crate) fn lines(&self) -> Vec<String> {
        self.pump();
        self.memory.lines()
    }
    pub(crate) fn line(&self) -> String {
        self.lines().pop().expect("there is a line")
    }
    pub(crate) fn stats(&self) -> Stats {
        self.pump();
        self.guard.handle().stats()
    }
}
