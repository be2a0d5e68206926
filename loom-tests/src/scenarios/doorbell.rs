//! The doorbell of the sleeping writer.

use crate::doorbell::Doorbell;
use crate::rt::{Bed, size, three, two};
use crate::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

/// What a doorbell does.
trait Bell: Send + Sync + 'static {
    fn new() -> Self;
    fn announce_sleep(&self);
    fn awake(&self);
    fn ring(&self) -> bool;
}

impl Bell for Doorbell {
    fn new() -> Self {
        Doorbell::new()
    }
    fn announce_sleep(&self) {
        Doorbell::announce_sleep(self);
    }
    fn awake(&self) {
        Doorbell::awake(self);
    }
    fn ring(&self) -> bool {
        Doorbell::ring(self)
    }
}

/// A doorbell, what the writer is needed for, and where it sleeps.
struct Stage<B> {
    bell: B,
    needs: AtomicU32,
    bed: Bed,
}

impl<B: Bell> Stage<B> {
    fn new() -> Arc<Stage<B>> {
        Arc::new(Stage { bell: B::new(), needs: AtomicU32::new(0), bed: Bed::default() })
    }

    /// Makes a need visible and wakes the writer if it sleeps; true if this was the caller's to do.
    fn need(&self) -> bool {
        self.needs.fetch_add(1, Ordering::Release);
        let mine = self.bell.ring();
        if mine {
            self.bed.unpark();
        }
        mine
    }

    /// The writer: sleeps whenever there is nothing new, until it has met `all` needs. Returns how often it announced
    /// a sleep.
    fn serve(&self, all: u32) -> u32 {
        let (mut met, mut sleeps) = (0, 0);
        let look = |met: &mut u32| {
            let now = self.needs.load(Ordering::Acquire);
            std::mem::replace(met, now) != now
        };
        while met < all {
            if look(&mut met) {
                continue;
            }
            sleeps += 1;
            self.bell.announce_sleep();
            if !look(&mut met) {
                self.bed.park();
            }
            self.bell.awake();
        }
        sleeps
    }
}

fn ringing<B: Bell>(needs: usize) {
    let stage = Stage::<B>::new();
    let here = stage.clone();
    let (rung, sleeps) = two(
        || (0..needs).filter(|_| stage.need()).count() as u32,
        move || here.serve(needs as u32),
    );
    assert!(rung <= sleeps, "{rung} wake-ups for {sleeps} sleeps");
}

/// A need that was made visible before the bell was rung is met by the writer, at its last look or after it was woken:
/// it never sleeps on. (If it did, the model would end in a deadlock.) It may also wake up by itself.
pub(super) fn one_ringer() {
    ringing::<Doorbell>(1);
}

/// The same across two sleeps: the first wake-up may come late, when the writer has gone to sleep again.
pub(super) fn two_needs() {
    ringing::<Doorbell>(size(2, 500));
}

/// Two callers need the writer: it meets both needs, and is woken no more often than it slept.
pub(super) fn two_ringers() {
    let needs = size(1, 300);
    let stage = Stage::<Doorbell>::new();
    let (here, there) = (stage.clone(), stage.clone());
    let (a, b, sleeps) = three(
        || (0..needs).filter(|_| stage.need()).count() as u32,
        move || (0..needs).filter(|_| here.need()).count() as u32,
        move || there.serve(2 * needs as u32),
    );
    assert!(a + b <= sleeps, "{a} and {b} wake-ups for {sleeps} sleeps");
}

/// Of two callers who find the writer asleep, exactly one pays for the system call.
pub(super) fn one_unpark() {
    let stage = Stage::<Doorbell>::new();
    stage.bell.announce_sleep();
    let here = stage.clone();
    let (a, b) = two(|| stage.need(), move || here.need());
    assert!(a != b, "{a}, {b}");
}

/// A doorbell with bugs: without the fence of the ringer, or without that of the sleeper.
#[cfg(not(feature = "std"))]
struct Unfenced<const RINGER: bool, const SLEEPER: bool>(AtomicU32);

#[cfg(not(feature = "std"))]
impl<const RINGER: bool, const SLEEPER: bool> Bell for Unfenced<RINGER, SLEEPER> {
    fn new() -> Self {
        Unfenced(AtomicU32::new(0))
    }
    fn announce_sleep(&self) {
        self.0.store(1, Ordering::Relaxed);
        if SLEEPER {
            crate::sync::atomic::fence(Ordering::SeqCst);
        }
    }
    fn awake(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
    fn ring(&self) -> bool {
        if RINGER {
            crate::sync::atomic::fence(Ordering::SeqCst);
        }
        self.0.load(Ordering::Relaxed) == 1 && self.0.swap(0, Ordering::AcqRel) == 1
    }
}

/// A bug: the ringer looks whether the writer sleeps before its need is visible.
#[cfg(not(feature = "std"))]
pub(super) fn ringer_without_fence() {
    ringing::<Unfenced<false, true>>(1);
}

/// A bug: the writer looks for needs before its announcement is visible.
#[cfg(not(feature = "std"))]
pub(super) fn sleeper_without_fence() {
    ringing::<Unfenced<true, false>>(1);
}
