//! Tracebacks in what is expected: of a case whose record alone counts, they are taken apart.

use crate::json::Json;

const BEGIN: &str = "Traceback (most recent call last):";

/// Where a call was made, which Ripsaw tells only if the environment asks for it.
const STACK: &str = "Stack (most recent call last):";

/// The records without tracebacks, and the exceptions of each traceback: what was raised last comes last.
pub(crate) fn split(expected: &[String]) -> (Vec<String>, Vec<Vec<String>>) {
    let (mut records, mut tracebacks) = (Vec::new(), Vec::new());
    let mut open: Option<String> = None;
    for line in expected {
        if let Some(text) = &mut open {
            let is_record = line.starts_with('[') || line.starts_with("<TS>");
            if !is_record {
                text.push_str(line);
                text.push('\n');
                continue;
            }
            tracebacks.extend(open.take().map(|text| exceptions(&text)));
        }
        let is_record = line.starts_with(['[', '{']) || line.starts_with("<TS>");
        if !is_record && !records.is_empty() {
            open = Some(format!("{line}\n"));
        } else if let Ok(Json::Map(mut entries)) = Json::parse(line) {
            entries.retain(|(key, _)| key != "stack");
            if let Some(at) = entries.iter().position(|(key, _)| key == "exception") {
                tracebacks.extend(entries.remove(at).1.str().map(exceptions));
            }
            records.push(Json::Map(entries).to_string());
        } else {
            records.push(line.clone());
        }
    }
    tracebacks.extend(open.map(|text| exceptions(&text)));
    tracebacks.retain(|exceptions| !exceptions.is_empty());
    (records, tracebacks)
}

/// `Type: message` of each exception in a traceback: what stands behind the frames, up to the next one's sentence.
fn exceptions(text: &str) -> Vec<String> {
    if text.starts_with(STACK) {
        return Vec::new();
    }
    // What was raised while another one was handled has no cause.
    let text = text.rsplit("During handling of the above exception").next().unwrap_or(text);
    let of = |part: &str| {
        let body = part.split_once("<FRAMES>\n").map_or(part, |(_, body)| body);
        let end = body.find("\nThe above exception was").unwrap_or(body.len());
        body[..end].trim_end_matches('\n').to_owned()
    };
    match text.contains(BEGIN) {
        true => text.split(BEGIN).skip(1).map(|part| of(&format!("{part}\n"))).collect(),
        // It was never raised.
        false => vec![of(text)],
    }
}

/// Where the errors that were logged (type, message, causes) are not those of the tracebacks.
pub(crate) fn difference(tracebacks: &[Vec<String>], errors: &[[Json; 3]]) -> Option<String> {
    if tracebacks.len() != errors.len() {
        return Some(format!("expected {} errors, got {}", tracebacks.len(), errors.len()));
    }
    tracebacks.iter().zip(errors).find_map(|(expected, [kind, message, causes])| {
        let text = |json: &Json| json.str().unwrap_or("").to_owned();
        let (kind, message) = (text(kind), text(message));
        let kind = kind.rsplit("::").next().unwrap_or("");
        let got = if message.is_empty() { kind.to_owned() } else { format!("{kind}: {message}") };
        let (last, before) = expected.split_last()?;
        let causes: Vec<String> = causes.list().unwrap_or(&[]).iter().map(text).collect();
        // A cause is known by its message; the traceback names the first one first.
        let same = before.len() == causes.len()
            && before
                .iter()
                .rev()
                .zip(&causes)
                .all(|(expected, got)| expected.ends_with(got.as_str()));
        (*last != got || !same).then(|| format!("expected {expected:?}, got {got:?} of {causes:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn records_and_exceptions_are_told_apart() {
        let chained = "\
[error    ] e
Traceback (most recent call last):
  <FRAMES>
KeyError: 'inner'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  <FRAMES>
RuntimeError: outer
and more
[info     ] next";
        let (records, tracebacks) = split(&lines(chained));
        assert_eq!(records, ["[error    ] e", "[info     ] next"]);
        assert_eq!(tracebacks, [["KeyError: 'inner'", "RuntimeError: outer\nand more"]]);
        let text = |text: &str| Json::Str(text.to_owned());
        let causes = Json::List(vec![text("'inner'")]);
        let error = [text("a::RuntimeError"), text("outer\nand more"), causes];
        assert_eq!(difference(&tracebacks, std::slice::from_ref(&error)), None);
        let [kind, message, _] = error;
        assert!(difference(&tracebacks, &[[kind, message, Json::Null]]).is_some());
        assert!(difference(&tracebacks, &[]).is_some());
    }

    #[test]
    fn an_exception_may_have_no_frames_and_no_cause() {
        let (_, tracebacks) = split(&lines("[error    ] e\nValueError: v"));
        assert_eq!(tracebacks, [["ValueError: v"]]);
        let text = "[error    ] e\nTraceback (most recent call last):\n  <FRAMES>\nKeyError: 'a'\n\nDuring \
            handling of the above exception, another exception occurred:\n\n\
            Traceback (most recent call last):\n  <FRAMES>\nRuntimeError: b";
        assert_eq!(split(&lines(text)).1, [["RuntimeError: b"]]);
    }

    #[test]
    fn a_member_of_an_object_is_a_traceback_too() {
        let line =
            r#"{"a": 1, "exception": "Traceback (most recent call last):\n  <FRAMES>\nE: x"}"#;
        let (records, tracebacks) = split(&lines(line));
        assert_eq!(records, [r#"{"a": 1}"#]);
        assert_eq!(tracebacks, [["E: x"]]);
    }
}
