//! What the tests share: an engine whose output is easy to read, and sinks that misbehave on
//! command.

use ripsaw::format::Text;
use ripsaw::sink::{Blocking, Durability, Memory, Sink};
use ripsaw::{Attached, Builder, Guard, Handle, Overflow, Stats};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A deadline that only a broken engine meets.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Callers wait for room as long as it takes.
pub(crate) const WAIT: Overflow = Overflow::Block(Duration::MAX);

/// Whether the large sizes are asked for.
pub(crate) fn full() -> bool {
    cfg!(not(debug_assertions)) || std::env::var_os("RIPSAW_FULL").is_some()
}

/// Lines of level, message and fields only.
pub(crate) fn plain() -> Text {
    Text::new().timestamp(false).target(false)
}

/// Plain lines; nothing is dropped.
pub(crate) fn builder() -> Builder {
    ripsaw::builder().overflow(WAIT).format(plain())
}

/// A local engine to which the calling thread is attached.
pub(crate) struct Engine {
    attached: Option<Attached>,
    guard: Guard,
}

impl Engine {
    pub(crate) fn start(builder: Builder) -> Engine {
        let guard = builder.start_local().expect("the engine starts");
        Engine { attached: Some(guard.attach()), guard }
    }
    pub(crate) fn handle(&self) -> Handle {
        self.guard.handle()
    }
    pub(crate) fn stats(&self) -> Stats {
        self.handle().stats()
    }
    pub(crate) fn flush(&self) {
        self.handle().flush(LONG).expect("the flush is served");
    }
    /// Takes rounds until nothing is left, in manual mode.
    pub(crate) fn pump(&self) -> usize {
        let handle = self.handle();
        std::iter::from_fn(|| Some(handle.pump()).filter(|n| *n > 0)).sum()
    }
    /// Shuts down within `deadline` and checks the books: `calls` were made, and each is accounted
    /// for.
    #[track_caller]
    pub(crate) fn stop_within(
        mut self,
        deadline: Duration,
        calls: u64,
    ) -> (ripsaw::ShutdownReport, Stats) {
        let handle = self.handle();
        self.attached = None;
        let report = self.guard.shutdown(deadline);
        let stats = handle.stats();
        assert_eq!(stats.accepted, calls, "accepted against calls: {stats:?}");
        assert_eq!(
            stats.written + stats.filtered + stats.dropped(),
            stats.accepted,
            "the books do not balance: {stats:?}"
        );
        assert_eq!((report.written, report.dropped), (stats.written, stats.dropped()));
        assert_eq!(stats.sequence_gaps, 0);
        (report, stats)
    }
    /// The same where a sink may not return: on a busy machine the writer may be later with the routes' books than the
    /// shutdown waits for it.
    #[track_caller]
    pub(crate) fn stop_despite(self, calls: u64) -> (ripsaw::ShutdownReport, Stats) {
        let handle = self.handle();
        let (report, _) = self.stop_within(Duration::from_millis(100), calls);
        until("the writer has ended", || handle.stats().routes.iter().all(|r| r.pending == 0));
        (report, handle.stats())
    }
    /// Shuts down and asserts that every one of `calls` was written.
    #[track_caller]
    pub(crate) fn stop(self, calls: u64) -> Stats {
        let (report, stats) = self.stop_within(LONG, calls);
        assert_eq!((report.written, report.dropped, report.unflushed), (calls, 0, 0), "{stats:?}");
        stats
    }
}

/// An empty place in the build folder.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("it-{}-{name}", std::process::id()));
    if path.exists() {
        std::fs::remove_file(&path).expect("the old file goes");
    }
    path
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for something that must happen; how long it takes decides nothing.
#[track_caller]
pub(crate) fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !happened() {
        assert!(Instant::now() < deadline, "{what} never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A sink that takes its time, and is counted while it lives.
pub(crate) struct Slow {
    pub(crate) to: Memory,
    /// By the bytes that it is given.
    pub(crate) write: fn(usize) -> Duration,
    pub(crate) flush: Duration,
    pub(crate) blocking: Blocking,
    pub(crate) _lives: Arc<()>,
}

impl Sink for Slow {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        std::thread::sleep((self.write)(batch.len()));
        self.to.write(batch)
    }
    fn flush(&mut self, _: Durability) -> io::Result<()> {
        std::thread::sleep(self.flush);
        Ok(())
    }
    fn blocking(&self) -> Blocking {
        self.blocking
    }
}

/// Keeps for a while what it must not be given back at once, and can be told to fail, to stand
/// still or to be slow. Clones share everything.
#[derive(Clone, Default)]
pub(crate) struct Valve {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    bytes: Mutex<Vec<u8>>,
    failing: AtomicBool,
    flush_failing: AtomicBool,
    shut: Mutex<bool>,
    opened: Condvar,
    attempts: AtomicU64,
    handed: AtomicU64,
    synced: AtomicU64,
    /// Bytes a second, zero for no limit.
    pace: AtomicU64,
    /// Bytes that a call takes at most, zero for no limit.
    mouthful: AtomicU64,
    /// Bytes that are taken before all calls fail, if that is set.
    capacity: Mutex<Option<usize>>,
}

impl Valve {
    pub(crate) fn new() -> Valve {
        Valve::default()
    }
    /// Takes this many bytes a second.
    pub(crate) fn pace(self, bytes_a_second: u64) -> Valve {
        self.inner.pace.store(bytes_a_second, Ordering::SeqCst);
        self
    }
    /// Takes this many bytes a call.
    pub(crate) fn mouthful(self, bytes: u64) -> Valve {
        self.inner.mouthful.store(bytes, Ordering::SeqCst);
        self
    }
    /// Takes this many bytes in all and fails then; `None` lifts the limit.
    pub(crate) fn set_capacity(&self, bytes: Option<usize>) {
        *lock(&self.inner.capacity) = bytes;
    }
    pub(crate) fn set_failing(&self, failing: bool) {
        self.inner.failing.store(failing, Ordering::SeqCst);
    }
    pub(crate) fn set_flush_failing(&self, failing: bool) {
        self.inner.flush_failing.store(failing, Ordering::SeqCst);
    }
    /// Lets no write return until [`Valve::open`].
    pub(crate) fn shut(&self) {
        *lock(&self.inner.shut) = true;
    }
    pub(crate) fn open(&self) {
        *lock(&self.inner.shut) = false;
        self.inner.opened.notify_all();
    }
    /// Writes that were tried.
    pub(crate) fn attempts(&self) -> u64 {
        self.inner.attempts.load(Ordering::SeqCst)
    }
    /// Flushes served, of any kind.
    pub(crate) fn flushes(&self) -> u64 {
        self.inner.handed.load(Ordering::SeqCst) + self.synced()
    }
    /// Flushes served that asked for the device.
    pub(crate) fn synced(&self) -> u64 {
        self.inner.synced.load(Ordering::SeqCst)
    }
    pub(crate) fn text(&self) -> String {
        String::from_utf8(lock(&self.inner.bytes).clone()).expect("the output is UTF-8")
    }
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
    /// All lines but those of the engine itself.
    pub(crate) fn records(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| !line.contains(" records dropped ")).collect()
    }
    pub(crate) fn len(&self) -> usize {
        lock(&self.inner.bytes).len()
    }
}

impl Sink for Valve {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        let inner = &*self.inner;
        inner.attempts.fetch_add(1, Ordering::SeqCst);
        let mut shut = lock(&inner.shut);
        while *shut {
            shut = inner.opened.wait(shut).unwrap_or_else(PoisonError::into_inner);
        }
        drop(shut);
        if inner.failing.load(Ordering::SeqCst) {
            return Err(io::Error::other("told to fail"));
        }
        let mut bytes = lock(&inner.bytes);
        let mut take = batch.len();
        if let mouthful @ 1.. = inner.mouthful.load(Ordering::SeqCst) {
            take = take.min(mouthful as usize);
        }
        if let Some(capacity) = *lock(&inner.capacity) {
            take = take.min(capacity - bytes.len());
            if take == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        bytes.extend_from_slice(&batch[..take]);
        drop(bytes);
        if let pace @ 1.. = inner.pace.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_nanos(take as u64 * 1_000_000_000 / pace));
        }
        Ok(take)
    }

    fn flush(&mut self, durability: Durability) -> io::Result<()> {
        if self.inner.flush_failing.load(Ordering::SeqCst) {
            return Err(io::Error::other("told to fail"));
        }
        match durability {
            Durability::Synced => self.inner.synced.fetch_add(1, Ordering::SeqCst),
            _ => self.inner.handed.fetch_add(1, Ordering::SeqCst),
        };
        Ok(())
    }

    fn name(&self) -> String {
        "valve".to_owned()
    }
}
