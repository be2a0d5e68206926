//! After a shutdown, and while it is under way.

use crate::harness::{Child, Scenario, Test};
use crate::{LONG, by_name, lines, log, played, start};
use ripsaw::sink::{Durability, Sink};
use ripsaw::{FlushError, StartError, info};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const TESTS: &[Test] = by_name![
    logging_goes_on_synchronously,
    two_threads_log_synchronously,
    a_shutdown_races_producers,
    a_second_start_is_refused,
    nothing_happens_without_a_start,
    a_cut_line_stays_alone,
    a_sink_that_never_returns_holds_up_nobody,
    a_log_that_was_taken_away_after_the_shutdown_stays_away,
    the_exit_waits_for_no_sink_that_was_given_up,
];

pub(crate) const SCENARIOS: &[Scenario] = by_name![
    logs_after_shutdown,
    logs_after_shutdown_in_two_threads,
    shuts_down_amid_producers,
    starts_twice,
    logs_without_a_start,
    is_cut_in_a_line,
    shuts_down_a_stuck_sink,
    takes_its_log_away,
    gives_up_a_dead_sink,
];

fn logs_after_shutdown(path: &Path) {
    let report = start(path).shutdown(LONG);
    assert_eq!((report.written, report.dropped, report.unflushed), (0, 0, 0));
    for i in 0..100 {
        info!(i, "line");
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(written.lines().count(), i + 1, "the call returned before its line was written");
    }
    ripsaw::flush(LONG).unwrap();
    let stats = ripsaw::stats().unwrap();
    assert_eq!((stats.accepted, stats.written, stats.dropped()), (100, 100, 0));
}

fn logging_goes_on_synchronously() {
    assert_eq!(played("logs_after_shutdown", 0).lines(), lines("line", 100));
}

/// Numbers of lines that the sink has seen, by thread.
static SEEN: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Counts lines `... thread T` in [`SEEN`].
struct Counting;

impl Sink for Counting {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        for line in batch.split_inclusive(|b| *b == b'\n') {
            let thread = line[line.len() - 2] - b'0';
            SEEN[usize::from(thread)].fetch_add(1, Ordering::SeqCst);
        }
        Ok(batch.len())
    }
}

fn logs_after_shutdown_in_two_threads(path: &Path) {
    let guard = crate::builder(path).sink(Counting).start().unwrap();
    assert_eq!(guard.shutdown(LONG).unflushed, 0);
    std::thread::scope(|scope| {
        for (t, seen) in SEEN.iter().enumerate() {
            scope.spawn(move || {
                for i in 1..=3000 {
                    info!("thread {t}");
                    let written = seen.load(Ordering::SeqCst);
                    assert_eq!(written, i, "the call returned before its line was written");
                }
            });
        }
    });
}

fn two_threads_log_synchronously() {
    assert_eq!(played("logs_after_shutdown_in_two_threads", 0).lines().len(), 6000);
}

/// Producers go on while the engine is shut down and after; at the end every call is a line.
fn shuts_down_amid_producers(path: &Path) {
    let guard = start(path);
    let stop = AtomicBool::new(false);
    let calls: u64 = std::thread::scope(|scope| {
        let stop = &stop;
        let threads: Vec<_> = (0..4)
            .map(|t| {
                scope.spawn(move || {
                    let mut i = 0_u64;
                    while !stop.load(Ordering::Relaxed) {
                        info!("{t} {i}");
                        i += 1;
                    }
                    i
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(20));
        let report = guard.shutdown(LONG);
        println!("unflushed={}", report.unflushed);
        std::thread::sleep(Duration::from_millis(20));
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("calls={calls}");
    let stats = ripsaw::stats().unwrap();
    println!("dropped={}", stats.dropped());
    eprintln!("{stats:?}");
}

fn a_shutdown_races_producers() {
    for round in 0..10 {
        let outcome = played("shuts_down_amid_producers", 0);
        let lost = outcome.number("unflushed") + outcome.number("dropped");
        assert_eq!(lost, 0, "round {round}: {}", outcome.stderr);
        let mut next = [0_u64; 4];
        for line in outcome.lines() {
            let numbers = line.strip_prefix("INFO     ").and_then(|rest| rest.split_once(' '));
            let (t, i) = numbers.unwrap_or_else(|| panic!("torn: {line:?}"));
            let place = &mut next[t.parse::<usize>().unwrap()];
            assert_eq!(i.parse(), Ok(*place), "round {round}, thread {t}");
            *place += 1;
        }
        assert_eq!(next.iter().sum::<u64>(), outcome.number("calls"), "round {round}");
    }
}

fn starts_twice(path: &Path) {
    let first = start(path);
    log("before", 3);
    let second = ripsaw::builder().sink(ripsaw::sink::Null::new()).start();
    assert!(matches!(second, Err(StartError::AlreadyStarted)), "{second:?}");
    let wrong = ripsaw::builder().block_bytes(1000).start();
    assert!(matches!(wrong, Err(StartError::AlreadyStarted)), "{wrong:?}");
    log("after", 3);
    assert_eq!(first.shutdown(LONG).written, 6);
}

fn a_second_start_is_refused() {
    assert_eq!(played("starts_twice", 0).lines(), [lines("before", 3), lines("after", 3)].concat());
}

fn logs_without_a_start(path: &Path) {
    log("nobody listens", 3);
    assert!(ripsaw::stats().is_none());
    assert_eq!(ripsaw::flush(LONG), Err(FlushError::NotStarted));
    let refused = crate::builder(path).block_bytes(1000).start();
    assert!(matches!(refused, Err(StartError::Config(_))), "{refused:?}");
    log("nobody listens", 3);
    std::mem::forget(start(path));
    log("heard", 3);
}

fn nothing_happens_without_a_start() {
    assert_eq!(played("logs_without_a_start", 0).lines(), lines("heard", 3));
}

/// Takes bytes up to a limit and fails then.
#[derive(Clone)]
struct Full {
    bytes: Arc<Mutex<Vec<u8>>>,
    capacity: Arc<Mutex<usize>>,
}

impl Sink for Full {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.lock().unwrap();
        let room = self.capacity.lock().unwrap().saturating_sub(bytes.len());
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = room.min(batch.len());
        bytes.extend_from_slice(&batch[..taken]);
        Ok(taken)
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        Ok(())
    }
}

/// The shutdown gives up in the middle of a line; then there is room again.
fn is_cut_in_a_line(path: &Path) {
    let line = "INFO     line i=0\n".len();
    let sink = Full { bytes: Arc::default(), capacity: Arc::new(Mutex::new(2 * line + 9)) };
    let builder = ripsaw::builder()
        .format(ripsaw::format::Text::new().timestamp(false).target(false))
        .sink(sink.clone());
    let guard = builder.start().unwrap();
    log("line", 5);
    let report = guard.shutdown(Duration::from_millis(50));
    println!("written={}\nunflushed={}", report.written, report.unflushed);
    *sink.capacity.lock().unwrap() = usize::MAX;
    // A sink that has failed is left alone for a while.
    std::thread::sleep(Duration::from_millis(600));
    log("after", 2);
    ripsaw::flush(LONG).unwrap();
    std::fs::write(path, &*sink.bytes.lock().unwrap()).unwrap();
}

fn a_cut_line_stays_alone() {
    let outcome = played("is_cut_in_a_line", 0);
    let mut found = outcome.lines();
    // Where the notice of what was lost stands is not the subject.
    found.retain(|line| !line.contains(" records dropped "));
    assert_eq!(found[..2], lines("line", 2), "{found:?}");
    // Nine bytes of the third line were taken; whatever becomes of them, no other line is glued to
    // them.
    assert!(found.ends_with(&["INFO     after i=0", "INFO     after i=1"]), "{found:?}");
    assert_eq!((outcome.number("written"), outcome.number("unflushed")), (2, 3));
}

/// Never returns from a write.
struct Stuck;

impl Sink for Stuck {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        loop {
            std::thread::park();
        }
    }
}

fn shuts_down_a_stuck_sink(_: &Path) {
    let guard = ripsaw::builder().flush_at_exit(false).sink(Stuck).start().unwrap();
    log("stuck", 10);
    assert_eq!(ripsaw::flush(Duration::from_millis(20)), Err(FlushError::Timeout));
    log("behind", 10);
    let report = guard.shutdown(Duration::from_millis(50));
    assert_eq!(report.written, 0, "{report:?}");
    println!("unflushed={}\ndropped={}", report.unflushed, report.dropped);
    log("after", 2);
}

fn a_sink_that_never_returns_holds_up_nobody() {
    let outcome = played("shuts_down_a_stuck_sink", 0);
    // Its own thread is inside the sink for ever; the writer is not, and counts what lies in the lanes as well.
    assert_eq!((outcome.number("unflushed"), outcome.number("dropped")), (20, 20));
}

fn takes_its_log_away(path: &Path) {
    let guard = start(path);
    info!("line");
    let _ = guard.shutdown(LONG);
    std::fs::remove_file(path).unwrap();
}

fn a_log_that_was_taken_away_after_the_shutdown_stays_away() {
    let child = Child::new("takes_its_log_away");
    let log = child.file().to_owned();
    let outcome = Child::at("takes_its_log_away", &log).run().exited(0);
    assert_eq!(outcome.stderr, "");
    assert!(!log.exists(), "the exit made the file again");
}

fn gives_up_a_dead_sink(path: &Path) {
    let guard = start(path);
    let sink = ripsaw::sink::File::append("/dev/full").unwrap();
    guard.handle().reload(ripsaw::builder().sink(sink)).unwrap();
    info!("lost");
    assert_eq!(guard.shutdown(Duration::from_millis(50)).unflushed, 1);
}

fn the_exit_waits_for_no_sink_that_was_given_up() {
    let child = Child::new("gives_up_a_dead_sink");
    let began = std::time::Instant::now();
    child.run().exited(0);
    // Five seconds are what an exit waits at most for a sink.
    assert!(began.elapsed() < Duration::from_millis(4500), "{:?}", began.elapsed());
}
