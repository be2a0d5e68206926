//! The programs of the rivals: finds, builds and asks them.

use crate::run::{self, About};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A rival that can be run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The name of its file in `rivals/`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) about: About,
    /// Of its package, if known.
    pub(crate) version: Option<String>,
}

/// All rivals that could be built, and what is to be said of the others.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    pub(crate) programs: Vec<Program>,
    pub(crate) left_out: Vec<String>,
}

/// Ripsaw itself: every ratio refers to it.
pub(crate) const RIPSAW: &str = "ripsaw";

/// The C++ rival: its source, and the header by which its library is known to be installed.
const NATIVE: &str = "spdlog_cpp";
const NATIVE_SOURCE: &str = "native/spdlog.cpp";
const NATIVE_HEADER: &str = "/usr/include/spdlog/spdlog.h";

/// Loggers that were tried and have no file in `rivals/`, and why.
const LEFT_OUT: [&str; 4] = [
    "lightning-log 1.1.0: guesses the types of its arguments: for worker 1, n 0, px 100.125 it \
     wrote `worker 0.000000, n 0, px 3.391`; drops when full",
    "ttlog 0.1.21: interns the fields of a record under a number of 16 bits: of 200,000 lines \
     only 65,534 had their fields",
    "ring-log 0.2.15: no level, not for several threads (its logger is not `Sync`), unbounded, \
     stamps whole seconds on its thread, which spins",
    "nanolog 0.2.0: no relation to NanoLog; prints to standard error only",
];

/// The directory of `bench-compare`.
pub(crate) fn home() -> &'static Path {
    let runner = Path::new(env!("CARGO_MANIFEST_DIR"));
    runner.parent().unwrap_or(runner)
}

/// Builds the rivals in `only`, or all; those of `extra` are there already.
///
/// # Errors
/// One line if a name is unknown, or if Ripsaw could not be built.
pub(crate) fn build(only: Option<&[String]>, extra: &[PathBuf]) -> Result<Programs, String> {
    let mut names = names(&home().join("rivals"))?;
    names.push(NATIVE.to_owned());
    if let Some(unknown) = only.into_iter().flatten().find(|name| !names.contains(name)) {
        return Err(format!("no rival `{unknown}`; there are: {}", names.join(", ")));
    }
    names.retain(|name| name == RIPSAW || only.is_none_or(|only| only.contains(name)));
    let target = target()?;
    let lock = fs::read_to_string(home().join("Cargo.lock")).unwrap_or_default();
    let mut found = Programs::default();
    if only.is_none() {
        found.left_out.extend(LEFT_OUT.map(str::to_owned));
    }
    for name in names {
        eprintln!("building {name}");
        let built = match name.as_str() {
            NATIVE => native(&target),
            name => cargo(name, &target),
        };
        let program = built.and_then(|path| Ok((run::about(&path)?, path)));
        match program {
            Ok((about, path)) => {
                let version = version(&lock, &about.package);
                found.programs.push(Program { name, path, about, version });
            }
            Err(why) if name == RIPSAW => return Err(format!("{RIPSAW}: {why}")),
            Err(why) => found.left_out.push(format!("{name}: {why}")),
        }
    }
    for path in extra {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match run::about(path) {
            Ok(about) => {
                let path = path.clone();
                found.programs.push(Program { name, path, about, version: None });
            }
            Err(why) => found.left_out.push(format!("{name}: {why}")),
        }
    }
    Ok(found)
}

/// Names of the files in `dir` without `.rs`, Ripsaw first.
fn names(dir: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let sources = paths.filter(|path| path.extension().is_some_and(|ext| ext == "rs"));
    let mut names: Vec<String> =
        sources.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort_by_key(|name| (name != RIPSAW, name.clone()));
    Ok(names)
}

/// Where cargo put this program, and shall put the others.
fn target() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = this.parent().and_then(Path::parent);
    target.map(Path::to_owned).ok_or_else(|| "this program is in no directory".to_owned())
}

/// Each rival is built alone, with its own feature.
fn cargo(name: &str, target: &Path) -> Result<PathBuf, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What the outer cargo says of the runner must not reach the inner one.
    for (variable, _) in std::env::vars_os() {
        let text = variable.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&variable);
        }
    }
    command.args(["build", "--release", "--quiet", "--bin", name, "--features", name]);
    command.arg("--manifest-path").arg(home().join("Cargo.toml"));
    command.arg("--target-dir").arg(target);
    finished(&mut command)?;
    Ok(target.join("release").join(name))
}

/// The C++ rival, with the library of the system.
fn native(target: &Path) -> Result<PathBuf, String> {
    if !Path::new(NATIVE_HEADER).exists() {
        return Err("skipped: libspdlog-dev not installed".to_owned());
    }
    let program = target.join("release").join(NATIVE);
    let mut command = Command::new("g++");
    command.args(["-std=c++17", "-O3", "-DNDEBUG", "-pthread"]);
    command.args(["-DSPDLOG_SHARED_LIB", "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_FMT_EXTERNAL"]);
    command.arg(home().join(NATIVE_SOURCE)).arg("-o").arg(&program);
    command.args(["-lspdlog", "-lfmt"]);
    finished(&mut command)?;
    Ok(program)
}

/// Runs a compiler to its end; its messages go where ours go.
fn finished(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status();
    let status = status.map_err(|error| format!("skipped: cannot start {name}: {error}"))?;
    if status.success() { Ok(()) } else { Err("could not be built".to_owned()) }
}

/// The version of `package` in a lock file, which lists it in the line after the name.
fn version(lock: &str, package: &str) -> Option<String> {
    let (_, rest) = lock.split_once(&format!("\nname = \"{package}\"\nversion = \""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rival_has_a_program_and_a_feature() {
        let manifest = fs::read_to_string(home().join("Cargo.toml")).unwrap();
        let names = names(&home().join("rivals")).unwrap();
        assert_eq!(names[0], RIPSAW);
        for name in &names {
            let program = format!(
                "[[bin]]\nname = \"{name}\"\npath = \"rivals/{name}.rs\"\ntest = false\n\
                 required-features = [\"{name}\"]\n"
            );
            assert!(manifest.contains(&program), "{name}");
            assert!(manifest.contains(&format!("\n{name} = [")), "{name}");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), names.len());
    }

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"log\"\nversion = \"0.4.1\"\n\n[[package]]\n\
                    name = \"log-mdc\"\nversion = \"0.1.0\"\n";
        assert_eq!(version(lock, "log-mdc").as_deref(), Some("0.1.0"));
        assert_eq!(version(lock, "log").as_deref(), Some("0.4.1"));
        assert_eq!(version(lock, "slog"), None);
    }
}
