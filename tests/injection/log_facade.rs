//! The places that only the `log` facade fills: module and file, beside target, message and keys.

#![cfg(feature = "log")]

use crate::reading::{assert_safe, json, pairs, plain, word};
use ripsaw::Route;
use ripsaw::format::{Json, Text};
use ripsaw::sink::Memory;
use serde_json::Value as Parsed;
use std::time::Duration;

/// Forbidden characters, and letters around them.
fn texts() -> impl Iterator<Item = String> {
    ('\0'..'\u{2100}').chain(['\u{FEFF}', '🛎']).map(|c| format!("a{c}b"))
}

/// The only test here that uses the global engine.
#[test]
fn records_of_the_log_facade() {
    let (text, object) = (Memory::new(), Memory::new());
    let builder = ripsaw::builder()
        .route(Route::new(text.clone()).format(Text::new().timestamp(false).location(true)))
        .route(Route::new(object.clone()).format(Json::new().timestamp(false).location(true)));
    let guard = builder.start().expect("the engine starts");
    for all in texts() {
        let kv = [(all.as_str(), all.as_str())];
        let mut record = log::Record::builder();
        record
            .level(log::Level::Info)
            .target(&all)
            .module_path(Some(&all))
            .file(Some(&all))
            .line(Some(7))
            .key_values(&kv);
        log::logger().log(&record.args(format_args!("{all}")).build());
    }
    guard.handle().flush(Duration::from_secs(30)).expect("the flush is served");
    let (text, object) = (text.text(), object.text());
    assert_eq!(text.split_terminator('\n').count(), texts().count());
    for (line, all) in text.split_terminator('\n').zip(texts()) {
        assert_safe(line);
        let shown = plain(&all);
        let head = format!("INFO     {shown}: {shown}:7: {shown} ");
        assert_eq!(line, format!("{head}{}={}", word(&all), word(&all)));
        assert_eq!(pairs(&line[head.len()..]), [(all.clone(), all)]);
    }
    for (line, all) in object.split_terminator('\n').zip(texts()) {
        assert_safe(line);
        let parsed: Parsed = serde_json::from_str(line).expect("an object");
        let read = ["logger", "event", "file", &all].map(|key| parsed[key].as_str());
        assert_eq!(read, [Some(all.as_str()); 4]);
        assert!(line.ends_with(&format!(",{}:{}}}", json(&all), json(&all))), "{line}");
    }
    assert_eq!(object.split_terminator('\n').count(), texts().count());
}
