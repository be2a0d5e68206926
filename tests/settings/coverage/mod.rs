//! Everything that code can set by plain data, a document can say: or here stands why not.

mod table;

use std::collections::BTreeSet;
use std::path::Path;

use table::{
    Said::{Key, Not},
    TYPES,
};

/// The public functions of a type's own `impl` blocks in a source file.
fn methods(file: &str, of: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (mut inside, mut found) = (false, BTreeSet::new());
    for line in text.lines() {
        // Blocks and their ends stand at the margin; so do those of modules for tests, which have no types of ours.
        if line.starts_with("impl") {
            let head = line.trim_end_matches(" {").trim_start_matches("impl");
            let head = head.strip_prefix('<').map_or(head, |rest| rest.split_once('>').unwrap().1);
            let name = head.trim().split('<').next().unwrap();
            inside = name == of && !head.contains(" for ");
        } else if line.starts_with('}') {
            inside = false;
        } else if inside && let Some(rest) = line.strip_prefix("    pub ") {
            let rest = rest.trim_start_matches("const ");
            if let Some(rest) = rest.strip_prefix("fn ") {
                found.insert(rest.split(['(', '<']).next().unwrap().to_owned());
            }
        }
    }
    found
}

/// The schema at a place: all that a value there may be.
fn at<'s>(schema: &'s serde_json::Value, place: &str) -> Vec<&'s serde_json::Value> {
    let mut all = vec![schema];
    for part in place.split('.') {
        let (name, items) = match part.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (part, false),
        };
        all = expand(schema, all);
        all = match (name.strip_prefix('#'), name) {
            (Some(name), _) => vec![&schema["$defs"][name]],
            (None, "{}") => all.iter().map(|s| &s["additionalProperties"]).collect(),
            (None, name) => all.iter().map(|s| &s["properties"][name]).collect(),
        };
        if items {
            all = expand(schema, all).into_iter().map(|s| &s["items"]).collect();
        }
        all.retain(|s| s.is_object());
    }
    all
}

/// Follows references and alternatives.
fn expand<'s>(
    schema: &'s serde_json::Value,
    all: Vec<&'s serde_json::Value>,
) -> Vec<&'s serde_json::Value> {
    let mut out = Vec::new();
    for one in all {
        match (one["$ref"].as_str(), one["anyOf"].as_array()) {
            (Some(name), _) => out.push(&schema["$defs"][name.trim_start_matches("#/$defs/")]),
            (None, Some(any)) => out.extend(expand(schema, any.iter().collect())),
            (None, None) => out.push(one),
        }
    }
    out
}

#[test]
fn inv_017_all_that_code_sets_a_document_can_say() {
    let schema: serde_json::Value = serde_json::from_str(&ripsaw::Document::json_schema()).unwrap();
    assert!(
        at(&schema, "processors[].nothing").is_empty() && !at(&schema, "#filter.not").is_empty()
    );
    let mut wrong = Vec::new();
    for (file, of, table) in TYPES {
        let there = methods(file, of);
        assert!(!there.is_empty(), "{of} is not in {file}");
        for name in &there {
            match table.iter().find(|(known, _)| known == name) {
                None => wrong.push(format!(
                    "{of}::{name} ({file}) is new: give it a key in src/config/document/keys and an entry here"
                )),
                Some((_, Not(why))) => assert!(!why.is_empty()),
                Some((_, Key(keys))) => {
                    let missing = keys.iter().filter(|key| at(&schema, key).is_empty());
                    wrong.extend(missing.map(|key| format!("{of}::{name}: no key {key}")));
                }
            }
        }
    }
    // What is in the table is in the code.
    for (of, table) in TYPES.iter().map(|(_, of, table)| (of, table)) {
        let there: BTreeSet<String> = TYPES
            .iter()
            .filter(|(_, other, _)| other == of)
            .flat_map(|(file, of, _)| methods(file, of))
            .collect();
        let gone = table.iter().filter(|(name, _)| !there.contains(*name));
        wrong.extend(gone.map(|(name, _)| format!("{of}::{name} is gone: take it out here")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Types of public modules that describe something: each stands above, or is none that a program sets up.
#[test]
fn inv_017_no_type_is_forgotten() {
    const OTHERS: &[&str] = &[
        // What others are made of or ask.
        "Draft",
        "Moment",
        "Filter",
        "Totals",
        "AlertHandle",
        "StatisticsHandle",
        "SampleCounts",
        "RecorderCounts",
        "CacheStats",
        "Keep",
        "FieldTest",
        "Flow",
        "Detector",
        "Processor",
        "CallerProcessor",
        "DomainEmoji",
        "Format",
        "Sink",
        "ColorChoice",
        "Duplicates",
        "LevelForm",
        "Member",
        "TimeForm",
        "Durability",
        "Blocking",
    ];
    for file in ["src/process/mod.rs", "src/emoji/mod.rs", "src/format/mod.rs", "src/sink/mod.rs"] {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let exports = text.split("pub use ").skip(1).map(|rest| rest.split(';').next().unwrap());
        for export in exports {
            let names = export.rsplit_once("::").map_or(export, |(_, names)| names);
            for name in names.trim_matches(['{', '}']).split(',').map(str::trim) {
                let is_type = name.starts_with(char::is_uppercase);
                let known = TYPES.iter().any(|(_, of, _)| *of == name) || OTHERS.contains(&name);
                assert!(!is_type || known, "{name} of {file} has no entry here");
            }
        }
    }
}
