//! Programs before and after they were switched to Ripsaw: how many lines of them changed, and whether they still log the same.

mod lines;
mod read;
mod requests;

use crate::shell::root;
use read::Event;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Most lines of a program that may change.
const MOST_CHANGED: usize = 5;

/// What an example of this name's predecessor is called.
pub(crate) const BEFORE: &str = "_before";

/// A program that was switched.
struct Program {
    name: &'static str,
    /// Of its package.
    dir: &'static str,
    before: fn(&str) -> Result<Vec<Event>, String>,
    after: fn(&str) -> Result<Vec<Event>, String>,
    /// What records of the middleware that it had before, and of the one that it has now, have as their target.
    middleware: [Option<&'static str>; 2],
    /// Fields that its events have gained.
    gained: &'static [&'static str],
    /// Whether all comes from one thread at a time.
    in_order: bool,
}

const PROGRAMS: [Program; 4] = [
    Program {
        name: "log_facade",
        dir: ".",
        before: read::env_logger,
        after: read::text,
        middleware: [None, None],
        gained: &[],
        in_order: true,
    },
    Program {
        name: "tracing",
        dir: ".",
        before: read::fmt_json,
        after: read::json,
        middleware: [None, None],
        gained: &[],
        in_order: true,
    },
    Program {
        name: "axum",
        dir: "integrations/web",
        before: read::fmt_json,
        after: read::json,
        middleware: [Some("tower_http"), Some("http")],
        gained: &["correlation_id"],
        in_order: false,
    },
    Program {
        name: "worker",
        dir: "integrations/service",
        before: read::fmt_json,
        after: read::json,
        middleware: [None, Some("jobs")],
        gained: &["correlation_id", "service_name", "job_id"],
        in_order: true,
    },
];

/// Compares sources, and what the examples printed when they ran in `runs`.
pub(crate) fn compare(runs: &Path) -> Result<(), String> {
    for program in &PROGRAMS {
        let said = compare_one(program, runs).map_err(|why| format!("{}: {why}", program.name))?;
        println!("switched {}: {said}", program.name);
    }
    Ok(())
}

fn compare_one(program: &Program, runs: &Path) -> Result<String, String> {
    let source = |name: &str| {
        let path = root().join(program.dir).join("examples").join(name);
        fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let file = format!("{}.rs", program.name);
    let changed = lines::changed(&source(&format!("before/{file}"))?, &source(&file)?);
    if changed == 0 || changed > MOST_CHANGED {
        return Err(format!("{changed} lines changed, not 1 to {MOST_CHANGED}"));
    }
    let output = |name: String| {
        let path = runs.join(name).join("stdout.txt");
        fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let before = (program.before)(&output(format!("{}{BEFORE}", program.name))?)?;
    let after = (program.after)(&output(program.name.to_owned())?)?;
    let [old, new] = program.middleware;
    let (old, before) = apart(before, old);
    let (new, after) = apart(after, new);
    let count = before.len();
    if count == 0 {
        return Err("it logs nothing".to_owned());
    }
    if !old.is_empty() {
        requests::compare(&old, &new, &after)?;
    }
    same(before, without(after, program.gained), program.in_order)?;
    let of_layers = match new.len() {
        0 => String::new(),
        count => format!(", and {count} of Ripsaw's own"),
    };
    Ok(format!("{changed} lines changed, the same {count} events{of_layers}"))
}

/// The events of the middleware with this target or one below it, and all others.
fn apart(events: Vec<Event>, target: Option<&str>) -> (Vec<Event>, Vec<Event>) {
    let is_of = |event: &Event| {
        target.is_some_and(|target| event.target.split("::").next() == Some(target))
    };
    events.into_iter().partition(is_of)
}

fn without(mut events: Vec<Event>, gained: &[&str]) -> Vec<Event> {
    for event in &mut events {
        event.fields.retain(|key, _| !gained.contains(&key.as_str()));
    }
    events
}

/// The same events, with the same fields; the first that differs is told.
fn same(mut before: Vec<Event>, mut after: Vec<Event>, in_order: bool) -> Result<(), String> {
    if !in_order {
        let key = |event: &Event| format!("{event:?}");
        before.sort_by_cached_key(key);
        after.sort_by_cached_key(key);
    }
    if let Some((was, is)) = before.iter().zip(&after).find(|(was, is)| was != is) {
        return Err(format!("an event differs\nbefore: {was:?}\nafter:  {is:?}"));
    }
    match (before.get(after.len()), after.get(before.len())) {
        (Some(lost), _) => Err(format!("an event is gone: {lost:?}")),
        (_, Some(new)) => Err(format!("an event is new: {new:?}")),
        (None, None) => Ok(()),
    }
}

/// A field that is a text.
fn text<'e>(event: &'e Event, key: &str) -> Result<&'e str, String> {
    let value = event.fields.get(key).and_then(Value::as_str);
    value.ok_or_else(|| format!("no text `{key}` in {event:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<Event> {
        read::json(text).unwrap()
    }

    const ONE: &str = r#"{"level":"info","logger":"shop","event":"sold","id":1,"job_id":"j"}"#;
    const TWO: &str = r#"{"level":"info","logger":"jobs","event":"Job started"}"#;

    #[test]
    fn events_that_differ_are_told() {
        let (one, two) = (events(ONE), events(TWO));
        assert_eq!(same(one.clone(), one.clone(), true), Ok(()));
        let other = events(&ONE.replace("\"id\":1", "\"id\":2"));
        assert!(same(one.clone(), other, true).unwrap_err().contains("differs"));
        let both = [one.clone(), two.clone()].concat();
        assert!(same(both.clone(), one.clone(), true).unwrap_err().contains("is gone"));
        assert!(same(one.clone(), both.clone(), true).unwrap_err().contains("is new"));
        let turned = [two, one].concat();
        assert!(same(both.clone(), turned.clone(), true).is_err());
        assert_eq!(same(both, turned, false), Ok(()));
    }

    #[test]
    fn only_what_was_announced_is_left_out() {
        let (of_jobs, others) = apart(events(&format!("{ONE}\n{TWO}")), Some("jobs"));
        assert_eq!((of_jobs.len(), others.len()), (1, 1));
        let left = without(others, &["job_id"]);
        assert_eq!(left[0].fields.keys().collect::<Vec<_>>(), ["id"]);
    }
}
