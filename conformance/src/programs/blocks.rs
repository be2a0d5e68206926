//! Blocks of work that say when they begin and end.

use crate::case::Case;
use crate::session::Session;
use ripsaw::{Context, FutureExt, Logger};
use std::pin::pin;
use std::task::{Poll, Waker};

/// Two blocks, of which the second fails; each takes half a second by a clock that goes on with every look.
pub(super) fn async_context(_: &Case, session: &mut Session) -> Result<Vec<String>, String> {
    let log = session.logger(Some("async_ops")).logger;
    block(&log, Context::new().with("operation", "dp").with("batch_id", "b1"), |log| {
        log.info("Phase 1 completed").field("phase", "validation").emit();
        Ok(())
    });
    let context = Context::new().with("operation", "dp");
    if !block(&log, context.clone(), |_| Err("bad")) {
        // Behind the block, with what it was given.
        let _scope = context.enter();
        log.info("re-raised").emit();
    }
    Ok(session.lines())
}

/// Does work in a context; whether it succeeded.
fn block(
    log: &Logger,
    context: Context,
    work: impl FnOnce(&Logger) -> Result<(), &'static str>,
) -> bool {
    let now = std::cell::Cell::new(0.0);
    let look = || now.replace(now.get() + 0.5);
    let task = async {
        let began = look();
        log.info("Context started").emit();
        // Another poll, as after waiting for something.
        let mut waited = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let done = work(log);
        let event = match done {
            Ok(()) => log.info("Context completed"),
            Err(error) => log.error("Context failed").field("exception", error),
        };
        event.field("duration_seconds", look() - began).emit();
        done.is_ok()
    };
    let mut task = pin!(task.in_context(context));
    let mut waker = std::task::Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = task.as_mut().poll(&mut waker) {
            return done;
        }
    }
}
