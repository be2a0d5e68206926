//! How a sleeping writer is woken without a caller paying for it.
//!
//! An ordinary call never rings: the writer sleeps for a bounded time only. Those who need the writer now (a full
//! block, a flush, a shutdown) ring after they have made their need visible. Between "need, then look whether it
//! sleeps" and "announce sleep, then look for needs" stand two full fences, so at least one side sees the other.

use crate::sync::atomic::{AtomicU32, Ordering, fence};

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;

/// Whether the writer sleeps.
#[derive(Debug)]
pub(crate) struct Doorbell(AtomicU32);

impl Doorbell {
    pub(crate) fn new() -> Doorbell {
        Doorbell(AtomicU32::new(AWAKE))
    }

    /// The writer announces that it is about to sleep; it must look for work once more before it does.
    pub(crate) fn announce_sleep(&self) {
        self.0.store(ASLEEP, Ordering::Relaxed);
        // Pairs with the fence in `ring`.
        fence(Ordering::SeqCst);
    }

    /// The writer is up again, or found work and stays up.
    pub(crate) fn awake(&self) {
        self.0.store(AWAKE, Ordering::Relaxed);
    }

    /// True for the one caller that has to unpark the writer. What the caller did before is visible to the writer
    /// either when it looks for work or after it was unparked.
    #[must_use]
    pub(crate) fn ring(&self) -> bool {
        // Pairs with the fence in `announce_sleep`.
        fence(Ordering::SeqCst);
        // Relaxed: the fences order what matters. The exchange makes sure that only one of several ringers pays for the
        // system call.
        self.0.load(Ordering::Relaxed) == ASLEEP && self.0.swap(AWAKE, Ordering::Relaxed) == ASLEEP
    }
}
