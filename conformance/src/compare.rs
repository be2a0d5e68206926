//! Whether lines are those that were expected, apart from what differs in every run.

use crate::json::Json;

/// Whether a text may stand in the place of a mark.
type Fits = fn(&str) -> bool;

/// What stands for something that differs in every run.
const MARKS: [(&str, Fits); 8] = [
    ("<TS>", is_time),
    ("<N>", is_number),
    ("<UUID>", is_uuid),
    ("<ADDR>", is_address),
    ("<FRAMES>", |_| true),
    ("<FRAME>", |_| true),
    ("<TID>", is_number),
    ("<...>", |_| true),
];

/// Whether a line is the expected one. `lenient` are keys of numbers that differ in every run, but have no mark.
pub(crate) fn line(expected: &str, got: &str, lenient: &[&str]) -> bool {
    if expected.starts_with('{')
        && let (Ok(expected), Ok(got)) = (Json::parse(expected), Json::parse(got))
    {
        return json(&expected, &got, lenient);
    }
    text(expected, got)
}

/// Whether a value is the expected one. Texts may hold marks.
pub(crate) fn json(expected: &Json, got: &Json, lenient: &[&str]) -> bool {
    match (expected, got) {
        (Json::Map(a), Json::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| match (got.get(key), value) {
                    (Some(Json::Int(_)), Json::Int(_)) if lenient.contains(&key.as_str()) => true,
                    (Some(got), value) => json(value, got, lenient),
                    (None, _) => false,
                })
        }
        (Json::List(a), Json::List(b)) => match a.as_slice() {
            [Json::Str(mark)] if mark == "<...>" => true,
            a => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| json(a, b, lenient)),
        },
        (Json::Str(a), Json::Str(b)) => text(a, b),
        (Json::Str(mark), Json::Int(_) | Json::Float(_)) => mark == "<N>" || mark == "<TID>",
        _ => expected == got,
    }
}

/// Whether a text is the expected one, in which marks stand for what may be anything of a kind.
pub(crate) fn text(expected: &str, got: &str) -> bool {
    let first = MARKS
        .iter()
        .filter_map(|(mark, fits)| Some((expected.find(mark)?, mark, fits)))
        .min_by_key(|m| m.0);
    let Some((at, mark, fits)) = first else { return expected == got };
    let Some(got) = got.strip_prefix(&expected[..at]) else { return false };
    let rest = &expected[at + mark.len()..];
    // The shortest piece that leaves a rest which fits.
    let mut ends = got.char_indices().map(|(i, _)| i).chain([got.len()]);
    ends.any(|end| fits(&got[..end]) && text(rest, &got[end..]))
}

/// `2024-01-15 10:30:00.123456`, or the same as in RFC 3339.
fn is_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() >= 19
        && digits >= 14
        && text.bytes().all(|b| b.is_ascii_digit() || b" -:.TZ+".contains(&b))
        && text.as_bytes()[4] == b'-'
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn is_address(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_for_what_they_say() {
        assert!(line("<TS> [info     ] x", "2026-11-20 12:00:00.123456 [info     ] x", &[]));
        assert!(!line("<TS> [info     ] x", "[info     ] x", &[]));
        assert!(line("a duration_ms=<N> b=1", "a duration_ms=17 b=1", &[]));
        assert!(!line("a duration_ms=<N> b=1", "a duration_ms=x b=1", &[]));
        assert!(!line("a duration_ms=<N>", "a duration_ms=", &[]));
        assert!(line(r#"{"a": "x <N>", "b": 0}"#, r#"{"b":12,"a":"x 1"}"#, &["b"]));
        assert!(!line(r#"{"a": 1, "b": 0}"#, r#"{"b":12,"a":1}"#, &[]));
        assert!(!line(r#"{"a": 1}"#, r#"{"a":1,"b":2}"#, &[]));
    }
}
