//! What stands on top of the statements: names, timed work, errors, lazy values, event streams, captures.

mod capture;
mod errors;
mod hygiene;
mod lazy;
mod names;
mod queues;
mod spans;
mod streams;
mod threads;
mod timing;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ripsaw::format::Json;
use ripsaw::sink::Memory;
use ripsaw::{Attached, Builder, Clock, Guard, ManualClock};

/// An engine of one test, drained by hand, whose clock stands still; its output is JSON.
struct Bench {
    _attached: Attached,
    guard: Guard,
    memory: Memory,
    clock: ManualClock,
}

impl Bench {
    fn new() -> Bench {
        Bench::with(|builder| builder.filter("trace"))
    }

    fn with(configure: impl FnOnce(Builder) -> Builder) -> Bench {
        let (memory, clock) = (Memory::new(), ManualClock::new(Duration::from_secs(1)));
        let builder = ripsaw::builder().manual().arena_bytes(1 << 20).clock(Clock::Manual(clock));
        let builder = configure(builder).format(Json::new()).sink(memory.clone());
        let guard = builder.start_local().expect("the engine starts");
        Bench { _attached: guard.attach(), guard, memory, clock }
    }

    /// The records so far, without time stamp, logger and separators of no interest.
    fn lines(&self) -> Vec<String> {
        while self.guard.handle().pump() > 0 {}
        let lines = self.memory.lines();
        self.memory.clear();
        lines.iter().map(|line| line.split_once("\"level\":").expect("a level").1.into()).collect()
    }

    /// The same as JSON.
    fn records(&self) -> Vec<serde_json::Value> {
        while self.guard.handle().pump() > 0 {}
        let lines = self.memory.lines();
        self.memory.clear();
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

/// Polls a future until it is ready, without a runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        std::thread::yield_now();
    }
}

/// Is pending once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut paused, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}
