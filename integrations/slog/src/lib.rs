//! Records of [`slog`] in the logs of [`ripsaw`]: see [`Ripsaw`].

#![forbid(unsafe_code)]

use ripsaw::{Event, Level, Value};
use slog::{Drain, KV, Key, OwnedKVList, Record, Serializer};
use std::convert::Infallible;
use std::fmt::Arguments;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A drain into the process's engine, or the one that the calling thread is attached to.
///
/// | in slog | here |
/// |---|---|
/// | level | the same name; `Critical` is CRITICAL |
/// | tag, or without one the module | target |
/// | key-values of the loggers, the outermost first, then those of the record | fields; of two with the same key the inner one |
/// | numbers, booleans, characters, texts, `None` | typed; what is formatted is a text |
///
/// Levels and filters are the engine's. A record that they leave out costs a look at its level and target; its values are not
/// worked out. One that is logged costs what an [`Event`] does: it allocates, and never blocks or fails. A value that fails or panics ends the
/// values of its list, and the field `slog.failed` says so.
///
/// ```
/// use slog::{info, o, warn};
/// # let guard = ripsaw::builder().text().sink(ripsaw::sink::Null::new()).start_local()?;
/// # let _attached = guard.attach();
/// let root = slog::Logger::root(ripsaw_slog::Ripsaw::new(), o!("version" => 3));
/// let request = root.new(o!("request" => "r-17"));
/// info!(request, "listening on {}", "::1"; "port" => 8080); // version=3 request=r-17 port=8080
/// warn!(request, # "db", "slow"); // with the target `db`
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ripsaw;

impl Ripsaw {
    /// The drain.
    pub const fn new() -> Ripsaw {
        Ripsaw
    }
}

impl Drain for Ripsaw {
    type Ok = ();
    type Err = Infallible;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<(), Infallible> {
        let target = if record.tag().is_empty() { record.module() } else { record.tag() };
        let event = Event::new(level(record.level()), "").target(target);
        if !event.is_enabled() {
            return Ok(());
        }
        let message = shown(*record.msg());
        let fields = fields(record, values);
        let event = Event::new(level(record.level()), &message).target(target);
        let mut event = event;
        for (key, value) in &fields {
            // A key is a text, or with a feature of slog a type of its own.
            event = event.field(AsRef::<str>::as_ref(key), value.clone());
        }
        event.emit();
        Ok(())
    }
}

fn level(level: slog::Level) -> Level {
    match level {
        slog::Level::Critical => Level::Critical,
        slog::Level::Error => Level::Error,
        slog::Level::Warning => Level::Warning,
        slog::Level::Info => Level::Info,
        slog::Level::Debug => Level::Debug,
        slog::Level::Trace => Level::Trace,
    }
}

/// The outermost first, and each key once.
fn fields(record: &Record<'_>, values: &OwnedKVList) -> Vec<(Key, Value)> {
    // Both lists begin with what was said last.
    let mut all = Fields(Vec::new());
    all.take(record, &record.kv());
    all.take(record, values);
    let mut fields: Vec<(Key, Value)> = Vec::with_capacity(all.0.len());
    for (key, value) in all.0 {
        if !fields.iter().any(|(known, _)| *known == key) {
            fields.push((key, value));
        }
    }
    fields.reverse();
    fields
}

/// What a formatter prints, as far as it comes.
fn shown(args: Arguments<'_>) -> String {
    let text = caught(|| {
        let mut text = String::new();
        // A failing formatter has given what it could.
        let _ = std::fmt::write(&mut text, args);
        text
    });
    text.unwrap_or_else(|| "[formatter failed]".to_owned())
}

/// Runs the program's code; none if it panics.
fn caught<T>(f: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Some(value),
        Err(panic) => {
            // What it brings may panic when it is dropped; then that is left alone.
            if let Err(worse) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
                std::mem::forget(worse);
            }
            None
        }
    }
}

struct Fields(Vec<(Key, Value)>);

impl Fields {
    /// Values are the program's code: one that fails or panics ends its list, and what came before stands.
    fn take(&mut self, record: &Record<'_>, values: &dyn KV) {
        let done = caught(|| values.serialize(record, self));
        if !matches!(done, Some(Ok(()))) {
            self.0.push((Key::from("slog.failed"), Value::from(true)));
        }
    }
    fn put(&mut self, key: Key, value: impl Into<Value>) -> slog::Result {
        self.0.push((key, value.into()));
        Ok(())
    }
}

macro_rules! typed {
    ($($name:ident: $kind:ty),* $(,)?) => {
        $(fn $name(&mut self, key: Key, value: $kind) -> slog::Result {
            self.put(key, value)
        })*
    };
}

impl Serializer for Fields {
    typed! {
        emit_bool: bool, emit_char: char, emit_str: &str, emit_f32: f32, emit_f64: f64, emit_u8: u8,
        emit_u16: u16, emit_u32: u32, emit_u64: u64, emit_usize: usize, emit_u128: u128,
        emit_i8: i8, emit_i16: i16, emit_i32: i32, emit_i64: i64, emit_isize: isize, emit_i128: i128,
    }
    fn emit_unit(&mut self, key: Key) -> slog::Result {
        self.put(key, Value::Null)
    }
    fn emit_none(&mut self, key: Key) -> slog::Result {
        self.put(key, Value::Null)
    }
    fn emit_arguments(&mut self, key: Key, value: &Arguments<'_>) -> slog::Result {
        self.put(key, shown(*value))
    }
}

/// The sample of the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
