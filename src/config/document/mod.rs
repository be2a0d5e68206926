//! Configuration from a TOML document: parsed into what the engine works with, or answered with everything that is wrong.

mod check;
mod emoji;
mod error;
mod explain;
mod filter;
mod format;
mod keys;
mod redact;
mod routes;
mod schema;
mod steps;
mod supposed;
mod syntax;
mod values;
mod view;

pub use error::{DocumentError, DocumentErrors, FileError};
pub use supposed::Supposed;

use super::{Builder, Config, ConfigWarning, LineFormat};
use crate::clock::Clock;
use crate::error::ConfigError;
use check::{Errors, Found};
use format::Lines;
use std::fmt;
use std::path::Path;
use toml::de::DeTable;
use view::View;

/// A TOML document that describes an engine: levels, routes, processors, formats, sampling, emoji, overflow, clock, arena.
///
/// All keys are optional; one that is not known is an error, and all errors of a document are told at once, the first 4096 of very
/// many. Lists and tables of names have at most 4096 entries, routes 256, constants, last and renamed fields of a line together 512, and
/// regular expressions of all redactors 64. Times are text
/// (`"50ms"`, `"2s"`), sizes are numbers or text (`"16MiB"`). [`Document::json_schema`] lists every key, and
/// `examples/ripsaw.toml` shows each of them. What a document does not say is as for [`Config`] and [`Builder`], and lines
/// are text.
///
/// Of several sources for one setting the builder counts first, then the environment, then the document: what is called on
/// [`Document::builder`]'s result replaces what the document says, and adds to its routes and processors. The environment is
/// read by [`Document::with_env`], or where the document itself has `env_prefix = "SHOP"`: then it counts at each reload as well.
///
/// ```
/// use ripsaw::{Document, Level};
/// let document = Document::parse(
///     r#"
///     level = "info"
///     levels = { "shop.db" = "debug" }
///     [[routes]]
///     sink = "stdout"
///     format = { kind = "json", preset = "ecs" }
///     filter = { targets = ["shop"] }
///     [engine]
///     arena_bytes = "4MiB"
///     "#,
/// )?;
/// assert!(document.config.levels().allows(Level::Debug, "shop.db"));
/// let guard = document.builder().start_local()?;
/// # drop(guard);
/// let errors = Document::parse("levle = 'info'\n[engine]\nclock = 'qarz'").unwrap_err();
/// assert_eq!(errors.errors().len(), 2);
/// assert_eq!(errors.errors()[0].nearest.as_deref(), Some("level"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Document {
    /// What the document says of levels, emoji and the service's name; may be changed before
    /// [`builder`](Document::builder).
    pub config: Config,
    root: Found,
    /// What was parsed, for places in it.
    text: String,
    /// The environment has chosen a format.
    format_replaced: bool,
    warnings: Vec<ConfigWarning>,
}

/// The most that is read of a file: some 20,000 lines.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

impl Document {
    /// Parses and checks a document. Nothing is opened.
    ///
    /// # Errors
    /// Everything that is wrong, with its place. Where lines are no TOML, what the parser says of each, and what is wrong with the
    /// others; of a text that is something else altogether, as JSON or a page of an error, one error.
    pub fn parse(text: &str) -> Result<Document, DocumentErrors> {
        let mut errors = Errors::of(text);
        let (table, wrong) = DeTable::parse_recoverable(text);
        let wrong = syntax::told(text, &table, &wrong);
        if let syntax::Told::Other(at, why) = wrong {
            errors.add(at, "", None, why, None);
            return Err(DocumentErrors::new(errors.into_list()));
        }
        let item = errors.table(keys::DOCUMENT, table.get_ref(), "");
        let root = Found { at: 0, path: String::new(), item };
        let config = config(View::of(&root), &mut errors);
        let document = Document {
            config,
            root,
            text: text.to_owned(),
            format_replaced: false,
            warnings: Vec::new(),
        };
        drop(document.compile(&mut errors));
        if let syntax::Told::Lines(lines) = wrong {
            errors.put_syntax(lines);
        }
        match errors.into_list() {
            list if list.is_empty() => Ok(document.with_own_env()),
            list => Err(DocumentErrors::new(list)),
        }
    }

    /// Reads and parses a file: a regular one of at most 1 MiB. Others are refused without being read, and without waiting:
    /// pipes, devices, directories.
    ///
    /// # Errors
    /// What the system says, what is wrong with the file, or with the document.
    pub fn read(path: impl AsRef<Path>) -> Result<Document, FileError> {
        let path = path.as_ref();
        let text = crate::os::read_text(path, MAX_BYTES);
        let text = text.map_err(|source| FileError::Read { path: path.to_owned(), source })?;
        Ok(Document::parse(&text).map_err(|errors| errors.of_file(path))?)
    }

    /// This document, changed by the variables that [`Config::with_env`] knows. A format that the environment chooses takes
    /// the place of the document's own; routes that name a format keep theirs.
    pub fn with_env(
        mut self,
        prefix: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> (Document, Vec<ConfigWarning>) {
        let name = format!("{prefix}_LOG_CONSOLE_FORMATTER");
        let (config, warnings) = self.config.with_env(prefix, &lookup);
        self.config = config;
        let refused = warnings.iter().any(|warning| warning.variable() == name);
        self.format_replaced |= lookup(&name).is_some() && !refused;
        (self, warnings)
    }

    /// What the key `env_prefix` asks for: the environment of the process, which so counts at each reload too.
    fn with_own_env(self) -> Document {
        let Some(prefix) = View::of(&self.root).text("env_prefix").map(str::to_owned) else {
            return self;
        };
        // What is not UTF-8 comes with replacement characters, and so is reported where it means nothing.
        let lookup = |name: &str| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned());
        let (document, warnings) = self.with_env(&prefix, lookup);
        Document { warnings, ..document }
    }

    /// The same, after its warnings were reported to where the engine's own faults go: for those who do not see the document.
    pub(crate) fn told(self) -> Document {
        self.warnings.iter().for_each(|warning| crate::fault::report(format_args!("{warning}")));
        self
    }

    /// What could not be used of the variables that the key `env_prefix` names: print it, log it or refuse to start. Variables by
    /// [`Document::with_env`] are not among them: it returns what was wrong.
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.warnings
    }

    /// What to start an engine with, or to [`reload`](crate::Handle::reload).
    pub fn builder(&self) -> Builder {
        // The document is right, so nothing is added.
        self.compile(&mut Errors::of(""))
    }

    /// The JSON Schema of documents, for editors: made of the same table of keys that [`Document::parse`] follows.
    pub fn json_schema() -> String {
        schema::json_schema()
    }

    fn compile(&self, errors: &mut Errors<'_>) -> Builder {
        let root = View::of(&self.root);
        let lines = Lines { time: !self.config.omit_timestamp, compat: self.config.compat };
        let mut builder = self.config.builder();
        if !self.format_replaced {
            let format = root.get("format").map(|found| format::format(found, lines, errors));
            builder = match (format.flatten(), root.get("format")) {
                (Some(_), Some(found)) => {
                    let found = found.clone();
                    builder.format_made(move || {
                        // It was right just now.
                        let made = format::format(&found, lines, &mut Errors::of(""));
                        made.unwrap_or_else(|| Box::new(crate::format::Text::new()))
                    })
                }
                // The lines of what it is compatible with, which the configuration has chosen.
                _ if lines.compat => builder,
                _ => builder.format(crate::format::Text::new().timestamp(lines.time)),
            };
        }
        for (target, up_to, sampling) in steps::sampling(root, errors) {
            builder = builder.sample(&target, up_to, sampling);
        }
        if let Some(seed) = root.whole("sampling_seed") {
            builder = builder.sample_seed(seed);
        }
        builder = builder.time_processors(root.bool("time_processors").unwrap_or(false));
        builder.settings.processors.extend(steps::processors(root, errors));
        builder.settings.outputs.extend(routes::routes(root, lines, errors));
        engine(builder, root, errors)
    }
}

/// Without the text, in which keys of hashes may stand.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.text.len();
        f.debug_struct("Document")
            .field("config", &self.config)
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// An engine by a document: `Document::parse(text)?.builder()`. See [`Document`].
    ///
    /// ```
    /// let guard = ripsaw::Builder::from_toml("level = 'debug'")?.sink(ripsaw::sink::Null::new()).start_local()?;
    /// assert_eq!(guard.handle().levels().to_string(), "debug");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_toml(text: &str) -> Result<Builder, DocumentErrors> {
        Ok(Document::parse(text)?.told().builder())
    }

    /// The same from a file.
    ///
    /// # Errors
    /// If it cannot be read, and everything that is wrong with it.
    pub fn from_toml_file(path: impl AsRef<Path>) -> Result<Builder, FileError> {
        Ok(Document::read(path)?.told().builder())
    }
}

fn config(root: View<'_>, errors: &mut Errors<'_>) -> Config {
    let mut config = emoji::config(root.table("emoji"), errors);
    config.service_name = root.text("service_name").map(str::to_owned);
    config.globally_disabled = root.bool("disabled").unwrap_or(false);
    config.compat = root.bool("compat").unwrap_or(false);
    config.omit_timestamp = root.bool("omit_timestamp").unwrap_or(false);
    if let Some("json") = root.get("format").and_then(|f| f.text().or(View::of(f).text("kind"))) {
        config.format = LineFormat::Json;
    }
    config.level = root.threshold("level").unwrap_or(config.level);
    let levels = root.table("levels").entries();
    config.module_levels =
        levels.filter_map(|(name, level)| Some((name.to_owned(), level.threshold()?))).collect();
    config
}

/// What is fixed at the start.
fn engine(mut builder: Builder, root: View<'_>, errors: &mut Errors<'_>) -> Builder {
    let overflow = root.table("overflow");
    if let Some(overflow) = overflow.get("default").and_then(Found::overflow) {
        builder = builder.overflow(overflow);
    }
    for level in crate::meta::Level::ALL {
        if let Some(overflow) = overflow.get(level.as_str()).and_then(Found::overflow) {
            builder = builder.overflow_for(level, overflow);
        }
    }
    let table = root.table("engine");
    let engine = &mut builder.engine;
    let set = |name, setting: &mut bool| *setting = table.bool(name).unwrap_or(*setting);
    set("flush_at_exit", &mut engine.flush_at_exit);
    set("flush_on_panic", &mut engine.flush_on_panic);
    set("log_panics", &mut engine.log_panics);
    set("follow_forks", &mut engine.follow_forks);
    set("log_facade", &mut engine.log_facade);
    engine.arena_bytes = table.bytes("arena_bytes").unwrap_or(engine.arena_bytes);
    engine.block_bytes = table.bytes("block_bytes").or(engine.block_bytes);
    engine.flush_on = table.threshold("flush_on").unwrap_or(engine.flush_on);
    engine.max_delay = table.duration("max_delay").unwrap_or(engine.max_delay);
    engine.flush_on_signals = table.duration("flush_on_signals");
    engine.flush_on_crash = table.duration("flush_on_crash");
    engine.arena_file = table.text("arena_file").map(Into::into);
    engine.clock = match table.text("clock") {
        Some("system") => Clock::System,
        Some("coarse") => Clock::Coarse,
        _ => Clock::Auto,
    };
    if let Err(e) = engine.blocks() {
        let found = table.get(e.field());
        let at = found.map_or(table.at, |found| found.at);
        let key = format!("engine.{}", e.field());
        errors.add(at, &key, Some(e.value().to_owned()), e.remedy(), None);
    }
    match table.text("crash_file") {
        Some(path) => builder.crash_file(path),
        None => builder,
    }
}

impl From<ConfigError> for FileError {
    fn from(error: ConfigError) -> FileError {
        FileError::Config(error)
    }
}
