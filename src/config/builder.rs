//! The one way to describe an engine.

use super::fixed::EngineSettings;
use super::{Levels, Pipeline, Route, Samplers};
use crate::clock::Clock;
use crate::error::ConfigError;
use crate::format::{Format, Json, KeyValue, Pattern, Pretty, Text};
use crate::lane::Overflow;
use crate::meta::{Level, LevelFilter};
use crate::process::{CallerProcessor, Processor, Steps};
use crate::sink::{File, Sink, Stderr, Stdout};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Describes an engine; [`start`](Builder::start) starts it.
///
/// Nothing is opened and nothing fails before the start: errors of single settings are reported there, the first one
/// first. Defaults: INFO and above, text, standard error, an arena of 16 MiB in blocks of 64 KiB, shedding on overflow,
/// flush at exit and on panic.
#[must_use = "an engine is started by `start` or `start_local`"]
pub struct Builder {
    pub(crate) settings: Settings,
    pub(crate) engine: EngineSettings,
}

/// The part that [`Handle::reload`](crate::Handle::reload) can replace.
pub(crate) struct Settings {
    levels: Levels,
    pub(super) samplers: Samplers,
    format: Box<dyn Fn() -> Box<dyn Format> + Send>,
    pub(super) outputs: Vec<Box<dyn FnOnce() -> Result<Route, ConfigError> + Send>>,
    pub(super) processors: Vec<Box<dyn Processor>>,
    time_processors: bool,
    pub(super) errors: Vec<ConfigError>,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            settings: Settings {
                levels: Levels::default(),
                samplers: Samplers::default(),
                format: Box::new(|| Box::new(Text::new())),
                outputs: Vec::new(),
                processors: Vec::new(),
                time_processors: false,
                errors: Vec::new(),
            },
            engine: EngineSettings::default(),
        }
    }
}

impl Builder {
    /// The defaults.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// The defaults, changed by the environment: `RUST_LOG` for levels and targets, `RIPSAW_FORMAT` (`text`, `key_value`,
    /// `json`, `pretty`, or `pattern:` and a [`Pattern`]) for the format. What cannot be understood is an error at the start. The environment is not modified.
    pub fn from_env() -> Builder {
        let mut builder = Builder::new();
        if let Some(filter) = builder.variable("RUST_LOG") {
            match filter.parse() {
                Ok(levels) => builder.settings.levels = levels,
                Err(e) => builder.settings.errors.push(ConfigError::of_field(e, "RUST_LOG")),
            }
        }
        if let Some(format) = builder.variable("RIPSAW_FORMAT") {
            builder = match format.trim().to_ascii_lowercase().as_str() {
                "" | "text" => builder.text(),
                "key_value" => builder.key_value(),
                "json" => builder.json(),
                "pretty" => builder.pretty(),
                _ => match format.trim_start().strip_prefix("pattern:").map(Pattern::parse) {
                    Some(Ok(pattern)) => builder.format(pattern),
                    Some(Err(e)) => {
                        builder.settings.errors.push(ConfigError::of_field(e, "RIPSAW_FORMAT"));
                        builder
                    }
                    None => {
                        let remedy =
                            "use text, key_value, json, pretty, or pattern:{level} {message}";
                        builder.error("RIPSAW_FORMAT", format, remedy)
                    }
                },
            };
        }
        builder
    }

    /// The threshold of all targets that have none of their own. Default INFO. A [`Builder::filter`] that comes later
    /// replaces it.
    pub fn level(mut self, level: impl Into<LevelFilter>) -> Builder {
        self.settings.levels = self.settings.levels.with_default(level);
        self
    }

    /// Thresholds in the syntax of `RUST_LOG`: `info,shop::db=debug`. They replace all that were set before; targets that no
    /// directive covers have the one without a target, here INFO, and ERROR if there is none. See [`Levels`].
    pub fn filter(mut self, directives: &str) -> Builder {
        match directives.parse() {
            Ok(levels) => self.settings.levels = levels,
            Err(e) => self.settings.errors.push(e),
        }
        self
    }

    /// Thresholds that were put together elsewhere.
    pub fn levels(mut self, levels: Levels) -> Builder {
        self.settings.levels = levels;
        self
    }

    /// Text lines for people: the default.
    pub fn text(self) -> Builder {
        self.format_with(|| Box::new(Text::new()))
    }

    /// Lines with columns for time, level and event, and `key=value` fields behind. See [`KeyValue`].
    pub fn key_value(self) -> Builder {
        self.format_with(|| Box::new(KeyValue::new()))
    }

    /// One JSON object a line.
    pub fn json(self) -> Builder {
        self.format_with(|| Box::new(Json::new()))
    }

    /// Lines for people at a terminal, in colours where the sink is one. See [`Pretty`].
    pub fn pretty(self) -> Builder {
        self.format_with(|| Box::new(Pretty::new()))
    }

    /// Lines by a pattern: `{time} {level:<8} {target} {message} {fields}`. One that cannot be understood is an error at the
    /// start. See [`Pattern`].
    pub fn pattern(mut self, pattern: &str) -> Builder {
        match Pattern::parse(pattern) {
            Ok(pattern) => self.format(pattern),
            Err(e) => {
                self.settings.errors.push(e);
                self
            }
        }
    }

    /// A format of your own for the routes that name none; each gets a clone.
    pub fn format(self, format: impl Format + Clone + 'static) -> Builder {
        // A format is `Send`; the mutex makes the closure callable from wherever the configuration is compiled.
        let format = std::sync::Mutex::new(format);
        self.format_with(move || Box::new(crate::sync::lock(&format).clone()))
    }

    /// A format for each route that names none, made anew.
    #[cfg(feature = "toml")]
    pub(super) fn format_made(
        self,
        format: impl Fn() -> Box<dyn Format> + Send + 'static,
    ) -> Builder {
        self.format_with(format)
    }

    fn format_with(mut self, format: impl Fn() -> Box<dyn Format> + Send + 'static) -> Builder {
        self.settings.format = Box::new(format);
        self
    }

    /// Adds a file to append to.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Builder {
        let path = path.into();
        self.settings.outputs.push(Box::new(move || {
            File::append(&path).map(Route::new).map_err(|e| ConfigError::of_file(&path, &e))
        }));
        self
    }

    /// Adds standard output.
    pub fn stdout(self) -> Builder {
        self.sink(Stdout::new())
    }

    /// Adds standard error, which is also the default when nothing is added.
    pub fn stderr(self) -> Builder {
        self.sink(Stderr::new())
    }

    /// Adds a sink.
    pub fn sink(self, sink: impl Sink + 'static) -> Builder {
        self.route(Route::new(sink))
    }

    /// Adds a sink with a threshold and a format of its own.
    pub fn route(mut self, route: Route) -> Builder {
        self.settings.outputs.push(Box::new(move || Ok(route)));
        self
    }

    /// Adds a processor that all records pass on the writer's thread, behind those that were added before, and ahead of the
    /// routes. See [`process`](crate::process).
    pub fn processor(mut self, processor: impl Processor + 'static) -> Builder {
        self.settings.processors.push(Box::new(processor));
        self
    }

    /// Adds a processor that all records of this engine pass on the thread that logs, before they enter the arena: for what
    /// only that thread can see, or for what must never lie in the arena (spec \[45\]). Fixed at the start; a reload changes
    /// nothing.
    ///
    /// Statements, events, the `log` crate and records of threads that end all pass it, behind thresholds and
    /// [`Builder::sample`]. A record that it drops counts as [`filtered`](crate::Stats::filtered). One that it changes is
    /// rendered there and then: it has no template and no event name any more, its message is text, with what
    /// [`set_prefix`](crate::process::Draft::set_prefix) put before it, and [`seq`](crate::process::Draft::seq) is zero while it
    /// is looked at.
    ///
    /// A call of such an engine never takes the fast way: some 100 ns more, and what the processors need; it allocates only
    /// in memory that the thread keeps. Engines without caller processors pay nothing.
    ///
    /// ```
    /// use ripsaw::process::{Draft, Flow};
    /// use std::cell::Cell;
    /// thread_local!(static DEPTH: Cell<u64> = const { Cell::new(0) });
    /// let memory = ripsaw::sink::Memory::new();
    /// let guard = ripsaw::builder()
    ///     .caller_processor(|draft: &mut Draft<'_>| {
    ///         draft.set("depth", DEPTH.get());
    ///         Flow::Keep
    ///     })
    ///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
    ///     .sink(memory.clone())
    ///     .start_local()?;
    /// let attached = guard.attach();
    /// DEPTH.set(2);
    /// ripsaw::info!("visited");
    /// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
    /// assert_eq!(memory.lines(), ["INFO     visited depth=2"]);
    /// # drop(attached);
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    pub fn caller_processor(mut self, processor: impl CallerProcessor + 'static) -> Builder {
        self.engine.caller.add(processor);
        self
    }

    /// Whether the time is taken that each processor needs: some 50 ns a record and processor. Default false.
    pub fn time_processors(mut self, on: bool) -> Builder {
        self.settings.time_processors = on;
        self
    }

    /// The memory for records on their way, for all threads together. At least four blocks. Default 16 MiB. All of it is
    /// taken, and every page touched, at the start: that takes some milliseconds for 16 MiB, and seconds for gigabytes.
    pub fn arena_bytes(mut self, bytes: usize) -> Builder {
        self.engine.arena_bytes = bytes;
        self
    }

    /// Keeps the arena in a file, so that what a process had logged when it was killed (`SIGKILL`, out of memory, abort) is not
    /// lost: the next start with the same path writes what no sink had taken, each record once, in order and with the field
    /// `recovered=true`; `ripsaw recover` and [`Recovery`](crate::Recovery) do the same by hand. Default: no file.
    ///
    /// A path without a folder stands in `/dev/shm`, which costs a call nothing and outlives the process but not the machine;
    /// on a disk a call may wait for write-back now and then. The file takes the arena's size, a quarter more for the names of
    /// what is in it, and about 1 MiB (128 bytes a block) for what the routes have; it is reserved at the start, with mode 0600, and removed by a
    /// shutdown that leaves nothing. Its content is not encrypted: [`Sensitive`](crate::Sensitive) values are not in it. Each
    /// running process needs a path of its own.
    ///
    /// ```
    /// let name = format!("ripsaw-example-{}.arena", std::process::id());
    /// let guard = ripsaw::builder().arena_file(name).sink(ripsaw::sink::Null::new()).start_local()?;
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    pub fn arena_file(mut self, path: impl Into<PathBuf>) -> Builder {
        self.engine.arena_file = Some(path.into());
        self
    }

    /// Where a crash ([`flush_on_crash`](Builder::flush_on_crash), which this switches on with one second) saves what the
    /// writer cannot write any more: because it crashed itself, or does not answer. Needless with an
    /// [`arena_file`](Builder::arena_file), which it resembles in everything else: a path without a folder stands in `/dev/shm`,
    /// and the next start with the same path writes what it finds. Default: no file.
    pub fn crash_file(mut self, path: impl Into<PathBuf>) -> Builder {
        self.engine.crash_file = Some(path.into());
        self.engine.flush_on_crash.get_or_insert(Duration::from_secs(1));
        self
    }

    /// The piece of the arena that a thread holds at a time: a power of two from 512 bytes to 256 KiB. Default: a 256th of
    /// the arena, but at least 4 KiB and at most 64 KiB. Half of the blocks can be held by a thread each, so 128 of an
    /// arena of 16 MiB; further threads share lanes behind a mutex. Smaller blocks serve more threads, larger ones change
    /// less often, which is what the slowest call in a thousand does.
    pub fn block_bytes(mut self, bytes: usize) -> Builder {
        self.engine.block_bytes = Some(bytes);
        self
    }

    /// What happens when the arena is full, for all levels. Default [`Overflow::Shed`].
    pub fn overflow(mut self, overflow: Overflow) -> Builder {
        self.engine.overflow = [overflow; Level::ALL.len()];
        self
    }

    /// What happens when the arena is full, for one level. A [`Builder::overflow`] that comes later replaces it.
    pub fn overflow_for(mut self, level: Level, overflow: Overflow) -> Builder {
        self.engine.overflow[level.index()] = overflow;
        self
    }

    /// Wake the writer at once for records of at least this level. Default off: they wait up to `max_delay`, as all do.
    pub fn flush_on(mut self, level: impl Into<LevelFilter>) -> Builder {
        self.engine.flush_on = level.into();
        self
    }

    /// Whether `exit` and the return from `main` write what is on its way. Default true. They wait up to 5 seconds for a sink
    /// that fails or does not return, also after a [`Guard::shutdown`](crate::Guard::shutdown) with a shorter deadline.
    pub fn flush_at_exit(mut self, on: bool) -> Builder {
        self.engine.flush_at_exit = on;
        self
    }

    /// Whether a panic writes what is on its way before it unwinds or aborts. Default true. It waits up to one second.
    pub fn flush_on_panic(mut self, on: bool) -> Builder {
        self.engine.flush_on_panic = on;
        self
    }

    /// Whether a panic becomes a record: CRITICAL `panic` of the target `panic`, with the fields `error.type=panic`,
    /// `error.message`, `file`, `line`, `thread`, and `error.backtrace` if `RUST_BACKTRACE` asks for it. It comes after the
    /// hook that was there before, and before [`Builder::flush_on_panic`]; a panic that is caught leaves one too. It is
    /// logged where the panicking thread logs. In a log call, a format or a sink it is only reported, as without this.
    /// For the global engine. Default false.
    ///
    /// ```no_run
    /// let guard = ripsaw::builder().log_panics(true).start()?;
    /// panic!("on fire"); // CRITICAL panic error.type=panic error.message="on fire" file=src/main.rs line=2 thread=main
    /// # #[allow(unreachable_code)]
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    pub fn log_panics(mut self, on: bool) -> Builder {
        self.engine.log_panics = on;
        self
    }

    /// Write what is on its way when TERM, INT, HUP or QUIT arrives, for at most `deadline`, before the signal takes its
    /// course: the process ends by it, as without a logger, or a handler that was installed before the start is called.
    /// A signal that is ignored at the start stays ignored; a second one does not wait. For the global engine, and not
    /// together with [`manual`](Builder::manual). Default off.
    pub fn flush_on_signals(mut self, deadline: Duration) -> Builder {
        self.engine.flush_on_signals = Some(deadline);
        self
    }

    /// Write what is on its way when the process crashes by SEGV, BUS, ABRT, ILL or FPE, for at most `deadline` (one
    /// second is a good choice), before the signal takes its course: wait status, core and the message of a stack
    /// overflow are those of a program without a logger. What the crash has destroyed, or holds locked, may keep the writer
    /// from it. For the global engine, and not together with [`manual`](Builder::manual). Default off.
    pub fn flush_on_crash(mut self, deadline: Duration) -> Builder {
        self.engine.flush_on_crash = Some(deadline);
        self
    }

    /// Whether a forked child of this process logs too: to the same sinks, through an engine of its own, which it makes with
    /// the first call that logs. What was on its way at the fork is the parent's, and is written once. The fork
    /// itself waits until no sink is in the middle of a write, for at most 0.2 seconds; a sink that is not through by
    /// then is lost to the child, which says so on standard error. A sink of your own must bear being copied: what it buffers
    /// is written twice, and threads that it started are not there. For the global engine. Default off: a child logs nowhere.
    pub fn follow_forks(mut self, on: bool) -> Builder {
        self.engine.follow_forks = on;
        self
    }

    /// Where time stamps come from. Default [`Clock::Auto`].
    pub fn clock(mut self, clock: Clock) -> Builder {
        self.engine.clock = clock;
        self
    }

    /// How long the writer sleeps at most when nothing is logged, hence how long the first record after a pause may
    /// wait. Default 50 ms. With zero it never sleeps: it polls, and takes a core for itself.
    pub fn max_delay(mut self, delay: Duration) -> Builder {
        self.engine.max_delay = delay;
        self
    }

    /// No writer thread: [`Handle::pump`](crate::Handle::pump) drains. For tests and for programs without threads.
    pub fn manual(mut self) -> Builder {
        self.engine.manual = true;
        self
    }

    /// Whether `log::info!` and friends arrive here too. Default true; needs the feature `log`, and the global engine.
    pub fn log_facade(mut self, on: bool) -> Builder {
        self.engine.log_facade = on;
        self
    }

    fn error(mut self, field: &'static str, value: String, remedy: &str) -> Builder {
        self.settings.errors.push(ConfigError::new(field, value, remedy));
        self
    }

    fn variable(&mut self, name: &'static str) -> Option<String> {
        match std::env::var(name) {
            Ok(value) => Some(value),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(value)) => {
                let value = value.to_string_lossy().into_owned();
                self.settings.errors.push(ConfigError::new(name, value, "is not valid UTF-8"));
                None
            }
        }
    }
}

impl Settings {
    /// Opens what is to be opened and compiles the rest. On an error nothing has changed.
    pub(crate) fn compile(self) -> Result<Pipeline, ConfigError> {
        if let Some(error) = self.errors.into_iter().next() {
            return Err(error);
        }
        let timed = self.time_processors;
        let mut outputs = Vec::with_capacity(self.outputs.len());
        for output in self.outputs {
            let output = output()?.build(&mut || (self.format)(), timed);
            output.steps.check().map_err(|e| e.of_route(&output.name))?;
            outputs.push(Arc::new(output));
        }
        if outputs.is_empty() {
            let stderr = Route::new(Stderr::new()).build(&mut || (self.format)(), timed);
            outputs.push(Arc::new(stderr));
        }
        let steps = Arc::new(Steps::new(self.processors, timed));
        steps.check()?;
        let samplers = Arc::new(self.samplers);
        let (levels, overrides) = (Arc::new(self.levels), Arc::default());
        Ok(Pipeline { levels, outputs: outputs.into(), steps, samplers, overrides })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("levels", &self.settings.levels)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
