//! Which levels of which targets are on.

use crate::error::ConfigError;
use crate::meta::{Level, LevelFilter, covers};

/// A default threshold and exceptions by target.
///
/// Parsed from the syntax of `RUST_LOG`: `info,shop::db=debug,noisy=off`. A directive applies to the target it names and to
/// everything below it (`::` or `.` separates the parts); the longest one that applies decides.
///
/// ```
/// use ripsaw::{Level, Levels};
/// let levels: Levels = "warn,shop=info,shop::db=trace".parse().unwrap();
/// assert!(levels.allows(Level::Trace, "shop::db::pool"));
/// assert!(!levels.allows(Level::Debug, "shop::web"));
/// assert!(!levels.allows(Level::Info, "shopping"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Levels {
    default: LevelFilter,
    /// Longest target first.
    directives: Vec<(String, LevelFilter)>,
}

impl Default for Levels {
    /// INFO and above.
    fn default() -> Levels {
        Levels::new(LevelFilter::Info)
    }
}

impl Levels {
    /// One threshold for all targets.
    pub fn new(default: impl Into<LevelFilter>) -> Levels {
        Levels { default: default.into(), directives: Vec::new() }
    }

    /// The threshold of targets that have none of their own.
    pub fn default_threshold(&self) -> LevelFilter {
        self.default
    }

    /// The same with another default threshold.
    pub fn with_default(mut self, default: impl Into<LevelFilter>) -> Levels {
        self.default = default.into();
        self
    }

    /// The same with an exception for a target and all below it.
    pub fn with(mut self, target: impl Into<String>, filter: impl Into<LevelFilter>) -> Levels {
        let (target, filter) = (target.into(), filter.into());
        self.directives.retain(|(t, _)| *t != target);
        self.directives.push((target, filter));
        self.directives.sort_by_key(|(target, _)| std::cmp::Reverse(target.len()));
        self
    }

    /// Whether a record of this level and target passes.
    pub fn allows(&self, level: Level, target: &str) -> bool {
        self.threshold(target).allows(level)
    }

    /// The threshold of a target.
    pub fn threshold(&self, target: &str) -> LevelFilter {
        self.directive(target).map_or(self.default, |(_, filter)| filter)
    }

    /// The exception that decides for a target, if there is one.
    pub(crate) fn directive(&self, target: &str) -> Option<(&str, LevelFilter)> {
        let applies = |(prefix, _): &&(String, LevelFilter)| covers(prefix, target);
        self.directives.iter().find(applies).map(|(prefix, filter)| (prefix.as_str(), *filter))
    }

    /// The lowest threshold of any target.
    pub fn lowest(&self) -> LevelFilter {
        self.directives.iter().map(|(_, f)| *f).chain([self.default]).min().unwrap_or(self.default)
    }
}

impl std::fmt::Display for Levels {
    /// In the syntax that is parsed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.default)?;
        self.directives.iter().try_for_each(|(target, filter)| write!(f, ",{target}={filter}"))
    }
}

impl std::str::FromStr for Levels {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Levels, ConfigError> {
        let mut levels = Levels::default();
        let mut default_given = false;
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            if item.contains(['[', '{', '/']) {
                let remedy = if item.contains(['[', '{']) {
                    "filters on spans and fields are not levels: use target=level here, and EnvFilter before ripsaw::tracing::Layer"
                } else {
                    "a filter on messages behind a slash is not taken: use target=level here, and process::Filter for messages"
                };
                return Err(ConfigError::new("filter", item, remedy));
            }
            let wrong =
                |e: crate::meta::LevelError| ConfigError::new("filter", item, e.to_string());
            match item.split_once('=') {
                Some((target, level)) => {
                    let filter: LevelFilter = level.trim().parse().map_err(wrong)?;
                    match target.trim() {
                        "" => {
                            let remedy = "a target is missing before the equals sign";
                            return Err(ConfigError::new("filter", item, remedy));
                        }
                        target => levels = levels.with(target, filter),
                    }
                }
                None => match item.parse::<LevelFilter>() {
                    Ok(filter) => {
                        levels.default = filter;
                        default_given = true;
                    }
                    // A bare target means all of its records, as in `RUST_LOG`. But a word that is one slip away from a
                    // level is a level with a typing error; as a target it can be written `word=trace`.
                    Err(_) if !is_nearly_a_level(item) => {
                        levels = levels.with(item, LevelFilter::NotSet);
                    }
                    Err(e) => return Err(wrong(e)),
                },
            }
        }
        if !default_given && !levels.directives.is_empty() {
            // `RUST_LOG=shop=debug` names what to show; the rest keeps to errors, as users of `env_logger` know it.
            levels.default = LevelFilter::Error;
        }
        Ok(levels)
    }
}

/// Whether one letter changed, missing, added or swapped with its neighbour makes `word` the name of a level.
fn is_nearly_a_level(word: &str) -> bool {
    const NAMES: [&str; 10] = [
        "trace", "debug", "info", "warn", "warning", "error", "critical", "fatal", "off", "notset",
    ];
    let word = word.to_ascii_lowercase();
    NAMES.iter().any(|name| is_one_slip(word.as_bytes(), name.as_bytes()))
}

fn is_one_slip(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], []) => true,
        ([x, y, rest @ ..], [v, w, tail @ ..]) if (x, y) == (w, v) => rest == tail,
        ([_, rest @ ..], [_, tail @ ..]) if rest == tail => true,
        ([_, rest @ ..], _) if rest == b => true,
        (_, [_, tail @ ..]) => a == tail,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_directive_that_covers_the_target_decides() {
        let levels: Levels = "info, a=debug, a::b=error, a::b::c=off,d.e=trace".parse().unwrap();
        for (target, threshold) in [
            ("x", LevelFilter::Info),
            ("a", LevelFilter::Debug),
            ("ab", LevelFilter::Info),
            ("a::x", LevelFilter::Debug),
            ("a::b", LevelFilter::Error),
            ("a::b::cc", LevelFilter::Error),
            ("a::b::c::d", LevelFilter::Off),
            ("d.e.f", LevelFilter::Trace),
            ("d", LevelFilter::Info),
            ("", LevelFilter::Info),
        ] {
            assert_eq!(levels.threshold(target), threshold, "{target}");
        }
        assert_eq!(levels.lowest(), LevelFilter::Trace);
    }

    #[test]
    fn the_rest_keeps_to_errors_when_only_targets_are_named() {
        assert_eq!("a=debug".parse::<Levels>().unwrap().threshold("b"), LevelFilter::Error);
        assert_eq!("".parse::<Levels>().unwrap().threshold("b"), LevelFilter::Info);
        for target in ["my_crate", "shop", "information", "o", "a::b"] {
            let levels: Levels = target.parse().unwrap();
            assert_eq!(levels.threshold(target), LevelFilter::NotSet, "{target}");
            assert_eq!(levels.threshold("other"), LevelFilter::Error, "{target}");
        }
    }

    #[test]
    fn errors_name_field_value_and_remedy() {
        for bad in
            ["inof", "debg", "warnn", "errar", "nfo", "a=inof", "=debug", "a[x]=debug", "a=b=c"]
        {
            let error = format!("info,{bad}").parse::<Levels>().unwrap_err();
            assert_eq!((error.field(), error.value()), ("filter", bad), "{error}");
            assert!(error.to_string().len() > bad.len() + 20, "{error}");
        }
        for (bad, says) in [
            ("[request]=debug", "EnvFilter"),
            ("a[x{y=1/2}]=debug", "EnvFilter"),
            ("info/regex", "process::Filter"),
        ] {
            let error = bad.parse::<Levels>().unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
