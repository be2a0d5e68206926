//! Spans across threads and in futures that move between them.

use crate::Engine;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use tracing::{Instrument, info, info_span};

#[test]
fn a_span_on_several_threads() {
    let engine = Engine::start();
    let span = info_span!("shared", id = 7);
    let handle = engine.guard.handle();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (span, handle) = (span.clone(), handle.clone());
            scope.spawn(move || {
                let _attached = handle.attach();
                info!(thread, "outside");
                let _entered = span.enter();
                let _own = info_span!("own", thread).entered();
                for _ in 0..50 {
                    info!("inside");
                }
            });
        }
    });
    let objects = engine.objects();
    assert_eq!(objects.len(), 4 * 51);
    for object in &objects {
        let inside = object["event"] == "inside";
        assert_eq!(object.get("id").is_some(), inside, "{object:?}");
        assert!(object["thread"].as_i64().is_some());
    }
    for thread in 0..4 {
        let of_it = objects.iter().filter(|o| o["thread"] == thread && o["event"] == "inside");
        assert_eq!(of_it.count(), 50);
    }
}

/// Is polled twice.
async fn pause() {
    let mut done = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut done, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

async fn work(task: u64) {
    for step in 0..5_u64 {
        info!(task, step, "step");
        pause().await;
        async {
            pause().await;
            info!(task, step, "inner");
        }
        .instrument(info_span!("inner", double = task * 2))
        .await;
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Polls tasks on several threads until all are done; each thread takes whatever comes next.
fn run(tasks: Vec<Task>, engine: &ripsaw::Handle, threads: usize) {
    let left = Mutex::new((tasks.len(), VecDeque::from(tasks)));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _attached = engine.attach();
                let mut context = Context::from_waker(Waker::noop());
                loop {
                    let next = {
                        let mut left = left.lock().unwrap();
                        if left.0 == 0 {
                            return;
                        }
                        left.1.pop_front()
                    };
                    let Some(mut task) = next else {
                        std::thread::yield_now();
                        continue;
                    };
                    match task.as_mut().poll(&mut context) {
                        Poll::Ready(()) => left.lock().unwrap().0 -= 1,
                        Poll::Pending => left.lock().unwrap().1.push_back(task),
                    }
                    info!("between");
                }
            });
        }
    });
}

#[test]
fn inv_075_instrumented_futures_on_several_threads() {
    let engine = Engine::start();
    let tasks = (0..20_u64)
        .map(|task| -> Task { Box::pin(work(task).instrument(info_span!("task", own = task))) })
        .collect();
    run(tasks, &engine.guard.handle(), 3);
    let objects = engine.objects();
    let count = |event: &str| objects.iter().filter(|o| o["event"] == event).count();
    assert_eq!((count("step"), count("inner")), (100, 100));
    for object in &objects {
        if object["event"] == "between" {
            assert!(!object.contains_key("own") && !object.contains_key("double"));
            continue;
        }
        assert_eq!(object["own"], object["task"], "{object:?}");
        let double = (object["event"] == "inner").then(|| object["task"].as_u64().unwrap() * 2);
        assert_eq!(object.get("double").and_then(|v| v.as_u64()), double, "{object:?}");
    }
}

/// A future that is dropped in the middle leaves nothing behind.
#[test]
fn a_future_that_is_dropped() {
    let engine = Engine::start();
    let mut task = Box::pin(work(1).instrument(info_span!("task", own = 1)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(task.as_mut().poll(&mut context).is_pending());
    info!("between");
    drop(task);
    info!("after");
    assert_eq!(engine.said(), ["step own=1 task=1 step=0", "between", "after"]);
}
