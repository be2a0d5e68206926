//! From a case's configuration to Ripsaw's.

use crate::json::Json;
use ripsaw::{Config, ConfigWarning, LevelFilter, LineFormat};

/// The prefix of the variables.
pub(crate) const PREFIX: &str = "PYVIDER";

/// Where these configurations begin.
fn base() -> Config {
    let mut config = Config::new();
    config.level = LevelFilter::Debug;
    config
}

/// What these variables say, and what is wrong with them.
pub(crate) fn from_env(env: &[(String, String)]) -> (Config, Vec<ConfigWarning>) {
    base().with_env(PREFIX, |name| {
        env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    })
}

/// What an object says.
///
/// # Errors
/// What in it is not understood.
pub(crate) fn from_json(json: &Json) -> Result<Config, String> {
    let mut config = base();
    for (key, value) in json.map().ok_or("the configuration is no object")? {
        match key.as_str() {
            "service_name" => config.service_name = value.str().map(str::to_owned),
            "globally_disabled" => config.globally_disabled = flag(key, value)?,
            "logging" => logging(&mut config, value)?,
            _ => return Err(format!("the configuration has an unknown `{key}`")),
        }
    }
    Ok(config)
}

fn logging(config: &mut Config, json: &Json) -> Result<(), String> {
    for (key, value) in json.map().ok_or("`logging` is no object")? {
        match key.as_str() {
            "default_level" => config.level = level(value)?,
            "module_levels" => {
                for (module, threshold) in value.map().ok_or("`module_levels` is no object")? {
                    config.module_levels.push((module.clone(), level(threshold)?));
                }
            }
            "console_formatter" => {
                config.format = match value.str() {
                    Some("json") => LineFormat::Json,
                    Some("key_value") => LineFormat::KeyValue,
                    _ => return Err(format!("unknown formatter {value}")),
                }
            }
            "omit_timestamp" => config.omit_timestamp = flag(key, value)?,
            "logger_name_emoji_prefix_enabled" | "das_emoji_prefix_enabled" => {
                flag(key, value)?;
            }
            "enabled_semantic_layers" | "custom_semantic_layers" | "user_defined_emoji_sets" => {}
            _ => return Err(format!("`logging` has an unknown `{key}`")),
        }
    }
    Ok(())
}

fn flag(key: &str, value: &Json) -> Result<bool, String> {
    value.bool().ok_or_else(|| format!("`{key}` is no boolean"))
}

fn level(value: &Json) -> Result<LevelFilter, String> {
    let name = value.str().ok_or("a level is no text")?;
    name.parse().map_err(|e: ripsaw::LevelError| e.to_string())
}

/// The configuration, as a case tells it.
pub(crate) fn to_json(config: &Config) -> Json {
    let text = |text: &str| Json::Str(text.to_owned());
    let upper = |level: &LevelFilter| Json::Str(level.to_string().to_uppercase());
    let modules = config.module_levels.iter().map(|(name, level)| (name.clone(), upper(level)));
    let service = config.service_name.as_deref().map_or(Json::Null, text);
    let map = |entries: Vec<(&str, Json)>| {
        Json::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    };
    let logging = map(vec![
        ("default_level", upper(&config.level)),
        ("module_levels", Json::Map(modules.collect())),
        ("console_formatter", text(config.format.as_str())),
        ("logger_name_emoji_prefix_enabled", Json::Bool(config.format == LineFormat::KeyValue)),
        ("das_emoji_prefix_enabled", Json::Bool(config.format == LineFormat::KeyValue)),
        ("omit_timestamp", Json::Bool(config.omit_timestamp)),
        ("enabled_semantic_layers", Json::List(Vec::new())),
        ("custom_semantic_layers", Json::List(Vec::new())),
        ("user_defined_emoji_sets", Json::List(Vec::new())),
    ]);
    map(vec![
        ("service_name", service),
        ("logging", logging),
        ("globally_disabled", Json::Bool(config.globally_disabled)),
    ])
}
