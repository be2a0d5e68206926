//! A record that nobody has logged, for questions.

use super::filter::Needs;
use crate::codec::{OwnedRecord, Record, Value};
use crate::format::message_text;
use crate::meta::Level;
use crate::process::Tools;

/// A record that might be logged, for [`Document::explain_record`](super::Document::explain_record).
///
/// What is not said of it is not known: conditions on it stay open. With one field all fields are known.
///
/// ```
/// use ripsaw::{Level, Supposed};
/// let record = Supposed::new("shop::cart", Level::Info).message("paid").field("amount", 12.5);
/// # let _ = record;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it is for `Document::explain_record`"]
pub struct Supposed {
    pub(super) target: String,
    pub(super) level: Level,
    message: Option<String>,
    fields: Vec<(String, Value)>,
}

impl Supposed {
    /// A record of this target (its logger's name, if it has one) and level.
    pub fn new(target: impl Into<String>, level: Level) -> Supposed {
        Supposed { target: target.into(), level, message: None, fields: Vec::new() }
    }
    /// Its message, as it is written.
    pub fn message(mut self, message: impl Into<String>) -> Supposed {
        self.message = Some(message.into());
        self
    }
    /// One of its fields.
    pub fn field(mut self, key: impl Into<String>, value: impl Into<Value>) -> Supposed {
        self.fields.push((key.into(), value.into()));
        self
    }

    /// Calls `ask` with what is known.
    pub(super) fn with<T>(&self, mut answer: T, ask: impl Fn(&Facts<'_, '_>) -> T) -> T {
        let fields: Vec<(&str, Value)> =
            self.fields.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        let message = self.message.as_deref().unwrap_or("");
        let record = OwnedRecord::made(self.level, &self.target, message, &fields, 0);
        let tools = Tools::new(message_text);
        record.with(&mut |record| {
            let facts = Facts {
                record,
                tools: &tools,
                message: self.message.is_some(),
                fields: !self.fields.is_empty(),
            };
            answer = ask(&facts);
        });
        answer
    }
}

/// A supposed record, and which of its parts are known.
pub(super) struct Facts<'r, 'a> {
    pub(super) record: &'r Record<'a>,
    pub(super) tools: &'r Tools,
    message: bool,
    fields: bool,
}

impl Facts<'_, '_> {
    pub(super) fn knows(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Message => self.message,
            Needs::Fields => self.fields,
            Needs::Thread => false,
        }
    }
}
