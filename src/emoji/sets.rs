//! Sets, fields and layers as plain data.

use super::tables::{self, Builtin, Set};
use crate::error::ConfigError;

/// Emoji by value, with a default: one vocabulary, as that of outcomes.
///
/// Values are compared in lower case, so keys are to be written in lower case; white space counts. The emoji may be any
/// text.
///
/// ```
/// let set = ripsaw::emoji::EmojiSet::new("file_ops").with("read", "📖").with("default", "📁");
/// assert_eq!(set.get("read"), Some("📖"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmojiSet {
    /// By this name fields refer to it.
    pub name: String,
    /// Values and their emoji, in the order in which they were given.
    pub emojis: Vec<(String, String)>,
    /// The key of the emoji for all other values: `default` if nothing else is said. Without an entry of this key it is ❓.
    pub default_key: String,
}

impl EmojiSet {
    /// An empty set.
    pub fn new(name: impl Into<String>) -> EmojiSet {
        EmojiSet { name: name.into(), emojis: Vec::new(), default_key: "default".to_owned() }
    }
    /// One more value; one that is there already gets the new emoji.
    pub fn with(mut self, value: impl Into<String>, emoji: impl Into<String>) -> EmojiSet {
        let (value, emoji) = (value.into(), emoji.into());
        match self.emojis.iter_mut().find(|(key, _)| *key == value) {
            Some(entry) => entry.1 = emoji,
            None => self.emojis.push((value, emoji)),
        }
        self
    }
    /// Another key than `default` for the emoji of all other values.
    pub fn default_key(self, key: impl Into<String>) -> EmojiSet {
        EmojiSet { default_key: key.into(), ..self }
    }
    /// The emoji of exactly this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.emojis.iter().find(|(k, _)| k == key).map(|(_, emoji)| emoji.as_str())
    }

    pub(super) fn builtin((name, pairs): Set) -> EmojiSet {
        let emojis = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        EmojiSet { emojis, ..EmojiSet::new(name) }
    }
}

/// What a layer knows of a field: its meaning, and the set that marks its values.
///
/// ```
/// let field = ripsaw::emoji::FieldDef::new("file.operation").set("file_ops").value_type("string");
/// assert_eq!(field.set.as_deref(), Some("file_ops"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDef {
    /// The field's key in records.
    pub key: String,
    /// For the matrix only.
    pub description: Option<String>,
    /// For the matrix only.
    pub value_type: Option<String>,
    /// The set's name; without one the field has no emoji. One that does not exist gives `[❓]`.
    pub set: Option<String>,
    /// Instead of the set's own default key.
    pub default_override_key: Option<String>,
}

impl FieldDef {
    /// A field without a set.
    pub fn new(key: impl Into<String>) -> FieldDef {
        FieldDef {
            key: key.into(),
            description: None,
            value_type: None,
            set: None,
            default_override_key: None,
        }
    }
    /// The set that marks its values.
    pub fn set(self, name: impl Into<String>) -> FieldDef {
        FieldDef { set: Some(name.into()), ..self }
    }
    /// What it means, for the matrix.
    pub fn description(self, text: impl Into<String>) -> FieldDef {
        FieldDef { description: Some(text.into()), ..self }
    }
    /// Its type, for the matrix.
    pub fn value_type(self, name: impl Into<String>) -> FieldDef {
        FieldDef { value_type: Some(name.into()), ..self }
    }
    /// Another default key than the set's.
    pub fn default_override_key(self, key: impl Into<String>) -> FieldDef {
        FieldDef { default_override_key: Some(key.into()), ..self }
    }
}

/// Fields of one subject and the sets that they use: as HTTP, or databases.
///
/// ```
/// use ripsaw::emoji::{EmojiSet, FieldDef, Layer};
/// let layer = Layer::new("file_io")
///     .priority(50)
///     .set(EmojiSet::new("file_ops").with("read", "📖").with("default", "📁"))
///     .field(FieldDef::new("file.operation").set("file_ops"));
/// # let _ = layer;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its sets: each takes the place of one of the same name in a layer before it.
    pub sets: Vec<EmojiSet>,
    /// Its fields: each takes the place of one of the same key in a layer before it.
    pub fields: Vec<FieldDef>,
    /// Layers are gone through in ascending order, so the highest has the last word; of equal ones the one that was added
    /// last. Default 0.
    pub priority: i32,
}

impl Layer {
    /// An empty layer of priority 0.
    pub fn new(name: impl Into<String>) -> Layer {
        Layer {
            name: name.into(),
            description: None,
            sets: Vec::new(),
            fields: Vec::new(),
            priority: 0,
        }
    }
    /// Large language models: `llm.provider`, `llm.task`, `llm.model`, `llm.outcome`; priority 100.
    pub fn llm() -> Layer {
        Layer::builtin(&tables::LLM)
    }
    /// Databases: `db.system`, `db.operation`, `db.table`, `db.outcome`; priority 90.
    pub fn database() -> Layer {
        Layer::builtin(&tables::DATABASE)
    }
    /// HTTP: `http.method`, `http.target`, `http.status_class`; priority 80.
    pub fn http() -> Layer {
        Layer::builtin(&tables::HTTP)
    }
    /// Task queues: `task.system`, `task.status`; priority 70.
    pub fn task_queue() -> Layer {
        Layer::builtin(&tables::TASK_QUEUE)
    }
    /// The built-in layer of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn named(name: &str) -> Result<Layer, ConfigError> {
        match name {
            "llm" => Ok(Layer::llm()),
            "database" => Ok(Layer::database()),
            "http" => Ok(Layer::http()),
            "task_queue" => Ok(Layer::task_queue()),
            _ => Err(ConfigError::new(
                "emoji layer",
                name,
                "the layers are llm, database, http and task_queue",
            )),
        }
    }
    /// What it is about.
    pub fn description(self, text: impl Into<String>) -> Layer {
        Layer { description: Some(text.into()), ..self }
    }
    /// See [`Layer::priority`](#structfield.priority).
    pub fn priority(self, priority: i32) -> Layer {
        Layer { priority, ..self }
    }
    /// One more set.
    pub fn set(mut self, set: EmojiSet) -> Layer {
        self.sets.push(set);
        self
    }
    /// One more field.
    pub fn field(mut self, field: FieldDef) -> Layer {
        self.fields.push(field);
        self
    }

    fn builtin(layer: &Builtin) -> Layer {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let field = |&(key, value_type, set, default, description): &tables::Field| FieldDef {
            key: key.to_owned(),
            description: text(description),
            value_type: text(value_type),
            set: text(set),
            default_override_key: text(default),
        };
        Layer {
            name: layer.name.to_owned(),
            description: text(layer.description),
            sets: layer.sets.iter().copied().map(EmojiSet::builtin).collect(),
            fields: layer.fields.iter().map(field).collect(),
            priority: layer.priority,
        }
    }
}
