//! What the formats make of records: the shapes of JSON, the bytes of structlog, lines for terminals, patterns.

mod dates;
mod hostile;
mod json;
mod key_value;
mod pattern;
mod presets;
mod pretty;
#[path = "../formats/support.rs"]
#[allow(dead_code, reason = "shared with the tests of exact bytes")]
mod support;

use ripsaw::format::Format;
use ripsaw::sink::Memory;
use serde_json::Value as Parsed;
use std::time::Duration;

/// What a local engine with this format writes of what `log` logs.
fn logged(format: impl Format + 'static, log: impl FnOnce()) -> String {
    let memory = Memory::new();
    let route = ripsaw::Route::new(memory.clone()).format(format);
    let guard = ripsaw::builder().level(ripsaw::Level::Trace).route(route).start_local().unwrap();
    let attached = guard.attach();
    log();
    guard.handle().flush(Duration::from_secs(10)).unwrap();
    drop(attached);
    memory.text()
}

/// The same, read as JSON, one object a line.
fn objects(format: impl Format + 'static, log: impl FnOnce()) -> Vec<Parsed> {
    let text = logged(format, log);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The keys of a line of JSON in order, without those of inner objects.
fn keys(line: &str) -> Vec<String> {
    let (mut depth, mut keys, mut rest) = (0, Vec::new(), line.trim_end());
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let text = texts.next().unwrap().unwrap();
            rest = &rest[texts.byte_offset()..];
            if depth == 1 && rest.starts_with(':') {
                keys.push(text);
            }
            continue;
        }
        depth += match c {
            '{' | '[' => 1,
            '}' | ']' => -1,
            _ => 0,
        };
        rest = &rest[c.len_utf8()..];
    }
    keys
}
