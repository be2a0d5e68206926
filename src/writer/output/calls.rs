//! The calls of a route's sink, and what comes of them.

use super::{Carriage, LANDING, Outlet, keep_small};
use crate::sink::{Blocking, Durability};
use crate::stats::DropCause;
use crate::writer::books::{Books, Mark};
use crate::writer::carrier::{Call, Carrier, Progress, Return, Task};
use crate::writer::journal::Noted;
use std::io;
use std::time::{Duration, Instant};

/// What is known here of a call.
pub(super) struct Away {
    pub(super) marks: Vec<Mark>,
    pub(super) booked: usize,
    pub(super) shared: bool,
    pub(super) bytes: usize,
    pub(super) sent: usize,
    /// Since when the sink has not taken anything.
    pub(super) since: Instant,
    /// Bytes that its thread was seen to have written.
    seen: usize,
    /// Its records are no longer waited for.
    pub(super) forsaken: bool,
}

/// A flush of the sink.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flush {
    Idle,
    /// Once `gone` has reached this.
    Behind(u64, Durability),
    Asked(Durability),
    Underway(Durability),
    Done,
    Failed,
}

impl Outlet {
    /// Writes as much as can be written now.
    pub(crate) fn write(&mut self, books: &mut Books) {
        if self.away.is_some() {
            // The thread of a lone file is about to be through: to sleep and be woken would take longer.
            let wait = if self.waits_for_thread() { LANDING } else { Duration::ZERO };
            self.land(wait, books);
        }
        // Before more is written: under load there is always more.
        self.flush_if_due(books);
        if self.held {
            return;
        }
        if !self.buffer.is_empty() && self.away.is_none() && self.health.blocked_until().is_none() {
            self.dispatch(Task::Write, books);
        }
    }

    /// Flushes the sink, if it has all that the flush is to cover and nothing is away.
    fn flush_if_due(&mut self, books: &mut Books) {
        if let Flush::Behind(goal, durability) = self.flush
            && self.gone >= goal
        {
            // After the shutdown a sink is not spoken to without a reason: its file may have been taken away.
            let idle = self.over && self.flushed == self.gone && durability == Durability::Handed;
            self.flush = if idle { Flush::Done } else { Flush::Asked(durability) };
        }
        if let Flush::Asked(durability) = self.flush
            && self.away.is_none()
            && self.health.blocked_until().is_none()
        {
            self.flush = Flush::Underway(durability);
            self.dispatch(Task::Flush(durability), books);
        }
    }

    /// A lone file: the writer writes small batches itself.
    fn waits_for_thread(&self) -> bool {
        self.lone && !self.ending && self.blocking == Blocking::Brief && !self.is_bad()
    }

    /// Makes a call, or has the sink's thread make it.
    pub(super) fn dispatch(&mut self, task: Task, books: &mut Books) {
        let Some(sink) = self.sink.take() else {
            return self.failed(&io::Error::other("its thread is gone"), books);
        };
        let (bytes, marks) = match task {
            Task::Write => {
                let (bytes, marks) = std::mem::take(&mut self.spare);
                (
                    std::mem::replace(&mut self.buffer, bytes),
                    std::mem::replace(&mut self.marks, marks),
                )
            }
            _ => (Vec::new(), Vec::new()),
        };
        let small = bytes.len() < self.batch;
        let now = Instant::now();
        let mut away = Away {
            marks,
            booked: 0,
            shared: false,
            bytes: bytes.len(),
            sent: 0,
            since: now,
            seen: 0,
            forsaken: false,
        };
        if task == Task::Write {
            away.booked = std::mem::take(&mut self.booked);
            away.shared = std::mem::take(&mut self.shared);
            away.sent = std::mem::take(&mut self.sent);
            away.seen = away.sent;
            if !self.is_bad() {
                self.progress = now;
            }
        }
        let noted = match (&self.journal, task) {
            (Some(journal), Task::Write) => {
                Some(Box::new(Noted::new(journal, &away.marks, away.sent)))
            }
            _ => None,
        };
        let mut call = Call::new(sink, task, (bytes, away.sent), self.batch, noted);
        self.away = Some(away);
        self.publish();
        if !(small && self.waits_for_thread())
            && let Some(carrier) = self.carrier()
        {
            match carrier.send(call) {
                Ok(()) => {
                    if task == Task::Write {
                        // All at once, and not in steps.
                        self.buffer.reserve(self.batch + self.batch / 4);
                    }
                    return self.adjust();
                }
                Err(unsent) => call = unsent,
            }
            self.carriage = Carriage::Here;
        }
        call.make(&Progress::default());
        self.returned(call, books);
    }

    /// Writes everything; false if the deadline came first.
    pub(crate) fn write_until(&mut self, deadline: Instant, books: &mut Books) -> bool {
        loop {
            self.write(books);
            let left = deadline.saturating_duration_since(Instant::now());
            match self.blocked_until() {
                _ if self.is_empty() => return true,
                _ if left.is_zero() => return false,
                _ if self.is_away() => self.land(left.min(LANDING), books),
                Some(until) => {
                    std::thread::sleep(until.saturating_duration_since(Instant::now()).min(left));
                }
                None => {}
            }
        }
    }

    /// The thread, started if need be; none if whoever drains is to make the calls.
    fn carrier(&mut self) -> Option<&mut Carrier> {
        if let Carriage::Wanted(front) = &self.carriage {
            // On one processor nothing is gained if the sink never keeps anybody waiting.
            let alone = std::thread::available_parallelism().is_ok_and(|n| n.get() < 2);
            if alone && self.waits_for_thread() {
                return None;
            }
            self.carriage = match Carrier::start(front) {
                Some(carrier) => Carriage::Running(carrier),
                None => Carriage::Here,
            };
        }
        match &mut self.carriage {
            Carriage::Running(carrier) => Some(carrier),
            _ => None,
        }
    }

    /// Learns what came of the call that is away, and waits so long for it.
    pub(crate) fn land(&mut self, wait: Duration, books: &mut Books) {
        let (Carriage::Running(carrier), Some(away)) = (&mut self.carriage, &mut self.away) else {
            return;
        };
        match carrier.receive(wait) {
            Return::Made(call) => self.returned(call, books),
            Return::Waiting => {
                let sent = carrier.sent();
                if sent > away.seen {
                    away.seen = sent;
                    away.since = Instant::now();
                    self.progress = away.since;
                }
            }
            Return::Gone => {
                self.carriage = Carriage::Here;
                self.forsake(books);
                self.away = None;
            }
        }
    }

    /// A call was made.
    fn returned(&mut self, call: Call, books: &mut Books) {
        let Some(away) = self.away.take() else { return };
        let Call { sink, task, bytes, sent, writes, error, event, admits, .. } = call;
        self.sink = Some(sink);
        self.looked_at = Instant::now();
        self.admitted = admits;
        books.counters.batches.add(writes);
        // What was taken back counts as never taken.
        let taken = (sent as u64).wrapping_sub(away.sent as u64);
        books.counters.bytes.add(taken);
        self.output.counters.bytes.add(taken);
        if sent > away.sent {
            self.progress = self.looked_at;
            self.health.gets_on();
        }
        let mut whole = true;
        if task == Task::Write {
            whole = sent >= bytes.len();
            self.settle(bytes, sent, away, whole, books);
        }
        if let Some(error) = &error {
            self.unflushed = task != Task::Write;
            self.failed(error, books);
        } else if whole && self.proves_health(task) {
            self.recovered(books);
        }
        if let (Task::Flush(_), Flush::Underway(durability)) = (task, self.flush) {
            if error.is_none() {
                self.flushed = self.gone;
            }
            self.flush = match error {
                None => Flush::Done,
                // Asked again, a device says that all is well although it is not.
                Some(_) if durability == Durability::Synced => Flush::Failed,
                Some(_) => Flush::Asked(durability),
            };
        }
        if let Some(event) = event {
            self.tell(&event, books);
        }
        self.reopen(books);
        self.adjust();
        self.publish();
    }

    /// Whether the sink works again if it has done this.
    fn proves_health(&self, task: Task) -> bool {
        let was_stuck = self.is_bad() && !self.is_failing();
        was_stuck
            || match task {
                Task::Write => true,
                // A sink that takes nothing may be flushed all the same.
                Task::Flush(_) => self.unflushed,
                Task::Look => false,
            }
    }

    /// Books what the sink has taken of a batch; the rest comes before everything else again.
    fn settle(
        &mut self,
        mut bytes: Vec<u8>,
        sent: usize,
        mut away: Away,
        whole: bool,
        books: &mut Books,
    ) {
        if away.forsaken {
            self.cut = bytes[..sent].last().is_some_and(|last| *last != b'\n');
            return;
        }
        let booked = match whole {
            true => away.marks.len(),
            false => away.marks.partition_point(|mark| mark.end <= sent).max(away.booked),
        };
        books.written(&away.marks[away.booked..booked], away.shared);
        self.output.counters.written.add((booked - away.booked) as u64);
        if whole {
            self.gone += bytes.len() as u64;
            bytes.clear();
            away.marks.clear();
            keep_small(&mut bytes, self.batch);
            if self.buffer.capacity() == 0 {
                (self.buffer, self.marks) = (bytes, away.marks);
            } else {
                self.spare = (bytes, away.marks);
            }
            return;
        }
        let offset = bytes.len();
        bytes.extend_from_slice(&self.buffer);
        let behind = self.marks.iter().map(|mark| Mark { end: mark.end + offset, ..*mark });
        away.marks.extend(behind);
        self.buffer = bytes;
        self.marks = away.marks;
        self.sent = sent;
        self.booked = booked;
        self.shared |= away.shared;
    }

    /// Asks for a flush behind all that is there now.
    pub(crate) fn begin_flush(&mut self, durability: Durability) {
        let away = self.away.as_ref().filter(|away| !away.forsaken).map_or(0, |away| away.bytes);
        self.flush = Flush::Behind(self.gone + (away + self.buffer.len()) as u64, durability);
    }

    /// Gets on with the flush; none as long as it is under way, then whether it succeeded.
    pub(crate) fn flushed(&mut self, books: &mut Books) -> Option<bool> {
        if let Flush::Behind(goal, _) = self.flush
            && self.gone < goal
        {
            self.write(books);
        }
        self.flush_if_due(books);
        match self.flush {
            Flush::Idle | Flush::Done => Some(true),
            Flush::Failed => Some(false),
            _ => None,
        }
    }

    /// Whether the sink was flushed, and has what it had to say about that too. A sink that fails is asked
    /// again as long as there is something for it, as the last notice; merely to flush it, it is not waited for.
    pub(crate) fn is_through(&mut self, books: &mut Books) -> bool {
        if self.flushed(books).is_some() {
            self.write(books);
        }
        self.is_empty() && (self.is_bad() || self.flushed(books).is_some())
    }

    /// The flush is over or no longer waited for.
    pub(crate) fn end_flush(&mut self) {
        self.flush = Flush::Idle;
    }

    /// The shutdown is under way: the writer waits for nobody.
    pub(crate) fn begin_end(&mut self) {
        self.ending = true;
    }

    /// The shutdown is about to give up: the thread begins no further write.
    pub(crate) fn halt(&self) {
        if let Carriage::Running(carrier) = &self.carriage {
            carrier.halt();
        }
    }

    /// The shutdown is over: from now on whoever drains makes the calls, unless one is with the thread, which may not return: then it does.
    pub(crate) fn settle_down(&mut self) {
        self.over = true;
        if self.away.is_none() {
            self.carriage = Carriage::Here;
        }
    }

    /// Lets go of what the sink did not take; returns how many records are lost for all.
    pub(crate) fn abandon(&mut self, books: &mut Books) -> u64 {
        let lost = self.forsake(books);
        let mut marks = std::mem::take(&mut self.marks);
        let rest = &marks[std::mem::take(&mut self.booked)..];
        let more = self.give_up(rest, books);
        marks.clear();
        self.marks = marks;
        self.cut |= self.buffer[..self.sent].last().is_some_and(|last| *last != b'\n');
        self.gone += self.buffer.len() as u64;
        self.buffer.clear();
        self.sent = 0;
        self.publish();
        lost + more
    }

    /// Lets go of what is away, but for the lines that the sink is known to have.
    fn forsake(&mut self, books: &mut Books) -> u64 {
        let Some(away) = self.away.as_mut().filter(|away| !away.forsaken) else { return 0 };
        let sent = match &self.carriage {
            Carriage::Running(carrier) => carrier.sent().clamp(away.sent, away.bytes),
            _ => away.sent,
        };
        away.forsaken = true;
        self.gone += away.bytes as u64;
        let taken = (sent - away.sent) as u64;
        books.counters.bytes.add(taken);
        self.output.counters.bytes.add(taken);
        let marks = std::mem::take(&mut away.marks);
        let from = std::mem::take(&mut away.booked);
        let booked = marks.partition_point(|mark| mark.end <= sent).max(from);
        books.written(&marks[from..booked], away.shared);
        self.output.counters.written.add((booked - from) as u64);
        // What the sink takes from now on is not waited for, and counted as bytes only.
        (away.bytes, away.sent) = (0, sent);
        self.give_up(&marks[booked..], books)
    }

    fn give_up(&self, marks: &[Mark], books: &mut Books) -> u64 {
        self.output.counters.dropped.add(marks.len() as u64);
        marks.iter().filter(|mark| books.dropped(mark, DropCause::Sink, false)).count() as u64
    }

    /// A record that never reached the buffer is lost for this route.
    pub(crate) fn miss(&mut self) {
        self.output.counters.dropped.add(1);
    }

    /// Says how many records wait.
    pub(crate) fn publish(&self) {
        let away = self.away.as_ref().map_or(0, |away| away.marks.len() - away.booked);
        self.output.counters.pending.set((self.marks.len() - self.booked + away) as u64);
    }

    fn recovered(&mut self, books: &Books) {
        self.unflushed = false;
        let (lone, missed) = (self.lone, self.output.counters.dropped.get());
        let dropped = || if lone { books.drops() } else { missed };
        if let Some(outage) = self.health.recovered(&self.output, dropped) {
            self.outage = Some(outage);
        }
    }

    fn failed(&mut self, error: &io::Error, books: &Books) {
        books.counters.sink_errors.add(1);
        self.output.counters.errors.add(1);
        let (lone, missed) = (self.lone, self.output.counters.dropped.get());
        let dropped = || if lone { books.drops() } else { missed };
        self.health.failed(error, &self.output, dropped);
    }
}
