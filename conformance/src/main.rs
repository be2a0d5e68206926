//! `conformance FILE`: runs the cases in a file, prints a line for each that fails, and a sum.

use conformance::case::Case;
use conformance::run::{Verdict, judge};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        eprintln!("usage: conformance FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) => {
            eprintln!("conformance: cannot read {path}: {e}");
            return ExitCode::from(2);
        }
    };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (id, verdict) = match Case::parse(line) {
            Ok(case) => (format!("{} ({})", case.id, case.group), judge(&case)),
            Err(why) => (format!("line {}", number + 1), Verdict::Failed(why)),
        };
        match verdict {
            Verdict::Passed => passed += 1,
            Verdict::Failed(why) => {
                failed += 1;
                println!("FAILED {id}: {why}");
            }
            Verdict::Skipped(why) => {
                skipped += 1;
                println!("skipped {id}: {why}");
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
