//! Processes that end in every way, under every policy, with every sink; what they wrote is balanced against the calls
//! that they made.
//!
//! Each run starts this program again, as a victim that logs numbered records from several threads. How far each thread
//! came is noted outside the engine. Afterwards the output alone must say of each call that it was delivered, whole, once
//! and in order, or else the notices in it must own up to the loss.
//!
//! ```text
//! cargo test --test torture                                   each event with each policy and each sink
//! cargo test --test torture -- exits                          those whose event/policy/sink holds the word
//! cargo test --test torture -- --run EVENT/POLICY/SINK/SEED/THREADS/CALLS
//! cargo test --test torture -- --later                        what is not promised yet
//! cargo test --release --test torture -- --long SECONDS --seed N
//! ```

mod endings;
mod events;
mod faults;
mod judged;
mod matrix;
mod meddling;
mod middle;
mod oracle;
mod progress;
mod run;
mod victim;
mod watch;

use matrix::Report;
use run::Run;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

/// What the command line asks for.
#[derive(Default)]
struct Request {
    seed: Option<u64>,
    long: Option<u64>,
    runs: Vec<Run>,
    filters: Vec<String>,
    later: bool,
    list: bool,
    ignored: bool,
}

impl Request {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Request, String> {
        let mut request = Request::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
            match argument.as_str() {
                "--seed" => request.seed = Some(number(value()?)?),
                "--long" => request.long = Some(number(value()?)?),
                "--run" => request.runs.push(value()?.parse()?),
                "--skip" => drop(value()?),
                "--later" => request.later = true,
                "--list" => request.list = true,
                "--ignored" => request.ignored = true,
                // What `cargo test` and its relatives pass to every test program.
                other if other.starts_with('-') => {}
                _ => request.filters.push(argument),
            }
        }
        Ok(request)
    }
}

fn main() -> ExitCode {
    if let Ok(run) = std::env::var(watch::RUN) {
        let dir = PathBuf::from(std::env::var_os(watch::DIR).expect("a victim has a folder"));
        no_core_files();
        let_signals_end_this_program();
        let run = run.parse().expect("a run");
        match std::env::var_os(watch::AGAIN) {
            None => victim::play(run, &dir),
            Some(_) => victim::start_again(&run, &dir),
        }
        return ExitCode::SUCCESS;
    }
    match Request::read(std::env::args().skip(1)) {
        Ok(request) => torture(request),
        Err(why) => {
            eprintln!("torture: {why}");
            ExitCode::from(2)
        }
    }
}

fn torture(request: Request) -> ExitCode {
    let seed = request.seed.unwrap_or_else(|| match request.long {
        Some(_) => std::process::id().into(),
        None => 1,
    });
    let mut runs = matrix::short(seed, request.later);
    if !request.runs.is_empty() {
        runs = request.runs;
    }
    let hit = |run: &Run| request.filters.iter().any(|f| run.place().contains(f.as_str()));
    runs.retain(|run| request.filters.is_empty() || hit(run));
    if request.list {
        runs.iter().for_each(|run| println!("{}: test", run.place()));
    }
    if request.list || request.ignored {
        return ExitCode::SUCCESS;
    }
    if let Err(why) = judged::the_judge_is_not_asleep() {
        println!("FAILED: {why}");
        return ExitCode::from(101);
    }
    let mut report = Report::default();
    if request.long.is_none() {
        runs = matrix::possible(runs, &mut report);
    }
    let report = Mutex::new(report);
    println!("torture: seed {seed}");
    match request.long {
        Some(seconds) => matrix::long(seconds, seed, request.later, &report),
        None => {
            let mut runs = runs.into_iter();
            matrix::play(&report, || runs.next());
        }
    }
    let good = report.into_inner().expect("no one panics here").print(request.long.is_some());
    if good { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

/// Whoever started the tests may ignore signals, as `nohup` does, and a victim would inherit that.
#[allow(unsafe_code)]
fn let_signals_end_this_program() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        // SAFETY: nothing but the disposition of the signal changes, and no other thread runs yet.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Those who die by a signal leave no core behind.
#[allow(unsafe_code)]
fn no_core_files() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limits are only read.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) }, 0);
}
