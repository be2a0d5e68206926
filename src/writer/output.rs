//! One route in operation: its buffer, and how its sink is doing.

use super::carrier::{Carrier, Delivery, Load, deliver};
use super::journal::Journal;
use crate::codec::Record;
use crate::config::Output;
use crate::fault;
use crate::format::Format;
use crate::image::Place;
use crate::lane::Front;
use crate::meta::Level;
use crate::sink::{Durability, Sink};
use crate::stats::Counters;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that are written at once: what fits the page cache's stride and the second-level cache.
const BATCH: usize = 64 * 1024;
/// The same where a second thread writes: enough that waking it does not count.
const CARRIED_BATCH: usize = 256 * 1024;
/// The first pause after a failure, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(500));
/// How long a route that was replaced may keep records that its sink does not take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A route's buffer and its sink's state.
pub(crate) struct Outlet {
    output: Arc<Output>,
    format: Box<dyn Format>,
    /// Away while a batch is: see `away`.
    sink: Option<Box<dyn Sink>>,
    carriage: Carriage,
    /// Bytes that make a full batch.
    batch: usize,
    /// The records of the batch that the carrier has.
    away: Option<Vec<Mark>>,
    /// What the last batch that came back was made of.
    spare: (Vec<u8>, Vec<Mark>),
    buffer: Vec<u8>,
    /// Bytes of `buffer` that the sink has taken.
    sent: usize,
    /// The records in `buffer`, without the engine's own notices.
    marks: Vec<Mark>,
    /// Where the record began that is being formatted.
    unfinished: Option<usize>,
    /// The sink was given up in the middle of a line.
    cut: bool,
    /// Since when the pipeline no longer has this route.
    leaving: Option<Instant>,
    trouble: Option<Trouble>,
    journal: Option<Journal>,
}

/// Whether full batches are written by a second thread.
enum Carriage {
    Never,
    /// Once there is a full batch.
    Wanted(Arc<Front>),
    Running(Carrier),
}

/// A record in the buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Where its line ends.
    pub(super) end: usize,
    level: Level,
    /// Its number among all records of the engine.
    number: u64,
    /// Where its frame ends, if that is noted.
    pub(super) place: Place,
}

/// A sink that fails.
#[derive(Debug)]
struct Trouble {
    since: Instant,
    pause: Duration,
    retry_at: Instant,
}

/// One very large record must not keep its memory for ever.
fn keep_small(buffer: &mut Vec<u8>, batch: usize) {
    if buffer.capacity() > 4 * batch {
        buffer.shrink_to(batch + batch / 4);
    }
}

impl Outlet {
    /// The outlet of a route; none if the route has one already. With a front, full batches may be written by a second
    /// thread.
    pub(crate) fn new(
        output: &Arc<Output>,
        front: Option<&Arc<Front>>,
        journal: impl FnOnce(&Output) -> Option<Journal>,
    ) -> Option<Outlet> {
        let (format, sink) = output.take()?;
        let journal = journal(output);
        let front = front.filter(|_| journal.is_none());
        let overlaps = || catch_unwind(AssertUnwindSafe(|| sink.overlaps())).unwrap_or(false);
        let (carriage, batch) = match front {
            Some(front) if overlaps() => (Carriage::Wanted(front.clone()), CARRIED_BATCH),
            _ => (Carriage::Never, BATCH),
        };
        Some(Outlet {
            output: output.clone(),
            format,
            sink: Some(sink),
            carriage,
            batch,
            away: None,
            spare: (Vec::new(), Vec::new()),
            unfinished: None,
            buffer: Vec::with_capacity(batch + batch / 4),
            sent: 0,
            marks: Vec::new(),
            cut: false,
            leaving: None,
            trouble: None,
            journal,
        })
    }

    pub(crate) fn is_for(&self, output: &Arc<Output>) -> bool {
        Arc::ptr_eq(&self.output, output)
    }
    /// The pipeline no longer has this route: it gets no more records.
    pub(crate) fn leave(&mut self) {
        self.leaving.get_or_insert_with(Instant::now);
    }
    /// Nothing more to do for a route that is leaving.
    pub(crate) fn is_done(&self) -> bool {
        self.leaving.is_some() && self.is_empty()
    }
    /// The sink of a route that is leaving has failed for too long.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.is_failing() && self.leaving.is_some_and(|since| since.elapsed() > PATIENCE)
    }
    pub(crate) fn wants(&self, level: Level) -> bool {
        self.leaving.is_none() && self.output.wants(level)
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.away.is_none()
    }
    pub(crate) fn is_due(&self) -> bool {
        self.buffer.len() >= self.batch
    }
    /// Whether records may be added. A leaving route holds up nobody.
    pub(crate) fn has_room(&self) -> bool {
        self.leaving.is_some() || !self.is_due()
    }
    pub(crate) fn is_failing(&self) -> bool {
        self.trouble.is_some()
    }
    /// When a failing sink is to be tried again, if that is not due yet.
    pub(crate) fn blocked_until(&self) -> Option<Instant> {
        self.trouble.as_ref().map(|t| t.retry_at).filter(|at| *at > Instant::now())
    }
    /// The number of the first record that the sink does not have yet.
    pub(super) fn oldest(&self) -> Option<u64> {
        let away = self.away.as_ref().and_then(|marks| marks.first());
        away.or(self.unsent().first()).map(|mark| mark.number)
    }
    /// What the route is called.
    pub(super) fn name(&self) -> &str {
        &self.output.name
    }
    /// Records that the sink does not have yet, the last of them perhaps in part.
    pub(crate) fn pending(&self) -> u64 {
        (self.unsent().len() + self.away.as_ref().map_or(0, Vec::len)) as u64
    }

    fn unsent(&self) -> &[Mark] {
        let taken = match self.sent {
            0 => 0,
            sent => self.marks.partition_point(|mark| mark.end <= sent),
        };
        &self.marks[taken..]
    }

    /// Adds a record, the `number`-th of the engine. If the format panics, [`Outlet::mend`] must be called.
    #[inline]
    pub(crate) fn push(&mut self, record: &Record<'_>, number: u64, place: Place) {
        self.format(record);
        self.marks.push(Mark { end: self.buffer.len(), level: record.level(), number, place });
    }

    /// Adds a record of the engine itself, which is not counted.
    pub(crate) fn push_notice(&mut self, record: &Record<'_>) {
        if self.leaving.is_none() && catch_unwind(AssertUnwindSafe(|| self.format(record))).is_err()
        {
            self.mend();
        }
    }

    #[inline]
    fn format(&mut self, record: &Record<'_>) {
        if self.cut {
            self.buffer.push(b'\n');
            self.cut = false;
        }
        self.unfinished = Some(self.buffer.len());
        self.format.record(record, &mut self.buffer);
        if self.buffer.last() != Some(&b'\n') {
            // A format of the user's that forgot: two records must not share a line.
            self.buffer.push(b'\n');
        }
        self.unfinished = None;
    }

    /// Takes away what a format left behind that panicked.
    pub(crate) fn mend(&mut self) {
        if let Some(len) = self.unfinished.take() {
            self.buffer.truncate(len);
            fault::report(format_args!("the format of {} panicked", self.output.name));
        }
    }

    /// Sends a full batch off, or writes it; returns how long the writer was held up.
    pub(crate) fn ship(&mut self, counters: &Counters) -> Duration {
        let began = Instant::now();
        self.land(counters);
        if self.trouble.is_some() || self.sent > 0 || !self.send(counters) {
            self.write(counters);
        }
        began.elapsed()
    }

    /// Writes as much as the sink takes now.
    pub(crate) fn write(&mut self, counters: &Counters) {
        self.land(counters);
        let ready = |trouble: &Trouble| Instant::now() >= trouble.retry_at;
        if !self.buffer.is_empty() && self.trouble.as_ref().is_none_or(ready) {
            self.write_now(counters);
        }
    }

    /// Writes everything, on this thread and with pauses where the sink fails; false if the deadline came first.
    pub(super) fn write_until(&mut self, deadline: Instant, counters: &Counters) -> bool {
        loop {
            self.write(counters);
            let now = Instant::now();
            match self.blocked_until() {
                _ if self.is_empty() => return true,
                _ if now >= deadline => return false,
                Some(until) => std::thread::sleep(until.min(deadline) - now),
                None => {}
            }
        }
    }

    /// Gives the batch to the carrier; false if there is none.
    fn send(&mut self, counters: &Counters) -> bool {
        if let Carriage::Wanted(front) = &self.carriage {
            self.carriage = match Carrier::start(front) {
                Some(carrier) => Carriage::Running(carrier),
                None => Carriage::Never,
            };
        }
        let Carriage::Running(carrier) = &mut self.carriage else { return false };
        let Some(sink) = self.sink.take() else { return false };
        let (mut bytes, marks) = std::mem::take(&mut self.spare);
        bytes.reserve(self.batch + self.batch / 4);
        let bytes = std::mem::replace(&mut self.buffer, bytes);
        match carrier.send(Load { sink, bytes }) {
            Ok(()) => {
                self.away = Some(std::mem::replace(&mut self.marks, marks));
                // Said before: the sink may not return.
                counters.pending.raise(self.pending());
                true
            }
            Err(load) => {
                self.sink = Some(load.sink);
                self.buffer = load.bytes;
                self.carriage = Carriage::Never;
                false
            }
        }
    }

    /// Waits for the batch that the carrier has, if there is one. What its sink did not take comes before the rest again.
    fn land(&mut self, counters: &Counters) {
        if self.away.is_some() {
            // Said before: the sink may not return.
            counters.pending.raise(self.pending());
        }
        let Some(mut marks) = self.away.take() else { return };
        let landed = match &mut self.carriage {
            Carriage::Running(carrier) => carrier.land(),
            _ => None,
        };
        let Some((Load { sink, mut bytes }, delivery)) = landed else {
            // Its thread ended, which it never does: what it had is counted when this outlet is given up.
            self.marks.append(&mut marks);
            return self.failed(&io::Error::other("its thread is gone"), counters);
        };
        self.sink = Some(sink);
        self.count(&delivery, counters);
        match delivery.error {
            None => {
                bytes.clear();
                marks.clear();
                keep_small(&mut bytes, self.batch);
                self.spare = (bytes, marks);
            }
            Some(error) => {
                let offset = bytes.len();
                bytes.extend_from_slice(&self.buffer);
                marks
                    .extend(self.marks.iter().map(|mark| Mark { end: mark.end + offset, ..*mark }));
                (self.buffer, self.marks) = (bytes, marks);
                self.sent = delivery.taken;
                self.failed(&error, counters);
            }
        }
    }

    /// Ends the second thread, once it is through. From now on the one that drains writes everything.
    pub(crate) fn settle(&mut self, counters: &Counters) {
        self.land(counters);
        self.carriage = Carriage::Never;
    }

    fn count(&self, delivery: &Delivery, counters: &Counters) {
        counters.bytes.add(delivery.taken as u64);
        counters.batches.add(delivery.writes);
    }

    fn write_now(&mut self, counters: &Counters) {
        // Said before: the sink may not return.
        counters.pending.raise(self.pending());
        let Some(sink) = &mut self.sink else {
            return self.failed(&io::Error::other("its thread is gone"), counters);
        };
        let delivery = match &self.journal {
            None => deliver(&mut **sink, &self.buffer[self.sent..]),
            Some(journal) => journal.deliver(&mut **sink, &self.buffer, self.sent, &self.marks),
        };
        self.count(&delivery, counters);
        self.sent += delivery.taken;
        if let Some(trouble) = &mut self.trouble
            && delivery.taken > 0
        {
            // It gets on, if slowly: no reason to pause for longer and longer.
            trouble.pause = PAUSES.0;
        }
        if let Some(error) = delivery.error {
            return self.failed(&error, counters);
        }
        self.buffer.clear();
        self.sent = 0;
        self.marks.clear();
        keep_small(&mut self.buffer, self.batch);
        self.recovered();
    }

    fn recovered(&mut self) {
        if let Some(trouble) = self.trouble.take() {
            fault::report(format_args!(
                "{} works again after {:.1} s",
                self.output.name,
                trouble.since.elapsed().as_secs_f64()
            ));
        }
    }

    /// Flushes the sink; false if it failed.
    pub(crate) fn flush(&mut self, durability: Durability, counters: &Counters) -> bool {
        self.land(counters);
        if self.blocked_until().is_some() {
            return false;
        }
        let Some(sink) = &mut self.sink else { return false };
        match catch_unwind(AssertUnwindSafe(|| sink.flush(durability))) {
            Ok(Ok(())) => {
                if self.is_empty() {
                    self.recovered();
                }
                return true;
            }
            Ok(Err(e)) => self.failed(&e, counters),
            Err(payload) => {
                // Dropping it may panic as well.
                std::mem::forget(payload);
                self.failed(&io::Error::other("the sink panicked"), counters);
            }
        }
        false
    }

    /// Lets go of what the sink did not take; adds number and level of each record to `lost`.
    pub(crate) fn abandon(&mut self, lost: &mut Vec<(u64, Level)>, counters: &Counters) {
        self.land(counters);
        lost.extend(self.unsent().iter().map(|mark| (mark.number, mark.level)));
        self.cut = self.buffer[..self.sent].last().is_some_and(|last| *last != b'\n');
        self.buffer.clear();
        self.sent = 0;
        self.marks.clear();
    }

    fn failed(&mut self, error: &io::Error, counters: &Counters) {
        counters.sink_errors.add(1);
        let now = Instant::now();
        match &mut self.trouble {
            Some(trouble) => {
                trouble.pause = (trouble.pause * 2).min(PAUSES.1);
                trouble.retry_at = now + trouble.pause;
            }
            None => {
                fault::report(format_args!(
                    "{} fails: {error}; records are kept and retried",
                    self.output.name
                ));
                self.trouble =
                    Some(Trouble { since: now, pause: PAUSES.0, retry_at: now + PAUSES.0 });
            }
        }
    }
}
