//! Numbered events, and how their reader finds out which are missing.

use crate::callsite::Logger;
use crate::codec::{Record, Value, ValueRef};
use crate::meta::Level;
use core::sync::atomic::{AtomicU64, Ordering};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// A stream of numbered events (spec 111): each is a record `stream_event` at INFO, of a logger that has the stream's name,
/// with the fields `stream`, `sequence`, `event_type` and the map `data`.
///
/// The numbers of one producer are in the order of its calls, and so are its records. Of several producers each number is
/// given once, but two that emit at the same time may be written in the other order. An event that the levels disable gets no
/// number; one that is lost afterwards leaves a gap, which a [`GapDetector`] finds.
///
/// ```
/// use ripsaw::EventStream;
/// let orders = EventStream::new("orders");
/// orders.emit("created", [("id", 7.into()), ("total", 12.5.into())]);
/// orders.emit("paid", [("id", 7.into())]);
/// ```
#[derive(Debug)]
pub struct EventStream {
    logger: Logger,
    next: AtomicU64,
}

impl EventStream {
    /// A stream whose first event has the number 1.
    pub fn new(name: impl Into<String>) -> EventStream {
        EventStream::starting_at(name, 1)
    }

    /// A stream whose first event has this number: to go on where another process ended.
    pub fn starting_at(name: impl Into<String>, first: u64) -> EventStream {
        EventStream { logger: Logger::new(name), next: AtomicU64::new(first) }
    }

    /// Logs an event; returns its number, or `None` if the levels disable it.
    pub fn emit<const N: usize>(
        &self,
        event_type: &str,
        data: [(&'static str, Value); N],
    ) -> Option<u64> {
        if !self.logger.enabled(Level::Info) {
            return None;
        }
        // Relaxed: only that no number is given twice matters.
        let sequence = self.next.fetch_add(1, Ordering::Relaxed);
        let data = data.map(|(key, value)| (Cow::Borrowed(key), value));
        self.logger
            .event(Level::Info, "stream_event")
            .field("stream", self.logger.name().unwrap_or(""))
            .field("sequence", sequence)
            .field("event_type", event_type)
            .field("data", Value::Map(data.into()))
            .emit();
        Some(sequence)
    }
}

/// What a [`GapDetector`] says of one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// The next one, or the first of its stream.
    InOrder,
    /// So many before it are missing.
    Gap(u64),
    /// It was missing, and comes late.
    Late,
    /// It came before, or lies before the first one.
    Duplicate,
}

/// Finds missing, late and doubled events in what a reader gets of [`EventStream`]s. Feed it the fields `stream` and
/// `sequence` of each record, or the records themselves.
///
/// ```
/// use ripsaw::{Arrival, GapDetector};
/// let mut detector = GapDetector::new();
/// let found: Vec<_> = [1, 2, 5, 3, 5].map(|n| detector.feed("orders", n)).into();
/// assert_eq!(found[2..], [Arrival::Gap(2), Arrival::Late, Arrival::Duplicate]);
/// assert_eq!(detector.missing("orders"), [(4, 4)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct GapDetector {
    streams: HashMap<String, Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    /// The highest number so far.
    last: u64,
    /// First and last number of each gap, by the first.
    missing: BTreeMap<u64, u64>,
}

impl GapDetector {
    /// Nothing seen yet.
    pub fn new() -> GapDetector {
        GapDetector::default()
    }

    /// Takes the next number of a stream. The memory grows with the gaps, not with the events.
    pub fn feed(&mut self, stream: &str, sequence: u64) -> Arrival {
        let Some(seen) = self.streams.get_mut(stream) else {
            let seen = Seen { last: sequence, missing: BTreeMap::new() };
            self.streams.insert(stream.to_owned(), seen);
            return Arrival::InOrder;
        };
        if sequence > seen.last {
            let first = seen.last + 1;
            seen.last = sequence;
            if first == sequence {
                return Arrival::InOrder;
            }
            seen.missing.insert(first, sequence - 1);
            return Arrival::Gap(sequence - first);
        }
        let gap = seen.missing.range(..=sequence).next_back().map(|(first, last)| (*first, *last));
        let Some((first, last)) = gap.filter(|(_, last)| sequence <= *last) else {
            return Arrival::Duplicate;
        };
        seen.missing.remove(&first);
        if first < sequence {
            seen.missing.insert(first, sequence - 1);
        }
        if sequence < last {
            seen.missing.insert(sequence + 1, last);
        }
        Arrival::Late
    }

    /// Takes the next record; `None` if it is no event of a stream.
    pub fn feed_record(&mut self, record: &Record<'_>) -> Option<Arrival> {
        let (mut stream, mut sequence) = (None, None);
        for (key, value) in record.fields() {
            match (key, value) {
                ("stream", ValueRef::Str(name)) => stream = Some(name),
                ("sequence", ValueRef::U64(number)) => sequence = Some(number),
                _ => {}
            }
        }
        Some(self.feed(stream?, sequence?))
    }

    /// The numbers that are missing of a stream: first and last of each gap, in order.
    pub fn missing(&self, stream: &str) -> Vec<(u64, u64)> {
        let seen = self.streams.get(stream);
        seen.into_iter().flat_map(|seen| seen.missing.iter().map(|(a, b)| (*a, *b))).collect()
    }
}
