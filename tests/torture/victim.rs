//! The child: an engine, threads that log, and an end.

use crate::faults::{Faulty, Hanging};
use crate::progress::{Progress, SLOTS};
use crate::run::{Outlet, Run, below, word};
use ripsaw::format::{Json, Text};
use ripsaw::sink::File;
use ripsaw::{Builder, DropCause, Event, Guard, Handle, Level, Logger, Route};
use ripsaw::{critical, debug, error, info, trace, warn};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Only a broken engine takes so long.
pub(crate) const LONG: Duration = Duration::from_secs(40);
/// The last counters of a victim, in its folder.
pub(crate) const STATS: &str = "stats";
/// The output, and that of the second route.
pub(crate) const OUT: &str = "out.log";
pub(crate) const SECOND: &str = "second.log";
/// A name that the victim gives to the output that it moves out of the way.
pub(crate) const MOVED: &str = "moved.log";

/// What a scenario works with.
pub(crate) struct Victim {
    pub(crate) run: Run,
    pub(crate) dir: PathBuf,
    pub(crate) progress: Progress,
    guard: Option<Guard>,
    state: u64,
}

/// The configuration of a run: the same at the start and for each reload.
pub(crate) fn builder(run: &Run, dir: &Path) -> Builder {
    let text = || Text::new().timestamp(false).target(false);
    let builder = run.policy.set(ripsaw::builder()).level(Level::Trace).format(text());
    let out = dir.join(OUT);
    let builder = match run.outlet {
        Outlet::File | Outlet::Fifo => builder.file(out),
        Outlet::Stdout => builder.stdout(),
        Outlet::Faulty => {
            builder.sink(Faulty::new(&out, run.seed).expect("the output can be opened"))
        }
        Outlet::Two => {
            let second = File::append(dir.join(SECOND)).expect("the second output can be opened");
            let json = Json::new().timestamp(false);
            builder.file(out).route(Route::new(second).level(Level::Warning).format(json))
        }
        Outlet::Hanging => builder.sink(Hanging::new(run.seed)),
    };
    (run.event.configure)(builder, dir)
}

/// Starts the engine of a run once more, and ends it in order.
pub(crate) fn start_again(run: &Run, dir: &Path) {
    let guard = builder(run, dir).start().expect("the engine starts again");
    assert_eq!(guard.shutdown(LONG).unflushed, 0);
}

/// Plays a run to its end, which may not come back.
pub(crate) fn play(run: Run, dir: &Path) {
    let progress = Progress::map(dir).expect("the progress can be mapped");
    let guard = builder(&run, dir).start().expect("the engine starts");
    let dir = dir.to_owned();
    (run.event.play)(&mut Victim { run, dir, progress, guard: Some(guard), state: run.seed });
}

/// Producers that do not stop by themselves.
pub(crate) struct Endless {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Endless {
    pub(crate) fn join(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("a producer never fails"));
    }
}

impl Victim {
    pub(crate) fn guard(&mut self) -> Guard {
        self.guard.take().expect("the guard is taken once")
    }
    pub(crate) fn handle(&self) -> Handle {
        self.guard.as_ref().expect("the guard is still here").handle()
    }
    /// Nobody will drop the guard.
    pub(crate) fn leak_guard(&mut self) {
        std::mem::forget(self.guard.take());
    }
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        below(&mut self.state, end)
    }
    /// Some time in which others get on.
    pub(crate) fn linger(&mut self) {
        let micros = 1000 + self.below(30_000);
        std::thread::sleep(Duration::from_micros(micros));
    }

    /// Every thread makes its calls; all of them are to be accounted for.
    pub(crate) fn work(&self) {
        self.work_in(|speaker, calls| (0..calls).for_each(|_| speaker.say()));
    }

    /// The same, each thread in its own way.
    pub(crate) fn work_in(&self, way: impl Fn(&mut Speaker, u64) + Sync) {
        std::thread::scope(|scope| {
            for t in 0..self.run.threads {
                let (way, mut speaker) = (&way, self.speaker(t));
                scope.spawn(move || way(&mut speaker, self.run.calls));
            }
        });
        self.progress.mark(&self.progress.snapshot());
    }

    /// Threads that log until they are told to stop, if ever.
    pub(crate) fn work_on(&self) -> Endless {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..self.run.threads).map(|t| {
            let (stop, mut speaker) = (stop.clone(), self.speaker(t));
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    speaker.say();
                }
            })
        });
        Endless { threads: threads.collect(), stop }
    }

    pub(crate) fn speaker(&self, slot: usize) -> Speaker {
        assert!(slot < SLOTS);
        Speaker { seed: self.run.seed, slot, n: 0, progress: self.progress, logger: None }
    }

    /// Leaves the counters to the parent.
    pub(crate) fn leave_stats(&self) {
        let stats = ripsaw::stats().expect("there is an engine");
        let mut text = String::new();
        for (name, n) in [
            ("accepted", stats.accepted),
            ("written", stats.written),
            ("filtered", stats.filtered),
            ("gaps", stats.sequence_gaps),
        ] {
            writeln!(text, "{name}={n}").expect("text can be appended");
        }
        for level in Level::ALL {
            for cause in DropCause::ALL {
                let n = stats.dropped_by(level, cause);
                writeln!(text, "{level}/{}={n}", cause.as_str()).expect("text can be appended");
            }
        }
        // The disk that an event filled is freed from outside, perhaps a little later.
        let until = Instant::now() + LONG;
        loop {
            match std::fs::write(self.dir.join(STATS), &text) {
                Err(e) if e.kind() == ErrorKind::StorageFull && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                result => return result.expect("the counters can be written"),
            }
        }
    }

    /// Changes the place of the output, and does not care whether it is there.
    pub(crate) fn move_output(&self, change: impl FnOnce(&Path, &Path) -> std::io::Result<()>) {
        match change(&self.dir.join(OUT), &self.dir.join(MOVED)) {
            Err(e) if e.kind() != ErrorKind::NotFound => panic!("the output stays: {e}"),
            _ => {}
        }
    }
}

/// One thread's way to make numbered calls.
pub(crate) struct Speaker {
    seed: u64,
    slot: usize,
    /// The next call.
    n: u64,
    progress: Progress,
    logger: Option<Logger>,
}

impl Speaker {
    /// Makes the next call.
    pub(crate) fn say(&mut self) {
        let (t, i) = (self.slot, self.n);
        self.n += 1;
        let word = word(self.seed, t, i);
        let p = word.payload;
        self.progress.around(t, i, || match (word.kind, word.level) {
            (0, level) => Event::new(level, "m").field("t", t).field("i", i).field("p", p).emit(),
            (1, level) => {
                let logger = self.logger.get_or_insert_with(|| Logger::new("torture").with("b", 7));
                let event = logger.event(level, "m");
                event.field("t", t).field("i", i).field("p", p).emit();
            }
            // Rendered on the caller's side.
            (2, Level::Info) => info!(t, i, p = %p, "m"),
            (_, Level::Trace) => trace!(t, i, p, "m"),
            (_, Level::Debug) => debug!(t, i, p, "m"),
            (_, Level::Info) => info!(t, i, p, "m"),
            (_, Level::Warning) => warn!(t, i, p, "m"),
            (_, Level::Error) => error!(t, i, p, "m"),
            (_, Level::Critical) => critical!(t, i, p, "m"),
        });
    }
}
