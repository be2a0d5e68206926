//! From variables of the environment to a [`Config`].

use super::json::{self, Items};
use super::settings::{Config, LineFormat};
use crate::emoji::Layer;
use crate::meta::LevelFilter;
use std::fmt;

/// Something in the environment that could not be used. The setting keeps what it was before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigWarning {
    variable: String,
    value: String,
    remedy: String,
    compat: Option<String>,
}

impl ConfigWarning {
    /// The variable's name.
    pub fn variable(&self) -> &str {
        &self.variable
    }
    /// The value or the part of it that could not be used.
    pub fn value(&self) -> &str {
        &self.value
    }
    /// What is done instead, and what would be right.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
    /// The line that pyvider-telemetry 0.0.16 prints for this, or `None` where it says nothing.
    pub fn compat(&self) -> Option<String> {
        let said = self.compat.as_ref()?;
        Some(format!(
            "[Pyvider Config Warning] WARNING (pyvider.telemetry.config_warnings): ⚙️➡️⚠️ {said}"
        ))
    }
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}: {}", self.variable, self.value, self.remedy)
    }
}

impl Config {
    /// The defaults, changed by the environment; see [`with_env`](Config::with_env). What cannot be understood is left as it
    /// is by default, and returned: print it, log it or refuse to start. The environment is not modified.
    ///
    /// ```
    /// let (config, warnings) = ripsaw::Config::from_env("RIPSAW");
    /// for warning in &warnings {
    ///     eprintln!("ripsaw: {warning}");
    /// }
    /// # let _ = config;
    /// ```
    pub fn from_env(prefix: &str) -> (Config, Vec<ConfigWarning>) {
        // What is not UTF-8 comes with replacement characters, and so is reported where it means nothing.
        Config::new().with_env(prefix, |name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// This configuration, changed by the variables that `lookup` knows. Their names begin with `prefix`:
    ///
    /// | variable | sets | form |
    /// |---|---|---|
    /// | `OTEL_SERVICE_NAME`, else `…_SERVICE_NAME` | `service_name` | as it is, also if it is empty |
    /// | `…_TELEMETRY_DISABLED` | `globally_disabled` | yes or no |
    /// | `…_LOG_LEVEL` | `level` | a level in any case |
    /// | `…_LOG_CONSOLE_FORMATTER` | `format` | `key_value` or `json` in any case |
    /// | `…_LOG_OMIT_TIMESTAMP` | `omit_timestamp` | yes or no |
    /// | `…_LOG_MODULE_LEVELS` | `module_levels` | `name:level,name:level`; names may be paths (`shop::db:debug`) |
    /// | `…_LOG_LOGGER_NAME_EMOJI_ENABLED` | `name_emoji` | yes or no |
    /// | `…_LOG_DAS_EMOJI_ENABLED` | `field_emoji` | yes or no |
    /// | `…_LOG_ENABLED_SEMANTIC_LAYERS` | `layers` | names, separated by commas |
    /// | `…_LOG_CUSTOM_SEMANTIC_LAYERS` | `custom_layers` | a JSON array; needs the feature `config` |
    /// | `…_LOG_USER_DEFINED_EMOJI_SETS` | `emoji_sets` | a JSON array; needs the feature `config` |
    /// | `…_SHOW_EMOJI_MATRIX` | `show_emoji_matrix` | yes or no |
    ///
    /// Layers are objects with `name`, `description`, `priority`, `emoji_sets` and `field_definitions`; sets have `name`,
    /// `emojis` and `default_emoji_key`; fields `log_key`, `description`, `value_type`, `emoji_set_name` and
    /// `default_emoji_override_key`.
    ///
    /// *Yes* is `true`, `1`, `yes` or `on` in any case, everything else is *no*; what is none of `false`, `0`, `no`,
    /// `off` and nothing is reported. Levels and formats are not trimmed; names and levels in a list are.
    ///
    /// ```
    /// use ripsaw::{Config, LevelFilter};
    /// let variables = |name: &str| match name {
    ///     "SHOP_LOG_LEVEL" => Some("warning".to_owned()),
    ///     "SHOP_LOG_MODULE_LEVELS" => Some("db:debug, web:loud".to_owned()),
    ///     _ => None,
    /// };
    /// let (config, warnings) = Config::new().with_env("SHOP", variables);
    /// assert_eq!(config.level, LevelFilter::Warning);
    /// assert_eq!(config.module_levels, [("db".to_owned(), LevelFilter::Debug)]);
    /// assert_eq!((warnings[0].variable(), warnings[0].value()), ("SHOP_LOG_MODULE_LEVELS", "web:loud"));
    /// ```
    pub fn with_env(
        mut self,
        prefix: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> (Config, Vec<ConfigWarning>) {
        let mut env = Env { prefix, lookup: &lookup, warnings: Vec::new() };
        let service = lookup("OTEL_SERVICE_NAME").or_else(|| env.get("SERVICE_NAME").1);
        self.service_name = service.or(self.service_name);
        env.level(&mut self.level);
        env.format(&mut self.format);
        env.flag("LOG_OMIT_TIMESTAMP", &mut self.omit_timestamp);
        env.flag("TELEMETRY_DISABLED", &mut self.globally_disabled);
        env.flag("SHOW_EMOJI_MATRIX", &mut self.show_emoji_matrix);
        env.choice("LOG_LOGGER_NAME_EMOJI_ENABLED", &mut self.name_emoji);
        env.choice("LOG_DAS_EMOJI_ENABLED", &mut self.field_emoji);
        env.module_levels(&mut self.module_levels);
        env.layers(&mut self.layers);
        env.items("LOG_CUSTOM_SEMANTIC_LAYERS", &mut self.custom_layers, json::layers);
        env.items("LOG_USER_DEFINED_EMOJI_SETS", &mut self.emoji_sets, json::sets);
        (self, env.warnings)
    }
}

/// The variables, and what was wrong with them so far.
struct Env<'a> {
    prefix: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    warnings: Vec<ConfigWarning>,
}

impl Env<'_> {
    /// Name and value.
    fn get(&self, name: &str) -> (String, Option<String>) {
        let name = format!("{}_{name}", self.prefix);
        let value = (self.lookup)(&name);
        (name, value)
    }

    fn warn(&mut self, variable: String, value: &str, remedy: String, compat: Option<String>) {
        self.warnings.push(ConfigWarning { variable, value: value.to_owned(), remedy, compat });
    }

    fn level(&mut self, level: &mut LevelFilter) {
        let (name, Some(value)) = self.get("LOG_LEVEL") else { return };
        match value.parse() {
            Ok(parsed) => *level = parsed,
            Err(e) => {
                let shown = value.to_uppercase();
                let kept = level.to_string().to_uppercase();
                let compat = format!("Invalid {name} '{shown}'. Defaulting to {kept}.");
                self.warn(name, &value, format!("{level} is kept; {e}"), Some(compat));
            }
        }
    }

    fn format(&mut self, format: &mut LineFormat) {
        let (name, Some(value)) = self.get("LOG_CONSOLE_FORMATTER") else { return };
        let asked = value.to_lowercase();
        let known =
            [LineFormat::KeyValue, LineFormat::Json].into_iter().find(|f| f.as_str() == asked);
        match known {
            Some(known) => *format = known,
            None => {
                let kept = format.as_str();
                let compat = format!("Invalid {name} '{asked}'. Defaulting to '{kept}'.");
                let remedy = format!("{kept} is kept; use key_value or json");
                self.warn(name, &value, remedy, Some(compat));
            }
        }
    }

    /// Sets `flag` if the variable is there.
    fn flag(&mut self, name: &str, flag: &mut bool) {
        let (name, Some(value)) = self.get(name) else { return };
        let word = value.trim().to_ascii_lowercase();
        *flag = ["true", "1", "yes", "on"].contains(&word.as_str());
        if !*flag && !["", "false", "0", "no", "off"].contains(&word.as_str()) {
            self.warn(name, &value, "taken for no; use true or false".to_owned(), None);
        }
    }

    /// The same for what is decided elsewhere unless it is set.
    fn choice(&mut self, name: &str, choice: &mut Option<bool>) {
        if self.get(name).1.is_some() {
            self.flag(name, choice.get_or_insert(false));
        }
    }

    fn layers(&mut self, layers: &mut Vec<String>) {
        let (name, Some(value)) = self.get("LOG_ENABLED_SEMANTIC_LAYERS") else { return };
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        *layers = items.map(str::to_owned).collect();
        for layer in layers.iter() {
            if let Err(e) = Layer::named(layer) {
                self.warn(name.clone(), layer, format!("has no effect; {}", e.remedy()), None);
            }
        }
    }

    fn items<T>(&mut self, name: &str, items: &mut Vec<T>, read: fn(&str) -> Items<T>) {
        let (name, Some(value)) = self.get(name) else { return };
        match read(&value) {
            Ok((found, problems)) => {
                *items = found;
                for problem in problems {
                    self.warn(name.clone(), &problem.item, problem.remedy, problem.compat);
                }
            }
            Err(()) => {
                let compat = format!("Invalid JSON in {name}. Using empty list.");
                self.warn(name, &value, "left out; it is not JSON".to_owned(), Some(compat));
            }
        }
    }

    fn module_levels(&mut self, levels: &mut Vec<(String, LevelFilter)>) {
        let (name, Some(value)) = self.get("LOG_MODULE_LEVELS") else { return };
        for item in value.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let split = split(item).map(|(module, level)| (module.trim(), level.trim()));
            let Some((module, level)) = split.filter(|(module, _)| !module.is_empty()) else {
                let compat = format!("Invalid item '{item}' in {name}. Skipping.");
                let remedy = "left out; use name:level, separated by commas".to_owned();
                self.warn(name.clone(), item, remedy, Some(compat));
                continue;
            };
            match level.parse::<LevelFilter>() {
                Ok(level) => {
                    levels.retain(|(known, _)| known != module);
                    levels.push((module.to_owned(), level));
                }
                Err(e) => {
                    let shown = level.to_uppercase();
                    let compat =
                        format!("Invalid log level '{shown}' for module '{module}'. Skipping.");
                    let remedy = match item.contains('=') {
                        true => "left out; use name:level, not name=level".to_owned(),
                        false => format!("left out; {e}"),
                    };
                    self.warn(name.clone(), item, remedy, Some(compat));
                }
            }
        }
    }
}

/// The name and the level of `name:level`, where the name may be a path: `shop::db:debug`.
fn split(item: &str) -> Option<(&str, &str)> {
    match item.rsplit_once(':') {
        Some((path, level)) if path.contains("::") && !path.replace("::", "").contains(':') => {
            Some((path, level))
        }
        _ => item.split_once(':'),
    }
}
