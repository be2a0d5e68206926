//! A statement's lines are worked out once; they must be those that are written part by part for a record that carries its
//! own metadata.

use crate::support::{Engine, WAIT};
use ripsaw::format::{Format, Json, KeyValue, Text};
use ripsaw::sink::Memory;
use ripsaw::{Level, Logger, Route, info, warn};

/// Every format with its options.
fn formats() -> Vec<Box<dyn Format>> {
    vec![
        Box::new(Text::new().timestamp(false)),
        Box::new(Text::new().timestamp(false).thread(true)),
        Box::new(KeyValue::new().timestamp(false)),
        Box::new(KeyValue::new().timestamp(false).logger(true)),
        Box::new(Json::new().timestamp(false)),
        Box::new(Json::new().timestamp(false).thread(true)),
    ]
}

/// Logs by `log`, which gives each record twice: by a statement and as an event. Their lines must be equal in every format.
#[track_caller]
fn alike(pairs: usize, log: impl Fn()) {
    let sinks: Vec<Memory> = formats().iter().map(|_| Memory::new()).collect();
    let builder = formats()
        .into_iter()
        .zip(&sinks)
        .fold(ripsaw::builder().overflow(WAIT), |builder, (format, sink)| {
            builder.route(Route::new(sink.clone()).format(format))
        });
    let engine = Engine::start(builder);
    // Twice: what was worked out the first time is only run the second time.
    log();
    log();
    engine.flush();
    for sink in &sinks {
        let lines = sink.lines();
        assert_eq!(lines.len(), 4 * pairs);
        for pair in lines.chunks(2) {
            assert_eq!(pair[0], pair[1], "statement and event");
        }
        assert_eq!(lines[..2 * pairs], lines[2 * pairs..], "first and second time");
    }
    engine.stop(4 * pairs as u64);
}

fn long(n: usize) -> String {
    "long text ".repeat(n)
}

#[test]
fn values_of_every_length() {
    let log = Logger::new("plans");
    let texts: Vec<String> = (0..70)
        .map(|n| "abcdefghij".repeat(7)[..n].to_owned())
        .chain(
            ["two words", "a=b", "q\"uote", "back\\slash", "new\nline", "ümläut", "\u{202E}"]
                .map(String::from),
        )
        .chain([long(7), long(60), long(600)])
        .collect();
    alike(texts.len(), || {
        for text in &texts {
            info!(logger: &log, text = text.as_str(), n = 7, "got {} and {}", text.as_str(), 1.5);
            let message = format!("got {text} and 1.5");
            log.event(Level::Info, &message).field("text", text.as_str()).field("n", 7).emit();
        }
    });
}

#[test]
fn numbers_of_every_length() {
    let log = Logger::new("plans");
    let mut numbers: Vec<i64> =
        (0..63).flat_map(|bit| [1 << bit, -(1 << bit), (1 << bit) - 1]).collect();
    numbers.extend((0..19).flat_map(|power| [10_i64.pow(power), 10_i64.pow(power) - 1]));
    numbers.extend([i64::MIN, i64::MAX, 0]);
    alike(numbers.len(), || {
        for &n in &numbers {
            let float = n as f64 / 1024.0;
            warn!(logger: &log, n, float, unsigned = n as u64, "{} {}", n, n as u64);
            let message = format!("{n} {}", n as u64);
            log.event(Level::Warning, &message)
                .field("n", n)
                .field("float", float)
                .field("unsigned", n as u64)
                .emit();
        }
    });
}

#[test]
fn contexts_with_and_without_shared_keys() {
    let plain = Logger::unnamed();
    let loggers = [
        Logger::new("bare"),
        Logger::new(""),
        Logger::new("named\n").with("tenant", "eu").with("shard", 3),
        Logger::new("shared").with("id", "hidden").with("tenant", "eu"),
        Logger::new("reserved").with("level", "low").with("event", 1).with("fields.level", 2),
        Logger::new("large").with("text", long(80)).with("tenant", "two words"),
        plain.with("tenant", "eu"),
        plain.with("id", 1),
    ];
    alike(3 * loggers.len(), || {
        for log in &loggers {
            info!(target: "event", logger: log, id = 7, level = 1, "with fields");
            log.event(Level::Info, "with fields").field("id", 7).field("level", 1).emit();
            info!(target: "event", logger: log, "without");
            log.event(Level::Info, "without").emit();
            info!(target: "event", logger: log, note = None::<u32>, "");
            log.event(Level::Info, "").field("note", None::<u32>).emit();
        }
    });
}
