//! Runs the program as its user does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A directory for the reports and temporary files of one test.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench-{}-{number}", std::process::id());
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(dir.join("tmp")).unwrap();
        Place(dir)
    }

    fn ripsaw(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ripsaw"));
        command.args(words).current_dir(&self.0).env("TMPDIR", self.0.join("tmp"));
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.ripsaw(words).output().unwrap()
    }

    /// The measured files are gone.
    fn assert_clean(&self) {
        assert_eq!(fs::read_dir(self.0.join("tmp")).unwrap().count(), 0);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_and_version_go_to_standard_output() {
    let place = Place::new();
    for (words, part) in [
        (&["--help"][..], "bench"),
        (&["bench", "--help"], "--scenario"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let output = place.run(words);
        assert!(output.status.success(), "{words:?}");
        assert!(text(&output.stdout).contains(part), "{words:?}");
        assert!(output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn a_mistake_gives_one_line_and_status_2() {
    let place = Place::new();
    File::create(place.0.join("file")).unwrap();
    fs::create_dir_all(place.0.join("taken/bench.json")).unwrap();
    for (words, part) in [
        (&[][..], "--help"),
        (&["bnch"], "bnch"),
        (&["bench", "--qiuck"], "--qiuck"),
        (&["bench", "--messages", "0"], "--messages"),
        (&["bench", "--messages", "-3"], "-3"),
        (&["bench", "--threads", "0"], "--threads"),
        (&["bench", "--scenario", "everything"], "basic, json, threads, filter, large, async"),
        (&["bench", "--quick", "--out", "file/below"], "file/below"),
        (&["bench", "--quick", "--out", "file"], "file"),
        (&["bench", "--quick", "--out", "taken"], "bench.json"),
        (&["bench", "--messages", "1000000000"], "--messages"),
    ] {
        let output = place.run(words);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{words:?}: {stderr}");
        assert!(stderr.starts_with("ripsaw: ") && stderr.contains(part), "{words:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
    place.assert_clean();
    assert!(!place.0.join("bench.json").exists());
}

#[test]
fn every_scenario_accounts_for_every_line() {
    let place = Place::new();
    let words = ["bench", "--quick", "--messages", "20001", "--threads", "4", "--json"];
    let output = place.run(&[&words[..], &["--out", "new/reports"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    place.assert_clean();

    let stdout = text(&output.stdout);
    let reports = place.0.join("new/reports");
    assert_eq!(fs::read_to_string(reports.join("bench.json")).unwrap(), stdout);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let scenarios = document["scenarios"].as_array().unwrap();
    let names: Vec<&str> = scenarios.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["basic", "json", "threads", "filter", "large", "async"]);
    for row in scenarios {
        let lines = if row["name"] == "filter" { 10_000 } else { 20_001 };
        assert_eq!(row["messages"], 20_001, "{row}");
        assert_eq!(row["lines"], lines, "{row}");
        assert_eq!((&row["lost"], &row["dropped"]), (&0.into(), &0.into()), "{row}");
        let positive = |value: &Value| value.as_f64().is_some_and(|value| value > 0.0);
        for key in ["seconds", "msgs_per_s", "ns_per_call", "cpu_s_per_million", "ratio"] {
            assert!(positive(&row[key]), "{key}: {row}");
        }
        for key in ["p50", "p90", "p99", "p99_9", "p99_99", "max", "timer"] {
            assert!(positive(&row["latency_ns"][key]), "{key}: {row}");
        }
    }
    let threads: Vec<u64> = scenarios.iter().map(|row| row["threads"].as_u64().unwrap()).collect();
    assert_eq!(threads[..5], [1, 1, 4, 1, 1]);
    let size = |i: usize| scenarios[i]["bytes_per_line"].as_f64().unwrap();
    assert!((70.0..140.0).contains(&size(0)), "basic: {}", size(0));
    assert!((900.0..1_250.0).contains(&size(4)), "large: {}", size(4));

    let page = fs::read_to_string(reports.join("bench.html")).unwrap();
    assert!(page.matches("<svg").count() == 2 && page.contains("</html>"));
    for outside in ["http://", "https://", "<script", "src=", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn the_table_names_the_chosen_scenarios_only() {
    let place = Place::new();
    let output = place.run(&[
        "bench",
        "--quick",
        "--messages",
        "5000",
        "--scenario",
        "json",
        "--repeat",
        "2",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let stdout = text(&output.stdout);
    let row = stdout.lines().find(|line| line.starts_with("json ")).unwrap();
    assert!(row.contains("5,000") && row.contains('x'), "{stdout}");
    assert!(!stdout.lines().any(|line| line.starts_with("basic")), "{stdout}");
    assert!(stdout.contains("call net") && stdout.contains("median of 2 runs"), "{stdout}");
    assert!(place.0.join("bench.html").exists());
}

#[test]
fn a_closed_standard_output_ends_quietly() {
    let place = Place::new();
    let words = ["bench", "--quick", "--messages", "1000", "--scenario", "basic", "--json"];
    let mut child =
        place.ripsaw(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(place.0.join("bench.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_reported_without_a_panic() {
    let place = Place::new();
    let words = ["bench", "--quick", "--messages", "1000", "--scenario", "basic"];
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = place.ripsaw(&words).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("standard output"), "{stderr}");
}

#[test]
fn an_interrupt_removes_the_measured_files() {
    let place = Place::new();
    let words = ["bench", "--messages", "3000000", "--scenario", "basic"];
    let mut child =
        place.ripsaw(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let tmp = place.0.join("tmp");
    let measuring = || {
        let below = fs::read_dir(&tmp).unwrap().flatten().map(|entry| entry.path());
        below.flat_map(fs::read_dir).flatten().next().is_some()
    };
    while !measuring() {
        assert!(child.try_wait().unwrap().is_none(), "ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(!place.0.join("bench.json").exists());
    place.assert_clean();
}
