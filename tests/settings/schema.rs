//! The JSON Schema and the parser agree: what an editor underlines is what is refused.

use ripsaw::Document;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

fn schema() -> Value {
    serde_json::from_str(&Document::json_schema()).unwrap()
}

/// A document as the value that an editor checks.
fn value(text: &str) -> Value {
    table(DeTable::parse(text).unwrap().get_ref())
}

fn table(table: &DeTable<'_>) -> Value {
    let entries =
        table.iter().map(|(name, value)| (name.get_ref().to_string(), one(value.get_ref())));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn one(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).unwrap().into(),
        DeValue::Float(n) => n.as_str().parse::<f64>().unwrap().into(),
        DeValue::Boolean(on) => (*on).into(),
        // As an editor shows it: a text of no form that any key has.
        DeValue::Datetime(_) => Value::Null,
        DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect(),
        DeValue::Table(inner) => table(inner),
    }
}

/// Whether a value is valid, by the words that our schema uses; any other word is a failure.
fn valid(root: &Value, schema: &Value, value: &Value) -> bool {
    schema.as_object().unwrap().iter().all(|(word, said)| match word.as_str() {
        "$schema" | "title" | "description" | "examples" | "$defs" => true,
        "$ref" => {
            let name = said.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
            valid(root, &root["$defs"][name], value)
        }
        "anyOf" => said.as_array().unwrap().iter().any(|schema| valid(root, schema, value)),
        "type" => match said {
            Value::String(kind) => is_a(value, kind),
            kinds => {
                kinds.as_array().unwrap().iter().any(|kind| is_a(value, kind.as_str().unwrap()))
            }
        },
        "enum" => said.as_array().unwrap().contains(value),
        "minimum" => value.as_f64().is_none_or(|n| n >= said.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|n| n <= said.as_f64().unwrap()),
        // Forms of texts are those of the parser's own tests.
        "pattern" => true,
        "items" => value.as_array().is_none_or(|all| all.iter().all(|one| valid(root, said, one))),
        "maxItems" => value.as_array().is_none_or(|all| all.len() as u64 <= said.as_u64().unwrap()),
        "maxProperties" => {
            value.as_object().is_none_or(|all| all.len() as u64 <= said.as_u64().unwrap())
        }
        "properties" => value.as_object().is_none_or(|all| {
            all.iter()
                .all(|(name, inner)| said.get(name).is_none_or(|schema| valid(root, schema, inner)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|all| {
            let known =
                |name: &String| schema.get("properties").is_some_and(|p| p.get(name).is_some());
            all.iter().filter(|(name, _)| !known(name)).all(|(_, inner)| match said {
                Value::Bool(allowed) => *allowed,
                schema => valid(root, schema, inner),
            })
        }),
        other => panic!("the schema has a word that this does not know: {other}"),
    })
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type: {other}"),
    }
}

#[test]
fn the_schema_takes_the_example() {
    let schema = schema();
    assert!(valid(&schema, &schema, &value(include_str!("../../examples/ripsaw.toml"))));
}

/// Puts a value of every type at every place of the example: both refuse the same, as far as a schema can say it.
#[test]
fn the_schema_and_the_parser_refuse_the_same_types() {
    let schema = schema();
    let example = include_str!("../../examples/ripsaw.toml");
    let (mut changed, mut refused) = (0, 0);
    for (at, line) in example.lines().enumerate() {
        let Some((key, _)) =
            line.split_once(" = ").filter(|_| !line.starts_with(['#', ' ', '}', ']']))
        else {
            continue;
        };
        if line.ends_with('[') {
            continue;
        }
        for other in
            ["true", "7", "-7", "0.25", "'zzz'", "['zzz']", "[7]", "{ zzz = 7 }", "[{ zzz = 7 }]"]
        {
            let lines = example.lines().enumerate();
            let text: String = lines
                .map(
                    |(i, line)| {
                        if i == at { format!("{key} = {other}\n") } else { format!("{line}\n") }
                    },
                )
                .collect();
            changed += 1;
            let place = format!("{key} = {other}");
            match Document::parse(&text) {
                Ok(_) => {
                    assert!(valid(&schema, &schema, &value(&text)), "the schema refuses {place}")
                }
                Err(errors) => {
                    // Of another type, out of bounds, or of no such name: the rest is more than a schema can say.
                    let of_type = |said: &str| {
                        [
                            "is no key of a document",
                            "use true or false",
                            "use text in quotes",
                            "use a table",
                            "use a list",
                            "use a whole number from",
                            "use a number from",
                        ]
                        .iter()
                        .any(|part| said.contains(part))
                    };
                    if errors.errors().iter().any(|error| of_type(&error.remedy)) {
                        refused += 1;
                        assert!(
                            !valid(&schema, &schema, &value(&text)),
                            "the schema takes {place}: {errors}"
                        );
                    }
                }
            }
        }
    }
    assert!(changed > 900 && refused > 400, "{changed} {refused}");
}
