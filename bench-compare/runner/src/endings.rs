//! Ends the rivals in every way, and finds out what is in the file: `cargo xtask torture --rivals`.

use crate::programs::Program;
use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Records that are logged right before the end.
const MESSAGES: u64 = 20_000;
/// A process that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Names and titles of the endings, and how the process should end: its code, or its signal below zero.
const ENDINGS: [(&str, &str, i32); 13] = [
    ("finish", "told to finish", 0),
    ("return", "`main` returns", 0),
    ("exit", "`exit`", 0),
    ("exit_thread", "`exit` in a thread", 0),
    ("panic", "panic", 101),
    ("abort", "`abort`", -signal::ABRT),
    ("term", "SIGTERM", -signal::TERM),
    ("segv", "SIGSEGV", -signal::SEGV),
    ("kill", "SIGKILL", -signal::KILL),
    ("tls", "TLS destructor", 0),
    ("atexit", "`atexit`", 0),
    ("fork", "fork: child", 0),
    ("line_feed", "line feed", 0),
];

/// The numbers that Linux gives to signals.
mod signal {
    pub(super) const ABRT: i32 = 6;
    pub(super) const KILL: i32 = 9;
    pub(super) const SEGV: i32 = 11;
    pub(super) const TERM: i32 = 15;
}

/// Runs all endings of all programs; returns a table in Markdown.
///
/// # Errors
/// One line if there is no place for the files.
pub(crate) fn table(
    programs: &[Program],
    left_out: &[String],
    dir: &Path,
) -> Result<String, String> {
    let dir = dir.join(format!("ripsaw-endings-{}", std::process::id()));
    let mut text =
        format!("Records lost of {MESSAGES} that were logged right before the end:\n\n|");
    text += " logger |";
    ENDINGS.iter().for_each(|(_, title, _)| text += &format!(" {title} |"));
    text += &format!("\n|---|{}\n", "---:|".repeat(ENDINGS.len()));
    for program in programs {
        let version = program.version.as_deref().unwrap_or("");
        write!(text, "| {} |", format!("{} {version}", program.about.title).trim_end())
            .map_err(|error| error.to_string())?;
        for (ending, _, wanted) in ENDINGS {
            fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
            let cell = end(program, ending, wanted, &dir);
            eprintln!("{} {ending}: {cell}", program.name);
            text += &format!(" {cell} |");
            drop(fs::remove_dir_all(&dir));
        }
        text.push('\n');
    }
    text += "\nTLS destructor, `atexit` and fork count what is lost of 10, 10 and 100 records that are logged there.\n";
    left_out.iter().for_each(|why| text += &format!("* Left out: {why}\n"));
    Ok(text)
}

/// What became of one process.
fn end(program: &Program, ending: &str, wanted: i32, dir: &Path) -> String {
    let mut command = Command::new(&program.path);
    command.args(["end", ending, &MESSAGES.to_string()]).arg(dir.join("rival.log"));
    // A core file would go to the directory.
    command.current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = match wait(&mut command) {
        Ok(Some(status)) => status,
        Ok(None) => return format!("{}, hangs", found(ending, dir)),
        Err(error) => return error.to_string(),
    };
    // What a rival keeps for its next start is not lost.
    if dir.join("rival.arena").exists() {
        let mut again = Command::new(&program.path);
        again.args(["end", "finish", "0"]).arg(dir.join("rival.log")).stdin(Stdio::null());
        if let Err(error) = wait(again.stdout(Stdio::null()).stderr(Stdio::null())) {
            return error.to_string();
        }
    }
    let ended = status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
    let found = found(ending, dir);
    match (ended == wanted, ending, ended) {
        (true, ..) => found,
        // It does not speak this part of the protocol.
        (.., 2) => "-".to_owned(),
        (_, "fork", 9) => format!("{found}, child fails"),
        (.., code @ 0..) => format!("{found}, status {code}"),
        (.., signal) => format!("{found}, signal {}", -signal),
    }
}

/// The end of a process; `None` if it had to be killed.
fn wait(command: &mut Command) -> std::io::Result<Option<ExitStatus>> {
    let mut child = command.spawn()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What the files of a process hold.
fn found(ending: &str, dir: &Path) -> String {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    let logs = files.filter(|file| {
        file.file_name().to_string_lossy().starts_with("rival")
            && file.path().extension().is_none_or(|e| e != "arena")
    });
    let bytes: Vec<u8> = logs.filter_map(|file| fs::read(file.path()).ok()).flatten().collect();
    let text = String::from_utf8_lossy(&bytes);
    if ending == "line_feed" {
        return if text.lines().any(|line| line.starts_with("forged")) {
            "forged"
        } else {
            "escaped"
        }
        .to_owned();
    }
    let (mut seen, mut twice) = (HashSet::new(), 0);
    for line in text.lines() {
        match numbers(line) {
            Some(key) if !seen.insert(key) => twice += 1,
            _ => {}
        }
    }
    let of = |workers: [u64; 2]| seen.iter().filter(|(worker, _)| workers.contains(worker)).count();
    let lost = match ending {
        // The first record is not the destructor's.
        "tls" => 10 - seen.iter().filter(|(_, n)| *n > 0).count(),
        "atexit" => 10 - of([2, 2]),
        "fork" => 100 - of([3, 3]),
        _ => MESSAGES as usize - of([0, 1]),
    };
    if twice > 0 { format!("{lost}, {twice} twice") } else { lost.to_string() }
}

/// Worker and number of a whole record.
fn numbers(line: &str) -> Option<(u64, u64)> {
    let (_, rest) = line.split_once("worker ")?;
    let (worker, rest) = rest.split_once(", n ")?;
    let (n, _) = rest.split_once(", px ")?;
    Some((worker.parse().ok()?, n.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_apart() {
        let line = "time INFO order filled on the primary venue: worker 1, n 17, px 100.375";
        assert_eq!(numbers(line), Some((1, 17)));
        assert_eq!(numbers("time INFO order filled on the primary venue: worker 1, n 17"), None);
    }

    #[test]
    fn what_is_missing_and_what_is_double_is_counted() {
        let dir = std::env::temp_dir().join(format!("endings-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let lines: String = (0..95).map(|n| format!("x: worker 3, n {n}, px 1.5\n")).collect();
        fs::write(dir.join("rival.log"), lines + "x: worker 3, n 7, px 1.5\n").unwrap();
        assert_eq!(found("fork", &dir), "5, 1 twice");
        assert_eq!(found("exit", &dir), "20000, 1 twice");
        assert_eq!(found("line_feed", &dir), "escaped");
        fs::write(dir.join("rival.log"), "x: cut\nforged: worker 0\n").unwrap();
        assert_eq!(found("line_feed", &dir), "forged");
        fs::remove_dir_all(dir).unwrap();
    }
}
