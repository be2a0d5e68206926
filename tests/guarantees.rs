//! GUARANTEES.md names a test for each promise: those tests must exist.
#![allow(missing_docs)]

use std::fs;
use std::path::Path;

/// `file::test` below `tests/` or with `src/` before it, or a test binary as a whole.
fn exists(root: &Path, name: &str) -> bool {
    let tests = if name.starts_with("src/") { root.to_owned() } else { root.join("tests") };
    match name.split_once("::") {
        Some((file, test)) => {
            let places = [format!("{file}.rs"), format!("{file}/main.rs")];
            places.iter().any(|place| {
                fs::read_to_string(tests.join(place))
                    .is_ok_and(|text| text.contains(&format!("fn {test}(")))
            }) || fs::read_dir(tests.join(file)).is_ok_and(|entries| {
                entries.flatten().any(|entry| {
                    fs::read_to_string(entry.path())
                        .is_ok_and(|text| text.contains(&format!("fn {test}(")))
                })
            })
        }
        None => {
            tests.join(format!("{name}.rs")).exists() || tests.join(name).join("main.rs").exists()
        }
    }
}

fn named(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|line| line.starts_with('|') && !line.contains("`loom-tests`"));
    rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("GUARANTEES.md")).unwrap();
    let named = named(&text);
    assert!(named.len() > 25, "the table was not understood: {named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !exists(root, name)).collect();
    assert!(missing.is_empty(), "named in GUARANTEES.md, but not there: {missing:?}");
}

#[test]
fn a_test_that_is_not_there_is_missed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(exists(root, "it/order::time_stamps_of_a_thread_never_go_back"));
    assert!(!exists(root, "it/order::time_stamps_of_a_thread"));
    assert!(!exists(root, "it/disorder::time_stamps_of_a_thread_never_go_back"));
    assert!(!exists(root, "disorder"));
    assert!(exists(root, "src/config/swap::no_caller_loads"));
    assert!(!exists(root, "src/config/swap::no_caller"));
    assert_eq!(named("| promise | `a::b`, `c` |\n| x | `d` |\nno `row`"), ["a::b", "c", "d"]);
}
