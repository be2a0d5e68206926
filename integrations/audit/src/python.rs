//! JSON as Python's `json.dumps` writes it: `", "` and `": "`, ASCII only, floats by `repr`.

use ripsaw::Value;
use std::fmt::Write;

/// A value, with its numbers as text: what was read is written again as it was.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Json {
    /// A number, or `null`, `true`, `false`, `NaN`, `Infinity`, `-Infinity`.
    Bare(String),
    /// A string.
    Str(String),
    /// An array.
    List(Vec<Json>),
    /// An object; no key twice.
    Map(Vec<(String, Json)>),
}

/// An object of entries. As in a dictionary, a key that comes again keeps its place, and gets the later value.
pub(crate) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Json)>) -> Json {
    let mut map: Vec<(String, Json)> = Vec::new();
    for (key, value) in entries {
        let key = key.into();
        match map.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => map.push((key, value)),
        }
    }
    Json::Map(map)
}

impl Json {
    /// What has no form in JSON becomes text, and a span of time its seconds.
    pub(crate) fn of(value: &Value) -> Json {
        Json::Bare(match value {
            Value::Null => "null".to_owned(),
            Value::Bool(v) => v.to_string(),
            Value::I64(v) => v.to_string(),
            Value::U64(v) => v.to_string(),
            Value::I128(v) => v.to_string(),
            Value::U128(v) => v.to_string(),
            Value::F64(v) => float(*v),
            Value::Duration(v) => float(v.as_secs_f64()),
            Value::Str(v) => return Json::Str(v.to_string()),
            Value::List(items) => return Json::List(items.iter().map(Json::of).collect()),
            Value::Map(entries) => {
                return map(entries.iter().map(|(key, value)| (key.as_ref(), Json::of(value))));
            }
            other => return Json::Str(format!("{other:?}")),
        })
    }

    pub(crate) fn str(&self) -> Option<&str> {
        match self {
            Json::Str(text) => Some(text),
            _ => None,
        }
    }

    /// In one line; with all keys in the order of their code points if `sorted`.
    pub(crate) fn text(&self, sorted: bool) -> String {
        let mut out = String::new();
        self.write(sorted, &mut out);
        out
    }

    fn write(&self, sorted: bool, out: &mut String) {
        match self {
            Json::Bare(text) => out.push_str(text),
            Json::Str(text) => quoted(text, out),
            Json::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    item.write(sorted, out);
                }
                out.push(']');
            }
            Json::Map(entries) => {
                let mut entries: Vec<&(String, Json)> = entries.iter().collect();
                if sorted {
                    // The order of bytes in UTF-8 is that of code points.
                    entries.sort_by(|a, b| a.0.cmp(&b.0));
                }
                out.push('{');
                for (i, (key, value)) in entries.into_iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    quoted(key, out);
                    out.push_str(": ");
                    value.write(sorted, out);
                }
                out.push('}');
            }
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// The shortest digits that give the float back; an exponent below 1e-4 and from 1e16 on.
fn float(v: f64) -> String {
    if v.is_nan() {
        return "NaN".to_owned();
    }
    if v.is_infinite() {
        return if v > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{v:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse().unwrap_or(0) {
        // Debug always has a point, but an exponent of its own at other sizes.
        -4..=15 if v.fract() == 0.0 => format!("{v}.0"),
        -4..=15 => format!("{v}"),
        n => format!("{digits}e{}{:02}", if n < 0 { '-' } else { '+' }, i32::abs(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_as_python_has_them() {
        let texts = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.5, "1.5"),
            (100.0, "100.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in texts {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn strings_are_ascii_and_keys_are_sorted_at_every_depth() {
        let inner =
            map([("z", Json::Str("é🚀\u{7f}\u{1}\n".to_owned())), ("a", Json::List(vec![]))]);
        let json = map([("b", inner), ("a", Json::Bare("1".to_owned()))]);
        let z = r#""z": "\u00e9\ud83d\ude80\u007f\u0001\n""#;
        assert_eq!(json.text(false), format!(r#"{{"b": {{{z}, "a": []}}, "a": 1}}"#));
        assert_eq!(json.text(true), format!(r#"{{"a": 1, "b": {{"a": [], {z}}}}}"#));
    }
}
