//! The table of keys as a JSON Schema.

use super::check::MOST;
use super::keys::names::LEVELS;
use super::keys::{DOCUMENT, Key, Kind};
use std::fmt::Write as _;

/// JSON Schema, draft 2020-12.
pub(super) fn json_schema() -> String {
    let mut out = String::from("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",");
    out.push_str("\"title\":\"Ripsaw configuration\",");
    object(DOCUMENT, &mut out);
    let mut named = Vec::new();
    DOCUMENT.iter().for_each(|key| collect(&key.kind, &mut named));
    out.push_str(",\"$defs\":{");
    for (i, (name, of)) in named.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(out, "{comma}\"{name}\":{{");
        object(of, &mut out);
        out.push('}');
    }
    out.push_str("}}\n");
    out
}

/// The kinds that have a name, each once: they may be inside of themselves.
fn collect(kind: &Kind, named: &mut Vec<(&'static str, &'static [Key])>) {
    match kind {
        Kind::Named(name, keys) if !named.iter().any(|(known, _)| known == name) => {
            named.push((name, keys()));
            keys().iter().for_each(|key| collect(&key.kind, named));
        }
        Kind::List(of) | Kind::Map(of) => collect(of, named),
        Kind::Table(keys) => keys.iter().for_each(|key| collect(&key.kind, named)),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| collect(kind, named)),
        _ => {}
    }
}

fn object(keys: &[Key], out: &mut String) {
    out.push_str("\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (i, key) in keys.iter().enumerate() {
        // Writing to a string cannot fail. Names and descriptions of the table need no escape; a test parses the result.
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(out, "{comma}\"{}\":{{\"description\":\"{}\",", key.name, key.about);
        kind(&key.kind, out);
        out.push('}');
    }
    out.push('}');
}

fn names(names: &[&str], out: &mut String) {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let _ = write!(out, "\"enum\":[{}]", quoted.join(","));
}

fn within(one: &Kind, out: &mut String) {
    out.push('{');
    kind(one, out);
    out.push('}');
}

fn kind(kind: &Kind, out: &mut String) {
    match kind {
        Kind::Text => out.push_str("\"type\":\"string\""),
        Kind::Bool => out.push_str("\"type\":\"boolean\""),
        Kind::Whole(least, most) => {
            let _ = write!(out, "\"type\":\"integer\",\"minimum\":{least},\"maximum\":{most}");
        }
        Kind::Signed(least, most) => {
            let _ = write!(out, "\"type\":\"integer\",\"minimum\":{least},\"maximum\":{most}");
        }
        Kind::HashKey => out.push_str("\"type\":\"string\",\"pattern\":\"^[0-9a-fA-F]{32}$\""),
        Kind::Value => {
            out.push_str("\"type\":[\"string\",\"number\",\"boolean\",\"array\",\"object\"]");
        }
        Kind::Number(least, most) => {
            let _ = write!(out, "\"type\":\"number\",\"minimum\":{least},\"maximum\":{most}");
        }
        Kind::Size => out.push_str(
            "\"type\":[\"integer\",\"string\"],\"minimum\":0,\"pattern\":\"^ *[0-9]+ *(B|kB|KiB|MB|MiB|GB|GiB)? *$\"",
        ),
        Kind::Duration => {
            out.push_str("\"type\":\"string\",\"pattern\":\"^ *[0-9]+ *(us|ms|s|min|h) *$\"");
        }
        Kind::Threshold => {
            // The parser takes any case and some other spellings; an editor offers these.
            let _ = write!(out, "\"type\":\"string\",\"examples\":[\"{}\",\"off\",\"notset\"]", LEVELS.join("\",\""));
        }
        Kind::Overflow => out.push_str(
            "\"type\":\"string\",\"pattern\":\"^(shed|drop_newest|block|block +[0-9]+ *(us|ms|s|min|h) *)$\"",
        ),
        Kind::OneOf(all) => names(all, out),
        Kind::Scalar => out.push_str("\"type\":[\"string\",\"number\",\"boolean\"]"),
        Kind::List(one) => {
            let _ = write!(out, "\"type\":\"array\",\"maxItems\":{MOST},\"items\":");
            within(one, out);
        }
        Kind::Map(one) => {
            let _ = write!(
                out,
                "\"type\":\"object\",\"maxProperties\":{MOST},\"additionalProperties\":"
            );
            within(one, out);
        }
        Kind::Table(keys) => object(keys, out),
        Kind::Either(kinds) => {
            out.push_str("\"anyOf\":[");
            for (i, kind) in kinds.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                within(kind, out);
            }
            out.push(']');
        }
        Kind::Named(name, _) => {
            let _ = write!(out, "\"$ref\":\"#/$defs/{name}\"");
        }
    }
}
