//! The command line: parsed by clap, checked, and turned into a [`Plan`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use crate::config::{CheckArgs, ConfigArgs, ExplainArgs};
use crate::emoji::EmojiArgs;
use crate::recover::RecoverArgs;
use crate::scenario::Scenario;

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Help, version, the emoji or the schema: text for standard output.
    Text(String),
    /// A benchmark.
    Bench(Plan),
    /// A configuration file to check.
    Check(CheckArgs),
    /// A record whose way is asked for.
    Explain(ExplainArgs),
    /// A recovery.
    Recover(RecoverArgs),
    /// One run of a benchmark, as the process that conducts it describes it.
    Run(String),
}

/// A checked benchmark request.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) quick: bool,
    /// Threads of the `threads` scenario.
    pub(crate) threads: u32,
    /// Calls per run; `None` takes the default of each scenario.
    pub(crate) messages: Option<u64>,
    /// Runs per scenario, of which the median is reported.
    pub(crate) repeat: u32,
    pub(crate) out: PathBuf,
    /// Print the JSON document instead of the table.
    pub(crate) json: bool,
}

impl Plan {
    /// Calls of one run of `scenario`, over all of its threads.
    pub(crate) fn messages(&self, scenario: Scenario) -> u64 {
        let default: u64 = if self.quick { 200_000 } else { 2_000_000 };
        self.messages.unwrap_or(default / scenario.spec().weight)
    }

    /// Bursts of 20 calls whose latency one run of a scenario samples.
    pub(crate) fn bursts(&self) -> u32 {
        if self.quick { 250 } else { 500 }
    }

    /// Bursts of the separate block on call latency, the floor and the timer.
    pub(crate) fn call_bursts(&self) -> u32 {
        if self.quick { 500 } else { 2_500 }
    }
}

const AFTER_HELP: &str = "\
Scenarios: basic, json, threads, filter, large, async.
Exit status: 0 every line accounted for, 1 a record was lost or the run failed, 2 bad usage.";

const RECOVER_HELP: &str = "\
The records come oldest first, each with recovered=true. Afterwards FILE is renamed to FILE.recovered, which
no start looks at (delete it when the records are safe), and a log that ends in the middle of a line, whose
record is among these, is cut back to its last whole line.
Exit status: 0 everything is written, 1 something could not be read or written, 2 bad usage.";

const CHECK_HELP: &str = "\
Each error is one line on standard error: FILE:LINE:COLUMN: error: KEY = VALUE: what is allowed. Nothing is opened.
Exit status: 0 the file can be used, 1 it cannot, 2 bad usage.";

#[derive(Debug, Parser)]
#[command(name = "ripsaw", version, about = "Tools of the Ripsaw logging engine")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure the documented scenarios on this machine, with every line counted
    #[command(after_help = AFTER_HELP)]
    Bench(BenchArgs),
    /// Print what a killed process had logged and not yet written
    #[command(after_help = RECOVER_HELP)]
    Recover(RecoverArgs),
    /// Print which field gets which emoji
    Emoji(EmojiArgs),
    /// Tell all that is wrong with a configuration file
    #[command(after_help = CHECK_HELP)]
    CheckConfig(CheckArgs),
    /// Tell where a record would go by a configuration file, and why
    Explain(ExplainArgs),
    /// Print what a configuration file may say
    Config(ConfigArgs),
    /// One run of a benchmark; for `bench` itself
    #[command(hide = true)]
    BenchRun { request: String },
}

#[derive(Debug, Args)]
struct BenchArgs {
    /// Few messages and one run per scenario: ends within a minute
    #[arg(long)]
    quick: bool,
    /// Run only this scenario (may be given several times)
    #[arg(long = "scenario", value_name = "NAME", value_parser = scenario)]
    scenarios: Vec<Scenario>,
    /// Threads of the `threads` scenario
    #[arg(long, value_name = "N", default_value = "10", value_parser = threads)]
    threads: u32,
    /// Calls per run, over all threads [default: 2000000, a fifth for `large`, a tenth if --quick]
    #[arg(long, value_name = "N", value_parser = positive)]
    messages: Option<u64>,
    /// Runs per scenario; the median run is reported [default: 3, 1 if --quick]
    #[arg(long, value_name = "N", value_parser = repeats)]
    repeat: Option<u32>,
    /// Directory for bench.json and bench.html
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Print the JSON document on standard output instead of the table
    #[arg(long)]
    json: bool,
}

/// Parses a command line whose first word is the program's name.
///
/// # Errors
/// One line that says what is wrong, without the program's name.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Parsed, String> {
    match Cli::try_parse_from(words) {
        Ok(Cli { command: Command::Bench(args) }) => Ok(Parsed::Bench(plan(args))),
        Ok(Cli { command: Command::Recover(args) }) => Ok(Parsed::Recover(args)),
        Ok(Cli { command: Command::Emoji(args) }) => Ok(Parsed::Text(args.text())),
        Ok(Cli { command: Command::CheckConfig(args) }) => Ok(Parsed::Check(args)),
        Ok(Cli { command: Command::Explain(args) }) => Ok(Parsed::Explain(args)),
        Ok(Cli { command: Command::Config(args) }) => Ok(Parsed::Text(args.text())),
        Ok(Cli { command: Command::BenchRun { request } }) => Ok(Parsed::Run(request)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Parsed::Text(error.to_string()))
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
                Err("no command given; see `ripsaw --help`".to_owned())
            }
            ErrorKind::InvalidSubcommand => {
                Err(format!("{}; see `ripsaw --help`", one_line(&error.to_string())))
            }
            _ => Err(one_line(&error.to_string())),
        },
    }
}

fn plan(args: BenchArgs) -> Plan {
    let mut scenarios = Vec::new();
    for &scenario in if args.scenarios.is_empty() { &Scenario::ALL[..] } else { &args.scenarios } {
        if !scenarios.contains(&scenario) {
            scenarios.push(scenario);
        }
    }
    Plan {
        scenarios,
        quick: args.quick,
        threads: args.threads,
        messages: args.messages,
        repeat: args.repeat.unwrap_or(if args.quick { 1 } else { 3 }),
        out: args.out,
        json: args.json,
    }
}

/// The first paragraph of clap's message as one line, without its `error: ` prefix.
fn one_line(message: &str) -> String {
    let paragraph: Vec<&str> =
        message.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let line = paragraph.join(" ");
    // An argument may itself contain control characters: they must not break the line.
    let line: String = line.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

fn scenario(name: &str) -> Result<Scenario, String> {
    Scenario::by_name(name).ok_or_else(|| {
        format!(
            "no such scenario; the scenarios are {}",
            Scenario::ALL.map(Scenario::name).join(", ")
        )
    })
}

fn positive(text: &str) -> Result<u64, String> {
    within(text, 1, 1_000_000_000)
}

fn threads(text: &str) -> Result<u32, String> {
    within(text, 1, 1_024).map(|n| n as u32)
}

fn repeats(text: &str) -> Result<u32, String> {
    within(text, 1, 1_000).map(|n| n as u32)
}

fn within(text: &str, least: u64, most: u64) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(n) if (least..=most).contains(&n) => Ok(n),
        _ => Err(format!("expected a whole number from {least} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(words: &[&str]) -> Result<Plan, String> {
        let line = ["ripsaw", "bench"].iter().chain(words).map(OsString::from);
        match parse(line)? {
            Parsed::Bench(plan) => Ok(plan),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn defaults_are_as_documented() {
        let plan = bench(&[]).unwrap();
        assert_eq!(plan.scenarios, Scenario::ALL);
        assert_eq!((plan.threads, plan.repeat, plan.json), (10, 3, false));
        assert_eq!(plan.out, PathBuf::from("."));
        assert_eq!(plan.messages(Scenario::Basic), 2_000_000);
        assert_eq!(plan.messages(Scenario::Large), 400_000);
        let quick = bench(&["--quick"]).unwrap();
        assert_eq!(quick.repeat, 1);
        assert_eq!(quick.messages(Scenario::Json), 200_000);
        assert_eq!(quick.messages(Scenario::Large), 40_000);
    }

    #[test]
    fn scenarios_may_be_repeated_and_are_kept_once() {
        let plan = bench(&["--scenario", "async", "--scenario", "json", "--scenario", "async"]);
        assert_eq!(plan.unwrap().scenarios, [Scenario::Async, Scenario::Json]);
    }

    #[test]
    fn every_mistake_gives_one_line() {
        for (words, part) in [
            (&["--nonsense"][..], "--nonsense"),
            (
                &["--scenario", "basc"],
                "the scenarios are basic, json, threads, filter, large, async",
            ),
            (&["--messages", "0"], "from 1 to"),
            (&["--threads", "0"], "from 1 to 1024"),
            (&["--threads", "many"], "--threads"),
            (&["--repeat", "0"], "--repeat"),
            (&["--out"], "--out"),
            (&["--scenario", "a\nb"], "no such scenario"),
            (&["extra"], "extra"),
        ] {
            let line = bench(words).unwrap_err();
            assert!(line.contains(part), "{words:?}: {line}");
            assert_eq!(line.lines().count(), 1, "{words:?}: {line}");
            assert!(!line.starts_with("error"), "{line}");
        }
        let none = parse([OsString::from("ripsaw")]).unwrap_err();
        assert_eq!(none, "no command given; see `ripsaw --help`");
        let wrong = parse(["ripsaw", "chekc-config", "x"].map(OsString::from)).unwrap_err();
        assert_eq!(wrong, "unrecognized subcommand 'chekc-config'; see `ripsaw --help`");
    }
}
