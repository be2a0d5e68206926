//! What Vault answers, read without leaving copies.

use crate::secret::Secret;
use serde_json::{Map, Value};
use std::fmt;
use zeroize::Zeroize as _;

/// The secrets at one path, by key. Its `Debug` shows the keys.
#[derive(Clone)]
pub struct Secrets {
    entries: Vec<(String, Secret<String>)>,
    version: Option<u64>,
}

impl Secrets {
    /// The secret of this key. One that is no text is as it stands in JSON.
    pub fn get(&self, key: &str) -> Option<&Secret<String>> {
        self.entries.iter().find(|(known, _)| known == key).map(|(_, secret)| secret)
    }

    /// The keys, in the server's order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// Which version they are, of an engine of version 2.
    pub fn version(&self) -> Option<u64> {
        self.version
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        map.entries(self.entries.iter().map(|(key, secret)| (key, secret))).finish()
    }
}

/// Where the entries stand in an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// In `data`.
    Flat,
    /// In `data.data`, beside `data.metadata`.
    Versioned,
}

/// A parsed answer, whose texts are overwritten when it is dropped.
pub(super) struct Wiped(Value);

impl Wiped {
    /// What the parser says has places, and nothing of the text.
    pub(super) fn parse(body: &[u8]) -> Result<Wiped, String> {
        serde_json::from_slice(body).map(Wiped).map_err(|error| format!("it is no JSON: {error}"))
    }

    pub(super) fn into_secrets(mut self, shape: Shape) -> Result<Secrets, String> {
        let data = self.0.get_mut("data").filter(|data| data.is_object());
        let data = data.ok_or("it has no object `data`")?;
        let version = data.pointer("/metadata/version").and_then(Value::as_u64);
        let entries = match shape {
            Shape::Flat => Some(data),
            Shape::Versioned => data.get_mut("data"),
        };
        let entries = entries.and_then(Value::as_object_mut).map(std::mem::take);
        let entries = entries.ok_or("it has no object `data.data`; is the engine of version 1?")?;
        let secret = |(key, value): (String, Value)| {
            let text = match value {
                Value::String(text) => text,
                other => {
                    let other = Wiped(other);
                    other.0.to_string()
                }
            };
            (key, Secret::new(text))
        };
        let version = version.filter(|_| matches!(shape, Shape::Versioned));
        Ok(Secrets { entries: entries.into_iter().map(secret).collect(), version })
    }

    /// What the server says of an error: in lists, as Vault does, or in a text, as others do that speak its language.
    pub(super) fn said(&self) -> String {
        if let Some(said) = self.0.get("error").and_then(Value::as_str) {
            return said.to_owned();
        }
        let lists =
            ["errors", "warnings"].into_iter().filter_map(|key| self.0.get(key)?.as_array());
        let texts: Vec<&str> = lists.flatten().filter_map(Value::as_str).collect();
        texts.join("; ")
    }

    /// The version, if there are no secrets because they were deleted or destroyed.
    pub(super) fn deleted(&self) -> Option<u64> {
        let metadata = self.0.pointer("/data/metadata")?;
        let deleted = metadata.get("deletion_time").and_then(Value::as_str);
        let destroyed = metadata.get("destroyed").and_then(Value::as_bool);
        let is_gone = deleted.is_some_and(|time| !time.is_empty()) || destroyed == Some(true);
        metadata.get("version").and_then(Value::as_u64).filter(|_| is_gone)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// As deep as the parser goes, which is 128 levels.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(entries) => wipe_entries(entries),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn wipe_entries(entries: &mut Map<String, Value>) {
    entries.values_mut().for_each(wipe);
}
