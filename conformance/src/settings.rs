//! From a case's configuration to Ripsaw's.

use crate::json::Json;
use ripsaw::emoji::{EmojiSet, FieldDef, Layer};
use ripsaw::{Config, ConfigWarning, LevelFilter, LineFormat};

/// The prefix of the variables.
pub(crate) const PREFIX: &str = "PYVIDER";

/// Where these configurations begin.
fn base() -> Config {
    let mut config = Config::new();
    config.level = LevelFilter::Debug;
    config.compat = true;
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
    // By the environment these depend on the form; by a program they do not.
    (config.name_emoji, config.field_emoji) = (Some(true), Some(true));
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
            "logger_name_emoji_prefix_enabled" => config.name_emoji = Some(flag(key, value)?),
            "das_emoji_prefix_enabled" => config.field_emoji = Some(flag(key, value)?),
            "enabled_semantic_layers" => {
                let names = value.list().ok_or("`enabled_semantic_layers` is no array")?;
                config.layers = names.iter().filter_map(Json::str).map(str::to_owned).collect();
            }
            "custom_semantic_layers" => {
                config.custom_layers = read("CUSTOM_SEMANTIC_LAYERS", value)?.custom_layers
            }
            "user_defined_emoji_sets" => {
                config.emoji_sets = read("USER_DEFINED_EMOJI_SETS", value)?.emoji_sets
            }
            _ => return Err(format!("`logging` has an unknown `{key}`")),
        }
    }
    Ok(())
}

/// Layers or sets, read as from the environment.
fn read(variable: &str, json: &Json) -> Result<Config, String> {
    let text = json.to_string();
    let (config, warnings) =
        Config::new().with_env(PREFIX, |name| name.ends_with(variable).then(|| text.clone()));
    warnings.first().map_or(Ok(config), |warning| Err(warning.to_string()))
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
    let by_default = config.format == LineFormat::KeyValue;
    let modules = config.module_levels.iter().map(|(name, level)| (name.clone(), upper(level)));
    let logging = map([
        ("default_level", upper(&config.level)),
        ("module_levels", Json::Map(modules.collect())),
        ("console_formatter", text(config.format.as_str())),
        ("logger_name_emoji_prefix_enabled", Json::Bool(config.name_emoji.unwrap_or(by_default))),
        ("das_emoji_prefix_enabled", Json::Bool(config.field_emoji.unwrap_or(by_default))),
        ("omit_timestamp", Json::Bool(config.omit_timestamp)),
        ("enabled_semantic_layers", list(&config.layers, |name| text(name))),
        ("custom_semantic_layers", list(&config.custom_layers, layer)),
        ("user_defined_emoji_sets", list(&config.emoji_sets, set)),
    ]);
    map([
        ("service_name", some(config.service_name.as_ref())),
        ("logging", logging),
        ("globally_disabled", Json::Bool(config.globally_disabled)),
    ])
}

fn layer(layer: &Layer) -> Json {
    map([
        ("name", text(&layer.name)),
        ("description", some(layer.description.as_ref())),
        ("emoji_sets", list(&layer.sets, set)),
        ("field_definitions", list(&layer.fields, field)),
        ("priority", Json::Int(layer.priority.into())),
    ])
}

fn field(field: &FieldDef) -> Json {
    map([
        ("log_key", text(&field.key)),
        ("description", some(field.description.as_ref())),
        ("value_type", some(field.value_type.as_ref())),
        ("emoji_set_name", some(field.set.as_ref())),
        ("default_emoji_override_key", some(field.default_override_key.as_ref())),
    ])
}

fn set(set: &EmojiSet) -> Json {
    let emojis = set.emojis.iter().map(|(key, emoji)| (key.clone(), text(emoji)));
    map([
        ("name", text(&set.name)),
        ("emojis", Json::Map(emojis.collect())),
        ("default_emoji_key", text(&set.default_key)),
    ])
}

fn map<const N: usize>(entries: [(&str, Json); N]) -> Json {
    Json::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

fn list<T>(items: &[T], item: impl Fn(&T) -> Json) -> Json {
    Json::List(items.iter().map(item).collect())
}

fn text(text: &str) -> Json {
    Json::Str(text.to_owned())
}

fn some(value: Option<&String>) -> Json {
    value.map_or(Json::Null, |value| text(value))
}

fn upper(level: &LevelFilter) -> Json {
    Json::Str(level.to_string().to_uppercase())
}
