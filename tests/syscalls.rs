//! An enabled call makes no system call, as `strace` sees it.

mod harness;

use harness::{Child, Scenario, Test, this_program};
use ripsaw::format::Text;
use ripsaw::{debug, info};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

const TESTS: &[Test] = by_name![a_caller_makes_no_system_call];
const SCENARIOS: &[Scenario] = by_name![logs_between_marks];

fn main() -> ExitCode {
    harness::main(TESTS, SCENARIOS)
}

/// Numbers that no program asks for otherwise: what `kill` is called with to mark a place in the
/// trace. Signal 0 is sent to nobody.
const MARKS: [i32; 2] = [1_999_999_001, 1_999_999_002];

#[allow(unsafe_code)]
fn mark(n: usize) {
    // SAFETY: asks whether a process exists; no memory is involved.
    unsafe { libc::kill(MARKS[n], 0) };
}

fn round() {
    for i in 0..25_000_u64 {
        info!("order {i} filled at {}", i as f64 * 0.25);
        info!(i, venue = "XETR", px = 1.5, "order filled");
        info!(text = %format_args!("<{i}>"), "rendered");
        debug!(i, "disabled");
        info!("plain");
    }
}

fn logs_between_marks(_: &Path) {
    let guard = ripsaw::builder()
        .format(Text::new())
        .arena_bytes(64 << 20)
        .sink(ripsaw::sink::Null::new())
        .start()
        .unwrap();
    // The lane, the callsites and the scratch are there afterwards.
    round();
    guard.handle().flush(Duration::from_secs(60)).unwrap();
    mark(0);
    round();
    mark(1);
    let handle = guard.handle();
    let report = guard.shutdown(Duration::from_secs(60));
    assert_eq!((report.written, report.dropped), (200_000, 0), "{:?}", handle.stats());
}

fn a_caller_makes_no_system_call() {
    let mut probe = Command::new("strace");
    let probe = probe.arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        println!("SKIPPED a_caller_makes_no_system_call: there is no strace on this machine");
        return;
    }
    let trace = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("syscalls-{}.trace", std::process::id()));
    let mut launcher = Command::new("strace");
    launcher.args(["-f", "-qq", "-o"]).arg(&trace).arg("--").arg(this_program());
    let outcome = Child::under(launcher, "logs_between_marks").run();
    if outcome.stderr.contains("ptrace") {
        println!("SKIPPED a_caller_makes_no_system_call: {}", outcome.stderr.trim());
        return;
    }
    outcome.exited(0);
    let text = std::fs::read_to_string(&trace).unwrap();
    std::fs::remove_file(&trace).unwrap();
    let place = |n: usize| {
        // The rest of the line stands elsewhere if another thread's call comes in between.
        let call = format!("kill({}, 0", MARKS[n]);
        let at = text.lines().position(|line| line.contains(&call));
        at.unwrap_or_else(|| panic!("no mark {n} in the trace"))
    };
    let (from, to) = (place(0), place(1));
    let caller = text.lines().nth(from).unwrap().split(' ').next().unwrap();
    let between = text.lines().skip(from + 1).take(to - from - 1);
    let calls: Vec<&str> = between
        .filter(|line| line.split(' ').next() == Some(caller))
        .filter(|line| !line.contains("<... kill resumed>"))
        .collect();
    assert!(calls.is_empty(), "{} system calls, the first:\n{}", calls.len(), calls[0]);
}
