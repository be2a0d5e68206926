//! What a middleware for requests said before, and what it says now.

use super::read::Event;
use super::text;
use std::collections::BTreeMap;

/// A request: method and path, and the status of its answer.
type Request = (String, String, u64);

/// The same requests began and ended, with the same statuses, and failed or not; and each of them has its records now, in their
/// order, around those of the program, with an id of its own.
pub(super) fn compare(old: &[Event], new: &[Event], own: &[Event]) -> Result<(), String> {
    let began = |events, message| count(events, |e| e.message == message, |e| of(e, None));
    let ended = |events, messages: &[&str], status: &str| {
        count(events, |e| messages.contains(&e.message.as_str()), |e| of(e, Some(status)))
    };
    is_same(began(old, "started processing request")?, began(new, "Request started")?)?;
    let before = ended(old, &["finished processing request"], "status")?;
    let after = ended(new, &["Request completed", "Request failed"], "status_code")?;
    is_same(before, after)?;
    is_same(began(old, "response failed")?, began(new, "Request failed")?)?;
    each(new, own)
}

fn of(event: &Event, status: Option<&str>) -> Result<Request, String> {
    let status = match status {
        Some(key) => event.fields.get(key).and_then(|value| value.as_u64()),
        None => Some(0),
    };
    let status = status.ok_or_else(|| format!("no status in {event:?}"))?;
    Ok((text(event, "request_method")?.to_owned(), text(event, "request_path")?.to_owned(), status))
}

/// How often each request stands in the events that fit.
fn count(
    events: &[Event],
    fits: impl Fn(&Event) -> bool,
    of: impl Fn(&Event) -> Result<Request, String>,
) -> Result<BTreeMap<Request, usize>, String> {
    let mut counts = BTreeMap::new();
    for event in events.iter().filter(|event| fits(event)) {
        *counts.entry(of(event)?).or_default() += 1;
    }
    Ok(counts)
}

fn is_same(
    before: BTreeMap<Request, usize>,
    after: BTreeMap<Request, usize>,
) -> Result<(), String> {
    match before == after && !before.is_empty() {
        true => Ok(()),
        false => Err(format!("other requests\nbefore: {before:?}\nafter:  {after:?}")),
    }
}

/// Each id has a beginning and an end, and what the program said of it.
fn each(new: &[Event], own: &[Event]) -> Result<(), String> {
    let mut of_id: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in new {
        of_id.entry(text(event, "correlation_id")?).or_default().push(event);
    }
    for (id, records) in &of_id {
        let messages: Vec<&str> = records.iter().map(|record| record.message.as_str()).collect();
        if !matches!(messages[..], ["Request started", "Request completed" | "Request failed"]) {
            return Err(format!("request {id} has {messages:?}"));
        }
        let of = |key| records[1].fields.get(key).and_then(|value| value.as_f64());
        if of("duration_ms").is_none() || of("duration_ms") < of("handler_ms") {
            return Err(format!("request {id} took no time: {:?}", records[1]));
        }
    }
    let with_id = own.iter().filter(|event| event.fields.contains_key("correlation_id"));
    for event in with_id {
        let records = of_id.get(text(event, "correlation_id")?);
        let records = records.ok_or_else(|| format!("of no request: {event:?}"))?;
        if text(records[0], "request_path")? != text(event, "request_path")? {
            return Err(format!("of another request: {event:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    const OLD: &str = r#"{"level":"DEBUG","fields":{"message":"started processing request"},"target":"tower_http","spans":[{"method":"GET","uri":"/a","name":"request"}]}
{"level":"ERROR","fields":{"message":"response failed"},"target":"tower_http","spans":[{"method":"GET","uri":"/a","name":"request"}]}
{"level":"DEBUG","fields":{"message":"finished processing request","status":500},"target":"tower_http","spans":[{"method":"GET","uri":"/a","name":"request"}]}"#;
    const NEW: &str = r#"{"level":"info","logger":"http","event":"Request started","correlation_id":"1","request_path":"/a","request_method":"GET"}
{"level":"info","logger":"http","event":"Request failed","correlation_id":"1","request_path":"/a","request_method":"GET","status_code":500,"duration_ms":1.5}"#;
    const OWN: &str = r#"{"level":"info","logger":"a","event":"m","correlation_id":"1","request_path":"/a","request_method":"GET"}"#;

    fn compared(new: &str, own: &str) -> Result<(), String> {
        let (new, own) = (read::json(new).unwrap(), read::json(own).unwrap());
        compare(&read::fmt_json(OLD).unwrap(), &new, &own)
    }

    #[test]
    fn requests_that_differ_are_told() {
        assert_eq!(compared(NEW, OWN), Ok(()));
        let wrong = [
            (NEW.replace("/a", "/b"), OWN.to_owned()),
            (NEW.replace("500", "200"), OWN.to_owned()),
            (NEW.replace("failed", "completed"), OWN.to_owned()),
            (NEW.replace("\"duration_ms\":1.5", "\"x\":1"), OWN.to_owned()),
            (NEW.replacen("\"1\"", "\"2\"", 1), OWN.to_owned()),
            (NEW.to_owned(), OWN.replace("/a", "/b")),
            (NEW.to_owned(), OWN.replace("\"1\"", "\"2\"")),
        ];
        for (new, own) in wrong {
            assert!(compared(&new, &own).is_err(), "{new}\n{own}");
        }
    }
}
