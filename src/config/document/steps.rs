//! The processors of a document, and its rules for calls that are not made.

use super::check::{Errors, Found};
use super::emoji;
use super::filter::filter;
use super::view::View;
use crate::lane::HeadSampling;
use crate::meta::Level;
use crate::process::{
    AddField, Alert, Collapse, DropFields, Enrich, Filter, FlightRecorder, Performance, Processor,
    RateLimit, Rename, Sample, Statistics, Timed, Truncate,
};
use std::time::Duration;

/// What each kind of processor reads, beside `kind` and `timed`.
const USES: &[(&str, &[&str])] = &[
    (
        "enrich",
        &[
            "standard",
            "host",
            "pid",
            "thread",
            "service",
            "version",
            "environment",
            "constants",
            "timestamp_ms",
            "overwrite",
        ],
    ),
    (
        "redact",
        &[
            "defaults",
            "words",
            "keys",
            "substrings",
            "paths",
            "detect",
            "patterns",
            "placeholder",
            "keep_last",
            "hash",
            "hash_key",
            "depth",
        ],
    ),
    ("add_field", &["key", "value"]),
    ("drop_fields", &["fields"]),
    ("rename", &["from", "to"]),
    ("truncate", &["characters"]),
    ("filter", &["filter"]),
    (
        "sample",
        &[
            "probability",
            "trace_field",
            "adaptive",
            "first",
            "every",
            "per",
            "only",
            "exempt",
            "seed",
            "rate_field",
            "report_every",
        ],
    ),
    ("rate_limit", &["per_second", "burst", "by", "max_keys", "only", "exempt", "report_every"]),
    ("collapse", &["within", "ignore"]),
    ("flight_recorder", &["field", "below", "trigger", "bytes", "scopes"]),
    ("alert", &["levels", "at_most", "per"]),
    ("statistics", &["by_event", "report_every"]),
    ("performance", &[]),
    ("emoji", &["emoji"]),
];

/// The keys of a kind of processor.
pub(super) fn keys_of(kind: &str) -> Option<Vec<&'static str>> {
    let (_, names) = USES.iter().find(|(known, _)| *known == kind)?;
    Some(["kind"].iter().chain(*names).chain(&["timed"]).copied().collect())
}

/// The processors of a list, as far as they are right.
pub(super) fn processors(tables: View<'_>, errors: &mut Errors<'_>) -> Vec<Box<dyn Processor>> {
    let mut steps = Vec::new();
    for table in tables.tables("processors") {
        let Some(kind) = table.text("kind") else {
            let kinds: Vec<&str> = USES.iter().map(|(kind, _)| *kind).collect();
            table.need("kind", &format!("use {}", kinds.join(", ")), errors);
            continue;
        };
        if let Some(names) = keys_of(kind) {
            table.only(&names, &format!("{kind:?}"), errors);
        }
        if let Some(step) = processor(kind, table, errors) {
            if let Err(e) = step.check() {
                let remedy = format!("{}: {}", e.field(), e.remedy());
                errors.add(table.at, table.path, Some(e.value().to_owned()), remedy, None);
            }
            let timed = table.bool("timed") == Some(true);
            steps.push(if timed { Box::new(Timed::new(step)) } else { step });
        }
    }
    steps
}

fn processor(kind: &str, table: View<'_>, errors: &mut Errors<'_>) -> Option<Box<dyn Processor>> {
    let mut need = |name: &str, remedy: &str| table.need(name, remedy, errors);
    Some(match kind {
        "enrich" => Box::new(enrich(table)),
        "redact" => Box::new(super::redact::redact(table, errors)?),
        "add_field" => {
            need("key", "name the field");
            need("value", "say what it is");
            let value = table.get("value")?.scalar()?.clone();
            Box::new(AddField::new(table.text("key")?.to_owned(), value))
        }
        "drop_fields" => {
            need("fields", "name the keys: [\"a\", \"b\"]");
            Box::new(DropFields::new(table.texts("fields")))
        }
        "rename" => {
            need("from", "name the key as it is");
            need("to", "name the key as it shall be");
            Box::new(Rename::new(table.text("from")?, table.text("to")?))
        }
        "truncate" => {
            need("characters", "say how many may stay");
            Box::new(Truncate::new(table.bytes("characters")?))
        }
        "filter" => {
            need("filter", "say what must hold: { levels = [\"error\"] }");
            Box::new(filter(View::of(table.get("filter")?)).unwrap_or_else(|| Filter::all([])))
        }
        "sample" => Box::new(sample(table, errors)?),
        "rate_limit" => Box::new(rate_limit(table, errors)?),
        "collapse" => {
            let mut collapse = Collapse::repeats();
            if let Some(within) = table.duration("within") {
                collapse = collapse.within(within);
            }
            Box::new(table.texts("ignore").fold(collapse, Collapse::ignore))
        }
        "alert" => Box::new(alert(table)),
        "statistics" => {
            let statistics = Statistics::new().by_event(table.bool("by_event") == Some(true));
            Box::new(match table.duration("report_every") {
                Some(interval) => statistics.report_every(interval),
                None => statistics,
            })
        }
        "performance" => Box::new(Performance::new()),
        "emoji" => {
            need("emoji", "say which: { names = true }");
            let found = table.get("emoji")?;
            match emoji::config(View::of(found), errors).emoji() {
                Some(emoji) => Box::new(emoji),
                None => {
                    let remedy = "asks for no emoji; use names, fields, domains or domain_sets";
                    errors.add(found.at, &found.path, None, remedy, None);
                    return None;
                }
            }
        }
        _ => Box::new(recorder(table)),
    })
}

fn enrich(table: View<'_>) -> Enrich {
    let on = |name| table.bool(name) == Some(true);
    let mut enrich = if on("standard") { Enrich::standard() } else { Enrich::new() };
    if on("host") {
        enrich = enrich.host();
    }
    if on("pid") {
        enrich = enrich.pid();
    }
    if on("thread") {
        enrich = enrich.thread();
    }
    if let Some(name) = table.text("service") {
        enrich = enrich.service(name);
    }
    if let Some(version) = table.text("version") {
        enrich = enrich.version(version);
    }
    if let Some(name) = table.text("environment") {
        enrich = enrich.environment(name);
    }
    enrich = enrich.timestamp_ms(on("timestamp_ms")).overwrite(on("overwrite"));
    let constants = table.table("constants").entries();
    constants
        .filter_map(|(key, value)| Some((key, value.scalar()?)))
        .fold(enrich, |enrich, (key, value)| enrich.constant(key.to_owned(), value.clone()))
}

fn sample(table: View<'_>, errors: &mut Errors<'_>) -> Option<Sample> {
    let (part, adaptive) = (table.number("probability"), table.number("adaptive"));
    let steps = (table.whole("first"), table.whole("every"), table.duration("per"));
    let mut sample = match (part, table.text("trace_field"), adaptive, steps) {
        (Some(part), None, None, (None, None, None)) => Sample::probability(part),
        (Some(part), Some(field), None, (None, None, None)) => Sample::by_trace(field, part),
        (None, None, Some(rate), (None, None, None)) => Sample::adaptive(rate),
        (None, None, None, (Some(first), Some(every), Some(per))) => {
            Sample::first_then_every(first, every, per)
        }
        _ if table.is_doubtful() => return None,
        _ => {
            let remedy = "use probability, with or without trace_field, or else adaptive, or else first, every and per together";
            errors.add(table.at, table.path, None, remedy, None);
            return None;
        }
    };
    if let Some(only) = filter(table.table("only")) {
        sample = sample.only(only);
    }
    if let Some(exempt) = table.threshold("exempt") {
        sample = sample.exempt(exempt);
    }
    if let Some(seed) = table.whole("seed") {
        sample = sample.seed(seed);
    }
    if let Some(interval) = table.duration("report_every") {
        sample = sample.report_every(interval);
    }
    Some(sample.rate_field(table.bool("rate_field") == Some(true)))
}

fn rate_limit(table: View<'_>, errors: &mut Errors<'_>) -> Option<RateLimit> {
    table.need("per_second", "say how many records a second may pass", errors);
    let mut limit = RateLimit::new(table.number("per_second")?);
    if let Some(burst) = table.count("burst") {
        limit = limit.burst(burst);
    }
    if let Some(keys) = table.bytes("max_keys") {
        limit = limit.keys(keys);
    }
    if let Some(only) = filter(table.table("only")) {
        limit = limit.only(only);
    }
    if let Some(exempt) = table.threshold("exempt") {
        limit = limit.exempt(exempt);
    }
    if let Some(interval) = table.duration("report_every") {
        limit = limit.report_every(interval);
    }
    Some(match table.text("by") {
        Some("target") => limit.per_target(),
        Some("statement") => limit.per_statement(),
        _ => limit,
    })
}

/// On standard error: another function is no data.
fn alert(table: View<'_>) -> Alert {
    let mut alert = Alert::to_stderr();
    if table.get("levels").is_some() {
        alert = alert.levels(table.texts("levels").filter_map(|name| name.parse().ok()));
    }
    match (table.whole("at_most"), table.duration("per")) {
        (None, None) => alert,
        (most, per) => alert.at_most(most.unwrap_or(10), per.unwrap_or(Duration::from_secs(60))),
    }
}

fn recorder(table: View<'_>) -> FlightRecorder {
    let mut recorder = match table.text("field") {
        Some(field) => FlightRecorder::per_field(field),
        None => FlightRecorder::per_thread(),
    };
    if let Some(level) = table.level("below") {
        recorder = recorder.below(level);
    }
    if let Some(level) = table.level("trigger") {
        recorder = recorder.trigger(level);
    }
    if let Some(scopes) = table.bytes("scopes") {
        recorder = recorder.scopes(scopes);
    }
    match table.bytes("bytes") {
        Some(bytes) => recorder.bytes(bytes),
        None => recorder,
    }
}

/// Whether a step of a document may end records or hold them back.
pub(super) fn may_drop(step: &Found) -> bool {
    let kinds = ["filter", "sample", "rate_limit", "collapse", "flight_recorder"];
    View::of(step).text("kind").is_some_and(|kind| kinds.contains(&kind))
}

/// The rules for calls that are not made, in their order.
pub(super) fn sampling(
    document: View<'_>,
    errors: &mut Errors<'_>,
) -> Vec<(String, Level, HeadSampling)> {
    let mut rules = Vec::new();
    for rule in document.tables("sampling") {
        let steps = (rule.count("first"), rule.count("every"), rule.duration("per"));
        let sampling = match (rule.number("probability"), steps) {
            (Some(part), (None, None, None)) => HeadSampling::Probability(part),
            (None, (Some(first), Some(every), Some(per))) => {
                HeadSampling::FirstThenEvery { first, every, per }
            }
            _ if rule.is_doubtful() => continue,
            _ => {
                let remedy = "use probability, or else first, every and per together";
                errors.add(rule.at, rule.path, None, remedy, None);
                continue;
            }
        };
        let target = rule.text("target").unwrap_or("").to_owned();
        rules.push((target, rule.level("up_to").unwrap_or(Level::Info), sampling));
    }
    rules
}

/// What the table of keys names is what is made here.
#[cfg(test)]
mod tests {
    use super::super::keys::names::PROCESSORS;
    use super::*;

    #[test]
    fn each_processor_of_the_table_is_made() {
        assert!(USES.iter().map(|(kind, _)| *kind).eq(PROCESSORS.iter().copied()));
    }
}
