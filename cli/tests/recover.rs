//! `ripsaw recover` as a user sees it.

use ripsaw::sink::Sink;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Takes nothing.
struct Dead;

impl Sink for Dead {
    fn write(&mut self, _batch: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

/// The file that an engine leaves whose sink took nothing.
fn left_behind(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.arena"));
    drop(std::fs::remove_file(&path));
    let guard = ripsaw::builder().sink(Dead).arena_file(&path).manual().start_local().unwrap();
    let attached = guard.attach();
    ripsaw::info!(n = 1, "first");
    ripsaw::warn!(n = 2, "sec\nond");
    drop(attached);
    assert_eq!(guard.shutdown(Duration::ZERO).unflushed, 2);
    path
}

fn recover(path: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ripsaw"));
    command.arg("recover").arg(path).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn prints_once_and_puts_the_file_aside() {
    let path = left_behind("once");
    let kept = recover(&path, &["--keep"]);
    let output = recover(&path, &[]);
    assert!(output.status.success());
    assert_eq!(text(&kept.stdout), text(&output.stdout));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert!(lines.len() == 2 && lines[0].ends_with("first recovered=true n=1"), "{lines:?}");
    assert!(lines[1].contains(r"sec\nond"), "{lines:?}");
    assert!(text(&output.stderr).contains("2 records of process"), "{output:?}");
    let again = recover(&path, &[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("No such file"), "{again:?}");
    assert!(path.with_extension("arena.recovered").exists());
}

#[test]
fn formats_and_output_are_chosen() {
    let path = left_behind("formats");
    let json = recover(&path, &["--keep", "--format", "json"]);
    for line in text(&json.stdout).lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["recovered"], true);
    }
    let log = path.with_extension("log");
    drop(std::fs::remove_file(&log));
    let output = recover(&path, &["--format", "key_value", "--output", log.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 2);
}

#[test]
fn what_cannot_be_read_is_named() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no.arena");
    std::fs::write(&path, "nothing of ours").unwrap();
    let output = recover(&path, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no.arena"), "{output:?}");
    assert_eq!(recover(&path, &["--format", "xml"]).status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "nothing of ours");
}
