//! `cargo xtask inventory`: which capability of the specification has which test.

mod capabilities;

use crate::shell::root;
use capabilities::CAPABILITIES;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Prints a row for each capability; fails if one has no test.
pub(crate) fn run() -> ExitCode {
    match check() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The same as a step of the ladder.
pub(crate) fn check() -> Result<(), String> {
    let mut tests = Tests::new();
    for place in ["tests", "src", "macros", "cli", "conformance", "integrations"] {
        collect(&root().join(place), place, &mut tests);
    }
    let rows = rows(&tests);
    print!("{}", table(&rows));
    let missing = rows.iter().filter(|row| row.tests.is_empty()).count();
    println!("{} capabilities, {missing} without a test", rows.len());
    let unknown: Vec<&u32> =
        tests.keys().filter(|n| !CAPABILITIES.iter().any(|(known, _)| known == *n)).collect();
    if !unknown.is_empty() {
        println!("tests of numbers that are not in the list: {unknown:?}");
    }
    if missing == 0 { Ok(()) } else { Err(format!("{missing} capabilities have no test")) }
}

/// Names of tests by number.
type Tests = BTreeMap<u32, Vec<String>>;

/// A capability, and what tests it.
struct Row {
    number: u32,
    name: &'static str,
    tests: Vec<String>,
}

fn rows(tests: &Tests) -> Vec<Row> {
    let row = |(number, name): &(u32, &'static str)| Row {
        number: *number,
        name,
        tests: tests.get(number).cloned().unwrap_or_default(),
    };
    CAPABILITIES.iter().map(row).collect()
}

/// A line for each test; number, capability and state stand in the first of a capability.
fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut out = format!("{:<6} {:<width$} {:<8} test\n", "number", "capability", "state");
    for row in rows {
        let number = format!("[{}]", row.number);
        let state = if row.tests.is_empty() { "missing" } else { "tested" };
        let first = row.tests.first().map_or("-", String::as_str);
        out += &format!("{number:<6} {:<width$} {state:<8} {first}\n", row.name);
        for test in row.tests.iter().skip(1) {
            out += &format!("{:<6} {:<width$} {:<8} {test}\n", "", "", "");
        }
    }
    out
}

/// Adds the tests of all Rust files below `dir`, which is shown as `shown`.
fn collect(dir: &Path, shown: &str, tests: &mut Tests) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let shown = format!("{shown}/{name}");
        if path.is_dir() {
            collect(&path, &shown, tests);
        } else if name.ends_with(".rs")
            && let Ok(source) = fs::read_to_string(&path)
        {
            for test in named(&source) {
                for number in numbers(test) {
                    tests.entry(number).or_default().push(format!("{shown}::{test}"));
                }
            }
        }
    }
}

/// Functions whose names begin with a number of the specification and that are marked as tests.
fn named(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut marked = false;
    for line in source.lines().map(str::trim) {
        let declared = line.strip_prefix("async ").unwrap_or(line);
        if line.starts_with("#[test]") || line.ends_with("::test]") {
            marked = true;
        } else if let Some(rest) = declared.strip_prefix("fn ") {
            let end = rest.find(['(', '<']).unwrap_or(rest.len());
            if marked && !numbers(&rest[..end]).is_empty() {
                found.push(&rest[..end]);
            }
            marked = false;
        }
    }
    found
}

/// The numbers in `inv_002_inv_003_what_is_tested`.
fn numbers(name: &str) -> Vec<u32> {
    let mut rest = name;
    let mut numbers = Vec::new();
    while let Some(digits) = rest.strip_prefix("inv_").and_then(|rest| rest.get(..4)) {
        match digits.strip_suffix('_').map(str::parse) {
            Some(Ok(number)) => numbers.push(number),
            _ => break,
        }
        rest = &rest[8..];
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_name_stand_in_front() {
        assert_eq!(numbers("inv_061_longest_match"), [61]);
        assert_eq!(numbers("inv_002_inv_003_early"), [2, 3]);
        for other in ["inv_61_x", "inv_", "inv_0é", "x_inv_061_y", "inv_061"] {
            assert_eq!(numbers(other), [0; 0], "{other}");
        }
    }

    #[test]
    fn only_what_is_marked_is_a_test() {
        let source = "
            #[test]
            fn inv_005_levels() { }
            fn inv_006_helper() { }
            #[test]
            #[ignore = \"needs strace\"]
            fn inv_007_ignored() { }
            #[test]
            fn other() { }
            // fn inv_008_comment() { }
        ";
        assert_eq!(named(source), ["inv_005_levels", "inv_007_ignored"]);
    }

    #[test]
    fn every_capability_of_the_issue_is_listed_once_and_in_order() {
        let wanted = (1..=27).chain(29..=93).chain(104..=109).chain([111, 132, 133, 134]);
        let listed = CAPABILITIES.iter().map(|(number, _)| *number);
        assert!(listed.eq(wanted));
    }

    #[test]
    fn a_capability_without_a_test_is_missing() {
        let tests = Tests::from([(1, vec!["tests/a.rs::inv_001_a".to_owned()])]);
        let rows = rows(&tests);
        let table = table(&rows);
        let line = |number: &str| table.lines().find(|line| line.starts_with(number)).unwrap();
        assert!(line("[1] ").contains(" tested ") && line("[1] ").ends_with("inv_001_a"));
        assert!(line("[2] ").contains(" missing "));
    }
}
