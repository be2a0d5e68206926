//! One route in operation: its buffer, and what becomes of it.
//!
//! What a sink is to do is a call. It is made by the one that drains, or by a thread of the sink's own; either way
//! `calls.rs` learns what came of it.

mod calls;
mod inherit;
mod queue;
mod steps;

use super::books::{Books, Mark, SOLE};
use super::carrier::Carrier;
use super::health::{Health, Outage, STUCK};
use super::journal::Journal;
use super::notice::Gap;
use crate::codec::Record;
use crate::config::Output;
use crate::fault;
use crate::format::Format;
use crate::image::Place;
use crate::lane::Front;
use crate::meta::{Level, LevelFilter};
use crate::process::Chain;
use crate::sink::{Blocking, Durability, Sink};
use crate::stats::DropCause;
use calls::{Away, Flush};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that are written at once: what fits the page cache's stride and the second-level cache.
const BATCH: usize = 64 * 1024;
/// The same for files, whose full batches a second thread writes: enough that waking it does not count.
const CARRIED_BATCH: usize = 256 * 1024;
/// How long a route that was replaced may keep records that its sink does not take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a queue that is full holds up the other routes since its sink has taken something: a sink that is merely slow
/// makes all wait, and loses nothing.
const HOLD: Duration = Duration::from_millis(200);
/// The same for files, whose device may be busy with others for a while.
const HOLD_FILE: Duration = Duration::from_secs(2);
/// How long the writer waits for the thread of a lone file, which is about to be through.
const LANDING: Duration = Duration::from_millis(20);
/// How often a sink that admits not everything is asked again.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// So many events of a sink become notices in any second: each one makes it write.
const EVENTS_A_SECOND: u32 = 5;

/// A route's buffer and its sink's state.
pub(crate) struct Outlet {
    output: Arc<Output>,
    format: Box<dyn Format>,
    chain: Chain,
    /// Not here while a call is away.
    sink: Option<Box<dyn Sink>>,
    blocking: Blocking,
    carriage: Carriage,
    /// The only route.
    lone: bool,
    /// A route of the same name is leaving and has not written everything: two threads must not write to one destination.
    held: bool,
    /// The shutdown has begun.
    ending: bool,
    /// The shutdown is over.
    over: bool,
    /// Bytes that make a full batch.
    batch: usize,
    /// The call that was sent off or is being made.
    away: Option<Away>,
    /// What the last batch was made of.
    spare: (Vec<u8>, Vec<Mark>),
    buffer: Vec<u8>,
    /// Bytes of `buffer` that the sink has taken.
    sent: usize,
    /// The records in `buffer`, without the engine's own notices.
    marks: Vec<Mark>,
    /// So many of them are booked as written.
    booked: usize,
    /// Some of them may be with other routes too.
    shared: bool,
    /// The last of them was added for the record at hand.
    fresh: bool,
    /// The length of `buffer` at which it wants attention.
    alarm: usize,
    /// Bytes that have left the buffer for good.
    gone: u64,
    /// The same at the last flush that succeeded.
    flushed: u64,
    /// Where the line began that was added last.
    line: usize,
    /// Where the record began that is being formatted.
    unfinished: Option<usize>,
    /// The sink was given up in the middle of a line.
    cut: bool,
    /// Since when the pipeline no longer has this route.
    leaving: Option<Instant>,
    health: Health,
    /// The end of an episode of failures, until the writer has asked for it.
    outage: Option<Outage>,
    /// The lowest level that is taken now: what the route wants, the sink admits and the queue has room for.
    threshold: LevelFilter,
    admitted: LevelFilter,
    /// The queue was full, and everything is dropped until the sink has recovered.
    closed: bool,
    /// What was dropped since the last notice.
    gap: Option<Gap>,
    /// When the sink has last taken something or was given the first of something.
    progress: Instant,
    /// When the sink was asked what it admits, or had something to say.
    looked_at: Instant,
    flush: Flush,
    /// The beginning of the second at hand, and the events in it.
    events: (Instant, u32),
    /// What failed last was a flush, and not a write.
    unflushed: bool,
    journal: Option<Arc<Journal>>,
}

/// Who makes the calls.
enum Carriage {
    /// Whoever drains.
    Here,
    /// A thread, once there is something for it.
    Wanted(Arc<Front>),
    Running(Carrier),
}

/// What a route makes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Offer {
    Taken,
    Dropped(DropCause),
    /// By the filter or a processor.
    Unwanted,
    /// The format panicked.
    Failed,
}

/// One very large record must not keep its memory for ever.
fn keep_small(buffer: &mut Vec<u8>, batch: usize) {
    if buffer.capacity() > 4 * batch {
        buffer.shrink_to(batch + batch / 4);
    }
}

impl Outlet {
    /// The outlet of a route; none if the route has one already. With a front, the sink may get a thread of its own.
    pub(crate) fn new(
        output: &Arc<Output>,
        front: Option<&Arc<Front>>,
        journal: impl FnOnce(&Output) -> Option<Journal>,
    ) -> Option<Outlet> {
        let ((format, mut sink), chain) = output.take()?;
        let blocking = || catch_unwind(AssertUnwindSafe(|| sink.blocking()));
        let blocking = blocking().unwrap_or(Blocking::Unbounded);
        let carriage = match front {
            Some(front) if blocking != Blocking::Never => Carriage::Wanted(front.clone()),
            _ => Carriage::Here,
        };
        let batch = match carriage {
            Carriage::Wanted(_) if blocking == Blocking::Brief => CARRIED_BATCH,
            _ => BATCH,
        };
        let mut admits = || catch_unwind(AssertUnwindSafe(|| sink.admits()));
        let admitted = admits().unwrap_or(LevelFilter::NotSet);
        let now = Instant::now();
        let mut outlet = Outlet {
            output: output.clone(),
            format,
            chain,
            sink: Some(sink),
            blocking,
            carriage,
            lone: true,
            held: false,
            ending: false,
            over: false,
            batch,
            away: None,
            spare: (Vec::new(), Vec::new()),
            buffer: Vec::with_capacity(batch + batch / 4),
            sent: 0,
            marks: Vec::new(),
            booked: 0,
            shared: false,
            fresh: false,
            alarm: batch,
            gone: 0,
            flushed: 0,
            line: 0,
            unfinished: None,
            cut: false,
            leaving: None,
            health: Health::default(),
            outage: None,
            threshold: LevelFilter::NotSet,
            admitted,
            closed: false,
            gap: None,
            progress: now,
            looked_at: now,
            flush: Flush::Idle,
            events: (now, 0),
            unflushed: false,
            journal: journal(output).map(Arc::new),
        };
        outlet.adjust();
        Some(outlet)
    }

    pub(crate) fn is_for(&self, output: &Arc<Output>) -> bool {
        Arc::ptr_eq(&self.output, output)
    }
    pub(super) fn name(&self) -> &str {
        &self.output.name
    }
    /// Whether there are no other routes. What a lone sink does not take stays in the arena.
    pub(crate) fn set_lone(&mut self, lone: bool) {
        self.lone = lone;
        self.adjust();
    }
    /// The pipeline no longer has this route: it gets no more records. Whether that is new.
    pub(crate) fn leave(&mut self) -> bool {
        let is_new = self.leaving.is_none();
        self.leaving.get_or_insert_with(Instant::now);
        self.adjust();
        is_new
    }
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }
    /// Of what is still to come nothing is for a route that is leaving.
    pub(super) fn bound_journal(&self, past: &[Place]) {
        if let Some(journal) = &self.journal {
            journal.leave(past);
        }
    }
    /// Whether a route that is leaving has nothing more to do. The last that its sink hears is a flush.
    pub(crate) fn is_done(&mut self, books: &mut Books) -> bool {
        if self.leaving.is_none() || !self.is_empty() {
            return false;
        }
        if self.flush == Flush::Idle {
            self.begin_flush(Durability::Handed);
        }
        self.flushed(books).is_some() || self.is_bad()
    }
    /// The sink of a route that is leaving has failed for too long.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.health.is_bad() && self.leaving.is_some_and(|since| since.elapsed() > PATIENCE)
    }
    pub(crate) fn wants(&self, level: Level) -> bool {
        self.leaving.is_none() && self.output.wants(level)
    }
    /// Whether a record of this level is taken now.
    #[inline]
    pub(crate) fn takes(&self, level: Level) -> bool {
        self.threshold.allows(level)
    }
    /// Whether the sink has everything that it will get.
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.away.as_ref().is_none_or(|away| away.bytes == 0)
    }
    /// Whether [`Outlet::attend`] is to be called.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.buffer.len() >= self.alarm
    }
    /// Whether records may be added. A leaving route holds up nobody, nor does one that drops.
    pub(crate) fn has_room(&self) -> bool {
        self.leaving.is_some()
            || self.closed
            || if self.lone { self.buffer.len() < self.batch } else { !self.is_over() }
    }
    fn is_over(&self) -> bool {
        self.backlog() >= self.output.queue_bytes
    }
    fn backlog(&self) -> usize {
        self.buffer.len() - self.sent
            + self.away.as_ref().map_or(0, |away| away.bytes.saturating_sub(away.sent))
    }
    /// The number of the first record that the sink does not have yet.
    pub(super) fn oldest(&self) -> Option<u64> {
        let away = self.away.as_ref().and_then(|away| away.marks.get(away.booked));
        away.or(self.marks.get(self.booked)).map(|mark| mark.number)
    }
    pub(crate) fn is_failing(&self) -> bool {
        self.health.is_failing()
    }
    /// It fails or does not return.
    pub(crate) fn is_bad(&self) -> bool {
        self.health.is_bad()
    }
    /// What went wrong, while it does, or the episode that has ended since the last call.
    pub(super) fn take_outage(&mut self) -> Option<String> {
        self.outage.take().map(|outage| outage.error)
    }
    /// Whether a call is with the sink's thread, which wakes the writer when it is through.
    pub(crate) fn is_away(&self) -> bool {
        self.away.is_some()
    }
    /// When a failing sink is to be tried again, if that is not due yet.
    pub(crate) fn blocked_until(&self) -> Option<Instant> {
        if self.is_away() { None } else { self.health.blocked_until() }
    }

    /// Follows what was set elsewhere: threshold and alarm.
    fn adjust(&mut self) {
        self.threshold = match self.leaving {
            None if !self.closed => self.output.level.max(self.admitted),
            _ => LevelFilter::Off,
        };
        self.alarm = self.batch;
        if !self.lone {
            let away = self.away.as_ref().map_or(0, |away| away.bytes.saturating_sub(away.sent));
            let room = (self.output.queue_bytes + self.sent).saturating_sub(away);
            // What cannot be sent off now is looked at again when there is one more batch of it.
            let full = self.buffer.len() / self.batch * self.batch + self.batch;
            self.alarm = full.min(room).max(1);
        }
    }

    /// Adds a record for which [`Outlet::takes`] is true. If the format panics, [`Outlet::mend`] must be called.
    #[inline(always)]
    pub(crate) fn push(&mut self, record: &Record<'_>, place: Place, number: u64) {
        self.format(record);
        self.mark(record, place, number);
    }

    #[inline(always)]
    fn mark(&mut self, record: &Record<'_>, place: Place, number: u64) {
        let (end, level) = (self.buffer.len(), record.level());
        self.marks.push(Mark { end, level, fate: SOLE, number, place });
    }

    /// Adds a record or drops it, if the route wants it at all. What was added must be told its [`Outlet::share`]. `line` is the
    /// record in this route's format, if another route has it already.
    pub(super) fn offer(
        &mut self,
        record: &Record<'_>,
        line: Option<&[u8]>,
        place: Place,
        number: u64,
    ) -> Offer {
        if !self.takes(record.level()) {
            let cause = if self.closed { DropCause::Sink } else { DropCause::Space };
            let gap = self.gap.get_or_insert_default();
            gap.add(record.level(), cause, record.unix_ns());
            if let Some(error) = self.health.error().or(self.away.as_ref().map(|_| STUCK)) {
                gap.set_error(error);
            }
            self.output.counters.dropped.add(1);
            return Offer::Dropped(cause);
        }
        let added = match line {
            Some(line) => {
                self.copy(line);
                true
            }
            None => catch_unwind(AssertUnwindSafe(|| self.format(record))).is_ok(),
        };
        if !added {
            self.mend();
            return Offer::Failed;
        }
        self.mark(record, place, number);
        self.fresh = true;
        Offer::Taken
    }

    /// The fate of the record that was added last, if it was the one at hand.
    pub(super) fn share(&mut self, fate: u32) {
        if std::mem::take(&mut self.fresh)
            && fate != SOLE
            && let Some(mark) = self.marks.last_mut()
        {
            mark.fate = fate;
            self.shared = true;
        }
    }

    /// Adds a record of the engine itself, which is not counted. Whether it was added.
    pub(crate) fn push_notice(&mut self, record: &Record<'_>) -> bool {
        if self.leaving.is_some() || self.closed {
            return false;
        }
        let added = catch_unwind(AssertUnwindSafe(|| self.format(record))).is_ok();
        if !added {
            self.truncate();
        }
        added
    }

    /// Adds what a processor has said: a record that is not counted, or its line. Whether it was added.
    pub(crate) fn push_said(&mut self, record: &Record<'_>, line: Option<&[u8]>) -> bool {
        match line {
            Some(line) if !self.closed && self.leaving.is_none() => {
                self.copy(line);
                true
            }
            _ => self.push_notice(record),
        }
    }

    /// Adds a line that another route has formatted.
    fn copy(&mut self, line: &[u8]) {
        self.begin_line();
        self.buffer.extend_from_slice(line);
    }

    #[inline(always)]
    fn begin_line(&mut self) {
        if self.cut {
            self.buffer.push(b'\n');
            self.cut = false;
        }
        self.line = self.buffer.len();
    }

    #[inline]
    fn format(&mut self, record: &Record<'_>) {
        self.begin_line();
        self.unfinished = Some(self.line);
        self.format.record(record, &mut self.buffer);
        if self.buffer.last() != Some(&b'\n') {
            // A format of the user's that forgot: two records must not share a line.
            self.buffer.push(b'\n');
        }
        self.unfinished = None;
    }

    /// Takes away what a format left behind that panicked on a record, and counts it.
    pub(crate) fn mend(&mut self) {
        if self.truncate() {
            self.output.counters.dropped.add(1);
        }
    }

    fn truncate(&mut self) -> bool {
        let Some(len) = self.unfinished.take() else { return false };
        self.buffer.truncate(len);
        fault::report(format_args!("the format of {} panicked", self.output.name));
        true
    }
}
