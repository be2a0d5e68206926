//! What the system does to a process: each system call that touches the log or the arena's file fails once, in each way, and
//! afterwards the books balance; the clock is set.
//!
//! The method is that of Tessera: list the calls of one good run, then play the run again for every call and every fault.

#[path = "../harness/mod.rs"]
mod harness;

mod clock;

use harness::{Child, Outcome, Scenario, Test, this_program};
use ripsaw::format::{Format, Text};
use ripsaw::{Builder, Overflow, Recovery, info};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

const TESTS: &[&[Test]] = &[by_name![every_system_call_fails_once], clock::TESTS];
const SCENARIOS: &[&[Scenario]] = &[by_name![writes_some], clock::SCENARIOS];

/// Records of a run.
const RECORDS: u64 = 120;
/// Exit status of a start that was refused.
const REFUSED: i32 = 3;
/// What happens to a call.
const FAULTS: [&str; 5] =
    ["error=EIO", "error=ENOSPC", "error=EINTR", "error=EMFILE", "signal=KILL"];
/// No call is failed more often than this in one place of the list: the later ones are alike.
const DEEP: usize = 6;

fn main() -> ExitCode {
    harness::main(&TESTS.concat(), &SCENARIOS.concat())
}

fn arena_of(log: &Path) -> PathBuf {
    log.with_extension("arena")
}

fn format() -> Text {
    Text::new().timestamp(false).target(false)
}

fn builder(log: &Path) -> Builder {
    ripsaw::builder()
        .format(format())
        .overflow(Overflow::Block(Duration::MAX))
        .arena_bytes(256 << 10)
        .file(log)
        .arena_file(arena_of(log))
}

fn payload(n: u64) -> String {
    "x".repeat(n as usize * 7 % 60)
}

fn writes_some(log: &Path) {
    let guard = match builder(log).start() {
        Ok(guard) => guard,
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(REFUSED);
        }
    };
    let returned = fs::File::create(log.with_extension("returned")).unwrap();
    for n in 0..RECORDS {
        let payload = payload(n);
        info!(n, "{payload}");
        returned.write_all_at(&(n + 1).to_le_bytes(), 0).unwrap();
        if n % 40 == 39 {
            // May fail: that is the point.
            let _ = guard.handle().flush_durable(Duration::from_secs(2));
        }
    }
    let report = guard.shutdown(Duration::from_secs(2));
    println!(
        "written={}\ndropped={}\nunflushed={}",
        report.written, report.dropped, report.unflushed
    );
}

/// The run under `strace` with these arguments, which sees only what concerns the two files.
fn traced(arguments: &[String]) -> (PathBuf, Outcome) {
    let probe = Child::new("writes_some");
    let log = probe.file().to_owned();
    let mut launcher = Command::new("strace");
    launcher.args(["-f", "-qq", "-P"]).arg(&log).arg("-P").arg(arena_of(&log));
    launcher.args(arguments).arg("--").arg(this_program());
    (log.clone(), Child::under_at(launcher, "writes_some", &log).run())
}

/// How often each call was made on the files by the thread that made it most.
fn calls(trace: &str) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in trace.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(thread), Some(call)) = (words.next(), words.next()) else { continue };
        if let Some((name, _)) = call.split_once('(') {
            *counts.entry((name.to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((name, _), n) in counts {
        let best = most.entry(name).or_insert(0);
        *best = n.max(*best);
    }
    most
}

/// Numbers of the records in a text, each line of which is whole.
fn numbers(text: &str, what: &str) -> Vec<u64> {
    assert!(text.is_empty() || text.ends_with('\n'), "{what}: the last line is cut off");
    let records = text.lines().filter(|line| !line.starts_with("WARNING"));
    let number = |line: &str| {
        let n: u64 = line.rsplit_once(" n=").and_then(|(_, n)| n.parse().ok())?;
        let said = line.strip_prefix("INFO     ")?.split(' ').next()?;
        (said == payload(n) || payload(n).is_empty()).then_some(n)
    };
    records
        .map(|line| number(line).unwrap_or_else(|| panic!("{what}: not a whole line: {line:?}")))
        .collect()
}

/// Checks what a run left behind.
fn check(log: &Path, outcome: &Outcome, what: &str) {
    assert!(!outcome.stderr.contains("panicked"), "{what}: {}", outcome.stderr);
    let killed = outcome.status.signal() == Some(libc::SIGKILL);
    if outcome.status.code() == Some(REFUSED) {
        assert!(
            outcome.stderr.contains(" = "),
            "{what}: the error names no field: {}",
            outcome.stderr
        );
        return;
    }
    assert!(killed || outcome.status.success(), "{what}: {}\n{}", outcome.status, outcome.stderr);
    let mut recovered = Vec::new();
    // Killed before the file was made whole, or after it was taken away, there is nothing in it.
    if let Ok(recovery) = Recovery::open(arena_of(log)) {
        recovery.records().for_each(|record| format().record(&record, &mut recovered));
        recovery.finish().unwrap();
    }
    let written = numbers(&fs::read_to_string(log).unwrap_or_default(), what);
    let recovered = numbers(std::str::from_utf8(&recovered).unwrap(), what);
    let mut all = [written.clone(), recovered].concat();
    all.sort_unstable();
    let there = all.len();
    all.dedup();
    assert_eq!(there, all.len(), "{what}: a record is there twice");
    let word = fs::read(log.with_extension("returned")).unwrap_or_default();
    let returned = word.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    assert!(all.len() as u64 >= returned, "{what}: {} of {returned} records", all.len());
    assert!(all.iter().copied().eq(0..all.len() as u64), "{what}: a record is missing in between");
    if !killed {
        let (reported, dropped) = (outcome.number("written"), outcome.number("dropped"));
        assert_eq!(reported + dropped, RECORDS, "{what}: the ledger");
        assert_eq!(written.len() as u64, reported, "{what}: what is in the log");
    }
}

fn clean(log: &Path) {
    let arena = arena_of(log);
    let aside = arena.with_extension("arena.recovered");
    for path in [log.to_owned(), log.with_extension("returned"), arena, aside] {
        drop(fs::remove_file(path));
    }
}

fn every_system_call_fails_once() {
    let mut probe = Command::new("strace");
    let probe = probe.arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        println!("SKIPPED every_system_call_fails_once: there is no strace on this machine");
        return;
    }
    let trace = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("faults-{}.trace", std::process::id()));
    let to = |path: &Path| vec!["-o".to_owned(), path.display().to_string()];
    let (log, outcome) = traced(&to(&trace));
    if outcome.stderr.contains("ptrace") {
        println!("SKIPPED every_system_call_fails_once: {}", outcome.stderr.trim());
        return;
    }
    check(&log, &outcome, "without a fault");
    clean(&log);
    let calls = calls(&fs::read_to_string(&trace).unwrap());
    for needed in ["openat", "write", "fdatasync"] {
        assert!(calls.contains_key(needed), "{needed} is not among {calls:?}");
    }
    let mut runs = 0;
    for (call, count) in &calls {
        for n in 1..=(*count).min(DEEP) {
            for fault in FAULTS {
                let what = format!("{call} {n}: {fault}");
                let inject = format!("inject={call}:{fault}:when={n}");
                let (log, outcome) = traced(&[to(&trace), vec!["-e".to_owned(), inject]].concat());
                check(&log, &outcome, &what);
                clean(&log);
                runs += 1;
            }
        }
    }
    println!("{runs} runs over {calls:?}");
    fs::remove_file(&trace).unwrap();
}
