//! The context of a future.

use super::Context;
use crate::callsite::{Stack, swap};
use crate::within::{Around, Within};
use core::future::Future;

/// What a task's records have: its scopes, while no thread runs it.
#[derive(Debug)]
pub struct TaskContext(Stack);

impl Around for TaskContext {
    fn enter(&mut self) {
        swap(&mut self.0);
    }
    fn leave(&mut self) {
        swap(&mut self.0);
    }
}

/// A future that runs in a context of its own: see [`FutureExt`].
pub type InContext<F> = Within<TaskContext, F>;

/// Contexts for futures, with whatever runtime.
pub trait FutureExt: Future + Sized {
    /// Runs this future with the fields of `context`, and no others, in force: whenever it is polled, on whatever thread, and
    /// when it is dropped. What the thread itself has in force comes back each time, after a panic too.
    ///
    /// Scopes that the future begins, and what it binds, are the future's own. A poll costs some ten nanoseconds more.
    ///
    /// ```
    /// use ripsaw::{Context, FutureExt};
    /// async fn handle() {
    ///     ripsaw::info!("in the task"); // request_id=r1
    /// }
    /// let task = handle().in_context(Context::from([("request_id", "r1")]));
    /// # futures_like_block_on(task);
    /// # fn futures_like_block_on(f: impl Future<Output = ()>) {
    /// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     assert!(std::pin::pin!(f).poll(&mut cx).is_ready());
    /// # }
    /// ```
    fn in_context(self, context: Context) -> InContext<Self> {
        Within::new(TaskContext(Stack::of_task(context.held)), self)
    }

    /// The same with what is in force on the calling thread.
    fn in_current_context(self) -> InContext<Self> {
        self.in_context(Context::current())
    }
}

impl<F: Future> FutureExt for F {}
