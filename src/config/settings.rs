//! Settings as plain data: what a file, an environment or a program says before anything is opened.

use super::{Builder, Levels};
use crate::codec::ValueRef;
use crate::emoji::{DomainSet, Emoji, EmojiSet, Keep, Layer, Names};
use crate::format::{Json, KeyValue};
use crate::meta::LevelFilter;
use crate::process::{Draft, Enrich, Flow};

/// What an engine is to do, as plain data; [`builder`](Config::builder) makes a [`Builder`] of it.
///
/// Nothing is opened and nothing can fail here. Fields can be read, compared and changed; [`from_env`](Config::from_env)
/// fills them from the environment. Everything else that an engine can do (sinks, routes, the arena) is set on the
/// builder. Costs a caller nothing.
///
/// Of several sources the later one of these counts, setting by setting:
///
/// | source | how |
/// |---|---|
/// | the defaults, or a preset as [`Config::high_throughput`] | [`Config::new`], [`Builder::new`] |
/// | a document (TOML) | [`Document`](crate::Document); its other tables (routes, processors, the engine) add to it |
/// | the environment | [`with_env`](Config::with_env) of either; names of modules are added to the document's |
/// | code | what is called on the builder replaces, and adds routes and processors |
/// | at run time | [`Handle::set_level`](crate::Handle::set_level) and its like, until a reload, which takes the place of all |
///
/// `RUST_LOG` is none of these sources: [`Builder::from_env`] and [`init`](crate::init) read it, and
/// `config.builder().filter(&text)` puts it behind all others.
///
/// ```
/// use ripsaw::{Config, LevelFilter};
/// let mut config = Config::new();
/// config.level = LevelFilter::Debug;
/// config.module_levels.push(("noisy".to_owned(), LevelFilter::Warning));
/// let guard = config.builder().sink(ripsaw::sink::Null::new()).start_local()?;
/// assert_eq!(guard.handle().levels().to_string(), "debug,noisy=warning");
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The field `service_name` of every record; one that the record has of its own stands. An empty text is a name too.
    /// Default: none.
    pub service_name: Option<String>,
    /// The threshold of loggers and targets that have none of their own. Default INFO.
    pub level: LevelFilter,
    /// Thresholds by logger or target, and for all below it (`.` or `::` separates the parts); the longest one that
    /// applies decides, and of two for the same name the last. An empty name stands for all: it replaces `level`.
    pub module_levels: Vec<(String, LevelFilter)>,
    /// The form of a line. Default [`LineFormat::KeyValue`].
    pub format: LineFormat,
    /// Whether lines are without their time. Default false.
    pub omit_timestamp: bool,
    /// Whether an emoji for the logger's name stands before the message. Default `None`: no, and with
    /// [`compat`](Config::compat) yes for `key_value`.
    pub name_emoji: Option<bool>,
    /// Emoji by the beginnings of names, beside the built-in ones; see [`Names`].
    pub names: Vec<(String, String)>,
    /// The emoji of names that none of them fits; empty for none. Default: that of [`Names`].
    pub name_fallback: Option<String>,
    /// Whether emoji for values of fields stand before the message: those of the layers, or without layers those for
    /// `domain`, `action` and `status`. Default as for [`name_emoji`](Config::name_emoji).
    pub field_emoji: Option<bool>,
    /// Built-in layers, by name: `llm`, `database`, `http`, `task_queue`. Others have no effect.
    pub layers: Vec<String>,
    /// Layers of your own; they are always in force.
    pub custom_layers: Vec<Layer>,
    /// Sets that take the place of those with their names.
    pub emoji_sets: Vec<EmojiSet>,
    /// Emoji for the records of loggers of some domains; in force whatever else is. Default: none.
    pub domain_sets: Vec<DomainSet>,
    /// Which fields stay in the record, of those that have an emoji. Default `None`: all, and with
    /// [`compat`](Config::compat) none.
    pub keep_fields: Option<Keep>,
    /// The user wants to see what [`matrix`](crate::emoji::matrix) says. Default false.
    pub show_emoji_matrix: bool,
    /// The bytes of pyvider-telemetry 0.0.16, for programs that come from there: fields that have an emoji are taken out,
    /// JSON has the keys of [`Json::compat`], lines those of [`KeyValue::compat`], and a configured service name takes the
    /// place of a record's own. Default false.
    pub compat: bool,
    /// Nothing is written on any path, and a call costs what a disabled one costs. Default false.
    pub globally_disabled: bool,
}

/// The forms that [`Config::format`] can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineFormat {
    /// [`KeyValue`](crate::format::KeyValue).
    KeyValue,
    /// [`Json`](crate::format::Json).
    Json,
}

impl LineFormat {
    /// The name, as variables and files spell it: `key_value` or `json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            LineFormat::KeyValue => "key_value",
            LineFormat::Json => "json",
        }
    }
}

impl Config {
    /// The defaults.
    pub const fn new() -> Config {
        Config {
            service_name: None,
            level: LevelFilter::Info,
            module_levels: Vec::new(),
            format: LineFormat::KeyValue,
            omit_timestamp: false,
            name_emoji: None,
            names: Vec::new(),
            name_fallback: None,
            field_emoji: None,
            layers: Vec::new(),
            custom_layers: Vec::new(),
            emoji_sets: Vec::new(),
            domain_sets: Vec::new(),
            keep_fields: None,
            show_emoji_matrix: false,
            compat: false,
            globally_disabled: false,
        }
    }

    /// For services that log much (spec \[25\]): JSON, INFO and above with their time, and the libraries that talk most at
    /// WARNING.
    ///
    /// Measured effect (instructions, see PERFORMANCE.md): a record with four fields costs the writer 12 % less than by
    /// default, which is JSON's doing; a record without fields 3 % more. An INFO of such a library costs its thread 7 instead of
    /// 44, and the writer nothing instead of some 1,000. So it is the thresholds that count.
    ///
    /// ```
    /// use ripsaw::{Config, Level};
    /// let levels = Config::high_throughput().levels();
    /// assert!(!levels.allows(Level::Info, "hyper::client") && levels.allows(Level::Info, "shop"));
    /// ```
    pub fn high_throughput() -> Config {
        let quiet = ["h2", "hyper", "mio", "reqwest", "rustls", "tokio", "tower"];
        let quiet = quiet.map(|name| (name.to_owned(), LevelFilter::Warning));
        Config { format: LineFormat::Json, module_levels: quiet.into(), ..Config::new() }
    }

    /// For services whose every byte counts: JSON without time stamps, WARNING and above, no emoji. The time of a record is lost;
    /// a collector that stamps lines as they arrive stamps them some [`max_delay`](crate::Builder::max_delay) late.
    ///
    /// Measured effect: a record costs the writer 18 % less than by default, and its line does without the time. With emoji for
    /// fields ([`field_emoji`](Config::field_emoji)), as one of the seeds of the specification had it, it would be 42 % more.
    ///
    /// ```
    /// use ripsaw::{Config, Level};
    /// let config = Config::lean();
    /// assert!(config.omit_timestamp && !config.levels().allows(Level::Info, "shop"));
    /// ```
    pub fn lean() -> Config {
        Config {
            level: LevelFilter::Warning,
            format: LineFormat::Json,
            omit_timestamp: true,
            ..Config::new()
        }
    }

    /// The thresholds: all off if [`globally_disabled`](Config::globally_disabled).
    pub fn levels(&self) -> Levels {
        if self.globally_disabled {
            return Levels::new(LevelFilter::Off);
        }
        let levels = Levels::new(self.level);
        self.module_levels.iter().fold(levels, |levels, (name, level)| match name.as_str() {
            "" => levels.with_default(*level),
            name => levels.with(name, *level),
        })
    }

    /// The emoji that this asks for, or `None` if it asks for none. An engine of [`builder`](Config::builder) has it.
    pub fn emoji(&self) -> Option<Emoji> {
        let by_default = self.compat && self.format == LineFormat::KeyValue;
        let names = self.name_emoji.unwrap_or(by_default);
        let fields = self.field_emoji.unwrap_or(by_default);
        if !(names || fields) && self.domain_sets.is_empty() {
            return None;
        }
        let keep = self.keep_fields.unwrap_or_else(|| Keep::from(!self.compat));
        let emoji = Emoji::new().keep_fields(keep);
        let mut emoji = self.domain_sets.iter().cloned().fold(emoji, Emoji::domain_set);
        if names {
            let names = if self.compat { Names::compat() } else { Names::new() };
            let names = match &self.name_fallback {
                Some(mark) => names.fallback(mark),
                None => names,
            };
            let own = self.names.iter();
            emoji = emoji.names(own.fold(names, |names, (name, mark)| names.with(name, mark)));
        }
        Some(if fields { self.with_fields(emoji) } else { emoji })
    }

    /// What [`matrix`](crate::emoji::matrix) says of the layers and sets, whether they are in force or not.
    pub fn emoji_matrix(&self) -> String {
        crate::emoji::matrix(&self.with_fields(Emoji::new()))
    }

    fn with_fields(&self, emoji: Emoji) -> Emoji {
        let built_in = self.layers.iter().filter_map(|name| Layer::named(name).ok());
        let layers = built_in.chain(self.custom_layers.iter().cloned());
        self.emoji_sets.iter().cloned().fold(emoji.das(true).layers(layers), Emoji::user_set)
    }

    /// What to start an engine with. Sinks, routes and all else are added to it; without a sink it is standard error.
    pub fn builder(&self) -> Builder {
        let mut builder = Builder::new().levels(self.levels());
        let time = !self.omit_timestamp;
        builder = match (self.format, self.compat) {
            (LineFormat::KeyValue, false) => builder.format(KeyValue::new().timestamp(time)),
            (LineFormat::KeyValue, true) => builder.format(KeyValue::compat().timestamp(time)),
            (LineFormat::Json, false) => builder.format(Json::new().timestamp(time)),
            (LineFormat::Json, true) => builder.format(Json::compat().timestamp(time)),
        };
        if let Some(name) = &self.service_name {
            let enrich = Enrich::new().constant("service_name", name.as_str());
            builder = builder.processor(enrich.overwrite(self.compat));
        }
        if self.compat {
            builder = builder.processor(name_of_type);
        }
        match self.emoji() {
            Some(emoji) => builder.processor(emoji),
            None => builder,
        }
    }
}

/// The name of an error's type without its path, as Python has it.
fn name_of_type(draft: &mut Draft<'_>) -> Flow {
    if let Some(ValueRef::Str(path)) = draft.get("error.type")
        && let Some((_, name)) = path.rsplit_once("::")
    {
        draft.set("error.type", ValueRef::Str(name));
    }
    Flow::Keep
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}
