//! Steps with names and times; the first failure ends the climb.

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What a step says when it did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It did its work.
    Passed,
    /// It could not, for this reason, which the summary repeats.
    Skipped(String),
}

/// What is done in a step.
type Action = Box<dyn FnOnce() -> Result<Done, String>>;

/// A list of steps.
#[derive(Default)]
pub(crate) struct Ladder {
    steps: Vec<(String, Action)>,
}

impl Ladder {
    /// Adds a step that passes or fails.
    pub(crate) fn step(
        &mut self,
        name: impl Into<String>,
        action: impl FnOnce() -> Result<(), String> + 'static,
    ) {
        self.optional(name, || action().map(|()| Done::Passed));
    }

    /// Adds a step that may find that it cannot be done here.
    pub(crate) fn optional(
        &mut self,
        name: impl Into<String>,
        action: impl FnOnce() -> Result<Done, String> + 'static,
    ) {
        self.steps.push((name.into(), Box::new(action)));
    }

    /// Climbs, and prints a summary.
    pub(crate) fn climb(self) -> ExitCode {
        let start = Instant::now();
        let count = self.steps.len();
        let mut rows = Vec::new();
        let mut failed = false;
        for (i, (name, action)) in self.steps.into_iter().enumerate() {
            if failed {
                rows.push(row("not run", None, &name, ""));
                continue;
            }
            println!("\n==> [{}/{count}] {name}", i + 1);
            let step = Instant::now();
            let result = action();
            let took = Some(step.elapsed());
            rows.push(match result {
                Ok(Done::Passed) => row("ok", took, &name, ""),
                Ok(Done::Skipped(reason)) => {
                    println!("SKIPPED: {reason}");
                    row("SKIPPED", took, &name, &reason)
                }
                Err(reason) => {
                    failed = true;
                    println!("FAILED: {reason}");
                    row("FAILED", took, &name, reason.lines().next().unwrap_or(""))
                }
            });
        }
        println!("\n{}", rows.join("\n"));
        let result = if failed { "FAILED" } else { "passed" };
        println!("{result} in {:.1} s", start.elapsed().as_secs_f64());
        ExitCode::from(u8::from(failed))
    }
}

/// One line of the summary.
fn row(result: &str, took: Option<Duration>, name: &str, reason: &str) -> String {
    let took = took.map_or_else(|| "-".to_owned(), |took| format!("{:.1} s", took.as_secs_f64()));
    let gap = if reason.is_empty() { "" } else { ": " };
    format!("{result:<8} {took:>9}  {name}{gap}{reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn the_first_failure_stops_the_climb() {
        let calls = Rc::new(Cell::new(0));
        let count = |by: u32| {
            let calls = Rc::clone(&calls);
            move || calls.set(calls.get() + by)
        };
        let (first, second, third) = (count(1), count(10), count(100));
        let mut ladder = Ladder::default();
        ladder.step("first", move || {
            first();
            Ok(())
        });
        ladder.step("second", move || {
            second();
            Err("no".into())
        });
        ladder.step("third", move || {
            third();
            Ok(())
        });
        assert_eq!(ladder.climb(), ExitCode::FAILURE);
        assert_eq!(calls.get(), 11);
    }

    #[test]
    fn a_skipped_step_is_no_failure() {
        let mut ladder = Ladder::default();
        ladder.optional("tool", || Ok(Done::Skipped("not installed".into())));
        assert_eq!(ladder.climb(), ExitCode::SUCCESS);
    }

    #[test]
    fn rows_say_what_matters() {
        let line = row("SKIPPED", Some(Duration::from_millis(1540)), "tsan", "no nightly");
        assert_eq!(line, "SKIPPED      1.5 s  tsan: no nightly");
        assert_eq!(row("not run", None, "docs", ""), "not run          -  docs");
    }
}
