//! Futures that say when they begin and how they end.

use ripsaw::format::Text;
use ripsaw::sink::Memory;
use ripsaw::{Attached, Clock, Context, Guard, Logger, ManualClock, info, scope};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Poll, Waker};
use std::time::Duration;

struct Engine {
    _attached: Attached,
    guard: Guard,
    memory: Memory,
    clock: ManualClock,
}

impl Engine {
    fn start() -> Engine {
        let (memory, clock) = (Memory::new(), ManualClock::new(Duration::from_secs(1)));
        let builder = ripsaw::builder().clock(Clock::Manual(clock)).manual().sink(memory.clone());
        let guard = builder.format(Text::new().timestamp(false)).start_local().unwrap();
        Engine { _attached: guard.attach(), guard, memory, clock }
    }
    fn lines(&self) -> Vec<String> {
        while self.guard.handle().pump() > 0 {}
        self.memory.lines()
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(Waker::noop()))
}

async fn pause() {
    let mut done = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut done, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn inv_075_a_future_says_when_it_begins_and_how_it_ends() {
    let engine = Engine::start();
    let clock = engine.clock;
    let log = Logger::new("async_ops");
    let operation = Context::from([("operation", "dp")]);
    let work = async {
        info!(logger: &log, phase = "validation", "Phase 1 completed");
        clock.advance(Duration::from_millis(500));
        pause().await;
        Ok::<i32, String>(7)
    };
    let task = operation.clone().with("batch_id", "b1").instrument(&log, work);
    assert!(engine.lines().is_empty(), "it has not begun");
    let mut task = pin!(task);
    assert!(poll(task.as_mut()).is_pending());
    info!(logger: &log, "between");
    assert_eq!(poll(task.as_mut()), Poll::Ready(Ok(7)));
    let failing = async {
        clock.advance(Duration::from_millis(250));
        "bad".parse::<u8>()
    };
    let result = poll(pin!(operation.instrument(&log, failing)));
    let Poll::Ready(Err(error)) = result else { panic!("{result:?}") };
    info!(logger: &log, error = error.to_string(), "returned");
    assert_eq!(
        engine.lines(),
        [
            "INFO     async_ops: Context started operation=dp batch_id=b1",
            "INFO     async_ops: Phase 1 completed operation=dp batch_id=b1 phase=validation",
            "INFO     async_ops: between",
            "INFO     async_ops: Context completed operation=dp batch_id=b1 duration_ms=500.0",
            "INFO     async_ops: Context started operation=dp",
            "ERROR    async_ops: Context failed operation=dp exception=\"invalid digit found in string\" duration_ms=250.0",
            "INFO     async_ops: returned error=\"invalid digit found in string\"",
        ]
    );
}

#[test]
fn inv_075_a_future_that_is_dropped_was_cancelled() {
    let engine = Engine::start();
    let log = Logger::new("jobs").with("shard", 3);
    let context = Context::from([("job", 1)]);
    let mut begun = Box::pin(context.clone().instrument_infallible(&log, pause()));
    assert!(poll(begun.as_mut()).is_pending());
    engine.clock.advance(Duration::from_micros(1500));
    let _other = scope! { thread = "own" };
    drop(begun);
    // One that was never polled has nothing to say.
    drop(context.clone().instrument_infallible(&log, pause()));
    assert_eq!(
        engine.lines(),
        [
            "INFO     jobs: Context started job=1 shard=3",
            "WARNING  jobs: Context cancelled job=1 shard=3 duration_ms=1.5",
        ]
    );
}

#[test]
fn inv_075_a_panic_goes_on_and_is_told() {
    let engine = Engine::start();
    let work = async {
        pause().await;
        std::panic::resume_unwind(Box::new("gone"));
    };
    let task = Context::from([("job", 1)]).instrument_infallible(&Logger::new("jobs"), work);
    let mut task = Box::pin(task);
    assert!(poll(task.as_mut()).is_pending());
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(task.as_mut())));
    assert!(outcome.is_err());
    drop(task);
    info!(target: "t", "after");
    assert_eq!(
        engine.lines(),
        [
            "INFO     jobs: Context started job=1",
            "ERROR    jobs: Context failed job=1 exception=panicked duration_ms=0.0",
            "INFO     t: after",
        ]
    );
}
