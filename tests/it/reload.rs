//! The pipeline is replaced while threads log.

use crate::support::{Engine, Slow, Valve, builder, full, scratch, until};
use ripsaw::sink::{Blocking, Durability, Memory, Sink};
use ripsaw::{Handle, Level, LevelFilter, Overflow, Route, debug, error, info, warn};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const THREADS: usize = 4;

/// Four threads log numbered errors, and debug records in between, while `change` runs. Returns the
/// number of errors of each thread.
pub(crate) fn while_logging(handle: &Handle, change: impl FnOnce()) -> [u64; THREADS] {
    let stop = AtomicBool::new(false);
    let mut calls = [0; THREADS];
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|t| {
                let stop = &stop;
                scope.spawn(move || {
                    let _attached = handle.attach();
                    let mut i = 0_u64;
                    while !stop.load(Ordering::Relaxed) {
                        debug!(t, "now and then");
                        error!("{t} {i}");
                        i += 1;
                    }
                    i
                })
            })
            .collect();
        change();
        stop.store(true, Ordering::Relaxed);
        for (place, thread) in calls.iter_mut().zip(threads) {
            *place = thread.join().unwrap();
        }
    });
    calls
}

/// Checks that each thread's errors stand in these texts, read one after the other, once each and
/// in order.
#[track_caller]
pub(crate) fn assert_sequences(texts: &[String], calls: [u64; THREADS]) {
    let mut next = [0; THREADS];
    let lines = texts.iter().flat_map(|text| text.lines());
    for line in lines.filter_map(|line| line.strip_prefix("ERROR    ")) {
        let (t, i) = line.split_once(' ').expect("two numbers");
        let place: &mut u64 = &mut next[t.parse::<usize>().unwrap()];
        assert_eq!(i.parse(), Ok(*place), "thread {t}");
        *place += 1;
    }
    assert_eq!(next, calls);
}

fn debugs(text: &str) -> u64 {
    text.lines().filter(|line| line.starts_with("DEBUG ")).count() as u64
}

#[test]
fn levels_change_while_threads_log() {
    let memory = Memory::new();
    let engine = Engine::start(builder().sink(memory.clone()));
    let handle = engine.handle();
    let calls = while_logging(&handle, || {
        for i in 0..300 {
            match i % 4 {
                0 => handle.set_level(Level::Debug),
                1 => handle.set_level(Level::Error),
                2 => handle.set_filter("error,it=trace").unwrap(),
                _ => handle.set_filter("error,elsewhere=off").unwrap(),
            }
            std::thread::yield_now();
        }
    });
    let debugs = {
        engine.flush();
        debugs(&memory.text())
    };
    engine.stop(calls.iter().sum::<u64>() + debugs);
    assert_sequences(&[memory.text()], calls);
}

#[test]
fn sinks_change_while_threads_log() {
    let memories: Vec<Memory> = (0..60).map(|_| Memory::new()).collect();
    let engine = Engine::start(builder().sink(memories[0].clone()));
    let handle = engine.handle();
    let calls = while_logging(&handle, || {
        for (i, memory) in memories.iter().enumerate().skip(1) {
            let level = if i % 2 == 0 { LevelFilter::NotSet } else { LevelFilter::Error };
            handle.reload(builder().level(level).sink(memory.clone())).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    });
    engine.flush();
    let texts: Vec<String> = memories.iter().map(Memory::text).collect();
    let debugs: u64 = texts.iter().map(|text| debugs(text)).sum();
    let stats = engine.stop(calls.iter().sum::<u64>() + debugs);
    assert_eq!(stats.bytes, texts.iter().map(|text| text.len() as u64).sum::<u64>());
    // An older sink's records all come before a newer one's.
    assert_sequences(&texts, calls);
}

#[test]
fn files_change_while_threads_log() {
    let paths = ["a", "b", "c"].map(|name| scratch(&format!("reload-{name}.log")));
    let engine = Engine::start(builder().level(Level::Info).file(&paths[0]));
    let handle = engine.handle();
    let calls = while_logging(&handle, || {
        for _ in 0..20 {
            for path in &paths {
                handle.reload(builder().level(Level::Info).file(path)).unwrap();
            }
        }
    });
    engine.stop(calls.iter().sum());
    let texts = paths.each_ref().map(|path| std::fs::read_to_string(path).unwrap());
    let mut lines: Vec<_> = texts.iter().flat_map(|text| text.lines()).collect();
    let mut expected: Vec<String> = calls
        .iter()
        .enumerate()
        .flat_map(|(t, calls)| (0..*calls).map(move |i| format!("ERROR    {t} {i}")))
        .collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert!(lines == expected, "{} lines for {} calls", lines.len(), expected.len());
    for path in paths {
        std::fs::remove_file(path).unwrap();
    }
}

/// A record that begins after `reload` has returned goes to the new sink, and one that was flushed
/// before to the old.
#[test]
fn a_reload_that_returned_holds() {
    let (old, new) = (Memory::new(), Memory::new());
    let engine = Engine::start(builder().sink(old.clone()));
    info!("old");
    engine.flush();
    debug!("off");
    engine.handle().reload(builder().level(Level::Debug).sink(new.clone())).unwrap();
    info!("new");
    debug!("on");
    engine.stop(3);
    assert_eq!(old.lines(), ["INFO     old"]);
    assert_eq!(new.lines(), ["INFO     new", "DEBUG    on"]);
}

#[test]
fn a_reload_that_fails_changes_nothing() {
    let (memory, never) = (Memory::new(), Memory::new());
    let engine = Engine::start(builder().level(Level::Warning).sink(memory.clone()));
    let handle = engine.handle();
    let missing = scratch("no-such-folder").join("app.log");
    let made = scratch("made-in-vain.log");
    for i in 0..10 {
        let next = builder().level(Level::Trace).sink(never.clone());
        let error = handle.reload(next.file(&missing)).unwrap_err();
        assert_eq!(error.field(), "file");
        let error = handle.reload(builder().file(&made).filter("info,x=loud")).unwrap_err();
        assert_eq!(error.field(), "filter");
        info!("still off");
        warn!(i, "still here");
    }
    engine.stop(10);
    let expected: Vec<String> = (0..10).map(|i| format!("WARNING  still here i={i}")).collect();
    assert_eq!(memory.lines(), expected);
    assert_eq!(never.lines().len(), 0);
    assert!(!made.exists(), "a file was opened for a configuration that is refused");
}

/// Passes on what it was given only when it is flushed.
struct Buffering {
    held: Vec<u8>,
    to: Memory,
}

impl Sink for Buffering {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(batch);
        Ok(batch.len())
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.to.write(&held).map(drop)
    }
}

#[test]
fn a_sink_is_flushed_before_it_is_let_go() {
    let (old, new) = (Memory::new(), Memory::new());
    let engine = Engine::start(builder().sink(Buffering { held: Vec::new(), to: old.clone() }));
    let handle = engine.handle();
    for i in 0..100 {
        info!(i, "held");
    }
    until("the records with the sink", || handle.stats().written == 100);
    handle.reload(builder().sink(new.clone())).unwrap();
    info!("new");
    engine.flush();
    engine.stop(101);
    assert_eq!(new.lines().len(), 1);
    assert_eq!(old.lines().len(), 100, "written, counted as written, and lost");
}

/// The old sink fails when it is replaced: it keeps its records and delivers them when it recovers,
/// while the new one is already served.
#[test]
fn a_sink_that_is_replaced_while_it_fails_keeps_its_records() {
    let (old, new) = (Valve::new(), Memory::new());
    let engine = Engine::start(builder().manual().sink(old.clone()));
    let handle = engine.handle();
    old.set_failing(true);
    for i in 0..10 {
        info!(i, "old");
    }
    assert_eq!(handle.pump(), 10);
    handle.reload(builder().sink(new.clone())).unwrap();
    info!("new");
    assert_eq!(handle.pump(), 1);
    assert_eq!((old.lines().len(), new.lines().len()), (0, 1));
    old.set_failing(false);
    engine.flush();
    assert_eq!((old.lines().len(), new.lines().len()), (10, 1));
    engine.stop(11);
}

/// Whoever pumps by hand stops at zero: that must not happen while the new route waits for the old one of its name.
#[test]
fn a_pump_after_a_reload_takes_all() {
    let memory = Memory::new();
    let new = || ripsaw::builder().overflow(Overflow::DropNewest).sink(memory.clone());
    let engine = Engine::start(new().manual());
    info!("before");
    engine.pump();
    engine.handle().reload(new()).unwrap();
    // More than a batch.
    (0..4000)
        .for_each(|i| info!("a record of a length that fills a batch with a thousand of them {i}"));
    engine.pump();
    assert_eq!(engine.stats().written, 4001);
    engine.stop(4001);
}

/// Sinks of one name that follow each other wait for each other. As long as those before get on, none of them is stalled,
/// and none may drop what its queue has no room for.
#[test]
fn a_route_that_waits_for_slow_ones_before_it_drops_nothing() {
    let (slow, other) = (Memory::new(), Memory::new());
    let lives = Arc::new(());
    let builder = || {
        let sink = Slow {
            to: slow.clone(),
            write: |_| Duration::from_millis(700),
            flush: Duration::ZERO,
            blocking: Blocking::Brief,
            _lives: lives.clone(),
        };
        builder().route(Route::new(sink).queue_bytes(1000)).sink(other.clone())
    };
    let engine = Engine::start(builder());
    let handle = engine.handle();
    for round in 1..=5 {
        (0..5).for_each(|i| info!(round, i, "fits the queue"));
        until("the records are taken", || handle.stats().accepted == 5 * round);
        handle.reload(builder()).unwrap();
    }
    (0..100).for_each(|i| info!(i, "more than fits the queue"));
    engine.stop(125);
    assert_eq!((slow.lines().len(), other.lines().len()), (125, 125));
}

/// Reloads that come faster than sinks finish must not pile up routes, each with a thread of its own.
#[test]
fn reloads_do_not_pile_up_routes() {
    let memory = Memory::new();
    let lives = Arc::new(());
    let builder = || {
        builder().sink(Slow {
            to: memory.clone(),
            write: |_| Duration::ZERO,
            flush: Duration::from_millis(5),
            blocking: Blocking::Unbounded,
            _lives: lives.clone(),
        })
    };
    let engine = Engine::start(builder());
    let handle = engine.handle();
    let mut most = 0;
    for i in 0..200 {
        info!(i, "between reloads");
        handle.reload(builder()).unwrap();
        std::thread::sleep(Duration::from_millis(1));
        most = most.max(Arc::strong_count(&lives));
    }
    engine.stop(200);
    assert!(most < 16, "{most} sinks at a time");
    assert_eq!(memory.lines().len(), 200);
}

/// Says which of many sinks wrote what.
struct Numbered {
    number: usize,
    written: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Sink for Numbered {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(batch);
        let lines = text.lines().map(|line| (self.number, line.to_owned()));
        self.written.lock().unwrap().extend(lines);
        Ok(batch.len())
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        Ok(())
    }
}

/// Also when the writer is in the middle of a round, which began with the old configuration.
#[test]
fn a_reload_that_returned_holds_for_a_writer_at_work() {
    let rounds = if full() { 20_000 } else { 5_000 };
    let written = Arc::default();
    let with = |number| builder().sink(Numbered { number, written: Arc::clone(&written) });
    let engine = Engine::start(with(0).manual());
    let handle = engine.handle();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                handle.pump();
            }
        });
        for i in 1..=rounds {
            (0..3).for_each(|_| info!(i, "before"));
            handle.reload(with(i)).unwrap();
            info!(i, "after");
        }
        over.store(true, Ordering::Relaxed);
        writer.join().unwrap();
    });
    engine.pump();
    engine.stop(4 * rounds as u64);
    let number = |line: &str| line.rsplit_once('=').unwrap().1.parse::<usize>().unwrap();
    let written = written.lock().unwrap();
    let late = written.iter().filter(|(_, line)| line.contains("after"));
    let wrong: Vec<_> = late.filter(|(sink, line)| *sink < number(line)).collect();
    assert!(wrong.is_empty(), "{} went to the sink of before: {:?}", wrong.len(), wrong[0]);
}
