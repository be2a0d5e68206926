//! Events out of what other loggers and Ripsaw print, in one form.

use super::BEFORE;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What was logged.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Event {
    /// In lower case; `warning`, as Ripsaw calls it.
    pub(super) level: String,
    /// The same before and after, though the programs' names differ.
    pub(super) target: String,
    pub(super) message: String,
    /// The event's and those of its spans; of two of the same name the inner one's.
    pub(super) fields: BTreeMap<String, Value>,
    /// The names of its spans, the outermost first.
    pub(super) spans: Vec<String>,
}

impl Event {
    fn new(level: &str, target: &str, message: &str) -> Event {
        let level = match level.to_lowercase() {
            level if level == "warn" => "warning".to_owned(),
            level => level,
        };
        let message = message.to_owned();
        let target = target.strip_suffix(BEFORE).unwrap_or(target).to_owned();
        Event { level, target, message, fields: BTreeMap::new(), spans: Vec::new() }
    }
}

/// What `env_logger` prints: `[WARN  db] no answer attempt=0`. Message and fields are one text.
pub(super) fn env_logger(text: &str) -> Result<Vec<Event>, String> {
    each(text, |line| {
        let (head, said) = line.strip_prefix('[')?.split_once("] ")?;
        let (level, target) = head.split_once(' ')?;
        Some(Event::new(level, target.trim_start(), said))
    })
}

/// What Ripsaw's text format prints: `2026-11-20T12:00:00.123456Z WARNING  db: no answer attempt=0`.
pub(super) fn text(text: &str) -> Result<Vec<Event>, String> {
    each(text, |line| {
        let (_, rest) = line.split_once(' ')?;
        let (level, rest) = rest.split_once(' ')?;
        let (target, said) = rest.trim_start().split_once(": ")?;
        Some(Event::new(level, target, said))
    })
}

/// What `tracing_subscriber::fmt().json()` prints. What `tower_http` calls the method and the path of a request is renamed,
/// and its version left out; the name of its span is none that a program gave.
pub(super) fn fmt_json(text: &str) -> Result<Vec<Event>, String> {
    each(text, |line| {
        let record: Value = serde_json::from_str(line).ok()?;
        let said = record["fields"].as_object()?;
        let target = record["target"].as_str()?;
        let mut event = Event::new(record["level"].as_str()?, target, said["message"].as_str()?);
        for span in record["spans"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let mut fields = span.as_object()?.clone();
            let name = fields.remove("name")?.as_str()?.to_owned();
            match (fields.remove("uri"), fields.remove("method")) {
                (Some(uri), Some(method)) => {
                    fields.remove("version");
                    event.fields.extend([("request_path".into(), uri)]);
                    event.fields.extend([("request_method".into(), method)]);
                }
                (None, None) => event.spans.push(name),
                _ => return None,
            }
            event.fields.extend(fields);
        }
        let own = said.iter().filter(|(key, _)| *key != "message");
        event.fields.extend(own.map(|(key, value)| (key.clone(), value.clone())));
        Some(event)
    })
}

/// What Ripsaw's JSON format prints.
pub(super) fn json(text: &str) -> Result<Vec<Event>, String> {
    each(text, |line| {
        let mut record: Map<String, Value> = serde_json::from_str(line).ok()?;
        record.remove("timestamp");
        let mut part = |key| record.remove(key)?.as_str().map(str::to_owned);
        let (level, target) = (part("level")?, part("logger")?);
        let mut event = Event::new(&level, &target, &part("event")?);
        if let Some(spans) = record.remove("spans") {
            let names = spans.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
            event.spans = names.collect::<Option<_>>()?;
        }
        event.fields = record.into_iter().collect();
        Some(event)
    })
}

fn each(text: &str, read: impl Fn(&str) -> Option<Event>) -> Result<Vec<Event>, String> {
    text.lines().map(|line| read(line).ok_or_else(|| format!("not understood: {line}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_text_are_the_same() {
        let before = "[INFO  a_before] up\n[WARN  db] no answer code=110\n";
        let after = "2026-11-28T08:06:45.765460Z INFO     a: up\n\
                     2026-11-28T08:06:45.765478Z WARNING  db: no answer code=110\n";
        assert_eq!(env_logger(before), text(after));
        assert_eq!(env_logger(before).unwrap()[1].level, "warning");
        assert!(env_logger("INFO up").unwrap_err().contains("INFO up"));
        assert!(text("once upon a time").is_err());
    }

    #[test]
    fn spans_are_folded() {
        let before = r#"{"timestamp":"t","level":"INFO","fields":{"message":"m","x":2},"target":"a_before",
            "span":{"x":1,"name":"i"},"spans":[{"x":0,"y":0,"name":"o"},{"x":1,"name":"i"}]}"#;
        let after = r#"{"timestamp":"t","level":"info","logger":"a","event":"m","y":0,"spans":["o","i"],"x":2}"#;
        assert_eq!(fmt_json(&before.replace('\n', "")), json(after));
        assert_ne!(json(after), json(&after.replace(":2", ":3")));
        assert!(json("{}").is_err() && fmt_json(after).is_err());
    }

    #[test]
    fn requests_have_one_vocabulary() {
        let before = r#"{"level":"INFO","fields":{"message":"m"},"target":"a","spans":[{"method":"GET","uri":"/x","version":"HTTP/1.1","name":"request"}]}"#;
        let after = r#"{"level":"info","logger":"a","event":"m","request_path":"/x","request_method":"GET"}"#;
        assert_eq!(fmt_json(before), json(after));
    }
}
