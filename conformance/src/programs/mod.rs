//! Scenarios that a case tells in words. Each is a small program on Ripsaw's public face; what varies is read from the words.

mod audit;
mod batches;
mod blocks;
mod emoji;
mod filters;
mod processors;
mod requests;
mod service;
mod timing;
mod web;

use crate::case::Case;
use crate::json::Json;
use crate::session::Session;
use ripsaw::{Clock, ManualClock};
use std::time::Duration;

pub(crate) use emoji::{emoji, set};
pub(crate) use processors::{Seed, process};

/// A program returns all lines: what it printed, and what was logged.
type Program = fn(&Case, &mut Session) -> Result<Vec<String>, String>;

/// By what the title of a case names.
const PROGRAMS: [(&str, Program); 18] = [
    ("StatisticsProcessor", processors::statistics),
    ("AlertingProcessor", processors::alerting),
    ("EmojiSet", emoji::table),
    ("EventFilter", filters::event_filter),
    ("rate 0 drops all", filters::sampling),
    ("BatchedLogger", batches::batched),
    ("flush only when a later log", batches::batched),
    ("BufferedLogger", batches::buffered),
    ("AsyncLoggingContext", blocks::async_context),
    ("LoggingContext.to_dict", requests::context),
    ("@timed", timing::functions),
    ("StructuredJsonFormatter", requests::structured),
    ("CircuitBreaker(", service::circuit),
    ("WorkerMetricsCollector", service::workers),
    ("AuditLogger", audit::chain),
    ("HealthChecker", service::health),
    ("SecurityMonitor", service::security),
    ("LoggingMiddleware", web::requests),
];

/// Runs the scenario, if it is known.
pub(crate) fn run(case: &Case, session: &mut Session) -> Option<Result<Vec<String>, String>> {
    let (_, program) = PROGRAMS.iter().find(|(needle, _)| case.title.contains(needle))?;
    Some(program(case, session))
}

/// The number that stands behind `before` in a text.
fn number_after(text: &str, before: &str) -> Option<f64> {
    let rest = &text[text.find(before)? + before.len()..];
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').parse().ok()
}

/// The number that stands before `behind` in a text.
fn number_before(text: &str, behind: &str) -> Option<f64> {
    let front = text[..text.find(behind)?].trim_end();
    let start = front.rfind(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(0, |at| at + 1);
    front[start..].parse().ok()
}

/// The lines of what `work` logs as the documents' third part has it, by a clock that stands at 2024-01-15T10:30:00 UTC.
fn frozen(work: impl FnOnce(&ManualClock)) -> Result<Vec<String>, String> {
    let memory = ripsaw::sink::Memory::new();
    let clock = ManualClock::new(Duration::from_secs(1_705_314_600));
    let builder = ripsaw::builder().clock(Clock::Manual(clock)).manual();
    let builder = builder.arena_bytes(1 << 20).format(ripsaw::format::Json::s3());
    let builder = builder.processor(processors::name_of_type).sink(memory.clone());
    let guard = builder.start_local().map_err(|e| e.to_string())?;
    let attached = guard.attach();
    work(&clock);
    drop(attached);
    while guard.handle().pump() > 0 {}
    Ok(memory.lines())
}

fn object(entries: Vec<(&str, Json)>) -> Json {
    Json::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
