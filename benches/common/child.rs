//! Runs in processes of their own: a process starts its global engine once, and an engine of
//! another kind (`start_local`) makes every call slower.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Before the arguments of a child.
const CHILD: &str = "--child";

/// What this process was asked to do as a child; none if it is no child.
pub(crate) fn request() -> Option<Vec<String>> {
    let mut args = std::env::args().skip_while(|arg| arg != CHILD);
    args.next().map(|_| args.collect())
}

/// Runs this program as a child and returns what it printed.
///
/// # Panics
/// If it cannot be started or fails; the child has said why.
pub(crate) fn ask(request: &[&str], flags: &[&str]) -> String {
    let program = std::env::current_exe().expect("the path of this program");
    let mut args: Vec<OsString> = flags.iter().map(OsString::from).collect();
    args.push(CHILD.into());
    args.extend(request.iter().map(OsString::from));
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("a process for a run");
    assert!(output.status.success(), "the run {request:?} ended with {}", output.status);
    String::from_utf8(output.stdout).expect("children print UTF-8")
}

/// A directory of this process, removed at the end.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A new directory below the system's temporary one (`TMPDIR`).
    pub(crate) fn new() -> Scratch {
        let dir = std::env::temp_dir().join(format!("ripsaw-benches-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary directory");
        Scratch(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
