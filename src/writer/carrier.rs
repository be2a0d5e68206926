//! A second thread for a sink: it writes one batch while the writer formats the next.
//!
//! A batch goes there together with the sink, and both come back before the writer does anything else with either: at any
//! time one thread has the sink, and batches are written in order. What comes of a batch is learnt when it is back.

use crate::lane::{Attached, Front, WriterScope};
use crate::sink::Sink;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Tries in a row that a signal may interrupt.
const INTERRUPTIONS: u32 = 100;

/// A batch with the sink that is to take it.
pub(super) struct Load {
    pub(super) sink: Box<dyn Sink>,
    pub(super) bytes: Vec<u8>,
}

/// What came of a batch.
pub(super) struct Delivery {
    /// Bytes that the sink took.
    pub(super) taken: usize,
    /// Successful writes.
    pub(super) writes: u64,
    /// Why it did not take the rest.
    pub(super) error: Option<io::Error>,
}

/// Writes as much as the sink takes.
pub(super) fn deliver(sink: &mut dyn Sink, bytes: &[u8]) -> Delivery {
    let mut delivery = Delivery { taken: 0, writes: 0, error: None };
    let mut interrupted = 0;
    while delivery.taken < bytes.len() {
        let rest = &bytes[delivery.taken..];
        let error = match catch_unwind(AssertUnwindSafe(|| sink.write(rest))) {
            Ok(Ok(0)) => io::ErrorKind::WriteZero.into(),
            Ok(Ok(n)) => {
                delivery.taken += n.min(rest.len());
                delivery.writes += 1;
                continue;
            }
            Ok(Err(e)) if e.kind() == io::ErrorKind::Interrupted && interrupted < INTERRUPTIONS => {
                interrupted += 1;
                continue;
            }
            Ok(Err(e)) => e,
            Err(payload) => {
                // Dropping it may panic as well.
                std::mem::forget(payload);
                io::Error::other("the sink panicked")
            }
        };
        delivery.error = Some(error);
        break;
    }
    delivery
}

/// The thread, and the ways to and from it.
pub(super) struct Carrier {
    there: Option<Sender<Load>>,
    back: Receiver<(Load, Delivery)>,
    thread: Option<JoinHandle<()>>,
    away: bool,
}

impl Carrier {
    /// Starts the thread; none if the system has none to give, or only one processor, on which nothing would be gained.
    pub(super) fn start(front: &Arc<Front>) -> Option<Carrier> {
        if std::thread::available_parallelism().is_ok_and(|processors| processors.get() < 2) {
            return None;
        }
        let (there, loads) = bounded(1);
        let (landed, back) = bounded(1);
        let front = front.clone();
        let thread = std::thread::Builder::new()
            .name("ripsaw-sink".to_owned())
            .spawn(move || carry(front, &loads, &landed))
            .ok()?;
        Some(Carrier { there: Some(there), back, thread: Some(thread), away: false })
    }

    /// Sends a batch off. None may be on its way.
    pub(super) fn send(&mut self, load: Load) -> Result<(), Load> {
        let Some(there) = &self.there else { return Err(load) };
        there.send(load).map_err(|unsent| unsent.into_inner())?;
        self.away = true;
        Ok(())
    }

    /// Waits for the batch that was sent off.
    pub(super) fn land(&mut self) -> Option<(Load, Delivery)> {
        self.away = false;
        self.back.recv().ok()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        drop(self.there.take());
        // A thread that is in the middle of a write may stay there for ever; it ends by itself when it is through.
        if let Some(thread) = self.thread.take()
            && !self.away
        {
            drop(thread.join());
        }
    }
}

/// The life of the thread.
fn carry(front: Arc<Front>, loads: &Receiver<Load>, landed: &Sender<(Load, Delivery)>) {
    let _attached = Attached::new(front);
    let _scope = WriterScope::enter();
    for mut load in loads {
        let delivery = deliver(&mut *load.sink, &load.bytes);
        if landed.send((load, delivery)).is_err() {
            return;
        }
    }
}
