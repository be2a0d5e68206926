//! The formats of a document.

use super::check::{Errors, Found, Item};
use super::view::View;
use crate::error::ConfigError;
use crate::format::{
    Format, Json, KeyValue, LevelForm, Member, Pattern, Pretty, Schema, Text, TimeForm,
};

const JSON: &[&str] =
    &["kind", "timestamp", "preset", "order", "keys", "time", "level", "constants", "rename"];

/// What the key `format` asks for; `time` says whether lines have their time unless it says so itself.
pub(super) fn format(
    found: &Found,
    time: bool,
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
    let time = table.bool("timestamp").unwrap_or(time);
    let names: &[&str] = match kind {
        "json" => JSON,
        "pattern" => &["kind", "pattern"],
        _ => &["kind", "timestamp"],
    };
    table.only(names, &format!("{kind:?}"), errors);
    Some(match kind {
        "key_value" => Box::new(KeyValue::new().timestamp(time)),
        "pretty" => Box::new(Pretty::new().timestamp(time)),
        "json" => match Json::with(schema(table, errors)) {
            Ok(json) => Box::new(json.timestamp(time)),
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
        _ => Box::new(Text::new().timestamp(time)),
    })
}

fn refused<T>(found: &Found, e: &ConfigError, errors: &mut Errors<'_>) -> Option<T> {
    errors.add(found.at, &found.path, Some(format!("{:?}", e.value())), e.remedy(), None);
    None
}

fn schema(table: View<'_>, errors: &mut Errors<'_>) -> Schema {
    let mut schema = match table.text("preset") {
        Some("ecs") => Schema::ecs(),
        Some("logstash") => Schema::logstash(),
        Some("gcp") => Schema::gcp(),
        Some("datadog") => Schema::datadog(),
        Some("gelf") => Schema::gelf(),
        Some("otel") => Schema::otel(),
        Some("s3") => Schema::s3(),
        Some("compat") => Schema::compat(),
        _ => Schema::new(),
    };
    if table.get("order").is_some() {
        schema = schema.order(table.texts("order").filter_map(member));
    }
    for (name, key) in table.table("keys").entries() {
        match (member(name), key.text()) {
            (Some(member), Some(key)) => schema = schema.key(member, key),
            _ => {
                let known = super::keys::MEMBERS;
                let remedy = format!("is no member of a line; use {}", known.join(", "));
                let near = super::check::nearest(name, known);
                errors.add(key.at, &key.path, None, remedy, near);
            }
        }
    }
    for (field, key) in table.table("rename").entries() {
        schema = schema.rename(field, key.text().unwrap_or(field));
    }
    for (key, value) in table.table("constants").entries() {
        if let Some(value) = value.scalar() {
            schema = schema.constant(key, value.clone());
        }
    }
    if let Some(form) = table.text("time").and_then(time_form) {
        schema = schema.time(form);
    }
    match table.text("level").and_then(level_form) {
        Some(form) => schema.level(form),
        None => schema,
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
    use super::super::keys;
    use super::*;

    #[test]
    fn names_of_the_table_are_known() {
        assert!(keys::MEMBERS.iter().all(|name| member(name).is_some()));
        assert!(keys::TIMES.iter().all(|name| time_form(name).is_some()));
        assert!(keys::LEVEL_FORMS.iter().all(|name| level_form(name).is_some()));
    }
}
