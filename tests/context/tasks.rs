//! Contexts of futures, with an executor that moves them about.

use crate::Engine;
use ripsaw::context::bind;
use ripsaw::{Context, FutureExt, info, scope};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Poll, Waker};

/// Pending once.
async fn pause() {
    let mut done = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut done, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(Waker::noop()))
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(out) = poll(future.as_mut()) {
            return out;
        }
    }
}

/// Logs when it is dropped.
struct Farewell;

impl Drop for Farewell {
    fn drop(&mut self) {
        info!("dropped");
    }
}

#[test]
fn inv_077_tasks_keep_their_contexts_apart() {
    let engine = Engine::start();
    async fn work(name: &'static str) {
        info!("{name} begins");
        pause().await;
        bind("step", 2);
        pause().await;
        info!("{name} ends");
    }
    let _outer = scope! { thread = true };
    let mut a = pin!(work("a").in_context(Context::from([("task", "a")])));
    let mut b = pin!(work("b").in_context(Context::from([("task", "b")])));
    let mut c = pin!(work("c").in_current_context());
    while poll(a.as_mut()).is_pending() {
        assert!(poll(b.as_mut()).is_pending() && poll(c.as_mut()).is_pending());
        info!("between");
    }
    assert!(poll(b.as_mut()).is_ready() && poll(c.as_mut()).is_ready());
    assert_eq!(
        engine.lines(),
        [
            "a begins task=a",
            "b begins task=b",
            "c begins thread=true",
            "between thread=true",
            "between thread=true",
            "a ends task=a step=2",
            "b ends task=b step=2",
            "c ends thread=true step=2",
        ]
    );
}

#[test]
fn a_task_takes_its_context_from_thread_to_thread() {
    let engine = Engine::start();
    let task = async {
        for hop in 0..4 {
            info!(hop, "here");
            pause().await;
        }
    };
    let mut task = Some(Box::pin(task.in_context(Context::from([("task", 7)]))));
    while let Some(mut at) = task.take() {
        let handle = engine.guard.handle();
        let hop = std::thread::spawn(move || {
            let _attached = handle.attach();
            let _other = scope! { thread = "another" };
            let done = poll(at.as_mut()).is_ready();
            info!("thread's own");
            (!done).then_some(at)
        });
        task = hop.join().unwrap();
    }
    let lines = engine.lines();
    let own: Vec<_> = lines.iter().filter(|line| line.starts_with("here")).collect();
    assert_eq!(own.len(), 4);
    assert!(own.iter().enumerate().all(|(i, line)| **line == format!("here task=7 hop={i}")));
    assert!(
        lines.iter().filter(|l| l.starts_with("thread's")).all(|l| l.ends_with("thread=another"))
    );
}

#[test]
fn a_task_that_is_cancelled_is_dropped_within_its_context() {
    let engine = Engine::start();
    let wait = || async {
        let _farewell = Farewell;
        pause().await;
    };
    let context = Context::from([("task", 1)]);
    let mut begun = Box::pin(wait().in_context(context.clone()));
    assert!(poll(begun.as_mut()).is_pending());
    drop(begun);
    let farewell = Farewell;
    drop(async move { drop(farewell) }.in_context(context));
    info!("after");
    assert_eq!(engine.lines(), ["dropped task=1", "dropped task=1", "after"]);
}

#[test]
fn a_task_that_panics_leaves_the_thread_its_context() {
    let engine = Engine::start();
    let _outer = scope! { thread = 1 };
    let task = async {
        let _farewell = Farewell;
        pause().await;
        std::panic::resume_unwind(Box::new("gone"));
    };
    let task = task.in_context(Context::from([("task", 1)]));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(task)));
    assert!(outcome.is_err());
    info!("after");
    assert_eq!(engine.lines(), ["dropped task=1", "after thread=1"]);
}

#[test]
fn scopes_across_an_await_are_the_tasks_own() {
    let engine = Engine::start();
    let task = |n: i32| async move {
        let _scope = scope! { inner = n };
        pause().await;
        info!("resumed");
        let nested = async {
            pause().await;
            info!("nested");
        };
        nested.in_context(Context::current().with("nested", true)).await;
        info!("out");
    };
    let mut a = pin!(task(1).in_context(Context::from([("task", "a")])));
    let mut b = pin!(task(2).in_context(Context::from([("task", "b")])));
    while poll(a.as_mut()).is_pending() {
        assert!(poll(b.as_mut()).is_pending());
        info!("between");
    }
    let lines: Vec<_> = engine.lines().into_iter().filter(|line| line != "between").collect();
    assert_eq!(
        lines,
        [
            "resumed task=a inner=1",
            "resumed task=b inner=2",
            "nested task=a inner=1 nested=true",
            "out task=a inner=1",
        ]
    );
    info!("alone");
    assert_eq!(engine.lines().last().unwrap(), "alone");
}
