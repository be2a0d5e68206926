//! The formats of a document.

use super::check::{Errors, Found, Item};
use super::values::shown_text;
use super::view::View;
use crate::codec::Value;
use crate::error::ConfigError;
use crate::format::{
    ColorChoice, Duplicates, Format, Json, KeyValue, LevelForm, Member, Pattern, Pretty, Schema,
    Text, TimeForm,
};

/// What holds for all lines unless a format says otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    pub(super) time: bool,
    pub(super) compat: bool,
}

const JSON: &[&str] = &[
    "kind",
    "timestamp",
    "thread",
    "location",
    "preset",
    "order",
    "keys",
    "nest_keys",
    "time",
    "level",
    "constants",
    "rename",
    "last",
    "duplicates",
    "reserved_prefix",
];

/// What the key `format` asks for.
pub(super) fn format(
    found: &Found,
    lines: Lines,
    errors: &mut Errors<'_>,
) -> Option<Box<dyn Format>> {
    let table = View::of(found);
    let kind = found.text().or_else(|| table.text("kind"));
    let Some(kind) = kind else {
        if !matches!(found.item, Item::Wrong) {
            table.need("kind", "use text, key_value, json, pretty or pattern", errors);
        }
        return None;
    };
    let time = table.bool("timestamp").unwrap_or(lines.time);
    let names: &[&str] = match kind {
        "json" => JSON,
        "pattern" => &["kind", "pattern"],
        "key_value" => &["kind", "timestamp", "logger", "color", "compat"],
        "pretty" => &["kind", "timestamp", "target", "color"],
        _ => &["kind", "timestamp", "thread", "target", "location"],
    };
    table.only(names, &format!("{kind:?}"), errors);
    let color = table.text("color").and_then(color);
    Some(match kind {
        "key_value" => {
            let compat = table.bool("compat").unwrap_or(lines.compat);
            let mut format = if compat { KeyValue::compat() } else { KeyValue::new() };
            if let Some(on) = table.bool("logger") {
                format = format.logger(on);
            }
            format = format.timestamp(time);
            Box::new(match color {
                Some(choice) => format.color(choice),
                None => format,
            })
        }
        "pretty" => {
            let mut format = Pretty::new().timestamp(time);
            if let Some(on) = table.bool("target") {
                format = format.target(on);
            }
            Box::new(match color {
                Some(choice) => format.color(choice),
                None => format,
            })
        }
        "json" => match Json::with(schema(table, lines, errors)) {
            Ok(mut json) => {
                if let Some(on) = table.bool("thread") {
                    json = json.thread(on);
                }
                if let Some(on) = table.bool("location") {
                    json = json.location(on);
                }
                Box::new(json.timestamp(time))
            }
            Err(e) => return refused(found, &e, errors),
        },
        "pattern" => {
            table.need("pattern", "write the line: \"{level} {message}\"", errors);
            let pattern = table.get("pattern")?;
            match Pattern::parse(pattern.text()?) {
                Ok(pattern) => Box::new(pattern),
                Err(e) => return refused(pattern, &e, errors),
            }
        }
        _ => {
            let mut format = Text::new().timestamp(time);
            if let Some(on) = table.bool("thread") {
                format = format.thread(on);
            }
            if let Some(on) = table.bool("target") {
                format = format.target(on);
            }
            Box::new(match table.bool("location") {
                Some(on) => format.location(on),
                None => format,
            })
        }
    })
}

fn refused<T>(found: &Found, e: &ConfigError, errors: &mut Errors<'_>) -> Option<T> {
    errors.add(found.at, &found.path, Some(shown_text(e.value())), e.remedy(), None);
    None
}

/// The most constants, fields at the end and renamed ones of a line, all together: each is compared with each.
const MOST: usize = 512;

fn schema(table: View<'_>, lines: Lines, errors: &mut Errors<'_>) -> Schema {
    let constants_of = table.table("constants").entries().filter_map(|(_, found)| found.scalar());
    let entries = constants_of.map(leaves).sum::<usize>()
        + table.texts("last").count()
        + table.table("rename").entries().count();
    if entries > MOST {
        let remedy = format!(
            "has {entries} entries in constants, last and rename together; use at most {MOST}"
        );
        errors.add(table.at, table.path, None, remedy, None);
        return Schema::new();
    }
    let mut schema = match table.text("preset") {
        Some("ecs") => Schema::ecs(),
        Some("logstash") => Schema::logstash(),
        Some("gcp") => Schema::gcp(),
        Some("datadog") => Schema::datadog(),
        Some("gelf") => Schema::gelf(),
        Some("otel") => Schema::otel(),
        Some("s3") => Schema::s3(),
        Some("compat") => Schema::compat(),
        _ if lines.compat => Schema::compat(),
        _ => Schema::new(),
    };
    if table.get("order").is_some() {
        schema = schema.order(table.texts("order").filter_map(member));
    }
    for (name, key) in table.table("keys").entries() {
        match (member(name), key.text()) {
            (Some(member), Some(key)) => schema = schema.key(member, key),
            (Some(member), None) => {
                schema = schema.path(member, key.items().iter().filter_map(Found::text));
            }
            (None, _) => {
                let known = super::keys::names::MEMBERS;
                let remedy = format!("is no member of a line; use {}", known.join(", "));
                let near = super::values::nearest(name, known);
                errors.add(key.at, &key.path, None, remedy, near);
            }
        }
    }
    if table.bool("nest_keys") == Some(true) {
        schema = schema.nest_keys();
    }
    for (field, key) in table.table("rename").entries() {
        schema = schema.rename(field, key.text().unwrap_or(field));
    }
    for (key, value) in table.table("constants").entries() {
        if let Some(value) = value.scalar() {
            schema = constants(schema, &mut vec![key.to_owned()], value);
        }
    }
    schema = table.texts("last").fold(schema, Schema::last);
    if let Some(rule) = table.text("duplicates").and_then(duplicates) {
        schema = schema.duplicates(rule);
    }
    if let Some(prefix) = table.text("reserved_prefix") {
        schema = schema.reserved_prefix(prefix);
    }
    if let Some(form) = table.text("time").and_then(time_form) {
        schema = schema.time(form);
    }
    match table.text("level").and_then(level_form) {
        Some(form) => schema.level(form),
        None => schema,
    }
}

/// How many constants a value makes.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Map(entries) => entries.iter().map(|(_, value)| leaves(value)).sum::<usize>().max(1),
        _ => 1,
    }
}

/// Tables are objects, which other members may share.
fn constants(mut schema: Schema, path: &mut Vec<String>, value: &Value) -> Schema {
    let Value::Map(entries) = value else {
        return schema.constant_at(path.iter().map(String::as_str), value.clone());
    };
    for (key, value) in entries {
        path.push(key.to_string());
        schema = constants(schema, path, value);
        path.pop();
    }
    schema
}

fn color(name: &str) -> Option<ColorChoice> {
    match name {
        "auto" => Some(ColorChoice::Auto),
        "always" => Some(ColorChoice::Always),
        "never" => Some(ColorChoice::Never),
        _ => None,
    }
}

fn duplicates(name: &str) -> Option<Duplicates> {
    match name {
        "last" => Some(Duplicates::Last),
        "first" => Some(Duplicates::First),
        "suffix" => Some(Duplicates::Suffix),
        _ => None,
    }
}

fn member(name: &str) -> Option<Member> {
    Some(match name {
        "timestamp" => Member::Timestamp,
        "level" => Member::Level,
        "level_text" => Member::LevelText,
        "logger" => Member::Logger,
        "event" => Member::Event,
        "file" => Member::File,
        "line" => Member::Line,
        "line_text" => Member::LineText,
        "module" => Member::Module,
        "thread" => Member::Thread,
        "thread_id" => Member::ThreadId,
        "pid" => Member::Pid,
        "seq" => Member::Seq,
        "fields" => Member::Fields,
        _ => return None,
    })
}

fn time_form(name: &str) -> Option<TimeForm> {
    Some(match name {
        "rfc3339" => TimeForm::Rfc3339,
        "rfc3339_millis" => TimeForm::Rfc3339Millis,
        "rfc3339_offset" => TimeForm::Rfc3339Offset,
        "without_zone" => TimeForm::WithoutZone,
        "local" => TimeForm::Local,
        "seconds" => TimeForm::Seconds,
        "seconds_decimal" => TimeForm::SecondsDecimal,
        "millis" => TimeForm::Millis,
        "micros" => TimeForm::Micros,
        "nanos" => TimeForm::Nanos,
        "nanos_text" => TimeForm::NanosText,
        _ => return None,
    })
}

fn level_form(name: &str) -> Option<LevelForm> {
    Some(match name {
        "lower" => LevelForm::Lower,
        "upper" => LevelForm::Upper,
        "number" => LevelForm::Number,
        "syslog" => LevelForm::Syslog,
        "gcp" => LevelForm::Gcp,
        "opentelemetry" => LevelForm::OpenTelemetry,
        _ => return None,
    })
}

/// Every name of the table of keys means something here.
#[cfg(test)]
mod tests {
    use super::super::keys::names as keys;
    use super::*;

    #[test]
    fn names_of_the_table_are_known() {
        assert!(keys::MEMBERS.iter().all(|name| member(name).is_some()));
        assert!(keys::TIMES.iter().all(|name| time_form(name).is_some()));
        assert!(keys::LEVEL_FORMS.iter().all(|name| level_form(name).is_some()));
        assert!(keys::COLORS.iter().all(|name| color(name).is_some()));
        assert!(keys::DUPLICATES.iter().all(|name| duplicates(name).is_some()));
    }
}
