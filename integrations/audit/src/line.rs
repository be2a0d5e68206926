//! One line: an event, the hash of the line before it, and its own.

use crate::error::Flaw;
use crate::python::{Json, map};
use crate::read;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The keys of a line, in their order.
const KEYS: [&str; 6] = ["timestamp", "action", "user", "details", "previous_hash", "hash"];

/// A line that was read, and is in the form in which lines are written.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) previous_hash: String,
    pub(crate) hash: String,
    /// What the hash is of.
    pub(crate) canonical: String,
}

/// A new line without its end, and its hash.
pub(crate) fn made(
    timestamp: &str,
    action: &str,
    user: &str,
    details: Json,
    previous_hash: &str,
) -> (String, String) {
    let text = |text: &str| Json::Str(text.to_owned());
    let values = [text(timestamp), text(action), text(user), details, text(previous_hash)];
    let event = map(KEYS.into_iter().zip(values));
    let hash = sha256(&event.text(true));
    let Json::Map(mut entries) = event else { unreachable!("`map` makes maps") };
    entries.push((KEYS[5].to_owned(), text(&hash)));
    (Json::Map(entries).text(false), hash)
}

impl Line {
    /// Reads a line without its end. Its hash is not looked at.
    pub(crate) fn read(text: &str) -> Result<Line, Flaw> {
        let json = read::json(text).ok_or(Flaw::Form)?;
        // Other spaces, other escapes, other spellings: a line has one form, so that no byte of it can be changed.
        if json.text(false) != text {
            return Err(Flaw::Form);
        }
        let Json::Map(mut entries) = json else { return Err(Flaw::Form) };
        if !entries.iter().map(|(key, _)| key.as_str()).eq(KEYS) {
            return Err(Flaw::Form);
        }
        let hash = entries.pop().and_then(|(_, hash)| hash.str().map(str::to_owned));
        let previous = entries.last().and_then(|(_, hash)| hash.str().map(str::to_owned));
        Ok(Line {
            previous_hash: previous.ok_or(Flaw::Form)?,
            hash: hash.ok_or(Flaw::Form)?,
            canonical: Json::Map(entries).text(true),
        })
    }

    /// Whether the hash is that of the text.
    pub(crate) fn is_whole(&self) -> bool {
        self.hash == sha256(&self.canonical)
    }
}

fn sha256(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
