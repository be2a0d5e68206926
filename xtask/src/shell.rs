//! Other programs: cargo above all.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// A program that runs in the root and prints where we print.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Cargo with arguments that hold no spaces: `cargo("test --workspace")`.
pub(crate) fn cargo(args: &str) -> Command {
    let mut command = program("cargo");
    // What the outer cargo says of this package must not reach the inner one.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.args(args.split_whitespace());
    command
}

/// The same for the nightly toolchain.
pub(crate) fn cargo_nightly(args: &str) -> Command {
    cargo(&format!("+nightly {args}"))
}

/// Runs to the end; an error says how it ended.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|e| format!("cannot start {name}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}

/// Runs to the end and returns what was printed to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("cannot start {name}: {e}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{name} ended with {}\n{why}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the program starts and succeeds; what it prints is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether `name` is on the search path.
pub(crate) fn is_installed(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(name).is_file())
}

/// Whether a nightly toolchain is here. Never downloads one.
pub(crate) fn has_nightly() -> bool {
    let list = output(program("rustup").args(["toolchain", "list"])).unwrap_or_default();
    list.lines().any(|line| line.starts_with("nightly"))
}

/// The triple that the compiler builds for, as `rustc -vV` says.
pub(crate) fn host_triple() -> Result<String, String> {
    let text = output(program("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV names no host".to_owned())
}

/// Where cargo puts what it builds for the workspace.
pub(crate) fn target_dir() -> Result<PathBuf, String> {
    let text = output(&mut cargo("metadata --format-version 1 --no-deps"))?;
    let (_, rest) =
        text.split_once("\"target_directory\":\"").ok_or("cargo metadata: no target")?;
    let (path, _) = rest.split_once('"').ok_or("cargo metadata: no end of the path")?;
    Ok(PathBuf::from(path.replace("\\\\", "\\")))
}
