//! Fuzzing with libFuzzer, without further tools: cargo, and a C++ compiler for libFuzzer itself.

use crate::bad_usage;
use crate::shell::{self, cargo, cargo_nightly, has_nightly, host_triple, root};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// How long a target is fuzzed unless the command line says otherwise.
pub(crate) const DEFAULT_SECONDS: u32 = 60;

/// What libFuzzer needs to see which paths an input takes.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1";

/// Fuzzes `fuzz/fuzz_targets/<target>.rs`, starting from its seeds and from what earlier runs found.
fn run_target(target: &str, seconds: u32) -> Result<(), String> {
    let fuzz = root().join("fuzz");
    let (seeds, corpus) = (fuzz.join("seeds").join(target), fuzz.join("corpus").join(target));
    let artifacts = fuzz.join("artifacts").join(target);
    for dir in [&corpus, &artifacts] {
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }

    // With a target named, the flags do not reach build scripts and procedural macros.
    let triple = host_triple()?;
    let args = format!(
        "run --manifest-path fuzz/Cargo.toml --release --features link --target {triple} --bin {target} --"
    );
    let (mut command, flags) = if has_nightly() {
        (cargo_nightly(&args), format!("{COVERAGE} -Zsanitizer=address"))
    } else {
        println!("xtask: no nightly toolchain, so without AddressSanitizer");
        (cargo(&args), COVERAGE.to_owned())
    };
    command.env("RUSTFLAGS", flags);
    command.env("CARGO_TARGET_DIR", root().join("target/fuzz"));
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=4096", "-print_final_stats=1"]);
    // New inputs go to the first directory.
    command.arg(&corpus).arg(&seeds);
    shell::run(&mut command).map_err(|why| {
        let (from, to) = (artifacts.display(), seeds.display());
        format!("{why}\ncopy the input from {from} to {to}: each seed is also an ordinary test")
    })
}

/// Checks the name, then fuzzes.
pub(crate) fn run(target: &str, seconds: u32) -> ExitCode {
    let targets = targets(&root().join("fuzz/fuzz_targets"));
    if !targets.iter().any(|name| name == target) {
        return bad_usage(&format!("no target `{target}`; there are: {}", targets.join(", ")));
    }
    match run_target(target, seconds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Names of the files in `dir` without `.rs`, sorted.
fn targets(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut names: Vec<String> =
        paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}
