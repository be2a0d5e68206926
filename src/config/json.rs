//! Layers and sets of emoji from JSON. What is wrong with an item is said twice: in our words, and in those of the library
//! whose variables these are.

#[cfg(feature = "config")]
pub(super) use parsed::{layers, sets};

/// What is wrong with an item that is left out.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) item: String,
    pub(super) remedy: String,
    /// Nothing where the other library says nothing.
    pub(super) compat: Option<String>,
}

/// The items that can be used, and what is wrong with the others; or that it is no JSON at all.
pub(super) type Items<T> = Result<(Vec<T>, Vec<Problem>), ()>;

#[cfg(not(feature = "config"))]
pub(super) fn layers(text: &str) -> Items<crate::emoji::Layer> {
    unread(text)
}

#[cfg(not(feature = "config"))]
pub(super) fn sets(text: &str) -> Items<crate::emoji::EmojiSet> {
    unread(text)
}

/// Without a parser only nothing can be read.
#[cfg(not(feature = "config"))]
fn unread<T>(text: &str) -> Items<T> {
    let remedy = "left out; reading it needs the feature `config` of ripsaw".to_owned();
    let problem = Problem { item: text.to_owned(), remedy, compat: None };
    Ok((Vec::new(), if text.trim() == "[]" { Vec::new() } else { vec![problem] }))
}

#[cfg(feature = "config")]
mod parsed {
    use super::{Items, Problem};
    use crate::emoji::{EmojiSet, FieldDef, Layer};
    use serde_json::{Map, Value};

    /// In our words, and in the other library's.
    struct Wrong(String, String);

    type Read<T> = Result<T, Wrong>;

    fn wrong<T>(ours: impl Into<String>, theirs: impl Into<String>) -> Read<T> {
        Err(Wrong(ours.into(), theirs.into()))
    }

    pub(in crate::config) fn layers(text: &str) -> Items<Layer> {
        items(text, "a custom layer", layer)
    }

    pub(in crate::config) fn sets(text: &str) -> Items<EmojiSet> {
        items(text, "an emoji set", set)
    }

    fn items<T>(text: &str, what: &str, read: fn(&Map<String, Value>) -> Read<T>) -> Items<T> {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        let mut leave_out = |item: &Value, remedy: String, compat: Option<String>| {
            problems.push(Problem { item: item.to_string(), remedy, compat });
        };
        match serde_json::from_str(text).map_err(drop)? {
            Value::Array(items) => {
                for item in &items {
                    let Value::Object(map) = item else {
                        leave_out(item, "left out; an object is needed".to_owned(), None);
                        continue;
                    };
                    match read(map) {
                        Ok(item) => found.push(item),
                        Err(Wrong(ours, theirs)) => {
                            let compat =
                                format!("Error parsing data for {what}: {theirs}. Skipping item.");
                            leave_out(item, format!("left out; {ours}"), Some(compat));
                        }
                    }
                }
            }
            other => leave_out(&other, "left out; an array of objects is needed".to_owned(), None),
        }
        Ok((found, problems))
    }

    fn layer(map: &Map<String, Value>) -> Read<Layer> {
        let name = text(map, "name")?.unwrap_or_else(|| "unnamed_custom_layer".to_owned());
        let mut layer = Layer::new(name).priority(priority(map.get("priority"))?);
        layer.description = text(map, "description")?;
        for item in objects(map, "emoji_sets")? {
            layer = layer.set(set(item)?);
        }
        for item in objects(map, "field_definitions")? {
            layer = layer.field(field(item)?);
        }
        Ok(layer)
    }

    fn set(map: &Map<String, Value>) -> Read<EmojiSet> {
        known(map, "CustomDasEmojiSet", &["name", "emojis", "default_emoji_key"])?;
        let mut set = EmojiSet::new(required(map, "CustomDasEmojiSet", "name")?);
        match map.get("emojis") {
            None => {}
            Some(Value::Object(emojis)) => {
                for (key, emoji) in emojis {
                    set = set.with(key, shown(emoji));
                }
            }
            Some(other) => return wrong("`emojis` must be an object", not_a_mapping(other)),
        }
        match text(map, "default_emoji_key")? {
            Some(key) => Ok(set.default_key(key)),
            None => Ok(set),
        }
    }

    fn field(map: &Map<String, Value>) -> Read<FieldDef> {
        const KEYS: [&str; 5] = [
            "log_key",
            "description",
            "value_type",
            "emoji_set_name",
            "default_emoji_override_key",
        ];
        known(map, "SemanticFieldDefinition", &KEYS)?;
        let mut field = FieldDef::new(required(map, "SemanticFieldDefinition", "log_key")?);
        field.description = text(map, "description")?;
        field.value_type = text(map, "value_type")?;
        field.set = text(map, "emoji_set_name")?;
        field.default_override_key = text(map, "default_emoji_override_key")?;
        Ok(field)
    }

    fn known(map: &Map<String, Value>, class: &str, keys: &[&str]) -> Read<()> {
        match map.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => wrong(
                format!("`{key}` is unknown; use {}", keys.join(", ")),
                format!("{class}.__init__() got an unexpected keyword argument '{key}'"),
            ),
        }
    }

    fn required(map: &Map<String, Value>, class: &str, key: &str) -> Read<String> {
        match text(map, key)? {
            Some(text) => Ok(text),
            None => wrong(
                format!("`{key}` is missing"),
                format!("{class}.__init__() missing 1 required positional argument: '{key}'"),
            ),
        }
    }

    /// A text, or nothing for null and for what is not there.
    fn text(map: &Map<String, Value>, key: &str) -> Read<Option<String>> {
        Ok(map.get(key).filter(|value| !value.is_null()).map(shown))
    }

    fn shown(value: &Value) -> String {
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    fn objects<'m>(
        map: &'m Map<String, Value>,
        key: &str,
    ) -> Read<impl Iterator<Item = &'m Map<String, Value>> + use<'m>> {
        let items: &[Value] = match map.get(key) {
            None => &[],
            Some(Value::Array(items)) => items,
            // Texts and objects have items there too, which are no objects and hence left out.
            Some(Value::String(_) | Value::Object(_)) => &[],
            Some(other) => {
                let theirs = format!("'{}' object is not iterable", class_of(other));
                return wrong(format!("`{key}` must be an array"), theirs);
            }
        };
        Ok(items.iter().filter_map(Value::as_object))
    }

    fn priority(value: Option<&Value>) -> Read<i32> {
        let number = match value {
            None => Some(0),
            Some(Value::Bool(yes)) => Some(i64::from(*yes)),
            Some(Value::Number(number)) => {
                number.as_i64().or_else(|| number.as_f64().map(|number| number as i64))
            }
            Some(Value::String(text)) => match text.trim().parse() {
                Ok(number) => Some(number),
                Err(_) => {
                    let theirs = format!("invalid literal for int() with base 10: '{text}'");
                    return wrong("`priority` must be a whole number", theirs);
                }
            },
            Some(_) => None,
        };
        number.and_then(|number| i32::try_from(number).ok()).map_or_else(
            || {
                let class = class_of(value.unwrap_or(&Value::Null));
                wrong(
                    "`priority` must be a whole number",
                    format!(
                        "int() argument must be a string, a bytes-like object or a real number, not '{class}'"
                    ),
                )
            },
            Ok,
        )
    }

    /// What Python says of a value of which it should make a dictionary.
    fn not_a_mapping(value: &Value) -> String {
        let first_has = |length: usize| {
            format!("dictionary update sequence element #0 has length {length}; 2 is required")
        };
        match value {
            Value::Array(items) => match items.first() {
                Some(Value::Array(pair)) => first_has(pair.len()),
                Some(Value::String(text)) => first_has(text.chars().count()),
                _ => {
                    "cannot convert dictionary update sequence element #0 to a sequence".to_owned()
                }
            },
            Value::String(_) => first_has(1),
            other => format!("'{}' object is not iterable", class_of(other)),
        }
    }

    fn class_of(value: &Value) -> &'static str {
        match value {
            Value::Null => "NoneType",
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "int",
            Value::String(_) => "str",
            Value::Array(_) => "list",
            Value::Object(_) => "dict",
        }
    }
}
