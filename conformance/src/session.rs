//! An engine of Ripsaw's that is set up as a case says, and what it wrote.

use crate::json::Json;
use crate::py::{self, Bound, Error, Val};
use ripsaw::emoji::{CacheStats, Emoji};
use ripsaw::format::{ColorChoice, KeyValue};
use ripsaw::process::{Draft, DropFields, Flow};
use ripsaw::sink::Memory;
use ripsaw::{Attached, Config, Guard, Level, LineFormat, Logger, Route, Value, ValueRef};
use std::sync::{Arc, Mutex, PoisonError};

/// The name of the logger that needs none.
pub(crate) const GLOBAL: &str = "pyvider.dynamic_call";
/// Its name for records of [`Level::Trace`].
pub(crate) const GLOBAL_TRACE: &str = "pyvider.dynamic_call_trace";
/// The name of the logger that shows the matrix of emoji.
pub(crate) const MATRIX: &str = "pyvider.telemetry.emoji_matrix_display";
/// The name of loggers that were asked for without one.
pub(crate) const DEFAULT: &str = "pyvider.default";

/// What a record says of an error.
const ERROR: [&str; 3] = ["error.type", "error.message", "error.chain"];

/// One engine; all records pass through it in the order of the calls.
#[derive(Debug)]
pub(crate) struct Session {
    guard: Guard,
    memory: Memory,
    /// The configuration in force.
    pub(crate) config: Config,
    /// Errors go here, as JSON, and not into the lines.
    errors: Option<Memory>,
    /// The kind of the error that is logged, if it is of a class of the program's own.
    kind: Arc<Mutex<String>>,
    /// Lines have colours.
    terminal: bool,
    /// The emoji in force, and what they count.
    emoji: Option<Emoji>,
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
    /// The exception that it tells of.
    pub(crate) error: Option<&'a Arc<Error>>,
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
    let args: Vec<Value> = args.iter().map(|arg| arg.to_json().to_value()).collect();
    ripsaw::compat::printf(text, &args)
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
        Ok(Session {
            guard,
            memory,
            config,
            errors: None,
            kind: Arc::default(),
            terminal: false,
            emoji: None,
        })
    }

    /// From now on lines are for a terminal.
    pub(crate) fn set_terminal(&mut self) {
        self.terminal = true;
    }

    /// From now on errors stand apart from the lines: see [`Session::errors`].
    pub(crate) fn set_errors_apart(&mut self) {
        self.errors = Some(Memory::new());
    }

    /// Type, message and causes of each error that was logged.
    pub(crate) fn errors(&self) -> Vec<[Json; 3]> {
        self.drain();
        let lines = self.errors.as_ref().map_or(Vec::new(), Memory::lines);
        let records = lines.iter().filter_map(|line| Json::parse(line).ok());
        let errors = records.filter(|record| record.get(ERROR[0]).is_some());
        errors.map(|r| [0, 1, 2].map(|i| r.get(ERROR[i]).cloned().unwrap_or(Json::Null))).collect()
    }

    /// Gives the engine another configuration.
    ///
    /// # Errors
    /// What Ripsaw says of the configuration.
    pub(crate) fn setup(&mut self, config: Config) -> Result<(), String> {
        self.drain();
        let emoji = config.emoji();
        // A clone of the processor tells what the one at work counts, so it is added by hand.
        let mut plain = config.clone();
        (plain.name_emoji, plain.field_emoji) = (Some(false), Some(false));
        let mut builder = plain.builder();
        let kind = self.kind.clone();
        builder = builder.processor(move |draft: &mut Draft<'_>| {
            if draft.get("error.type") == Some(ValueRef::Str("Error")) {
                let kind = kind.lock().unwrap_or_else(PoisonError::into_inner);
                draft.set("error.type", ValueRef::Str(&kind));
            }
            Flow::Keep
        });
        if self.terminal && config.format == LineFormat::KeyValue {
            let format = KeyValue::compat().timestamp(!config.omit_timestamp);
            builder = builder.format(format.color(ColorChoice::Always));
        }
        builder = match &self.errors {
            None => builder.sink(self.memory.clone()),
            Some(errors) => builder
                .route(Route::new(self.memory.clone()).processor(DropFields::new(ERROR)))
                .route(Route::new(errors.clone()).format(ripsaw::format::Json::new())),
        };
        if let Some(emoji) = &emoji {
            builder = builder.processor(emoji.clone());
        }
        self.guard.handle().reload(builder).map_err(|e| e.to_string())?;
        (self.config, self.emoji) = (config, emoji);
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
        for (key, value) in &call.fields {
            event = event.field(key, value.clone());
        }
        if let Some(error) = call.error {
            self.name_error(error);
            event = py::tell(event, error);
        }
        event.emit();
        self.drain();
    }

    /// Rust's types have their names before the program runs: those of classes of its own are said to the engine.
    pub(crate) fn name_error(&self, error: &Error) {
        self.kind.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&error.kind);
    }

    /// What the emoji for names have in their cache.
    pub(crate) fn cache_stats(&self) -> CacheStats {
        self.drain();
        self.emoji.clone().unwrap_or_default().cache_stats()
    }

    /// Empties that cache.
    pub(crate) fn clear_cache(&self) {
        self.drain();
        if let Some(emoji) = &self.emoji {
            emoji.clear_cache();
        }
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
