//! Debian packages that some tests need.

use crate::shell::{is_installed, program, succeeds};
use std::process::Command;

/// Programs that tests start; each is named as its Debian package.
pub(crate) const TOOLS: [&str; 2] = ["strace", "valgrind"];

/// Installs the tools that are missing. Whatever cannot be installed is skipped by the ladder,
/// which says so.
pub(crate) fn install() {
    let missing: Vec<&str> = TOOLS.into_iter().filter(|tool| !is_installed(tool)).collect();
    if missing.is_empty() {
        return;
    }
    println!("xtask: installing {}", missing.join(", "));
    if !is_root() || !is_installed("apt-get") {
        println!("xtask: CANNOT INSTALL {}: needs root and apt-get", missing.join(", "));
        return;
    }
    // The lists may be there already; they are fetched only when the first try fails.
    let installed = succeeds(install_command().args(&missing))
        || (succeeds(apt_get().args(["update", "-qq"]))
            && succeeds(install_command().args(&missing)));
    if !installed {
        println!("xtask: CANNOT INSTALL {}: apt-get failed", missing.join(", "));
    }
}

fn install_command() -> Command {
    let mut command = apt_get();
    command.args(["install", "-y", "-qq", "--no-install-recommends"]);
    command
}

/// Asks nothing, and gives up soon where there is no network.
fn apt_get() -> Command {
    let mut command = program("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    for option in ["Acquire::Retries=1", "Acquire::http::Timeout=20", "DPkg::Lock::Timeout=60"] {
        command.args(["-o", option]);
    }
    command
}

fn is_root() -> bool {
    crate::shell::output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
