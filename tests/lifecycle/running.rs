//! What a whole process shows while the engine runs: the environment, idle time, and changes amid
//! logging.

use crate::harness::{Child, Outcome, Scenario, Test};
use crate::{LONG, by_name, lines, log, start};
use ripsaw::sink::{Durability, Sink};
use ripsaw::{Builder, FlushError, Level, LevelFilter, Logger, StartError};
use ripsaw::{critical, debug, error, info, trace, warn};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub(crate) const TESTS: &[Test] = by_name![
    levels_from_the_environment,
    formats_from_the_environment,
    a_wrong_environment_is_refused,
    the_default_output_is_standard_error,
    loggers_die_while_levels_change,
    an_idle_writer_rests,
    a_writer_whose_flush_failed_rests,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    speaks_at_all_levels,
    inits,
    drops_loggers_while_levels_change,
    idles,
    idles_after_a_failed_flush,
];

/// Levels of the crate and of another target, through the environment.
fn speaks_at_all_levels(path: &Path) {
    let guard = match Builder::from_env().file(path).start() {
        Ok(guard) => guard,
        Err(e) => {
            println!("{e}");
            assert!(matches!(e, StartError::Config(_)));
            std::process::exit(3);
        }
    };
    trace!("t");
    debug!("d");
    info!("i");
    warn!("w");
    error!("e");
    critical!("c");
    trace!(target: "noisy::inner", "nt");
    error!(target: "noisy", "ne");
    debug!(logger: &Logger::new("named.one"), "ld");
    drop(guard);
}

fn spoken(rust_log: &str) -> String {
    let outcome = Child::new("speaks_at_all_levels").env("RUST_LOG", rust_log).run().exited(0);
    let words: Vec<&str> =
        outcome.lines().into_iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
    words.join(" ")
}

fn levels_from_the_environment() {
    for (rust_log, expected) in [
        ("", "i w e c ne"),
        ("info", "i w e c ne"),
        ("INFO", "i w e c ne"),
        ("trace", "t d i w e c nt ne ld"),
        ("debug", "d i w e c ne ld"),
        ("warn", "w e c ne"),
        ("warning", "w e c ne"),
        ("error", "e c ne"),
        ("critical", "c"),
        ("off", ""),
        ("notset", "t d i w e c nt ne ld"),
        ("off,noisy=trace", "nt ne"),
        ("warn,noisy=off,named=debug", "w e c ld"),
        ("lifecycle=warn,named.one=debug", "w e c ne ld"),
        (" info , noisy::inner = trace ", "i w e c nt ne"),
    ] {
        assert_eq!(spoken(rust_log), expected, "RUST_LOG={rust_log}");
    }
}

fn formats_from_the_environment() {
    for (format, begins) in [
        ("json", "{\"timestamp\":\""),
        ("JSON", "{\"timestamp\":\""),
        ("text", "20"),
        ("key_value", "20"),
        ("", "20"),
    ] {
        let child = Child::new("speaks_at_all_levels").env("RIPSAW_FORMAT", format);
        let outcome = child.env("RUST_LOG", "critical").run().exited(0);
        let found = outcome.lines();
        assert_eq!(found.len(), 1, "{format}");
        assert!(found[0].starts_with(begins), "{format}: {}", found[0]);
        let key_value = format == "key_value";
        assert_eq!(found[0].contains("[critical ]"), key_value, "{format}: {}", found[0]);
    }
}

fn a_wrong_environment_is_refused() {
    for (name, value, parts) in [
        ("RIPSAW_FORMAT", "xml", ["RIPSAW_FORMAT", "\"xml\"", "use text, key_value, json, pretty"]),
        ("RUST_LOG", "inof", ["RUST_LOG", "\"inof\"", "info"]),
        ("RUST_LOG", "info,a=loud", ["RUST_LOG", "\"a=loud\"", "trace"]),
    ] {
        let outcome: Outcome = Child::new("speaks_at_all_levels").env(name, value).run().exited(3);
        assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
        for part in parts {
            assert!(outcome.stdout.contains(part), "{part} in {}", outcome.stdout);
        }
        assert_eq!(outcome.file, "");
    }
}

fn inits(_: &Path) {
    let _guard = ripsaw::init().unwrap();
    warn!(retry = 2, "upstream slow");
    debug!("off");
}

fn the_default_output_is_standard_error() {
    let outcome = Child::new("inits").run().exited(0);
    let line = outcome.stderr.strip_suffix("\n").unwrap_or("");
    assert!(line.ends_with(" WARNING  lifecycle::running: upstream slow retry=2"), "{outcome:?}");
    assert_eq!(line.lines().count(), 1);
    assert_eq!((outcome.stdout.as_str(), outcome.file.as_str()), ("", ""));
}

/// The last reference to a logger may be let go at the very moment at which its verdicts are
/// computed.
fn drops_loggers_while_levels_change(path: &Path) {
    let guard = start(path);
    let handle = guard.handle();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let loggers: Vec<Logger> =
                        (0..20).map(|i| Logger::new("short").with("i", i)).collect();
                    drop(loggers);
                }
            });
        }
        for i in 0..3000 {
            handle.set_level(if i % 2 == 0 { Level::Debug } else { Level::Info });
        }
        stop.store(true, Ordering::Relaxed);
    });
    handle.set_level(LevelFilter::Info);
    log("line", 3);
}

fn loggers_die_while_levels_change() {
    let outcome = Child::new("drops_loggers_while_levels_change").run().exited(0);
    assert_eq!(outcome.lines(), lines("line", 3));
}

/// Processor time of this process so far.
#[allow(unsafe_code)]
fn cpu_time() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid place for the result.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) }, 0);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Prints the share of a processor that the process takes while nobody logs, in percent. A busy
/// machine makes it lower, never higher.
fn print_idle_share() {
    let (before, start) = (cpu_time(), Instant::now());
    std::thread::sleep(Duration::from_secs(1));
    let used = cpu_time() - before;
    println!("percent={}", used.as_micros() * 100 / start.elapsed().as_micros());
}

fn idles(path: &Path) {
    let guard = ripsaw::builder().file(path).start().unwrap();
    log("line", 3);
    guard.handle().flush(LONG).unwrap();
    print_idle_share();
}

fn an_idle_writer_rests() {
    let percent = Child::new("idles").run().exited(0).number("percent");
    assert!(percent <= 5, "{percent} % of a processor");
}

/// Fails its flushes until it is told not to.
struct Moody(Arc<AtomicBool>);

impl Sink for Moody {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        Ok(batch.len())
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(io::Error::other("moody")) } else { Ok(()) }
    }
}

fn idles_after_a_failed_flush(_: &Path) {
    let moody = Arc::new(AtomicBool::new(true));
    let guard = ripsaw::builder().sink(Moody(moody.clone())).start().unwrap();
    let handle = guard.handle();
    log("line", 3);
    assert_eq!(handle.flush(Duration::from_millis(50)), Err(FlushError::Sink));
    moody.store(false, Ordering::Relaxed);
    handle.flush(LONG).unwrap();
    print_idle_share();
}

fn a_writer_whose_flush_failed_rests() {
    let percent = Child::new("idles_after_a_failed_flush").run().exited(0).number("percent");
    assert!(percent <= 5, "{percent} % of a processor");
}
