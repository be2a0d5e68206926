//! Settings as plain data: what a file, an environment or a program says before anything is opened.

use super::{Builder, Levels};
use crate::meta::LevelFilter;

/// What an engine is to do, as plain data; [`builder`](Config::builder) makes a [`Builder`] of it.
///
/// Nothing is opened and nothing can fail here. Fields can be read, compared and changed; [`from_env`](Config::from_env)
/// fills them from the environment. Everything else that an engine can do (sinks, routes, the arena) is set on the
/// builder. Costs a caller nothing.
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
    /// The field `service_name` of every record; it takes the place of a record's own. An empty text is a name too.
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
            globally_disabled: false,
        }
    }

    /// For services that log much: JSON, INFO and above, and the libraries that talk most at WARNING.
    ///
    /// What costs most is what is logged needlessly, so this is about thresholds; of the built-in formats JSON is no dearer
    /// than `key_value`.
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

    /// What to start an engine with. Sinks, routes and all else are added to it; without a sink it is standard error.
    pub fn builder(&self) -> Builder {
        let builder = Builder::new().levels(self.levels());
        match self.format {
            LineFormat::KeyValue => {
                builder.format(crate::format::KeyValue::new().timestamp(!self.omit_timestamp))
            }
            LineFormat::Json => {
                builder.format(crate::format::Json::new().timestamp(!self.omit_timestamp))
            }
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}
