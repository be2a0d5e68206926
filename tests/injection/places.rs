//! Every code point in every place.

use crate::reading::{json, pairs, plain, word};
use crate::{Engine, Kind};
use ripsaw::{Event, Level, Logger, Value, info};
use serde_json::Value as Parsed;
use std::fmt;

/// Code points of a text. They are more than a column of `key_value` is wide.
const PACKED: usize = 256;

/// All code points, packed into texts.
pub(crate) fn texts() -> impl Iterator<Item = String> {
    let mut all = ('\0'..=char::MAX).peekable();
    std::iter::from_fn(move || {
        all.peek()?;
        Some(all.by_ref().take(PACKED).collect())
    })
}

#[derive(Debug)]
struct Failure<'a>(&'a str);

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failure<'_> {}

/// A line that should be.
struct Expected {
    thread: String,
    target: String,
    message: String,
    /// Keys with the text of their values, or values that are nested and shown as JSON.
    fields: Vec<(String, Shown)>,
}

enum Shown {
    Text(String),
    Nested(Parsed, String),
}

impl Expected {
    /// The line, from what the format promises.
    fn line(&self, kind: Kind) -> String {
        let Expected { thread, target, message, fields } = self;
        let mut line = match kind {
            Kind::Text => {
                format!("INFO     [{}] {}: {}", plain(thread), plain(target), plain(message))
            }
            Kind::KeyValue => format!("[info     ] {} [{}]", plain(message), plain(target)),
            Kind::Json => format!(
                "{{\"level\":\"info\",\"logger\":{},\"event\":{},\"thread\":{}",
                json(target),
                json(message),
                json(thread)
            ),
        };
        for (key, value) in fields {
            line += &match (kind, value) {
                (Kind::Json, Shown::Text(text)) => format!(",{}:{}", json(key), json(text)),
                (Kind::Json, Shown::Nested(_, text)) => format!(",{}:{text}", json(key)),
                (_, Shown::Text(text) | Shown::Nested(_, text)) => {
                    format!(" {}={}", word(key), word(text))
                }
            };
        }
        if kind == Kind::Json {
            line.push('}');
        }
        line
    }

    /// The line is as expected, and a reader finds what was logged.
    #[track_caller]
    fn check(&self, kind: Kind, line: &str) {
        let expected = self.line(kind);
        assert_eq!(line, expected);
        if kind == Kind::Json {
            let parsed: Parsed = serde_json::from_str(line).expect("an object");
            let text = |key: &str| parsed[key].as_str().expect("a text");
            assert_eq!(text("logger"), self.target);
            assert_eq!(text("event"), self.message);
            assert_eq!(text("thread"), self.thread);
            for (key, value) in &self.fields {
                match value {
                    Shown::Text(value) => assert_eq!(text(key), value),
                    Shown::Nested(value, _) => assert_eq!(&parsed[key.as_str()], value),
                }
            }
            assert_eq!(parsed.as_object().expect("an object").len(), 4 + self.fields.len());
            return;
        }
        let without = Expected {
            thread: self.thread.clone(),
            target: self.target.clone(),
            message: self.message.clone(),
            fields: Vec::new(),
        };
        let Some(fields) = line[without.line(kind).len()..].strip_prefix(' ') else {
            return assert!(self.fields.is_empty());
        };
        let read = pairs(fields);
        assert_eq!(read.len(), self.fields.len());
        for ((key, value), (read_key, read_value)) in self.fields.iter().zip(&read) {
            assert_eq!(key, read_key);
            match value {
                Shown::Text(value) => assert_eq!(value, read_value),
                Shown::Nested(value, _) => {
                    assert_eq!(value, &serde_json::from_str::<Parsed>(read_value).expect("JSON"));
                }
            }
        }
    }
}

fn text(key: impl Into<String>, value: impl Into<String>) -> (String, Shown) {
    (key.into(), Shown::Text(value.into()))
}

fn events(engine: &Engine, kind: Kind, all: &str) {
    let thread = std::thread::current().name().expect("tests have names").to_owned();
    let logger = Logger::new(all).with(&format!("b{all}"), all.to_owned());
    let nested = Value::from([(all.to_owned(), Value::from(vec![all.to_owned()]))]);
    let key = format!("f{all}");
    let lines = engine.lines(2, || {
        let event = logger.event(Level::Info, all).field(&key, all.to_owned());
        event.field("nested", nested).emit();
        Event::new(Level::Info, "m").target(all).field("k", all.to_owned()).emit();
    });
    let in_nested = format!("{{{}:[{}]}}", json(all), json(all));
    let value = serde_json::json!({ all: [all] });
    let fields = vec![
        text(format!("b{all}"), all),
        text(key, all),
        ("nested".to_owned(), Shown::Nested(value, in_nested)),
    ];
    let (target, message) = (all.to_owned(), all.to_owned());
    Expected { thread: thread.clone(), target, message, fields }.check(kind, &lines[0]);
    // Where the message is short, the column is filled.
    let message = if kind == Kind::KeyValue { format!("{:30}", "m") } else { "m".to_owned() };
    let (target, fields) = (all.to_owned(), vec![text("k", all)]);
    Expected { thread, target, message, fields }.check(kind, &lines[1]);
}

fn statements(engine: &Engine, kind: Kind, all: &str) {
    // The system takes no thread's name with a zero in it.
    let name = all.replace('\0', "");
    let handle = engine.handle();
    let lines = engine.lines(1, || {
        let failure = Failure(all);
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name(name.clone());
            let logs = move || {
                let _attached = handle.attach();
                let owned = all.to_owned();
                info!(
                    typed = all, owned, shown = %all, spelled = ?all, cause: err = &failure,
                    "{} {all} {all:?}", all
                );
            };
            thread.spawn_scoped(scope, logs).expect("a thread").join().expect("it ends well");
        });
    });
    let fields = vec![
        text("typed", all),
        text("owned", all),
        text("shown", all),
        text("spelled", format!("{all:?}")),
        text("cause", all),
    ];
    let (target, message) = (module_path!().to_owned(), format!("{all} {all} {all:?}"));
    Expected { thread: name, target, message, fields }.check(kind, &lines[0]);
}

fn every_code_point(kind: Kind) {
    let engine = Engine::of(kind);
    let mut count = 0;
    for all in texts() {
        events(&engine, kind, &all);
        statements(&engine, kind, &all);
        count += all.chars().count();
    }
    assert_eq!(count, 0x11_0000 - 0x800, "all but the surrogates");
}

#[test]
fn every_code_point_as_text() {
    every_code_point(Kind::Text);
}

#[test]
fn every_code_point_as_key_value() {
    every_code_point(Kind::KeyValue);
}

#[test]
fn every_code_point_as_json() {
    every_code_point(Kind::Json);
}

/// Alone, at the beginning and at the end, and as a character: where the first and the last byte of a text are looked at.
#[test]
fn special_characters_alone() {
    let alone = ('\0'..'\u{3000}').chain(['\u{FEFF}', '\u{FFFD}', '\u{10FFFF}', '🛎']);
    for kind in crate::KINDS {
        let engine = Engine::of(kind);
        let thread = std::thread::current().name().expect("tests have names").to_owned();
        for c in alone.clone() {
            let (text_of, before, behind) = (c.to_string(), format!("{c}a"), format!("a{c}"));
            let lines = engine.lines(1, || {
                info!(c, alone = text_of, before, behind, "this is a message of some length {c}");
            });
            let fields =
                [("c", &text_of), ("alone", &text_of), ("before", &before), ("behind", &behind)];
            let fields = fields.map(|(key, value)| text(key, value)).into();
            let (target, message) =
                (module_path!().to_owned(), format!("this is a message of some length {c}"));
            Expected { thread: thread.clone(), target, message, fields }.check(kind, &lines[0]);
        }
    }
}
