//! Small changes of fields.

use super::{Draft, Flow, Processor};
use crate::codec::{Value, ValueRef};
use bumpalo::Bump;
use std::borrow::Cow;

/// Adds a field to every record (spec \[59\]); one that has it already keeps its own.
///
/// ```
/// # use ripsaw::process::AddField;
/// let builder = ripsaw::builder().processor(AddField::new("region", "eu"));
/// # let _ = builder;
/// ```
#[derive(Clone, Debug)]
pub struct AddField {
    key: Cow<'static, str>,
    value: Value,
}

impl AddField {
    /// The field.
    pub fn new(key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> AddField {
        AddField { key: key.into(), value: value.into() }
    }
}

impl Processor for AddField {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        if draft.get(&self.key).is_none() {
            draft.set_value(&self.key, &self.value);
        }
        Flow::Keep
    }
}

/// Removes fields by their keys.
///
/// ```
/// # use ripsaw::process::DropFields;
/// let builder = ripsaw::builder().processor(DropFields::new(["debug_info", "raw"]));
/// # let _ = builder;
/// ```
#[derive(Clone, Debug)]
pub struct DropFields {
    keys: Vec<String>,
}

impl DropFields {
    /// The keys.
    pub fn new<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> DropFields {
        DropFields { keys: keys.into_iter().map(Into::into).collect() }
    }
}

impl Processor for DropFields {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        for key in &self.keys {
            draft.remove(key);
        }
        Flow::Keep
    }
}

/// Gives a field another key. A field that had it before is removed.
///
/// ```
/// # use ripsaw::process::Rename;
/// let builder = ripsaw::builder().processor(Rename::new("msg", "detail"));
/// # let _ = builder;
/// ```
#[derive(Clone, Debug)]
pub struct Rename {
    from: String,
    to: String,
}

impl Rename {
    /// The old key, and the new one.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Rename {
        Rename { from: from.into(), to: to.into() }
    }
}

impl Processor for Rename {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        draft.rename(&self.from, &self.to);
        Flow::Keep
    }
}

/// Cuts the texts of fields, and the message, that are longer than so many characters; a `…` stands for the rest. Texts in
/// lists and maps stay as they are.
///
/// ```
/// # use ripsaw::process::Truncate;
/// let builder = ripsaw::builder().processor(Truncate::new(200));
/// # let _ = builder;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Truncate {
    characters: usize,
}

impl Truncate {
    /// The most characters, without the `…`.
    pub const fn new(characters: usize) -> Truncate {
        Truncate { characters }
    }

    fn cut<'b>(&self, text: &str, bump: &'b Bump) -> Option<&'b str> {
        // There are no more characters than bytes.
        if text.len() <= self.characters {
            return None;
        }
        let (end, _) = text.char_indices().nth(self.characters)?;
        let mut kept = bumpalo::collections::String::from_str_in(text.get(..end)?, bump);
        kept.push('…');
        Some(kept.into_bump_str())
    }
}

impl Processor for Truncate {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        let bump = draft.bump();
        let mut long = bumpalo::collections::Vec::new_in(bump);
        // By their places: a key may come twice.
        for (at, (_, value)) in draft.fields().enumerate() {
            if let ValueRef::Str(text) | ValueRef::Text(text) | ValueRef::Debug(text) = value
                && let Some(cut) = self.cut(text, bump)
            {
                long.push((at, cut));
            }
        }
        for (at, text) in long {
            if let Some(field) = draft.each_field().get_mut(at) {
                field.1 = ValueRef::Text(text);
            }
        }
        if let Some(cut) = self.cut(draft.message(), bump) {
            draft.set_message(cut);
        }
        Flow::Keep
    }
}
