//! The processors, filters and sampling rules of a document.

use super::check::Errors;
use super::view::View;
use crate::lane::HeadSampling;
use crate::meta::Level;
use crate::process::{
    Collapse, Detector, DropFields, Enrich, Filter, FlightRecorder, Processor, RateLimit, Redact,
    Rename, Sample, Truncate,
};

/// What each kind of processor reads, beside `kind`.
const USES: &[(&str, &[&str])] = &[
    (
        "enrich",
        &["kind", "host", "pid", "thread", "service", "version", "environment", "constants"],
    ),
    ("redact", &["kind", "words", "keys", "paths", "detect", "placeholder", "keep_last"]),
    ("drop_fields", &["kind", "fields"]),
    ("rename", &["kind", "from", "to"]),
    ("truncate", &["kind", "characters"]),
    ("sample", &["kind", "probability", "trace_field", "adaptive", "exempt"]),
    ("rate_limit", &["kind", "per_second", "burst", "by", "exempt"]),
    ("collapse", &["kind", "within"]),
    ("flight_recorder", &["kind", "field", "below", "trigger", "bytes"]),
];

/// The processors of a list, as far as they are right.
pub(super) fn processors(tables: View<'_>, errors: &mut Errors<'_>) -> Vec<Box<dyn Processor>> {
    let mut steps = Vec::new();
    for table in tables.tables("processors") {
        let Some(kind) = table.text("kind") else {
            let kinds: Vec<&str> = USES.iter().map(|(kind, _)| *kind).collect();
            table.need("kind", &format!("use {}", kinds.join(", ")), errors);
            continue;
        };
        if let Some((_, names)) = USES.iter().find(|(known, _)| *known == kind) {
            table.only(names, &format!("{kind:?}"), errors);
        }
        if let Some(step) = processor(kind, table, errors) {
            if let Err(e) = step.check() {
                let remedy = format!("{}: {}", e.field(), e.remedy());
                errors.add(table.at, table.path, Some(e.value().to_owned()), remedy, None);
            }
            steps.push(step);
        }
    }
    steps
}

fn processor(kind: &str, table: View<'_>, errors: &mut Errors<'_>) -> Option<Box<dyn Processor>> {
    let mut need = |name: &str, remedy: &str| table.need(name, remedy, errors);
    Some(match kind {
        "enrich" => Box::new(enrich(table)),
        "redact" => Box::new(redact(table)),
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
        "sample" => {
            let (part, adaptive) = (table.number("probability"), table.number("adaptive"));
            let sample = match (part, table.text("trace_field"), adaptive) {
                (Some(part), None, None) => Sample::probability(part),
                (Some(part), Some(field), None) => Sample::by_trace(field, part),
                (None, None, Some(rate)) => Sample::adaptive(rate),
                _ if table.is_doubtful() => return None,
                _ => {
                    let remedy = "use probability, with or without trace_field, or else adaptive";
                    errors.add(table.at, table.path, None, remedy, None);
                    return None;
                }
            };
            match table.threshold("exempt") {
                Some(exempt) => Box::new(sample.exempt(exempt)),
                None => Box::new(sample),
            }
        }
        "rate_limit" => {
            need("per_second", "say how many records a second may pass");
            let mut limit = RateLimit::new(table.number("per_second")?);
            if let Some(burst) = table.whole("burst") {
                limit = limit.burst(u32::try_from(burst).unwrap_or(u32::MAX));
            }
            if let Some(exempt) = table.threshold("exempt") {
                limit = limit.exempt(exempt);
            }
            Box::new(match table.text("by") {
                Some("target") => limit.per_target(),
                Some("statement") => limit.per_statement(),
                _ => limit,
            })
        }
        "collapse" => match table.duration("within") {
            Some(within) => Box::new(Collapse::repeats().within(within)),
            None => Box::new(Collapse::repeats()),
        },
        _ => Box::new(recorder(table)),
    })
}

fn enrich(table: View<'_>) -> Enrich {
    let on = |name| table.bool(name) == Some(true);
    let mut enrich = Enrich::new();
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
    let constants = table.table("constants").entries();
    constants
        .filter_map(|(key, value)| Some((key, value.scalar()?)))
        .fold(enrich, |enrich, (key, value)| enrich.constant(key.to_owned(), value.clone()))
}

fn redact(table: View<'_>) -> Redact {
    let detectors = table.texts("detect").filter_map(detector);
    let redact = Redact::new()
        .words(table.texts("words"))
        .keys(table.texts("keys"))
        .paths(table.texts("paths"))
        .detect(detectors);
    let redact = match table.text("placeholder") {
        Some(text) => redact.placeholder(text),
        None => redact,
    };
    match table.bytes("keep_last") {
        Some(characters) => redact.keep_last(characters),
        None => redact,
    }
}

fn detector(name: &str) -> Option<Detector> {
    Some(match name {
        "card_number" => Detector::CardNumber,
        "email" => Detector::Email,
        "bearer_token" => Detector::BearerToken,
        "private_key" => Detector::PrivateKey,
        "aws_key" => Detector::AwsKey,
        _ => return None,
    })
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
    match table.bytes("bytes") {
        Some(bytes) => recorder.bytes(bytes),
        None => recorder,
    }
}

/// The condition of a route, or `None` if there is none.
pub(super) fn filter(table: View<'_>) -> Option<Filter> {
    let mut parts = Vec::new();
    if table.get("levels").is_some() {
        parts.push(Filter::levels(table.texts("levels").filter_map(|name| name.parse().ok())));
    }
    if table.get("targets").is_some() {
        parts.push(Filter::any(table.texts("targets").map(Filter::target)));
    }
    if table.get("events").is_some() {
        parts.push(Filter::any(table.texts("events").map(Filter::event_like)));
    }
    parts.extend(table.texts("has_fields").map(Filter::has_field));
    let fields = table.table("fields").entries();
    let fields = fields.filter_map(|(key, value)| Some((key, value.scalar()?.clone())));
    parts.extend(fields.map(|(key, value)| Filter::field(key).equals(value)));
    (!parts.is_empty()).then(|| Filter::all(parts))
}

/// The rules for calls that are not made, in their order.
pub(super) fn sampling(
    document: View<'_>,
    errors: &mut Errors<'_>,
) -> Vec<(String, Level, HeadSampling)> {
    let mut rules = Vec::new();
    for rule in document.tables("sampling") {
        let count = |name| rule.whole(name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let steps = (count("first"), count("every"), rule.duration("per"));
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
