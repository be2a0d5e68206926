//! The whole engine with many threads, for the sanitizers: `stress [RECORDS]`.
//!
//! Eight threads log through three lives of the global engine while others come and go, flush, change levels, replace the
//! sinks, read the counters and bind contexts; each life has other policies and sizes. Two of the eight log across every
//! shutdown and start. A local engine without a writer's thread follows. At the end every call is accounted for: it is a
//! line of one sink, or counted as dropped.

// What the sanitizer has to be told is no part of the program.
#[cfg(ripsaw_tsan)]
#[allow(unsafe_code)]
mod told;

use ripsaw::format::{Json, KeyValue, Text};
use ripsaw::sink::{Blocking, Durability, File, Sink};
use ripsaw::{Builder, Guard, Handle, Level, Logger, Overflow, Route, debug, error, info, warn};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Threads that log all the time.
const THREADS: u64 = 8;
/// Of those, threads that go on while the engine is shut down and started again.
const RESTLESS: u64 = 2;
/// Records unless the command line says otherwise.
const RECORDS: u64 = 300_000;
/// Generous: nothing here waits so long unless it hangs.
const LONG: Duration = Duration::from_secs(60);

/// What a line begins with that is counted.
const COUNTED: &str = "counted";

/// A sink that counts lines of interest, and sometimes fails.
struct Counting {
    lines: Arc<AtomicU64>,
    writes: u64,
    /// Fails each time after so many writes, if not zero.
    fails: u64,
}

impl Sink for Counting {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        if self.fails > 0 && self.writes.is_multiple_of(self.fails) {
            return Err(io::Error::other("now and then"));
        }
        let lines = batch.split(|b| *b == b'\n');
        let counted = lines.filter(|l| l.windows(COUNTED.len()).any(|w| w == COUNTED.as_bytes()));
        self.lines.fetch_add(counted.count() as u64, Ordering::Relaxed);
        Ok(batch.len())
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        Ok(())
    }
    fn blocking(&self) -> Blocking {
        if self.fails == 0 { Blocking::Brief } else { Blocking::Unbounded }
    }
}

/// One life: how much arena, in which blocks, and what happens when it is full.
struct Life {
    name: &'static str,
    arena: usize,
    block: usize,
    overflow: Overflow,
}

const LIVES: [Life; 3] = [
    Life { name: "blocking", arena: 1 << 20, block: 4 << 10, overflow: Overflow::Block(LONG) },
    Life { name: "shedding", arena: 64 << 10, block: 512, overflow: Overflow::Shed },
    Life { name: "crowded", arena: 8 << 10, block: 512, overflow: Overflow::Block(LONG) },
];

/// What all threads of the program share.
struct Stage {
    /// Lines that reached the sinks of the present life.
    lines: Arc<AtomicU64>,
    /// Calls of the present life.
    calls: AtomicU64,
    dir: PathBuf,
    /// The present life ends.
    over: AtomicBool,
}

impl Stage {
    fn routes(&self, builder: Builder, turn: u64) -> Builder {
        let counting = Counting {
            lines: self.lines.clone(),
            writes: 0,
            fails: if turn.is_multiple_of(2) { 0 } else { 50 },
        };
        let route = Route::new(counting);
        let route = match turn % 3 {
            0 => route.format(Json::new().thread(true)),
            1 => route.format(Text::new()),
            _ => route.format(KeyValue::new()),
        };
        let file = File::append(self.dir.join(format!("{}.log", turn % 4))).expect("a file");
        builder.level(Level::Info).route(route).route(Route::new(file).level(Level::Warning))
    }

    /// Calls that are counted; of every kind of argument.
    fn log(&self, thread: u64, first: u64, count: u64) {
        let long = "x".repeat(2_000);
        for n in first..first + count {
            self.calls.fetch_add(1, Ordering::Relaxed);
            match n % 16 {
                0 => error!(thread, n, "{COUNTED} {:?}", Some(n)),
                1 => warn!("{COUNTED} {thread} {n}"),
                // Larger than the smallest block.
                2 if n % 64 == 2 => info!(long = long.as_str(), "{COUNTED} {n}"),
                _ => info!(n, text = "abc", "{COUNTED} {thread} {:>5}", n),
            }
            debug!(n, "on or off");
            log::debug!("on or off {n}");
        }
    }

    fn start(&self, life: &Life) -> Guard {
        let builder = ripsaw::builder()
            .arena_bytes(life.arena)
            .block_bytes(life.block)
            .overflow(life.overflow)
            .flush_on(Level::Error)
            .max_delay(Duration::from_millis(5));
        self.routes(builder, 0).start().expect("no engine runs")
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Threads that come, log a little and go, with a bound context.
fn churn(stage: &Stage, per_thread: u64) {
    let mut n = 0;
    while !stage.is_over() {
        // Joined, not only awaited: that is what the sanitizer sees.
        let short = thread::scope(|scope| {
            let short = scope.spawn(|| {
                let logger = Logger::new(format!("request {n}")).with("id", n);
                stage.calls.fetch_add(1, Ordering::Relaxed);
                warn!(logger: logger, "{COUNTED} {n}");
                stage.log(100 + n, 0, per_thread);
            });
            short.join()
        });
        short.expect("a short thread");
        n += 1;
    }
}

/// Flushes, of both kinds, and looks at the counters.
fn flush(stage: &Stage, handle: &Handle) {
    while !stage.is_over() {
        handle.flush(LONG).expect("a flush");
        handle.flush_durable(LONG).expect("a durable flush");
        let stats = handle.stats();
        assert_eq!(stats.sequence_gaps, 0);
        thread::sleep(Duration::from_millis(1));
    }
}

/// Changes what is changed while others log.
fn configure(stage: &Stage, handle: &Handle) {
    let mut turn = 0_u64;
    while !stage.is_over() {
        turn += 1;
        handle.set_level(if turn.is_multiple_of(2) { Level::Info } else { Level::Debug });
        handle.set_filter("info,stress=info,other=trace").expect("a filter");
        handle.reload(stage.routes(ripsaw::builder(), turn)).expect("a configuration");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A life of the global engine, in which `records` are logged.
fn live(stage: &Stage, life: &Life, records: u64, restless: &AtomicBool) -> Handle {
    println!("the {} life", life.name);
    stage.over.store(false, Ordering::Relaxed);
    let guard = stage.start(life);
    restless.store(true, Ordering::Relaxed);
    let handle = guard.handle();
    thread::scope(|scope| {
        let others = [
            scope.spawn(|| churn(stage, 20)),
            scope.spawn(|| flush(stage, &handle)),
            scope.spawn(|| configure(stage, &handle)),
        ];
        let share = records / (THREADS - RESTLESS);
        let logging: Vec<_> = (RESTLESS..THREADS)
            .map(|thread| scope.spawn(move || stage.log(thread, 0, share)))
            .collect();
        logging.into_iter().for_each(|thread| thread.join().expect("a thread that logs"));
        stage.over.store(true, Ordering::Relaxed);
        others.into_iter().for_each(|thread| thread.join().expect("one of the others"));
    });
    println!("the end of the {} life", life.name);
    let report = guard.shutdown(LONG);
    assert_eq!(report.unflushed, 0, "{report:?}");
    // Those who go on logging write their records themselves from now on; then they pause.
    restless.store(false, Ordering::Relaxed);
    handle
}

/// An engine that nobody but its callers drives, with several of them at it.
fn pump(stage: &Stage, records: u64) -> Handle {
    println!("the local engine");
    stage.over.store(false, Ordering::Relaxed);
    let builder = ripsaw::builder().arena_bytes(16 << 10).block_bytes(512).manual();
    let builder = builder.overflow(Overflow::Block(LONG));
    let guard = stage.routes(builder, 1).start_local().expect("an engine");
    let handle = guard.handle();
    thread::scope(|scope| {
        let pumping = scope.spawn(|| {
            while !stage.is_over() {
                handle.pump();
            }
        });
        let logging: Vec<_> = (0..4)
            .map(|thread| {
                let handle = &handle;
                scope.spawn(move || {
                    let _attached = handle.attach();
                    stage.log(thread, 0, records / 4);
                    handle.flush(LONG).expect("a flush");
                })
            })
            .collect();
        logging.into_iter().for_each(|thread| thread.join().expect("a thread that logs"));
        stage.over.store(true, Ordering::Relaxed);
        pumping.join().expect("the thread that pumps");
    });
    guard.shutdown(LONG);
    handle
}

fn run(records: u64, dir: &Path) {
    let stage = Stage {
        lines: Arc::default(),
        calls: AtomicU64::new(0),
        dir: dir.to_owned(),
        over: AtomicBool::new(false),
    };
    // A quarter for each life and for the local engine.
    let share = records / 4;
    let (go, end) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut handles = thread::scope(|scope| {
        let (stage, go, end) = (&stage, &go, &end);
        let restless = [0, 1].map(|thread| {
            scope.spawn(move || {
                let mut n = 0;
                while !end.load(Ordering::Relaxed) {
                    if go.load(Ordering::Relaxed) {
                        stage.log(thread, n, 10);
                        n += 10;
                    }
                    thread::yield_now();
                }
            })
        });
        let handles: Vec<_> = LIVES.iter().map(|life| live(stage, life, share, go)).collect();
        end.store(true, Ordering::Relaxed);
        restless.into_iter().for_each(|thread| thread.join().expect("a thread across lives"));
        handles
    });
    handles.push(pump(&stage, share));

    println!("the accounts");
    // Records may have been committed to an engine when another one had taken its place.
    handles.iter().for_each(|handle| handle.flush(LONG).expect("a flush"));
    let (calls, lines) = (stage.calls.into_inner(), stage.lines.load(Ordering::Relaxed));
    let stats: Vec<_> = handles.iter().map(Handle::stats).collect();
    let levels = [Level::Info, Level::Warning, Level::Error];
    let dropped: u64 = stats
        .iter()
        .map(|stats| levels.map(|level| stats.dropped_at(level)).iter().sum::<u64>())
        .sum();
    println!("{calls} calls, {lines} lines, {dropped} dropped");
    assert_eq!(calls, lines + dropped, "{stats:#?}");
    assert!(calls >= records / 2, "{calls} calls are too few");
}

fn main() -> ExitCode {
    let records = match std::env::args().nth(1).map(|n| n.parse()) {
        None => RECORDS,
        Some(Ok(records)) if records > 0 => records,
        Some(_) => {
            eprintln!("usage: stress [RECORDS]");
            return ExitCode::from(2);
        }
    };
    let dir = std::env::temp_dir().join(format!("ripsaw-stress-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    run(records, &dir);
    std::fs::remove_dir_all(&dir).expect("the directory is ours");
    ExitCode::SUCCESS
}
