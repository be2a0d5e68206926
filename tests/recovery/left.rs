//! Other ways to leave something behind.

use crate::harness::{Child, Scenario, Test};
use crate::{arena_of, builder, by_name};
use ripsaw::format::{Format, Json};
use ripsaw::sink::Sink;
use ripsaw::{Event, Level, Logger, Recovery, Sensitive, info, warn};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![
    all_that_a_record_says_is_recovered,
    secrets_are_nowhere,
    what_a_dead_sink_did_not_take_is_there_at_the_next_start,
    what_dead_sinks_did_not_take_adds_up,
    the_file_is_the_users_own_and_goes_at_the_end,
    two_processes_do_not_share_a_file,
    a_crash_of_the_writer_is_dumped,
    large_records_of_many_threads_do_not_starve_each_other,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    aborts_with_everything,
    aborts_with_secrets,
    ends_beside_a_dead_sink,
    comes_back,
    ends_well,
    is_second,
    crashes_on_the_writer,
    comes_back_from_a_crash,
];

/// Takes nothing.
struct Dead;

impl Sink for Dead {
    fn write(&mut self, _batch: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("no"))
    }
    fn name(&self) -> String {
        "dead".to_owned()
    }
}

fn dead(log: &Path) -> ripsaw::Builder {
    ripsaw::builder().sink(Dead).arena_file(arena_of(log)).flush_on_panic(false)
}

fn aborts_with_everything(log: &Path) {
    let _guard = dead(log).start().unwrap();
    let logger = Logger::new("shop.orders").with("tenant", "e\nu").with("deep", vec![1, 2]);
    info!(logger: &logger, name: "filled", px = 1.5, qty = -3, side = 'B', "at {:>8.3}", 2.25);
    warn!(target: "other", list = ?[1, 2, 3], "plain");
    log::info!(target: "facade", key = 7; "through the facade {}", 1);
    std::process::abort();
}

fn all_that_a_record_says_is_recovered() {
    let child = Child::new("aborts_with_everything");
    let log = child.file().to_owned();
    let outcome = child.run();
    assert!(outcome.status.code().is_none(), "{}", outcome.status);
    let recovery = Recovery::open(arena_of(&log)).unwrap();
    let (mut format, mut out) = (Json::new(), Vec::new());
    recovery.records().for_each(|record| format.record(&record, &mut out));
    let lines: Vec<serde_json::Value> = std::str::from_utf8(&out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    let first = &lines[0];
    for (key, value) in [
        ("recovered", serde_json::json!(true)),
        ("tenant", serde_json::json!("e\nu")),
        ("deep", serde_json::json!([1, 2])),
        ("px", serde_json::json!(1.5)),
        ("qty", serde_json::json!(-3)),
        ("side", serde_json::json!("B")),
    ] {
        assert_eq!(first[key], value, "{key} in {first}");
    }
    let text = String::from_utf8(out).unwrap();
    for part in ["at    2.250", "shop.orders", "through the facade 1", "facade", "[1, 2, 3]"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    recovery.finish().unwrap();
    assert!(!arena_of(&log).exists());
    std::fs::remove_file(arena_of(&log).with_extension("arena.recovered")).unwrap();
}

/// A type of a user's, who marked what is secret.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "printed as a whole")]
struct Account {
    user: &'static str,
    password: Sensitive<String>,
    tokens: Vec<Sensitive<u64>>,
}

#[derive(Debug)]
struct Refused(Sensitive<String>);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "password {} refused", self.0)
    }
}
impl std::error::Error for Refused {}

/// Every place that a value can stand in, and every artefact: three logs, the arena's file, standard error, statistics.
fn aborts_with_secrets(log: &Path) {
    use ripsaw::format::{KeyValue, Text};
    use ripsaw::{Route, sink::File};
    let route = |extension: &str| Route::new(File::append(log.with_extension(extension)).unwrap());
    let guard = ripsaw::builder()
        .route(route("text").format(Text::new()))
        .route(route("kv").format(KeyValue::new()))
        .route(route("json").format(Json::new()))
        .arena_file(arena_of(log))
        .flush_on_panic(false)
        .start()
        .unwrap();
    let secret = || Sensitive(format!("hunter{}", 2));
    let account = || Account { user: "ada", password: secret(), tokens: vec![Sensitive(271_828)] };
    let speak = || {
        info!(token = secret(), "field");
        info!(token = ?secret(), "debug field");
        info!(token = %secret(), "display field");
        info!("argument {} {:?} {:>9}", secret(), secret(), secret());
        let inline = secret();
        info!("inline {inline} {inline:?}");
        info!(account = ?account(), "within a value");
        info!("within an argument {:?} {:#?}", account(), Some(account()));
        info!(list = ?[secret(), secret()], map = ?std::collections::BTreeMap::from([(1, secret())]), "many");
        info!(cause:err = Refused(secret()), "{}", Refused(secret()));
        log::info!(token:? = secret(); "facade {}", secret());
        Event::new(Level::Info, "event").field("token", secret().to_string()).emit();
        let large = ["x".repeat(100_000), secret().to_string()];
        info!(large = ?large, "larger than a block");
    };
    speak();
    guard.handle().flush(Duration::from_secs(30)).unwrap();
    eprintln!("{:?}", guard.handle().stats());
    speak();
    std::process::abort();
}

fn secrets_are_nowhere() {
    let child = Child::new("aborts_with_secrets");
    let log = child.file().to_owned();
    let outcome = child.run();
    let logs = ["text", "kv", "json"].map(|extension| log.with_extension(extension));
    let mut artefacts = vec![("stderr".to_owned(), outcome.stderr.into_bytes())];
    for path in logs.iter().chain([&arena_of(&log)]) {
        artefacts.push((path.display().to_string(), std::fs::read(path).unwrap()));
        std::fs::remove_file(path).unwrap();
    }
    for (name, bytes) in artefacts {
        for secret in [&b"hunter2"[..], b"271828", b"271_828"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{} is in {name}", String::from_utf8_lossy(secret));
        }
        assert!(name == "stderr" || bytes.windows(10).any(|w| w == b"[REDACTED]"), "{name}");
    }
}

fn ends_beside_a_dead_sink(log: &Path) {
    let guard = dead(log).start().unwrap();
    (0..100).for_each(|i| info!(i, "kept"));
    let report = guard.shutdown(Duration::from_millis(50));
    println!("unflushed={}", report.unflushed);
}

fn comes_back(log: &Path) {
    let guard = builder(log).start().unwrap();
    println!("recovered={}", guard.handle().stats().recovered);
}

fn what_a_dead_sink_did_not_take_is_there_at_the_next_start() {
    let child = Child::new("ends_beside_a_dead_sink");
    let log = child.file().to_owned();
    assert_eq!(child.run().exited(0).number("unflushed"), 100);
    let outcome = Child::at("comes_back", &log).run().exited(0);
    assert_eq!(outcome.number("recovered"), 100, "{}", outcome.stderr);
    let expected: Vec<_> =
        (0..100).map(|i| format!("INFO     kept recovered=true i={i}")).collect();
    assert_eq!(outcome.lines(), expected);
    std::fs::remove_file(&log).unwrap();
}

fn what_dead_sinks_did_not_take_adds_up() {
    let log = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("adds-up-{}.log", std::process::id()));
    // Each start claims what the ones before left, and cannot write it either.
    for start in 0..3 {
        let guard = dead(&log).start_local().unwrap();
        let attached = guard.attach();
        info!(start, "kept");
        drop(attached);
        assert_eq!(guard.shutdown(Duration::from_millis(500)).unflushed, 1, "start {start}");
    }
    let guard = builder(&log).start_local().unwrap();
    assert_eq!(guard.handle().stats().recovered, 3);
    drop(guard);
    let text = std::fs::read_to_string(&log).unwrap();
    let expected = (0..3).map(|n| format!("INFO     kept recovered=true start={n}\n"));
    assert_eq!(text, expected.collect::<String>());
    std::fs::remove_file(&log).unwrap();
}

fn ends_well(log: &Path) {
    use std::os::unix::fs::MetadataExt;
    let guard = builder(log).start().unwrap();
    info!("hello");
    let meta = std::fs::metadata(arena_of(log)).unwrap();
    println!("mode={}\nbytes={}", meta.mode() & 0o777, meta.len());
    drop(guard);
    println!("there={}", u64::from(arena_of(log).exists()));
}

fn the_file_is_the_users_own_and_goes_at_the_end() {
    let outcome = Child::new("ends_well").run().exited(0);
    assert_eq!(outcome.number("mode"), 0o600);
    assert!(outcome.number("bytes") > 16 << 20);
    assert_eq!(outcome.number("there"), 0);
}

fn is_second(log: &Path) {
    let first = builder(log).start_local().unwrap();
    let error = builder(log).start_local().unwrap_err().to_string();
    println!(
        "pid={}\nsaid={}",
        std::process::id(),
        u64::from(error.contains("is in use by process"))
    );
    drop(first);
}

fn two_processes_do_not_share_a_file() {
    assert_eq!(Child::new("is_second").run().exited(0).number("said"), 1);
}

/// Crashes on the writer's own thread, after some records.
struct Fatal(u32, std::fs::File);

impl Sink for Fatal {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        self.0 += 1;
        if self.0 > 3 {
            std::process::abort();
        }
        self.1.write(&batch[..batch.len().min(200)])
    }
    fn name(&self) -> String {
        "fatal".to_owned()
    }
}

fn crashes_on_the_writer(log: &Path) {
    let taken = std::fs::File::create(log.with_extension("taken")).unwrap();
    let guard = ripsaw::builder()
        .sink(Fatal(0, taken))
        .flush_on_panic(false)
        .crash_file(arena_of(log))
        .start();
    let guard = guard.unwrap();
    (0..100).for_each(|i| info!(i, "before the crash"));
    let _ = guard.handle().flush(Duration::from_secs(30));
    panic!("the sink did not crash");
}

fn comes_back_from_a_crash(log: &Path) {
    let guard = ripsaw::builder().file(log).crash_file(arena_of(log)).start().unwrap();
    println!("recovered={}", guard.handle().stats().recovered);
    drop(guard);
    println!("left={}", u64::from(arena_of(log).exists()));
}

fn a_crash_of_the_writer_is_dumped() {
    use std::os::unix::process::ExitStatusExt;
    let child = Child::new("crashes_on_the_writer");
    let log = child.file().to_owned();
    let outcome = child.run();
    assert_eq!(outcome.status.signal(), Some(libc::SIGABRT), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("crash file"), "{}", outcome.stderr);
    let outcome = Child::at("comes_back_from_a_crash", &log).run().exited(0);
    // The line of which the sink had a part is among those that are recovered.
    let taken = std::fs::read_to_string(log.with_extension("taken")).unwrap();
    let (whole, recovered) = (taken.matches('\n').count() as u64, outcome.number("recovered"));
    assert!(whole > 0 && whole + recovered == 100, "{whole} and {recovered}");
    assert_eq!(outcome.number("left"), 0);
    assert_eq!(outcome.lines().len() as u64, recovered);
    std::fs::remove_file(log.with_extension("taken")).unwrap();
    std::fs::remove_file(&log).unwrap();
}

fn large_records_of_many_threads_do_not_starve_each_other() {
    let log = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("large-{}.log", std::process::id()));
    let guard =
        builder(&log).arena_bytes(64 << 10).block_bytes(1024).start_local().expect("starts");
    let large = "l".repeat(15_000);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let _attached = guard.attach();
                (0..50).for_each(|n| info!(n, "{large}"));
            });
        }
    });
    let report = guard.shutdown(Duration::from_secs(60));
    assert_eq!((report.written, report.dropped), (400, 0));
    std::fs::remove_file(&log).unwrap();
}
