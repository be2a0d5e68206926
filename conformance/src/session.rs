//! An engine of Ripsaw's that is set up as a case says, and what it wrote.

use crate::py::{Bound, Error, Val};
use ripsaw::sink::Memory;
use ripsaw::{Attached, Config, Guard, Level, Logger, Value};

/// The name of the logger that needs none.
pub(crate) const GLOBAL: &str = "pyvider.dynamic_call";
/// Its name for records of [`Level::Trace`].
pub(crate) const GLOBAL_TRACE: &str = "pyvider.dynamic_call_trace";
/// The name of loggers that were asked for without one.
pub(crate) const DEFAULT: &str = "pyvider.default";

/// One engine; all records pass through it in the order of the calls.
#[derive(Debug)]
pub(crate) struct Session {
    guard: Guard,
    memory: Memory,
    /// The configuration in force.
    pub(crate) config: Config,
}

/// A record that is to be made.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Who makes it.
    pub(crate) logger: &'a Bound,
    /// How severe it is.
    pub(crate) level: Level,
    /// The message.
    pub(crate) event: &'a str,
    /// Its own fields.
    pub(crate) fields: Vec<(String, Value)>,
    /// What the running thread or task adds.
    pub(crate) context: Vec<(String, Value)>,
    /// The exception that it tells of.
    pub(crate) error: Option<&'a Error>,
}

/// The level of a logger's method.
pub(crate) fn level_of(method: &str) -> Option<Level> {
    Some(match method {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warning" | "warn" => Level::Warning,
        "error" | "exception" => Level::Error,
        "critical" => Level::Critical,
        _ => return None,
    })
}

/// `text % args`.
pub(crate) fn printf(text: &str, args: &[Val]) -> String {
    args.iter().fold(text.to_owned(), |text, arg| text + " " + &arg.text())
}

impl Session {
    /// An engine with the defaults, to which no thread is attached yet.
    ///
    /// # Errors
    /// What Ripsaw says of the start.
    pub(crate) fn start() -> Result<Session, String> {
        let memory = Memory::new();
        let config = Config::new();
        let builder = config.builder().sink(memory.clone());
        let builder = builder.manual().arena_bytes(1 << 20).block_bytes(4 << 10);
        let guard = builder.start_local().map_err(|e| e.to_string())?;
        Ok(Session { guard, memory, config })
    }

    /// Gives the engine another configuration.
    ///
    /// # Errors
    /// What Ripsaw says of the configuration.
    pub(crate) fn setup(&mut self, config: Config) -> Result<(), String> {
        self.drain();
        let builder = config.builder().sink(self.memory.clone());
        self.guard.handle().reload(builder).map_err(|e| e.to_string())?;
        self.config = config;
        Ok(())
    }

    /// A logger; without a name it is the one that needs none.
    pub(crate) fn logger(&self, name: Option<&str>) -> Bound {
        let logger = Logger::new(name.unwrap_or(GLOBAL));
        Bound { name: name.map(str::to_owned), logger, keys: Vec::new() }
    }

    /// Makes a record.
    pub(crate) fn log(&self, call: Call<'_>) {
        let mut event = call.logger.logger.event(call.level, call.event);
        let own = |key: &str| call.fields.iter().any(|(k, _)| k == key);
        for (key, value) in call.context.iter().filter(|(key, _)| !own(key)).chain(&call.fields) {
            event = event.field(key, value.clone());
        }
        if let Some(error) = call.error {
            event = event.field("error.type", error.kind.as_str());
            event = event.field("error.message", error.message());
        }
        event.emit();
        self.drain();
    }

    /// Lets the writer take what there is.
    pub(crate) fn drain(&self) {
        let handle = self.guard.handle();
        while handle.pump() > 0 {}
    }

    /// Lets the calling thread log here.
    pub(crate) fn attach(&self) -> Attached {
        self.guard.attach()
    }

    /// All lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.drain();
        // Not `lines`, which takes a carriage return for a part of the end.
        let text = self.memory.text();
        text.strip_suffix('\n').map_or(Vec::new(), |t| t.split('\n').map(str::to_owned).collect())
    }
}
