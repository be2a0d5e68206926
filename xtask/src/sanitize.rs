//! The protocols and the whole engine under ThreadSanitizer and AddressSanitizer, without suppressions.

use crate::bad_usage;
use crate::ladder::Done;
use crate::shell::{self, cargo_nightly, has_nightly, host_triple, target_dir};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The only target for which this is set up.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Records of the stress program unless the command line says otherwise: a short run.
const RECORDS: u64 = 300_000;

/// A program of `loom-tests`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bin {
    /// The scenarios of the protocols.
    Scenarios,
    /// The whole engine.
    Stress,
}

impl Bin {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Bin::Scenarios => "scenarios",
            Bin::Stress => "stress",
        }
    }

    /// What cargo is told to build it, beside the command.
    pub(crate) fn args(self) -> String {
        let features = match self {
            Bin::Scenarios => "std",
            Bin::Stress => "engine",
        };
        let name = self.name();
        format!("--release --target {TARGET} -p loom-tests --bin {name} --features {features}")
    }
}

/// What watches a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sanitizer {
    /// Data races.
    Thread,
    /// Memory that is gone or beyond its end, and leaks.
    Address,
}

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Sanitizer::Thread => "thread",
            Sanitizer::Address => "address",
        }
    }

    /// Makes cargo build one of the programs for this sanitizer.
    pub(crate) fn apply(self, bin: Bin, command: &mut Command) -> Result<(), String> {
        let mut flags =
            format!("-Zsanitizer={} -Cunsafe-allow-abi-mismatch=sanitizer", self.name());
        // Building takes most of the time. And what is linked can be wrapped, what is compiled again cannot.
        command.env("CARGO_PROFILE_RELEASE_LTO", "off");
        if (self, bin) == (Sanitizer::Thread, Bin::Stress) {
            flags += " --cfg ripsaw_tsan";
            // See `loom-tests/src/bin/stress/told.rs`.
            let lock = std_symbol("5Mutex14lock_contended")?;
            let call = std_symbol("5futexNtB5_4Once4call")?;
            for (what, symbol) in [("MUTEX_LOCK", lock), ("ONCE_CALL", call)] {
                command.env(format!("RIPSAW_REAL_{what}"), format!("__real_{symbol}"));
                command.env(format!("RIPSAW_WRAP_{what}"), format!("__wrap_{symbol}"));
                flags += &wrapped(&symbol);
            }
            flags += &wrapped("__tsan_atomic64_fetch_sub");
        }
        command.env("RUSTFLAGS", flags);
        // Whoever sets these may have suppressions in them.
        command.env("TSAN_OPTIONS", "halt_on_error=1").env("ASAN_OPTIONS", "detect_leaks=1");
        Ok(())
    }
}

/// The linker leads calls of the symbol to one whose name begins with `__wrap_`, and has the original as `__real_`.
fn wrapped(symbol: &str) -> String {
    format!(" -Clink-arg=-Wl,--wrap={symbol}")
}

/// The full name of the standard library's function whose name ends so. Names hold a hash of the compiler, so they are
/// looked up in the table of its shared library.
fn std_symbol(end: &str) -> Result<String, String> {
    let mut rustc = shell::program("rustc");
    let root = shell::output(rustc.args(["+nightly", "--print", "sysroot"]))?;
    let dir = Path::new(root.trim()).join("lib/rustlib").join(TARGET).join("lib");
    let error = |e: std::io::Error| format!("{}: {e}", dir.display());
    for entry in fs::read_dir(&dir).map_err(error)? {
        let path = entry.map_err(error)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("libstd-") && name.ends_with(".so") {
            let bytes = fs::read(&path).map_err(error)?;
            let mut words = bytes.split(|byte| *byte == 0);
            let found = words.find(|w| w.starts_with(b"_R") && w.ends_with(end.as_bytes()));
            if let Some(symbol) = found {
                return Ok(String::from_utf8_lossy(symbol).into_owned());
            }
        }
    }
    Err(format!("no symbol of the nightly standard library ends in {end}"))
}

/// Why sanitizers cannot be used here, if they cannot.
pub(crate) fn unavailable() -> Result<Option<String>, String> {
    let host = host_triple()?;
    Ok(if host != TARGET {
        Some(format!("set up for {TARGET}, and this is {host}"))
    } else if !has_nightly() {
        Some("no nightly toolchain is installed".to_owned())
    } else {
        None
    })
}

/// The command: all of it, with this many records.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let records = match options {
        [] => RECORDS,
        ["--records", number] => match number.parse() {
            Ok(number) if number > 0 => number,
            _ => return bad_usage(&format!("`{number}` is no number of records from 1 up")),
        },
        _ => return bad_usage("sanitize takes --records N"),
    };
    let steps: [&dyn Fn() -> Result<Done, String>; 3] =
        [&scenarios, &|| stress(Sanitizer::Thread, records), &|| {
            stress(Sanitizer::Address, records)
        }];
    for step in steps {
        match step() {
            Ok(Done::Passed) => {}
            Ok(Done::Skipped(why)) => println!("SKIPPED: {why}"),
            Err(why) => {
                eprintln!("xtask: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// The scenarios of the protocols on threads, under ThreadSanitizer.
pub(crate) fn scenarios() -> Result<Done, String> {
    program(Sanitizer::Thread, Bin::Scenarios, &[])
}

/// The short run of the engine that belongs to every change.
pub(crate) fn short_stress(sanitizer: Sanitizer) -> Result<Done, String> {
    stress(sanitizer, RECORDS)
}

fn stress(sanitizer: Sanitizer, records: u64) -> Result<Done, String> {
    program(sanitizer, Bin::Stress, &[&records.to_string()])
}

fn program(sanitizer: Sanitizer, bin: Bin, args: &[&str]) -> Result<Done, String> {
    if let Some(why) = unavailable()? {
        return Ok(Done::Skipped(why));
    }
    let mut command = cargo_nightly(&format!("run {} --", bin.args()));
    command.args(args);
    // Everything is built in another way, so it is kept apart.
    let dir = format!("sanitize/{}-{}", sanitizer.name(), bin.name());
    command.env("CARGO_TARGET_DIR", target_dir()?.join(dir));
    sanitizer.apply(bin, &mut command)?;
    shell::run(&mut command).map(|()| Done::Passed)
}
