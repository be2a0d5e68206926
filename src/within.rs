//! A future that runs between two calls.

use core::future::Future;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task;

/// What is done around every step of a future, and around its destructor.
pub trait Around {
    /// Before a step.
    fn enter(&mut self);
    /// After it, even if it panicked.
    fn leave(&mut self);
}

/// A future whose steps, and whose destructor, run within an [`Around`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct Within<A: Around, F> {
    around: A,
    future: ManuallyDrop<F>,
}

impl<A: Around, F> Within<A, F> {
    pub(crate) fn new(around: A, future: F) -> Self {
        Within { around, future: ManuallyDrop::new(future) }
    }
}

/// Leaves when it is dropped.
struct Entered<'a, A: Around>(&'a mut A);

impl<'a, A: Around> Entered<'a, A> {
    fn new(around: &'a mut A) -> Self {
        around.enter();
        Entered(around)
    }
}

impl<A: Around> Drop for Entered<'_, A> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl<A: Around + Unpin, F: Future> Future for Within<A, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<F::Output> {
        // SAFETY: the future is not moved out of it here, nor anywhere else: it is dropped in its place.
        let this = unsafe { self.get_unchecked_mut() };
        let _entered = Entered::new(&mut this.around);
        // SAFETY: it is pinned as long as the whole is, of which it is a part.
        let future = unsafe { Pin::new_unchecked(&mut *this.future) };
        future.poll(cx)
    }
}

impl<A: Around, F> Drop for Within<A, F> {
    fn drop(&mut self) {
        let _entered = Entered::new(&mut self.around);
        // SAFETY: dropped here only, and not used again.
        unsafe { ManuallyDrop::drop(&mut self.future) };
    }
}
