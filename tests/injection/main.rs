//! Whatever stands in a record, one record is one line, and the line says what was logged: every code point in every place
//! where text can stand, every byte, and what other loggers take for instructions.

mod log_facade;
mod oddities;
mod places;
mod reading;
mod shapes;

use ripsaw::format::{Format, Json, KeyValue, Text};
use ripsaw::sink::Memory;
use ripsaw::{Attached, Guard, Handle};

/// A format under test, without the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    KeyValue,
    Json,
}

const KINDS: [Kind; 3] = [Kind::Text, Kind::KeyValue, Kind::Json];

/// An engine without a thread of its own, and what it writes.
struct Engine {
    // In this order they are let go.
    _attached: Attached,
    guard: Guard,
    memory: Memory,
}

impl Engine {
    fn start(format: impl Format + Clone + 'static) -> Engine {
        let memory = Memory::new();
        let builder = ripsaw::builder().manual().format(format).sink(memory.clone());
        let guard = builder.start_local().expect("the engine starts");
        Engine { _attached: guard.attach(), guard, memory }
    }

    /// The same with one of the formats: they show all that they can, but for the time.
    fn of(kind: Kind) -> Engine {
        match kind {
            Kind::Text => Engine::start(Text::new().timestamp(false).thread(true)),
            Kind::KeyValue => Engine::start(KeyValue::new().timestamp(false).logger(true)),
            Kind::Json => Engine::start(Json::new().timestamp(false).thread(true)),
        }
    }

    fn handle(&self) -> Handle {
        self.guard.handle()
    }

    /// What the statements log: so many lines, without colours.
    #[track_caller]
    fn lines(&self, count: usize, statements: impl FnOnce()) -> Vec<String> {
        let lines = self.any_lines(count, statements);
        lines.iter().for_each(|line| reading::assert_safe(line));
        lines
    }

    /// What the statements log: so many lines.
    #[track_caller]
    fn any_lines(&self, count: usize, statements: impl FnOnce()) -> Vec<String> {
        statements();
        while self.guard.handle().pump() > 0 {}
        let text = self.memory.text();
        self.memory.clear();
        assert!(text.ends_with('\n'), "the last line is not ended: {text:?}");
        let lines: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
        assert_eq!(lines.len(), count, "{count} records are {} lines: {text:?}", lines.len());
        lines
    }
}
