//! `ripsaw check-config`, `explain` and `config` as a user sees them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn ripsaw(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ripsaw")).args(args).output().unwrap()
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ripsaw.toml")
}

#[test]
fn a_good_file_is_silent() {
    let output = ripsaw(&["check-config", example().to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn variables_that_go_before_the_file_are_checked_and_explained() {
    let path = std::env::temp_dir().join(format!("ripsaw-env-{}.toml", std::process::id()));
    std::fs::write(&path, "env_prefix = \"CLI_TEST\"\nlevel = \"info\"\n[levels]\ndb = \"info\"\n")
        .unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ripsaw"));
        command.args(args).env("CLI_TEST_LOG_LEVEL", "loud");
        command.env("CLI_TEST_LOG_MODULE_LEVELS", "db:debug").output().unwrap()
    };
    let file = path.to_str().unwrap();
    let checked = run(&["check-config", file]);
    let explained = run(&["explain", file, "--target", "db", "--level", "debug"]);
    std::fs::remove_file(&path).unwrap();
    assert!(checked.status.success());
    let warned = String::from_utf8(checked.stderr).unwrap();
    assert!(
        warned.starts_with("warning: CLI_TEST_LOG_LEVEL = \"loud\": info is kept; "),
        "{warned}"
    );
    let text = String::from_utf8(explained.stdout).unwrap();
    assert!(
        text.starts_with("debug of \"db\" passes: levels.db is debug (not by the document)"),
        "{text}"
    );
}

#[test]
fn all_errors_are_printed_as_compilers_do() {
    let path = std::env::temp_dir().join(format!("ripsaw-check-{}.toml", std::process::id()));
    std::fs::write(&path, "level = \"inof\"\n[engine]\nclok = 1\n").unwrap();
    let output = ripsaw(&["check-config", path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    let begin = |place: &str| format!("{}:{place}: error: ", path.display());
    assert!(lines[0].starts_with(&(begin("1:9") + "level = \"inof\": use trace")), "{text}");
    assert!(lines[1].starts_with(&(begin("3:1") + "engine.clok: ")), "{text}");
    assert!(lines[1].ends_with("did you mean \"clock\"?"), "{text}");
}

#[test]
fn a_missing_file_and_a_wrong_command_line_are_told() {
    let output = ripsaw(&["check-config", "/nonexistent/x.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nonexistent/x.toml"));
    assert_eq!(ripsaw(&["check-config"]).status.code(), Some(2));
    assert_eq!(ripsaw(&["config"]).status.code(), Some(2));
    let example = example();
    let words = ["explain", example.to_str().unwrap(), "--target", "a", "--level", "loud"];
    assert_eq!(ripsaw(&words).status.code(), Some(2));
}

#[test]
fn explains_which_rule_decides() {
    let example = example();
    let explain = |target: &str, level: &str| {
        let words = ["explain", example.to_str().unwrap(), "--target", target, "--level", level];
        String::from_utf8(ripsaw(&words).stdout).unwrap()
    };
    let text = explain("hyper::client", "info");
    assert!(
        text.starts_with("info of \"hyper::client\" does not pass: levels.hyper is warning (line "),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
    let text = explain("shop::db::pool", "debug");
    assert!(text.contains("passes: levels.\"shop::db\" is debug (line "), "{text}");
    assert!(text.contains("sampling[0] (line "), "{text}");
    assert!(
        text.contains("routes[0] \"console\" (stderr, line ") && text.contains(") takes it\n"),
        "{text}"
    );
    assert!(text.contains("does not take it: its level is warning (line "), "{text}");
    let text = explain("shopping", "error");
    assert!(text.contains("does not take it: its filter has other targets (line "), "{text}");
    let text = explain("shop", "error");
    assert!(
        text.contains(
            "takes it if its filter's has_fields and threads and events are met; its processors may"
        ),
        "{text}"
    );
}

#[test]
fn explains_what_fields_and_messages_decide() {
    let example = example();
    let explain = |more: &[&str]| {
        let words = ["explain", example.to_str().unwrap(), "--target", "shop::health"];
        ripsaw(&[&words[..], more].concat())
    };
    let text = |more: &[&str]| String::from_utf8(explain(more).stdout).unwrap();
    let said = text(&["--level", "info", "--field", "ms=20", "--field", "outcome=ok"]);
    assert!(said.contains("drops it: its filter's any is not met (line "), "{said}");
    let said = text(&["--level", "info", "--field", "ms=500.5", "--field", "outcome=late"]);
    assert!(said.contains("routes[0] \"console\""), "{said}");
    // Without fields it stays open.
    assert!(text(&["--level", "info"]).contains("processors may drop it"), "{said}");
    let said = text(&["--level", "error", "--field", "other=\"1\"", "--message", "m"]);
    assert!(said.contains("does not take it: its filter's has_fields is not met (line "), "{said}");
    let said = text(&["--level", "error", "--field", "trace_id=1", "--message", "m"]);
    assert!(said.contains("takes it if its filter's threads are met"), "{said}");
    assert_eq!(explain(&["--level", "info", "--field", "nothing"]).status.code(), Some(2));
}

#[test]
fn the_schema_is_json() {
    let output = ripsaw(&["config", "--schema"]);
    assert!(output.status.success());
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["properties"]["routes"]["items"]["properties"]["sink"]["enum"][2], "file");
    assert_eq!(schema["additionalProperties"], false);
}
