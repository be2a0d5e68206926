//! Two sinks, of which the second takes over while the first one fails.

use super::{Blocking, Durability, Sink};
use crate::meta::LevelFilter;
use std::io;
use std::time::{Duration, Instant};

/// How often a primary that has failed is tried again.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// Writes to a primary sink, and to a secondary one once the primary has failed for a while.
///
/// The secondary gets whole lines only: one that the primary took a part of is repeated whole. The primary is tried again once
/// a second, and takes over when it works. Each change is an [event](Sink::event): one line on standard error, and one WARNING
/// in the stream. A primary that fails neither nor returns (a pipe whose reader sleeps) is waited for.
///
/// ```
/// use ripsaw::sink::{Failover, Memory, Sink};
/// struct Broken;
/// impl Sink for Broken {
///     fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
///         Err(std::io::ErrorKind::ConnectionRefused.into())
///     }
/// }
/// let memory = Memory::new();
/// let sink = Failover::new(Broken, memory.clone()).patience(std::time::Duration::ZERO);
/// let guard = ripsaw::builder().sink(sink).start_local().unwrap();
/// let attached = guard.attach();
/// ripsaw::info!("hello");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// assert!(memory.text().contains("hello\n"));
/// # drop(attached);
/// ```
#[derive(Debug)]
pub struct Failover {
    /// The primary first.
    sinks: [Box<dyn Sink>; 2],
    /// Which of them is written to.
    active: usize,
    patience: Duration,
    /// Since when the primary fails.
    failing: Option<Instant>,
    tried: Instant,
    /// What the active one has of a line that is not over.
    partial: Vec<u8>,
    /// What must be written before anything else to the active one: the beginning of a line that the other had a part of.
    first: Vec<u8>,
    /// The primary was left in the middle of a line.
    torn: bool,
    /// Which of them were written to since their last flush of either kind.
    unflushed: [[bool; 2]; 2],
    event: Option<String>,
}

impl Failover {
    /// `secondary` takes over when `primary` has failed for one second.
    pub fn new(primary: impl Sink + 'static, secondary: impl Sink + 'static) -> Failover {
        Failover::boxed(Box::new(primary), Box::new(secondary))
    }

    pub(crate) fn boxed(primary: Box<dyn Sink>, secondary: Box<dyn Sink>) -> Failover {
        Failover {
            sinks: [primary, secondary],
            active: 0,
            patience: Duration::from_secs(1),
            failing: None,
            tried: Instant::now(),
            partial: Vec::new(),
            first: Vec::new(),
            torn: false,
            unflushed: [[false; 2]; 2],
            event: None,
        }
    }

    /// How long the primary may fail before the secondary takes over. Default one second. The primary is retried meanwhile,
    /// with pauses of up to half a second, so it may take that much longer.
    pub fn patience(mut self, patience: Duration) -> Failover {
        self.patience = patience;
        self
    }

    /// Writes to one of the sinks, and keeps in mind what it has of the last line.
    fn write_to(&mut self, which: usize, batch: &[u8]) -> io::Result<usize> {
        while !self.first.is_empty() {
            match self.sinks[which].write(&self.first)?.min(self.first.len()) {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => {
                    self.partial.extend_from_slice(&self.first[..n]);
                    self.first.drain(..n);
                }
            }
        }
        let n = self.sinks[which].write(batch)?.min(batch.len());
        if n > 0 {
            self.unflushed[which] = [true; 2];
        }
        match batch[..n].iter().rposition(|b| *b == b'\n') {
            Some(end) => {
                self.partial.clear();
                self.partial.extend_from_slice(&batch[end + 1..n]);
            }
            None => self.partial.extend_from_slice(&batch[..n]),
        }
        Ok(n)
    }

    /// The secondary takes over.
    fn fail_over(&mut self, error: &io::Error) {
        let partial = std::mem::take(&mut self.partial);
        if !partial.is_empty() {
            self.torn = !self.sinks[0].retract(partial.len());
            self.first = partial;
        }
        self.active = 1;
        self.tried = Instant::now();
        let [primary, secondary] = [self.sinks[0].name(), self.sinks[1].name()];
        self.event = Some(format!("{primary} fails ({error}): {secondary} takes over"));
    }

    /// Tries the primary again; none if it still fails.
    fn fail_back(&mut self, batch: &[u8]) -> Option<usize> {
        self.tried = Instant::now();
        if self.torn {
            if !matches!(self.sinks[0].write(b"\n"), Ok(1..)) {
                return None;
            }
            self.torn = false;
        }
        let n = self.write_to(0, batch).ok().filter(|n| *n > 0)?;
        self.active = 0;
        self.failing = None;
        let [primary, secondary] = [self.sinks[0].name(), self.sinks[1].name()];
        self.event = Some(format!("{primary} works again and takes over from {secondary}"));
        Some(n)
    }
}

impl Sink for Failover {
    fn write(&mut self, batch: &[u8]) -> io::Result<usize> {
        if self.active == 1 {
            let between_lines = self.partial.is_empty() && self.first.is_empty();
            if between_lines
                && self.tried.elapsed() >= TRY_EVERY
                && let Some(n) = self.fail_back(batch)
            {
                return Ok(n);
            }
            return self.write_to(1, batch);
        }
        let error = match self.write_to(0, batch) {
            Ok(0) => io::ErrorKind::WriteZero.into(),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => e,
            Ok(n) => {
                // A part of a line is no success: a full disk takes one again and again, and gives it back.
                if batch[..n].contains(&b'\n') {
                    self.failing = None;
                }
                return Ok(n);
            }
        };
        if self.failing.get_or_insert_with(Instant::now).elapsed() < self.patience {
            return Err(error);
        }
        self.fail_over(&error);
        self.write_to(1, batch)
    }

    fn flush(&mut self, durability: Durability) -> io::Result<()> {
        let kind = usize::from(durability == Durability::Synced);
        let other = 1 - self.active;
        let mut result = Ok(());
        if std::mem::take(&mut self.unflushed[other][kind]) {
            // What it has cannot be had back. That the device does not have it is said, once.
            let flushed = self.sinks[other].flush(durability);
            if durability == Durability::Synced {
                result = flushed;
            }
        }
        self.sinks[self.active].flush(durability)?;
        self.unflushed[self.active][kind] = false;
        result
    }

    fn blocking(&self) -> Blocking {
        self.sinks[0].blocking().max(self.sinks[1].blocking())
    }

    fn retract(&mut self, bytes: usize) -> bool {
        // What is still to be written first was never taken, and comes again with the line.
        let (written, kept) = (self.partial.len(), self.first.len());
        if bytes == 0 || bytes > written + kept {
            return false;
        }
        let done = written == 0 || self.sinks[self.active].retract(written);
        if done {
            self.partial.clear();
            self.first.clear();
        }
        done
    }

    fn admits(&mut self) -> LevelFilter {
        self.sinks[self.active].admits()
    }

    fn event(&mut self) -> Option<String> {
        let [primary, secondary] = &mut self.sinks;
        self.event.take().or_else(|| primary.event()).or_else(|| secondary.event())
    }

    fn is_terminal(&self) -> bool {
        self.sinks.iter().all(|sink| sink.is_terminal())
    }

    fn name(&self) -> String {
        format!("{}, or else {}", self.sinks[0].name(), self.sinks[1].name())
    }
}
