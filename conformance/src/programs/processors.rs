//! Processors and filters, each at work on records of an engine of its own.

use super::object;
use crate::case::Case;
use crate::json::Json;
use crate::session::{Session, level_of};
use ripsaw::format::{Json as Form, Member, Schema};
use ripsaw::process::{Alert, Draft, Flow, Performance, Redact, Statistics};
use ripsaw::sink::Memory;
use ripsaw::{Builder, Clock, Event, Level, ManualClock, ValueRef};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A processor of the documents.
#[derive(Clone, Debug)]
pub(crate) enum Seed {
    Performance,
    /// Keys that hold one of these words, at any depth.
    SensitiveData,
    /// These keys, of the record itself.
    Redact(Vec<String>),
}

impl Seed {
    fn add_to(&self, builder: Builder) -> Builder {
        const WORDS: [&str; 10] = [
            "password",
            "token",
            "secret",
            "key",
            "authorization",
            "cookie",
            "session",
            "credit_card",
            "ssn",
            "email",
        ];
        match self {
            Seed::Performance => builder.processor(Performance::new()),
            Seed::SensitiveData => builder.processor(Redact::none().substrings(WORDS)),
            // The documents have it as an example of a processor of one's own.
            Seed::Redact(keys) => {
                let keys = keys.clone();
                builder.processor(move |draft: &mut Draft<'_>| {
                    for key in &keys {
                        if draft.get(key).is_some() {
                            draft.set(key, ValueRef::Str("***REDACTED***"));
                        }
                    }
                    Flow::Keep
                })
            }
        }
    }
}

/// What a processor makes of a record: its event and fields, as an object. The caller's thread has the name that Python's main
/// thread has.
pub(crate) fn process(seed: &Seed, method: &str, record: &Json, at: f64) -> Result<Json, String> {
    let level = level_of(method).unwrap_or(Level::Info);
    let thread = std::thread::Builder::new().name("MainThread".to_owned());
    std::thread::scope(|scope| {
        let thread = thread.spawn_scoped(scope, || {
            let has_event = record.get("event").is_some();
            let form = Schema::new().order([Member::Event, Member::Fields]);
            let form = Form::with(form).map_err(|e| e.to_string())?;
            let clock = ManualClock::new(Duration::from_secs_f64(at));
            let lines = pumped(
                |builder| seed.add_to(builder).format(form).clock(Clock::Manual(clock)),
                || {
                    let event = record.get("event").and_then(Json::str).unwrap_or("");
                    let fields =
                        record.map().unwrap_or(&[]).iter().filter(|(key, _)| key != "event");
                    let event = Event::new(level, event);
                    fields
                        .fold(event, |event, (key, value)| event.field(key, value.to_value()))
                        .emit();
                },
            )?;
            let mut made = Json::parse(lines.first().ok_or("the record was dropped")?)?;
            if let Json::Map(entries) = &mut made {
                entries.retain(|(key, _)| has_event || key != "event");
            }
            Ok(made)
        });
        let thread = thread.map_err(|e| e.to_string())?;
        thread.join().unwrap_or_else(|_| Err("a panic".to_owned()))
    })
}

/// The lines of what `work` logs into an engine of its own.
pub(super) fn pumped(
    set: impl FnOnce(Builder) -> Builder,
    work: impl FnOnce(),
) -> Result<Vec<String>, String> {
    let memory = Memory::new();
    let builder = set(ripsaw::builder().level(Level::Trace));
    let builder = builder.sink(memory.clone()).manual().arena_bytes(1 << 20);
    let guard = builder.start_local().map_err(|e| e.to_string())?;
    let attached = guard.attach();
    work();
    drop(attached);
    let handle = guard.handle();
    while handle.pump() > 0 {}
    Ok(memory.lines())
}

/// A record for each `level/logger` of the title; one without a level is logged at TRACE, and without a logger as `unknown`.
pub(super) fn statistics(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let words = case.title.split_once("after ").map_or("", |(_, words)| words);
    let statistics = Statistics::new();
    let handle = statistics.handle();
    pumped(
        |builder| builder.processor(statistics),
        || {
            for word in words.split(',').map(str::trim) {
                let known = word.split_once('/').and_then(|(l, t)| Some((level_of(l)?, t)));
                let (level, target) = known.unwrap_or((Level::Trace, "unknown"));
                Event::new(level, "e").target(target).emit();
            }
        },
    )?;
    let totals = handle.read();
    let count = |n: u64| Json::Int(n.into());
    let by_level = totals.by_level.iter().map(|(level, n)| {
        let name = if *level == Level::Trace { "unknown" } else { level.as_str() };
        (name.to_owned(), count(*n))
    });
    let by_logger = totals.by_logger.iter().map(|(logger, n)| (logger.clone(), count(*n)));
    let result = object(vec![
        ("total_logs", count(totals.total)),
        ("by_level", Json::Map(by_level.collect())),
        ("by_logger", Json::Map(by_logger.collect())),
        ("errors", count(totals.errors)),
    ]);
    Ok(vec![result.to_string()])
}

/// A record for each level that is named; then one whose alert fails; then two with the line that is printed by default.
pub(super) fn alerting(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let text = case.texts().next().unwrap_or("");
    let words = text.split(';').next().unwrap_or("").trim_start_matches("levels ").to_owned();
    let said = Arc::new(Mutex::new(Vec::new()));
    let push = |said: &Mutex<Vec<String>>, text: String| {
        said.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    };
    let taken = || std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner));

    let alerted = said.clone();
    let alert = Alert::new(move |draft| push(&alerted, draft.message().to_owned()));
    let handle = alert.handle();
    pumped(
        |builder| builder.processor(alert),
        || {
            for word in words.split(',').map(str::trim) {
                if let Some(level) = level_of(&word.to_lowercase()) {
                    Event::new(level, word).emit();
                }
            }
        },
    )?;
    let names = taken().into_iter().map(Json::Str).collect();
    let count = Json::Int(handle.alerts().into());
    let mut lines =
        vec![object(vec![("alerted", Json::List(names)), ("alert_count", count)]).to_string()];

    let alert = Alert::new(|_| std::panic::panic_any("down"));
    let handle = alert.handle();
    let logged = quietly(|| {
        pumped(|builder| builder.processor(alert), || Event::new(Level::Error, "e").emit())
    })?;
    if handle.failures() == 1 && logged.len() == 1 {
        lines.push("Alert failed: down".to_owned());
    }

    let printed = said.clone();
    let alert = Alert::new(move |draft| {
        let message = if draft.message().is_empty() { "Unknown error" } else { draft.message() };
        push(&printed, format!("🚨 ALERT: {message}"));
    });
    pumped(
        |builder| builder.processor(alert),
        || {
            Event::new(Level::Error, "boom").emit();
            Event::new(Level::Error, "").emit();
        },
    )?;
    lines.extend(taken());
    Ok(lines)
}

/// The name of an error's type without its path.
pub(super) fn name_of_type(draft: &mut Draft<'_>) -> Flow {
    if let Some(ValueRef::Str(path)) = draft.get("error.type")
        && let Some((_, name)) = path.rsplit_once("::")
    {
        draft.set("error.type", ValueRef::Str(name));
    }
    Flow::Keep
}

/// Without the report of a panic that is meant.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = work();
    std::panic::set_hook(hook);
    done
}
