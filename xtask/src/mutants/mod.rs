//! How many weakened orderings the models and ThreadSanitizer notice.
//!
//! Each `Release`, `Acquire` and `AcqRel` of `src/` is made one step weaker in turn, each fence is taken out or made
//! weaker, in a copy of the sources below `target/`. A mutant is killed when a model fails, when a scenario on threads
//! makes ThreadSanitizer report, or when the engine's stress program does. What survives must be on the list of
//! `justified.txt`, with the reason.

mod find;
mod judge;

use crate::bad_usage;
use crate::shell::root;
use find::Mutant;
use judge::{Bench, Verdict};
use std::process::ExitCode;
use std::time::Instant;

/// Survivors with reasons: file, line of code, change and reason, separated by ` | `.
const JUSTIFIED: &str = include_str!("justified.txt");

/// Runs the command with these options.
pub(crate) fn run(options: &[&str]) -> ExitCode {
    let (mut list, mut only) = (false, None);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--list" => list = true,
            "--only" => match options.next() {
                Some(file) => only = Some(*file),
                None => return bad_usage("--only needs a part of a file's name"),
            },
            other => return bad_usage(&format!("what is `{other}`?")),
        }
    }
    match mutate(list, only.unwrap_or("")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Judges the mutants of the files whose names contain `only`. False if one survived without a reason.
fn mutate(list: bool, only: &str) -> Result<bool, String> {
    let mutants = find::all(root(), "src")?;
    if let Some(stale) = stale(&mutants) {
        return Err(format!("justified.txt names what is not there: {stale}"));
    }
    let mutants: Vec<Mutant> = mutants.into_iter().filter(|m| m.file.contains(only)).collect();
    if mutants.is_empty() {
        return Err(format!("no file with orderings is named like {only}"));
    }
    if list {
        mutants.iter().for_each(|mutant| println!("{mutant}: {}", mutant.code));
        println!("{} mutants", mutants.len());
        return Ok(true);
    }
    let began = Instant::now();
    let mut bench = Bench::new(&mutants)?;
    let mut rows = Vec::new();
    for (n, mutant) in mutants.iter().enumerate() {
        let verdict = bench.judge(mutant)?;
        let verdict = match (verdict, reason(mutant)) {
            (Verdict::Survived(tried), Some(why)) => format!("survived {tried}; justified: {why}"),
            (Verdict::Survived(tried), None) => format!("SURVIVED {tried}"),
            (Verdict::Killed(by), _) => by,
        };
        println!("[{}/{}] {mutant}: {verdict}", n + 1, mutants.len());
        rows.push((mutant, verdict));
    }
    println!("\n| place | mutation | killed by |\n|---|---|---|");
    for (mutant, verdict) in &rows {
        println!("| {}:{} | {} | {verdict} |", mutant.file, mutant.line, mutant.change);
    }
    let justified = rows.iter().filter(|(_, v)| v.starts_with("survived")).count();
    let survived = rows.iter().filter(|(_, v)| v.starts_with("SURVIVED")).count();
    let killed = rows.len() - justified - survived;
    let seconds = began.elapsed().as_secs();
    println!(
        "\n{killed} of {} killed, {justified} survived with a reason, {survived} without, in {seconds} s",
        rows.len()
    );
    Ok(survived == 0)
}

/// The entries of the list.
fn entries() -> impl Iterator<Item = [&'static str; 4]> {
    let lines = JUSTIFIED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let mut parts = line.splitn(4, " | ").map(str::trim);
        std::array::from_fn(|_| parts.next().unwrap_or(""))
    })
}

/// Why this mutant may survive.
fn reason(mutant: &Mutant) -> Option<&'static str> {
    let change = mutant.change.to_string();
    entries()
        .find(|[file, code, what, _]| {
            (*file, *code, *what) == (&mutant.file, &mutant.code, &change)
        })
        .map(|[.., why]| why)
}

/// An entry that fits no mutant, or gives no reason.
fn stale(mutants: &[Mutant]) -> Option<String> {
    let fits = |[file, code, what, why]: [&str; 4]| {
        let same = |m: &Mutant| m.file == file && m.code == code && m.change.to_string() == what;
        !why.is_empty() && mutants.iter().any(same)
    };
    entries().find(|entry| !fits(*entry)).map(|entry| entry.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_list_names_a_mutant_and_a_reason() {
        assert_eq!(stale(&find::all(root(), "src").unwrap()), None);
    }
}
