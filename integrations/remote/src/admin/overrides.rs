//! Levels for some calls and for some time, and what decides about a call.

use super::answer::Reply;
use super::json::{config_error, errors, key_error, plain_error};
use super::query::Query;
use http::StatusCode;
use ripsaw::{Explanation, Handle, Level, LevelFilter, LevelOverride, OverrideId, Probe};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What an override is made of.
const KEYS: [&str; 5] = ["level", "target", "place", "fields", "seconds"];

/// What can be asked about a call.
const QUESTIONS: [&str; 4] = ["target", "level", "place", "field"];

pub(super) fn active(handle: &Handle) -> Vec<Value> {
    let active = handle.overrides().into_iter().map(|active| {
        json!({
            "id": active.id.get(),
            "rule": active.rule.to_string(),
            "remaining_seconds": active.remaining.map(|time| time.as_secs_f64()),
        })
    });
    active.collect()
}

pub(super) fn list(handle: &Handle) -> Reply {
    Reply::ok(json!({ "overrides": active(handle) }))
}

pub(super) fn add(handle: &Handle, text: &str) -> Reply {
    let object = match serde_json::from_str(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Reply::wrong(errors(vec![plain_error("send an object of JSON")])),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let said = format!("is no JSON: {error}");
            let error = json!({ "line": line, "column": column, "remedy": said });
            return Reply::wrong(errors(vec![error]));
        }
    };
    let rule = match rule(&object) {
        Ok(rule) => rule,
        Err(wrong) => return Reply::wrong(errors(wrong)),
    };
    let shown = rule.to_string();
    match handle.override_level(rule) {
        Ok(id) => Reply::new(StatusCode::CREATED, json!({ "id": id.get(), "rule": shown })),
        Err(error) => Reply::wrong(errors(vec![config_error(&error)])),
    }
}

/// The override that an object describes, or all that is wrong with it.
fn rule(object: &Map<String, Value>) -> Result<LevelOverride, Vec<Value>> {
    let mut wrong = Vec::new();
    for key in object.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        wrong.push(key_error(key, None, &format!("is not known; use {}", KEYS.join(", "))));
    }
    let mut refuse = |key: &str, remedy: &str| wrong.push(key_error(key, object.get(key), remedy));
    let level = object.get("level").and_then(Value::as_str);
    let level = level.and_then(|level| level.parse::<LevelFilter>().ok());
    if level.is_none() {
        refuse("level", "use trace, debug, info, warning, error, critical, off or notset");
    }
    let mut rule = LevelOverride::new(level.unwrap_or(LevelFilter::Off));
    match object.get("target") {
        None => {}
        Some(Value::String(target)) => rule = rule.target(target),
        Some(_) => refuse("target", "use text: \"shop::db\""),
    }
    match object.get("place") {
        None => {}
        Some(Value::String(place)) => rule = rule.place(place),
        Some(_) => refuse("place", "use text: \"src/db.rs:42\""),
    }
    match object.get("fields") {
        None => {}
        Some(Value::Object(fields)) => {
            for (key, value) in fields {
                match scalar(value) {
                    Some(value) => rule = rule.field(key, value),
                    None => refuse("fields", "use text, numbers, true or false for the values"),
                }
            }
        }
        Some(_) => refuse("fields", "use an object: {\"customer\": 4711}"),
    }
    match object.get("seconds") {
        Some(Value::Null) => {}
        Some(seconds) => match duration(seconds) {
            Some(time) => rule = rule.lasting(time),
            None => refuse("seconds", "use a number greater than 0, or null for no end"),
        },
        // One that is forgotten would stay.
        None => refuse("seconds", "say how long it stays; null is for no end"),
    }
    if wrong.is_empty() { Ok(rule) } else { Err(wrong) }
}

fn duration(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().filter(|seconds| *seconds > 0.0)?;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero())
}

fn scalar(value: &Value) -> Option<ripsaw::Value> {
    match value {
        Value::String(text) => Some(text.clone().into()),
        Value::Bool(on) => Some((*on).into()),
        Value::Number(number) => {
            let whole = number.as_i64().map(ripsaw::Value::from);
            let whole = whole.or_else(|| number.as_u64().map(Into::into));
            whole.or_else(|| number.as_f64().map(Into::into))
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn remove(handle: &Handle, id: &str) -> Reply {
    let number = id.parse().ok().map(OverrideId::from_number);
    match number.filter(|id| handle.remove_override(*id)) {
        Some(id) => Reply::ok(json!({ "removed": id.get() })),
        None => {
            Reply::refused(StatusCode::NOT_FOUND, "there is no such override; it may have ended")
        }
    }
}

/// Of a call that is described, or of the statements at a place.
pub(super) fn explain(handle: &Handle, query: &Query) -> Reply {
    if let Some(key) = query.unknown(&QUESTIONS) {
        let remedy = format!("is not known; use {}", QUESTIONS.join(", "));
        return Reply::wrong(errors(vec![key_error(key, None, &remedy)]));
    }
    let explanations = match (query.get("target"), query.get("place")) {
        (None, Some(place)) if query.get("level").is_none() && query.get("field").is_none() => {
            match handle.explain_place(place) {
                Ok(explanations) => explanations,
                Err(error) => return Reply::wrong(errors(vec![config_error(&error)])),
            }
        }
        (target, place) => match probe(query, target, place) {
            Ok(probe) => vec![handle.explain(&probe)],
            Err(wrong) => return Reply::wrong(errors(wrong)),
        },
    };
    Reply::ok(json!({ "explanations": explanations.iter().map(explanation).collect::<Vec<_>>() }))
}

fn probe(query: &Query, target: Option<&str>, place: Option<&str>) -> Result<Probe, Vec<Value>> {
    let mut wrong = Vec::new();
    let mut refuse = |key: &str, value: Option<&str>, remedy: &str| {
        wrong.push(key_error(key, value.map(Value::from).as_ref(), remedy));
    };
    let level = query.get("level");
    let parsed = level.and_then(|level| level.parse::<Level>().ok());
    if parsed.is_none() {
        refuse("level", level, "use trace, debug, info, warning, error or critical");
    }
    if target.is_none() {
        refuse("target", None, "name the target, or a place alone");
    }
    let mut probe = Probe::new(parsed.unwrap_or(Level::Info), target.unwrap_or(""));
    if let Some(place) = place {
        let parts = place.rsplit_once(':');
        match parts.and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?))) {
            Some((file, line)) => probe = probe.at(file, line),
            None => refuse("place", Some(place), "write it as src/db.rs:42"),
        }
    }
    for field in query.all("field") {
        match field.split_once('=') {
            Some((key, value)) => probe = probe.field(key, meant(value)),
            None => refuse("field", Some(field), "write it as customer=4711"),
        }
    }
    if wrong.is_empty() { Ok(probe) } else { Err(wrong) }
}

/// A number or a truth value if it reads as one, else text; in quotes always text.
fn meant(value: &str) -> ripsaw::Value {
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match serde_json::from_str(value) {
        _ if quoted.is_some() => quoted.unwrap_or("").to_owned().into(),
        Ok(parsed) => scalar(&parsed).unwrap_or_else(|| value.to_owned().into()),
        Err(_) => value.to_owned().into(),
    }
}

fn explanation(said: &Explanation) -> Value {
    let routes = said.routes.iter().map(|route| {
        json!({
            "name": route.name,
            "takes": route.takes,
            "level": route.level.to_string(),
            "filter": route.filter,
        })
    });
    json!({
        "level": said.level.as_str(),
        "target": said.target,
        "place": said.place.as_ref().map(|(file, line)| format!("{file}:{line}")),
        "enabled": said.enabled,
        "decided_by": said.decider.to_string(),
        "sampled": said.sampled,
        "processors": said.processors,
        "routes": routes.collect::<Vec<Value>>(),
        "text": said.to_string(),
    })
}
