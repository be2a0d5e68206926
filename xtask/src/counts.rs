//! Instructions a call and a record, counted by callgrind and compared with a baseline that is
//! checked in.
//!
//! Unlike a time, a count is the same on a busy machine and on an idle one. It depends on the
//! compiler, on the C library (`memcpy`), on valgrind (what processor it shows the program) and on
//! the widest vectors of the processor; a baseline from elsewhere says nothing, so these stand in
//! its head and are compared first.

use crate::ladder::Done;
use crate::shell::{cargo, host_triple, is_installed, output, program, root, target_dir};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The baseline, below the root.
const BASELINE: &str = "benches/instructions.txt";
/// The clocks that the program is run with: one process each, as an engine keeps its clock.
const CLOCKS: [&str; 2] = ["auto", "coarse"];
/// More than this above the baseline, in percent, is an error; as much below it wants a new
/// baseline.
const TOLERANCE: f64 = 3.0;
/// So far below it the baseline guards nothing any more, which is an error as well.
const STALE: f64 = 10.0;
/// Dumps that callgrind writes for a case: before and after each of its two regions.
const DUMPS: usize = 4;

const HEAD: &str = "\
# Instructions a call (call/...) and a record in the writer (by format), counted by callgrind.
# Compared by `cargo xtask ci`, shown by `cargo xtask counts`, renewed by the same with `--bless`.
";

/// Counts, prints the table and, if asked to, renews the baseline. Fails only if nothing could be
/// counted or written.
pub(crate) fn run(bless: bool) -> ExitCode {
    match show(bless) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every count is within the tolerance; skipped where the baseline does not apply.
pub(crate) fn gate() -> Result<Done, String> {
    if !is_installed("valgrind") {
        return Ok(Done::Skipped("valgrind is not installed".to_owned()));
    }
    let baseline = Counts::read(&root().join(BASELINE))?;
    let here = environment()?;
    if let Some(reason) = unlike(&baseline.environment, &here) {
        return Ok(Done::Skipped(reason));
    }
    let now = count(here)?;
    print!("{}", table(&now, &baseline));
    let Judgement { worse, better } = judge(&now, &baseline);
    if !worse.is_empty() {
        let why = "other instruction counts than in the baseline";
        return Err(format!("{why}: {}; `cargo xtask counts --bless` accepts", worse.join(", ")));
    }
    if !better.is_empty() {
        let cases = better.join(", ");
        println!(
            "BETTER than the baseline: {cases}; please renew it: `cargo xtask counts --bless`"
        );
    }
    Ok(Done::Passed)
}

fn show(bless: bool) -> Result<(), String> {
    if !is_installed("valgrind") {
        return Err("valgrind is not installed".to_owned());
    }
    let path = root().join(BASELINE);
    let now = count(environment()?)?;
    match Counts::read(&path) {
        Ok(baseline) => {
            print!("{}", table(&now, &baseline));
            if let Some(reason) = unlike(&baseline.environment, &now.environment) {
                println!("NOT COMPARABLE: {reason}");
            }
        }
        Err(why) => print!("{why}\n{}", table(&now, &Counts::default())),
    }
    if bless {
        fs::write(&path, now.text()).map_err(|e| format!("cannot write {BASELINE}: {e}"))?;
        println!("renewed {BASELINE}");
    }
    Ok(())
}

/// Counts, and what they depend on.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    /// Names and values.
    environment: Vec<(String, String)>,
    /// Cases and instructions, in the order of the program.
    cases: Vec<(String, f64)>,
}

impl Counts {
    fn read(path: &Path) -> Result<Counts, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("cannot read {BASELINE}: {e}"))?;
        Counts::parse(&text)
    }

    fn parse(text: &str) -> Result<Counts, String> {
        let mut counts = Counts::default();
        for line in text.lines() {
            if let Some((name, value)) = line.strip_prefix("#! ").and_then(|s| s.split_once(": ")) {
                counts.environment.push((name.to_owned(), value.to_owned()));
            } else if !line.starts_with('#') && !line.trim().is_empty() {
                let mut words = line.split_whitespace();
                let case = (words.next(), words.next().map(str::parse), words.next());
                let (Some(name), Some(Ok(n)), None) = case else {
                    return Err(format!("{BASELINE}: `{line}` is no case with a number"));
                };
                if !f64::is_finite(n) {
                    return Err(format!("{BASELINE}: `{line}` has no finite number"));
                }
                counts.cases.push((name.to_owned(), n));
            }
        }
        Ok(counts)
    }

    /// The form in which it is checked in.
    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (name, value) in &self.environment {
            let _ = writeln!(text, "#! {name}: {value}");
        }
        for (case, n) in &self.cases {
            let _ = writeln!(text, "{case:<28} {n:>10.2}");
        }
        text
    }

    fn of(&self, case: &str) -> Option<f64> {
        self.cases.iter().find(|(name, _)| name == case).map(|(_, n)| *n)
    }
}

/// What counts depend on besides the source.
fn environment() -> Result<Vec<(String, String)>, String> {
    let first_line = |text: String| text.lines().next().unwrap_or("").trim().to_owned();
    let ask = |name: &str, arg| output(program(name).arg(arg)).map(first_line);
    let libc = ask("getconf", "GNU_LIBC_VERSION").unwrap_or_else(|_| "unknown".to_owned());
    let pairs = [
        ("rustc", ask("rustc", "-V")?),
        ("target", host_triple()?),
        ("libc", libc),
        ("valgrind", ask("valgrind", "--version")?),
        ("vectors", vectors().to_owned()),
        ("flags", codegen_flags(&std::env::var("RUSTFLAGS").unwrap_or_default()).to_owned()),
    ];
    Ok(pairs.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

/// `RUSTFLAGS`, unless they only set lints.
fn codegen_flags(flags: &str) -> &str {
    if ["-C", "--codegen", "-Z"].iter().any(|flag| flags.contains(flag)) {
        flags.trim()
    } else {
        "none"
    }
}

/// The widest vectors that programs under valgrind are told of.
fn vectors() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") { "avx2" } else { "less than avx2" }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        "the target's"
    }
}

/// Why a baseline from `there` cannot be compared with counts from `here`.
fn unlike(there: &[(String, String)], here: &[(String, String)]) -> Option<String> {
    here.iter().find_map(|(name, value)| {
        let other = there.iter().find(|(n, _)| n == name).map_or("nothing", |(_, v)| v);
        (other != value)
            .then(|| format!("the baseline is for {name} `{other}`, and this is `{value}`"))
    })
}

/// Builds the program and counts all of its cases.
fn count(environment: Vec<(String, String)>) -> Result<Counts, String> {
    let program = build()?;
    let dir = target_dir()?.join("xtask-counts");
    let mut cases = Vec::new();
    for clock in CLOCKS {
        // Dumps of an earlier run, of which there may have been more.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
        cases.extend(run_cases(&program, clock, &dir)?);
    }
    let _ = fs::remove_dir_all(&dir);
    Ok(Counts { environment, cases })
}

/// The program that holds the cases, as an optimised benchmark.
fn build() -> Result<PathBuf, String> {
    let args =
        "bench --package ripsaw --bench counts --no-run --message-format json-render-diagnostics";
    let mut cargo = cargo(args);
    // Whatever else would have other code generated than a plain build does. `RUSTFLAGS` stands in the baseline's head.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PROFILE_")
            || (name.starts_with("CARGO_") && name.ends_with("RUSTFLAGS"))
        {
            cargo.env_remove(&*name);
        }
    }
    let text = output(&mut cargo)?;
    let built = text.lines().filter(|line| line.contains("\"name\":\"counts\"")).find_map(|line| {
        let (_, rest) = line.split_once("\"executable\":\"")?;
        rest.split_once('"').map(|(path, _)| PathBuf::from(path.replace("\\\\", "\\")))
    });
    built.ok_or_else(|| "cargo names no executable of benches/counts.rs".to_owned())
}

/// Runs the program under callgrind: see the head of `benches/counts.rs`.
fn run_cases(binary: &Path, clock: &str, dir: &Path) -> Result<Vec<(String, f64)>, String> {
    let out = dir.join("dump");
    let mut callgrind = program("valgrind");
    callgrind
        .args(["--tool=callgrind", "--dump-before=*counts_mark*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(binary)
        .arg(format!("--clock={clock}"))
        .env_remove("RUST_LOG");
    let mut dumps = 0;
    let mut region = || {
        // Of the two dumps the first covers what came before the region.
        dumps += 2;
        let path = dir.join(format!("dump.{dumps}"));
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        total(&text).ok_or_else(|| format!("{} has no total", path.display()))
    };
    let mut cases = Vec::new();
    for line in output(&mut callgrind)?.lines() {
        let (name, n) = line.split_once(' ').ok_or_else(|| format!("`{line}` is no case"))?;
        let records: u64 = n.parse().map_err(|_| format!("`{line}` has no count of records"))?;
        let (short, long) = (region()?, region()?);
        let more = long.checked_sub(short).filter(|_| records > 0);
        let more = more.ok_or_else(|| format!("{name}: more records took fewer instructions"))?;
        cases.push((name.to_owned(), more as f64 / records as f64));
    }
    // One mark too many or too few would shift all regions.
    let next = dir.join(format!("dump.{}", DUMPS * cases.len() + 1));
    if cases.is_empty() || next.exists() {
        return Err(format!("{} cases do not fit the dumps in {}", cases.len(), dir.display()));
    }
    Ok(cases)
}

/// The instructions of one dump.
fn total(dump: &str) -> Option<u64> {
    dump.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

/// Cases outside the tolerance.
#[derive(Debug, Default, PartialEq, Eq)]
struct Judgement {
    /// Above it, far below it, or absent on one side: a case must not vanish unseen.
    worse: Vec<String>,
    better: Vec<String>,
}

fn judge(now: &Counts, baseline: &Counts) -> Judgement {
    let mut judgement = Judgement::default();
    for (case, n) in &now.cases {
        let Some(change) = baseline.of(case).map(|before| change(before, *n)) else {
            judgement.worse.push(format!("{case} is new"));
            continue;
        };
        let text = format!("{case} {change:+.1} %");
        if !(-STALE..=TOLERANCE).contains(&change) {
            judgement.worse.push(text);
        } else if change < -TOLERANCE {
            judgement.better.push(text);
        }
    }
    let gone = baseline.cases.iter().filter(|(case, _)| now.of(case).is_none());
    judgement.worse.extend(gone.map(|(case, _)| format!("{case} is gone")));
    judgement
}

/// From `before` to `now` in percent, rounded to tenths.
fn change(before: f64, now: f64) -> f64 {
    let percent = (now / before.max(f64::MIN_POSITIVE) - 1.0) * 100.0;
    // Tenths, and no negative zero.
    (percent * 10.0).round() / 10.0 + 0.0
}

fn table(now: &Counts, baseline: &Counts) -> String {
    let mut text = format!("{:<28} {:>10} {:>10} {:>8}\n", "instructions", "now", "baseline", "");
    for (case, n) in &now.cases {
        let _ = match baseline.of(case) {
            Some(before) => {
                let change = change(before, *n);
                writeln!(text, "{case:<28} {n:>10.2} {before:>10.2} {change:>+7.1}%")
            }
            None => writeln!(text, "{case:<28} {n:>10.2} {:>10}", "-"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(cases: &[(&str, f64)]) -> Counts {
        let cases = cases.iter().map(|(case, n)| ((*case).to_owned(), *n)).collect();
        Counts { environment: vec![("rustc".to_owned(), "rustc 1.95.0 (x)".to_owned())], cases }
    }

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let written = counts(&[("call/disabled", 8.0), ("json/large", 7237.4)]);
        assert_eq!(Counts::parse(&written.text()).unwrap(), written);
        for bad in ["call/disabled", "call/disabled many", "call/disabled 8 9", "call/x inf"] {
            assert!(Counts::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_checked_in_baseline_is_complete() {
        let baseline = Counts::read(&root().join(BASELINE)).unwrap();
        for name in ["rustc", "target", "libc", "valgrind", "vectors", "flags"] {
            assert!(baseline.environment.iter().any(|(n, _)| n == name), "{name}");
        }
        assert!(baseline.cases.iter().all(|(_, n)| *n >= 1.0), "{baseline:?}");
        assert!(baseline.cases.len() >= 19, "{baseline:?}");
    }

    #[test]
    fn three_percent_more_or_less_are_told_apart() {
        let before = counts(&[("a", 100.0), ("b", 100.0), ("c", 100.0), ("d", 100.0)]);
        let now = counts(&[("a", 103.5), ("b", 96.0), ("c", 102.9), ("d", 97.1)]);
        let judgement = judge(&now, &before);
        assert_eq!(judgement.worse, ["a +3.5 %"]);
        assert_eq!(judgement.better, ["b -4.0 %"]);
    }

    #[test]
    fn a_case_on_one_side_only_is_an_error() {
        let judgement = judge(&counts(&[("new", 1.0)]), &counts(&[("old", 1.0)]));
        assert_eq!(judgement.worse, ["new is new", "old is gone"]);
        assert!(judgement.better.is_empty());
    }

    #[test]
    fn another_compiler_is_named() {
        let here = [("rustc".to_owned(), "rustc 1.96.0".to_owned())];
        let reason = unlike(&counts(&[]).environment, &here).unwrap();
        assert!(reason.contains("1.95.0") && reason.contains("1.96.0"), "{reason}");
        assert_eq!(unlike(&here, &here), None);
        assert!(unlike(&[], &here).unwrap().contains("nothing"));
    }

    #[test]
    fn flags_that_only_set_lints_do_not_matter() {
        assert_eq!(codegen_flags("-D warnings"), "none");
        assert_eq!(
            codegen_flags("-D warnings -Ctarget-cpu=native"),
            "-D warnings -Ctarget-cpu=native"
        );
    }

    #[test]
    fn the_total_of_a_dump() {
        assert_eq!(total("events: Ir\nsummary: 5\n\nfn=(1)\n1 5\n\ntotals: 5\n"), Some(5));
        assert_eq!(total("events: Ir\n"), None);
    }
}
