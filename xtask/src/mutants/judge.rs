//! The copy in which a mutant lives, and what is tried to kill it.

use super::find::{self, Mutant};
use crate::sanitize::{self, Bin, Sanitizer};
use crate::shell::{self, cargo, cargo_nightly, root, target_dir};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What becomes of a mutant.
#[derive(Debug)]
pub(super) enum Verdict {
    /// By this.
    Killed(String),
    /// All that was tried.
    Survived(String),
}

/// Files that the models compile, with the scenarios that are most likely to fail.
const MODELLED: [(&str, &[&str]); 9] = [
    ("src/arena/block.rs", &["block", "whole"]),
    ("src/arena/pool.rs", &["pool", "block", "whole"]),
    ("src/ring/mod.rs", &["ring", "block", "registry", "whole"]),
    ("src/lane/registry.rs", &["registry", "ring", "whole"]),
    ("src/lane/doorbell.rs", &["doorbell"]),
    ("src/lane/epoch.rs", &["swap"]),
    ("src/writer/control.rs", &["control", "whole"]),
    ("src/sync/word.rs", &["block", "whole"]),
    ("src/stats/ledger.rs", &["drops"]),
];

/// The models have a word of their own, whose orderings are those of the library's.
const TWINS: [(&str, &str); 1] = [("src/sync/word.rs", "loom-tests/src/sync/word.rs")];

/// What a mutant is built from.
const PARTS: [&str; 9] =
    ["src", "loom-tests", "macros", "cli", "xtask", "benches", "tests", "Cargo.toml", "Cargo.lock"];

/// A program that runs for longer than this is stopped, and has shown nothing: the machine may only be busy.
const LIMIT: Duration = Duration::from_secs(1_800);

/// Repetitions of a scenario, and records of the stress program, under ThreadSanitizer.
const ROUNDS: &str = "1000";
const RECORDS: &str = "100000";

/// The copy, and where its programs are built.
#[derive(Debug)]
pub(super) struct Bench {
    tree: PathBuf,
    built: PathBuf,
    /// Whether ThreadSanitizer can be asked, or why not.
    tsan: Option<String>,
}

impl Bench {
    /// Copies the sources, and checks that nothing fails before anything is changed: by what `mutants` will meet.
    pub(super) fn new(mutants: &[Mutant]) -> Result<Bench, String> {
        let dir = target_dir()?.join("mutants");
        let tree = dir.join("tree");
        for part in PARTS {
            copy(&root().join(part), &tree.join(part))?;
        }
        let bench = Bench { tree, built: dir, tsan: sanitize::unavailable()? };
        let is_modelled = |m: &&Mutant| MODELLED.iter().any(|(file, _)| *file == m.file);
        let one_of_each =
            [mutants.iter().find(is_modelled), mutants.iter().find(|m| !is_modelled(m))];
        for mutant in one_of_each.into_iter().flatten() {
            match bench.attack(mutant)? {
                Verdict::Survived(tried) => println!("the original survives {tried}"),
                Verdict::Killed(by) => return Err(format!("the original is killed by {by}")),
            }
        }
        if let Some(why) = &bench.tsan {
            println!("without ThreadSanitizer: {why}");
        }
        Ok(bench)
    }

    /// Makes the change, tries to kill what comes out, and takes the change back.
    pub(super) fn judge(&mut self, mutant: &Mutant) -> Result<Verdict, String> {
        let mut originals = Vec::new();
        let twin = TWINS.iter().find(|(file, _)| *file == mutant.file).map(|(_, twin)| *twin);
        for file in [Some(mutant.file.as_str()), twin].into_iter().flatten() {
            let path = self.tree.join(file);
            let text = fs::read_to_string(&path).map_err(|e| format!("{file}: {e}"))?;
            let changed = find::apply(&text, mutant.nth, mutant.change)
                .map_err(|why| format!("{mutant} in {file}: {why}"))?;
            write(&path, &changed)?;
            originals.push((path, text));
        }
        let verdict = self.attack(mutant);
        originals.iter().try_for_each(|(path, text)| write(path, text))?;
        verdict
    }

    fn attack(&self, mutant: &Mutant) -> Result<Verdict, String> {
        let mut tried = Vec::new();
        let modelled = MODELLED.iter().find(|(file, _)| *file == mutant.file);
        if let Some((_, first)) = modelled {
            // Theirs first, then all others.
            let mut names = first.to_vec();
            names.push("");
            let models = cargo("build --quiet --release -p loom-tests --bin scenarios");
            let program = self.build(models, "models", "release/scenarios")?;
            if let Some(model) = self.fails(&program, &names)? {
                return Ok(Verdict::Killed(format!("model {model}")));
            }
            tried.push("the models");
            if self.tsan.is_none() {
                let program = self.build_for_tsan(Bin::Scenarios)?;
                let names = [&["--rounds", ROUNDS], &names[..]].concat();
                if let Some(scenario) = self.fails(&program, &names)? {
                    return Ok(Verdict::Killed(format!("ThreadSanitizer in {scenario}")));
                }
                tried.push("the scenarios under ThreadSanitizer");
            }
        } else if self.tsan.is_none() {
            let program = self.build_for_tsan(Bin::Stress)?;
            if let Some(part) = self.fails(&program, &[RECORDS])? {
                return Ok(Verdict::Killed(format!("ThreadSanitizer in stress, {part}")));
            }
            tried.push("the stress program under ThreadSanitizer");
        }
        Ok(Verdict::Survived(tried.join(" and ")))
    }

    fn build_for_tsan(&self, bin: Bin) -> Result<PathBuf, String> {
        let mut command = cargo_nightly(&format!("build --quiet {}", bin.args()));
        Sanitizer::Thread.apply(bin, &mut command)?;
        let program = format!("{}/release/{}", sanitize::TARGET, bin.name());
        self.build(command, &format!("tsan-{}", bin.name()), &program)
    }

    /// Builds for speed of building: a mutant is compiled once and runs for seconds.
    fn build(&self, mut command: Command, dir: &str, program: &str) -> Result<PathBuf, String> {
        let dir = self.built.join(dir);
        command.current_dir(&self.tree).env("CARGO_TARGET_DIR", &dir);
        for (name, value) in
            [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0"), ("INCREMENTAL", "true")]
        {
            command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
        }
        shell::run(&mut command)?;
        Ok(dir.join(program))
    }

    /// Runs a program that prints what it is about to do; the last such line if it fails.
    fn fails(&self, program: &Path, args: &[&str]) -> Result<Option<String>, String> {
        let told = self.built.join("told");
        let create = |path: &Path| File::create(path).map_err(|e| e.to_string());
        let mut command = Command::new(program);
        command.env("TSAN_OPTIONS", "halt_on_error=1");
        command.args(args).current_dir(&self.built);
        command.stdout(create(&told)?).stderr(create(&self.built.join("said"))?);
        let error = |e: std::io::Error| format!("{}: {e}", program.display());
        let mut child = command.spawn().map_err(error)?;
        let began = Instant::now();
        let failed = loop {
            match child.try_wait().map_err(error)? {
                Some(status) => break !status.success(),
                None if began.elapsed() > LIMIT => {
                    child.kill().and_then(|()| child.wait()).map_err(error)?;
                    return Err(format!("{} ran into the limit", program.display()));
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let told = fs::read_to_string(told).map_err(error)?;
        let last = told.lines().last().unwrap_or("its beginning");
        Ok(failed.then(|| format!("`{last}`")))
    }
}

/// Copies what has changed, so that little is compiled anew, and removes what is gone.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let error = |e: std::io::Error| format!("{}: {e}", from.display());
    if !from.is_dir() {
        let new = fs::read(from).map_err(error)?;
        return match fs::read(to) {
            Ok(old) if old == new => Ok(()),
            Err(e) if e.kind() != ErrorKind::NotFound => Err(error(e)),
            _ => fs::write(to, new).map_err(error),
        };
    }
    fs::create_dir_all(to).map_err(error)?;
    for entry in fs::read_dir(to).map_err(error)? {
        let old = entry.map_err(error)?;
        if !from.join(old.file_name()).exists() {
            let path = old.path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
                .map_err(error)?;
        }
    }
    for entry in fs::read_dir(from).map_err(error)? {
        let name = entry.map_err(error)?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
