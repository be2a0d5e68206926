//! `ripsaw emoji` as a user sees it.

use std::process::{Command, Output};

fn emoji(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ripsaw"));
    command.arg("emoji").args(args).output().unwrap()
}

#[test]
fn inv_042_prints_the_contract() {
    let das = emoji(&[]);
    assert!(das.status.success());
    let text = String::from_utf8(das.stdout).unwrap();
    assert!(text.contains("  🔑  -> Auth\n") && text.ends_with("  ➡️  -> Default\n"), "{text}");

    let layers = emoji(&["--layers", "llm,http"]);
    let text = String::from_utf8(layers.stdout).unwrap();
    let (http, llm) = (text.find("'http.method'"), text.find("'llm.provider'"));
    assert!(http.is_some() && http < llm && !text.contains("'db_system'"), "{text}");

    let unknown = emoji(&["--layers", "http,nosuch"]);
    assert_eq!(unknown.status.code(), Some(2));
    let text = String::from_utf8(unknown.stderr).unwrap();
    assert!(text.contains("nosuch") && text.contains("task_queue"), "{text}");
}
