//! Runs every example: each must end by itself, with success. Those that show what is to be changed to switch a program to Ripsaw
//! are compared with what they were.

use crate::shell::{self, cargo, root, target_dir};
use crate::switched::{self, BEFORE};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Longest run of one example.
const LIMIT: Duration = Duration::from_secs(60);

/// Packages with examples: name and features, directory, and what each example is called with.
const PACKAGES: [(&str, &str, &[&str]); 3] = [
    ("ripsaw --features tracing", ".", &[]),
    ("ripsaw-service", "integrations/service", &[]),
    ("ripsaw-web", "integrations/web", &["--selftest"]),
];

/// `cargo xtask examples`.
pub(crate) fn run() -> ExitCode {
    match run_all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Builds all, then runs one after the other, each in a directory of its own, and compares what the switched ones printed.
pub(crate) fn run_all() -> Result<(), String> {
    let target = target_dir()?;
    let runs = target.join("example-runs");
    for (package, dir, args) in PACKAGES {
        let examples = root().join(dir).join("examples");
        let mut names = names(&examples)?;
        if examples.join("before").is_dir() {
            let before = self::names(&examples.join("before"))?;
            names.extend(before.into_iter().map(|name| name + BEFORE));
        }
        if names.is_empty() {
            return Err(format!("{package} has no examples"));
        }
        shell::run(&mut cargo(&format!("build --package {package} --examples")))?;
        for name in names {
            let start = Instant::now();
            let dir = runs.join(&name);
            let mut program = Command::new(target.join("debug/examples").join(&name));
            run_one(program.args(args), &dir).map_err(|why| format!("example {name}: {why}"))?;
            println!("example {name}: ok, {:.1} s", start.elapsed().as_secs_f64());
        }
    }
    switched::compare(&runs)
}

/// Names of `examples/*.rs` and of `examples/*/main.rs`, sorted.
fn names(dir: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let examples = paths.filter(|path| {
        path.extension().is_some_and(|ext| ext == "rs") || path.join("main.rs").is_file()
    });
    let mut names: Vec<String> =
        examples.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

fn run_one(program: &mut Command, dir: &Path) -> Result<(), String> {
    let _ = fs::remove_dir_all(dir);
    fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let file = |name: &str| File::create(dir.join(name)).map_err(|e| format!("{name}: {e}"));
    let mut child = program
        .current_dir(dir)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(file("stdout.txt")?)
        .stderr(file("stderr.txt")?)
        .spawn()
        .map_err(|e| format!("cannot start: {e}"))?;
    wait(&mut child, LIMIT).map_err(|why| {
        let shown = ["stdout.txt", "stderr.txt"].map(|name| tail(&dir.join(name), 20));
        format!("{why}\n{}", shown.concat())
    })
}

/// Waits until the child has ended; one that takes too long is killed.
fn wait(child: &mut Child, limit: Duration) -> Result<(), String> {
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|e| format!("cannot wait: {e}"))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("ended with {status}")),
            None if start.elapsed() > limit => {
                // It may end just now, so that there is nothing left to kill.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not end within {} s", limit.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// The last lines of a file, with its name.
fn tail(path: &PathBuf, count: usize) -> String {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let kept = &lines[lines.len().saturating_sub(count)..];
    format!("--- {}\n{}\n", path.display(), kept.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(seconds: &str) -> Child {
        Command::new("sleep").arg(seconds).spawn().unwrap()
    }

    #[test]
    fn a_child_that_hangs_is_killed() {
        let mut child = sleeper("60");
        let why = wait(&mut child, Duration::from_millis(50)).unwrap_err();
        assert!(why.contains("did not end"), "{why}");
        assert!(child.try_wait().unwrap().is_some());
    }

    #[test]
    fn a_child_that_fails_is_reported() {
        assert_eq!(wait(&mut sleeper("0"), LIMIT), Ok(()));
        let mut child = Command::new("false").spawn().unwrap();
        assert!(wait(&mut child, LIMIT).unwrap_err().contains("ended with"));
    }
}
