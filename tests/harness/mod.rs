//! Tests whose subject is a whole process: each starts this very program again, as a child that
//! plays a scenario.
//!
//! A child runs its scenario on its main thread, without the frame that the standard test harness
//! would put around it: what happens when `main` returns, panics or exits is the point.

#![allow(dead_code, reason = "each test program uses a part of this")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Names the scenario that a child is to play.
const SCENARIO: &str = "RIPSAW_TEST_SCENARIO";
/// Where a child may write.
const PLACE: &str = "RIPSAW_TEST_FILE";
/// A child that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a child does, given its file.
pub(crate) type Scenario = (&'static str, fn(&Path));
/// A test of the parent.
pub(crate) type Test = (&'static str, fn());

/// A child that has ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: std::process::ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Content of its file, empty if it made none.
    pub(crate) file: String,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn exited(self, code: i32) -> Outcome {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.status, self.stderr);
        self
    }
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.file.lines().collect()
    }
    /// The number that the child printed as `name=number`.
    #[track_caller]
    pub(crate) fn number(&self, name: &str) -> u64 {
        let value = self.stdout.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix('='));
        let value =
            value.unwrap_or_else(|| panic!("no {name} in {:?}\n{}", self.stdout, self.stderr));
        value.parse().expect("a number")
    }
}

/// A child to be.
pub(crate) struct Child {
    command: Command,
    file: PathBuf,
    /// The file is not taken away at the end.
    keeps: bool,
}

impl Child {
    pub(crate) fn new(scenario: &str) -> Child {
        Child::under(Command::new(this_program()), scenario)
    }
    /// A child that goes on with the file of another one.
    pub(crate) fn at(scenario: &str, file: &Path) -> Child {
        Child::under_at(Command::new(this_program()), scenario, file)
    }
    /// [`Child::under`] with a file of the parent's choice, which stays when the child has ended.
    pub(crate) fn under_at(launcher: Command, scenario: &str, file: &Path) -> Child {
        let mut child = Child::under(launcher, scenario);
        child.command.env(PLACE, file);
        child.file = file.to_owned();
        child.keeps = true;
        child
    }
    /// Kills it with SIGKILL as soon as `ripe` says so; its file stays.
    #[track_caller]
    pub(crate) fn kill_when(mut self, mut ripe: impl FnMut() -> bool) {
        let (out, err) = (Stdio::null(), Stdio::piped());
        let mut child = self.command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        let stderr = collect(child.stderr.take().unwrap());
        let deadline = Instant::now() + PATIENCE;
        while !ripe() && child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(200));
        }
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let stderr = stderr.join().unwrap();
        assert!(ended.is_none(), "the child ended by itself: {ended:?}\n{stderr}");
        assert!(Instant::now() < deadline, "the child does not get on\n{stderr}");
    }
    /// A child that another program starts: `launcher` ends with its arguments and lacks only this
    /// program's path.
    pub(crate) fn under(mut launcher: Command, scenario: &str) -> Child {
        static CHILDREN: AtomicU32 = AtomicU32::new(0);
        let n = CHILDREN.fetch_add(1, Ordering::Relaxed);
        let name = format!("child-{}-{n}-{scenario}.log", std::process::id());
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        launcher.env(SCENARIO, scenario).env(PLACE, &file).env("RUST_BACKTRACE", "0");
        for ours in ["RUST_LOG", "RIPSAW_FORMAT"] {
            launcher.env_remove(ours);
        }
        Child { command: launcher, file, keeps: false }
    }
    pub(crate) fn env(mut self, name: &str, value: &str) -> Child {
        self.command.env(name, value);
        self
    }
    /// The file that it may write.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }
    /// Runs it to its end, and kills it if that does not come.
    #[track_caller]
    pub(crate) fn run(mut self) -> Outcome {
        let (out, err) = (Stdio::piped(), Stdio::piped());
        let mut child = self.command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let deadline = Instant::now() + PATIENCE;
        let mut hung = false;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline && !hung {
                hung = true;
                child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let file = std::fs::read_to_string(&self.file).unwrap_or_default();
        if !self.keeps {
            drop(std::fs::remove_file(&self.file));
        }
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        assert!(!hung, "the child hangs; its file has {} bytes\n{stderr}", file.len());
        Outcome { status, stdout, stderr, file }
    }
}

fn collect(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Whoever started the tests may ignore signals, as `nohup` does, and a child would inherit that.
#[allow(unsafe_code)]
fn let_signals_end_this_program() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        // SAFETY: nothing but the disposition of the signal changes, and no other thread runs yet.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Where this program is.
pub(crate) fn this_program() -> PathBuf {
    std::env::current_exe().expect("the program knows where it is")
}

/// The `main` of a test program: a child plays its scenario, the parent runs its tests.
///
/// Understands the arguments that `cargo test` and its relatives pass: filters, `--exact`, `--skip`
/// and `--list`.
pub(crate) fn main(tests: &[Test], scenarios: &[Scenario]) -> ExitCode {
    if let Ok(name) = std::env::var(SCENARIO) {
        let_signals_end_this_program();
        let place = PathBuf::from(std::env::var_os(PLACE).expect("a child has a file"));
        let scenario = scenarios.iter().find(|(known, _)| *known == name);
        scenario.unwrap_or_else(|| panic!("no scenario {name}")).1(&place);
        return ExitCode::SUCCESS;
    }
    let (mut filters, mut skips, mut exact, mut list) = (Vec::new(), Vec::new(), false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--exact" => exact = true,
            "--list" => list = true,
            "--skip" => skips.extend(arguments.next()),
            "--ignored" => return ExitCode::SUCCESS,
            other if other.starts_with('-') => {}
            _ => filters.push(argument),
        }
    }
    let hit = |name: &str, f: &String| if exact { name == f } else { name.contains(f.as_str()) };
    let chosen: Vec<&Test> = tests
        .iter()
        .filter(|(name, _)| filters.is_empty() || filters.iter().any(|f| hit(name, f)))
        .filter(|(name, _)| !skips.iter().any(|f| hit(name, f)))
        .collect();
    if list {
        chosen.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", chosen.len());
    let failed = chosen.iter().filter(|(name, test)| {
        let failed = std::panic::catch_unwind(test).is_err();
        println!("test {name} ... {}", if failed { "FAILED" } else { "ok" });
        failed
    });
    let failed = failed.count();
    println!("\ntest result: {} passed; {failed} failed\n", chosen.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

/// Lists functions with their names.
#[macro_export]
macro_rules! by_name {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name)),*] };
}
