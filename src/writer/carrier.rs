//! Calls of a sink, on the thread that drains or on one of the sink's own.
//!
//! A call goes to the thread together with the sink, and both come back before anything else happens to either: at any
//! time one thread has the sink, and batches are written in order. What comes of a call is learnt when it is back.

use super::journal::Noted;
use crate::lane::{Attached, Front, WriterScope};
use crate::meta::LevelFilter;
use crate::os;
use crate::sink::{Durability, Sink};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Tries in a row that a signal may interrupt.
const INTERRUPTIONS: u32 = 100;

/// What a sink is asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    /// To take the bytes of the batch.
    Write,
    /// To pass on what it has.
    Flush(Durability),
    /// To say what it admits.
    Look,
}

/// What two threads know of a call.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// What the sink has not been given is to come back as it is.
    halted: AtomicBool,
    /// Bytes of the batch that the sink has.
    sent: AtomicUsize,
}

/// A call of a sink, with all that it needs and all that comes of it.
pub(super) struct Call {
    pub(super) sink: Box<dyn Sink>,
    pub(super) task: Task,
    pub(super) bytes: Vec<u8>,
    /// About how many of them are written at once: whoever waits sees by each write that the sink gets on.
    most: usize,
    /// How many of the bytes the sink has. Less than before only if it took back the beginning of a line.
    pub(super) sent: usize,
    /// Successful writes.
    pub(super) writes: u64,
    /// Why it did not take the rest, or was not flushed.
    pub(super) error: Option<io::Error>,
    /// What happened to the sink.
    pub(super) event: Option<String>,
    /// The lowest level that it admits.
    pub(super) admits: LevelFilter,
    /// For the image of the arena.
    noted: Option<Box<Noted>>,
}

impl Call {
    pub(super) fn new(
        sink: Box<dyn Sink>,
        task: Task,
        (bytes, sent): (Vec<u8>, usize),
        most: usize,
        noted: Option<Box<Noted>>,
    ) -> Call {
        let admits = LevelFilter::NotSet;
        Call { sink, task, bytes, most, sent, writes: 0, error: None, event: None, admits, noted }
    }

    /// Makes the call. Panics of the sink are errors. Once it is halted, no further write begins.
    pub(super) fn make(&mut self, progress: &Progress) {
        match self.task {
            Task::Write => self.write(progress),
            Task::Flush(durability) => {
                self.error = match guarded(|| self.sink.flush(durability)) {
                    Ok(result) => result.err(),
                    Err(panicked) => Some(panicked),
                }
            }
            Task::Look => {}
        }
        self.admits = guarded(|| self.sink.admits()).unwrap_or(LevelFilter::NotSet);
        self.event = guarded(|| self.sink.event()).unwrap_or(None);
    }

    /// Writes as much as the sink takes.
    fn write(&mut self, progress: &Progress) {
        let mut interrupted = 0;
        // Relaxed: a write more or less does no harm.
        while self.sent < self.bytes.len() && !progress.halted.load(Ordering::Relaxed) {
            let rest = &self.bytes[self.sent..];
            let rest = match &self.noted {
                Some(noted) => {
                    let end = guarded(|| self.sink.end()).unwrap_or(None);
                    &rest[..noted.begin(end, rest, self.sent)]
                }
                None => piece(rest, self.most),
            };
            let error = match guarded(|| self.sink.write(rest)) {
                Ok(Ok(0)) => io::ErrorKind::WriteZero.into(),
                Ok(Ok(n)) => {
                    self.sent += n.min(rest.len());
                    self.writes += 1;
                    if let Some(noted) = &self.noted {
                        noted.taken(self.sent);
                    }
                    // Relaxed: a number of the sink's, which guards nothing of ours.
                    progress.sent.store(self.sent, Ordering::Relaxed);
                    continue;
                }
                Ok(Err(e))
                    if e.kind() == io::ErrorKind::Interrupted && interrupted < INTERRUPTIONS =>
                {
                    interrupted += 1;
                    continue;
                }
                Ok(Err(e)) | Err(e) => e,
            };
            self.error = Some(error);
            return self.retract();
        }
    }

    /// Has the sink take back the beginning of a line whose rest it refused.
    fn retract(&mut self) {
        let whole =
            self.bytes[..self.sent].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let torn = self.sent - whole;
        if torn > 0 && guarded(|| self.sink.retract(torn)).unwrap_or(false) {
            self.sent = whole;
        }
    }
}

/// The beginning of what is left to write: whole lines of `most` bytes and a little more, or all.
fn piece(rest: &[u8], most: usize) -> &[u8] {
    match rest.get(most..).and_then(|behind| behind.iter().position(|b| *b == b'\n')) {
        Some(end) => &rest[..most + end + 1],
        None => rest,
    }
}

/// Calls foreign code; its panic is an error.
fn guarded<T>(call: impl FnOnce() -> T) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        // Dropping it may panic as well.
        std::mem::forget(payload);
        io::Error::other("the sink panicked")
    })
}

/// What has become of a call that was sent off.
pub(super) enum Return {
    /// It is back.
    Made(Call),
    /// The sink has not returned yet.
    Waiting,
    /// The thread has ended, which it never does before its channel is closed.
    Gone,
}

/// The thread, and the ways to and from it.
pub(super) struct Carrier {
    there: Option<Sender<Call>>,
    back: Receiver<Call>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
    away: bool,
}

impl Carrier {
    /// Starts the thread; none if the system has none to give.
    pub(super) fn start(front: &Arc<Front>) -> Option<Carrier> {
        let (there, calls) = bounded(1);
        let (made, back) = bounded(1);
        let front = front.clone();
        let progress = Arc::new(Progress::default());
        let told = progress.clone();
        let life = move || {
            carry(front, &told, &calls, &made);
            drop((calls, made));
            WriterScope::remain();
        };
        let thread = os::without_signals(|| {
            std::thread::Builder::new().name("ripsaw-sink".to_owned()).spawn(life)
        });
        let thread = thread.ok()?;
        Some(Carrier { there: Some(there), back, thread: Some(thread), progress, away: false })
    }

    /// Sends a call off. None may be on its way.
    pub(super) fn send(&mut self, call: Call) -> Result<(), Call> {
        let Some(there) = &self.there else { return Err(call) };
        // Relaxed: the channel orders it before whatever the thread does with the call.
        self.progress.sent.store(call.sent, Ordering::Relaxed);
        there.send(call).map_err(|unsent| unsent.into_inner())?;
        self.away = true;
        Ok(())
    }

    /// What the sink has not been given of the call is to come back as it is.
    pub(super) fn halt(&self) {
        // Relaxed: see `Call::write`.
        self.progress.halted.store(true, Ordering::Relaxed);
    }

    /// Bytes of the batch that is away which the sink is known to have.
    pub(super) fn sent(&self) -> usize {
        // Relaxed: see `Call::write`.
        self.progress.sent.load(Ordering::Relaxed)
    }

    /// Waits so long for the call that was sent off.
    pub(super) fn receive(&mut self, wait: Duration) -> Return {
        let received = match wait {
            Duration::ZERO => self.back.try_recv().map_err(|e| e == TryRecvError::Empty),
            wait => self.back.recv_timeout(wait).map_err(|e| e == RecvTimeoutError::Timeout),
        };
        self.away = matches!(received, Err(true));
        match received {
            Ok(call) => Return::Made(call),
            Err(true) => Return::Waiting,
            Err(false) => Return::Gone,
        }
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        drop(self.there.take());
        // A thread that is in the middle of a call may stay there for ever; it ends by itself when it is through.
        if let Some(thread) = self.thread.take()
            && !self.away
        {
            drop(thread.join());
        }
    }
}

/// The life of the thread.
fn carry(front: Arc<Front>, progress: &Progress, calls: &Receiver<Call>, made: &Sender<Call>) {
    let _attached = Attached::new(front.clone());
    let _scope = WriterScope::enter();
    for mut call in calls {
        call.make(progress);
        if made.send(call).is_err() {
            return;
        }
        // The writer may wait for it, with more to write or a flush to serve.
        front.wake();
    }
}
