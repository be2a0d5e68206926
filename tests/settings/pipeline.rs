//! The order of the steps, and the ways of use that are options of the one engine.

use crate::support::{Engine, timeless};
use ripsaw::emoji::{Emoji, Layer};
use ripsaw::process::{Draft, Enrich, Flow};
use ripsaw::sink::Memory;
use ripsaw::{Context, Event, FutureExt, Level, LineFormat, Logger, Overflow, info};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Polls until it is done.
fn block_on<T>(task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    loop {
        let mut cx = std::task::Context::from_waker(Waker::noop());
        if let Poll::Ready(done) = task.as_mut().poll(&mut cx) {
            return done;
        }
    }
}

/// Comes back to the runtime once.
async fn pause() {
    let mut waited = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

#[test]
fn inv_044_markers_can_stand_before_the_message_and_their_fields_stay() {
    let mut config = timeless();
    (config.field_emoji, config.format) = (Some(true), LineFormat::Json);
    config.layers = vec!["http".to_owned()];
    let engine = Engine::of(&config);
    info!(http.method = "GET", http.status_class = "2xx", "e");
    let line = engine.lines().remove(0);
    assert!(
        line.ends_with(r#""event":"[📥][✅] e","http.method":"GET","http.status_class":"2xx"}"#),
        "{line}"
    );
}

#[test]
fn inv_047_context_level_service_and_own_steps_come_before_emoji_and_form() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let own = seen.clone();
    let builder = timeless()
        .builder()
        .processor(Enrich::new().constant("service_name", "shop"))
        .processor(move |draft: &mut Draft<'_>| {
            let fields: Vec<String> = draft.fields().map(|(key, _)| key.to_owned()).collect();
            own.lock().unwrap().push((draft.message().to_owned(), draft.prefix().len(), fields));
            draft.set("http.method", "POST");
            Flow::Keep
        })
        .processor(Emoji::new().layers([Layer::http()]));
    let engine = Engine::start(builder);
    let _scope = Context::new().with("request_id", "r1").enter();
    ripsaw::debug!("below the threshold, and so seen by nobody");
    info!(a = 1, "e");
    let line = engine.lines().remove(0);
    assert!(
        line.starts_with("[info     ] [📤] e ") && line.ends_with("http.method=POST"),
        "{line}"
    );
    let seen = seen.lock().unwrap();
    let [(message, prefix, fields)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((message.as_str(), *prefix), ("e", 0));
    assert_eq!(*fields, ["service_name", "request_id", "a"]);
}

#[test]
fn inv_058_the_correlation_id_of_the_task_stands_in_its_records() {
    let engine = Engine::of(&timeless());
    let request = ripsaw::context::RequestContext::new().context();
    let id = request.get("correlation_id").map(ripsaw::Value::from).expect("it has one");
    let ripsaw::Value::Str(id) = id else { panic!("{id:?}") };
    block_on(async { info!("inside") }.in_context(request));
    info!("outside");
    let lines = engine.lines();
    assert!(lines[0].contains(&format!("correlation_id={id}")), "{lines:?}");
    assert!(!lines[1].contains("correlation_id"), "{lines:?}");
}

#[test]
fn inv_075_asynchronous_work_says_that_it_began_and_how_it_ended() {
    let engine = Engine::of(&timeless());
    let log = Logger::new("async_ops");
    let work = async |fails: bool| -> Result<(), std::fmt::Error> {
        info!(logger: &log, "Context started");
        let timed = log.timed("Context ended");
        pause().await;
        let done = if fails { Err(std::fmt::Error) } else { Ok(()) };
        match &done {
            Ok(()) => timed.ok(),
            Err(error) => timed.err(error),
        };
        done
    };
    let context = Context::new().with("operation", "dp");
    assert!(block_on(work(false).in_context(context.clone())).is_ok());
    assert!(block_on(work(true).in_context(context.clone())).is_err());
    // Dropped while it waits.
    {
        let mut task = pin!(work(false).in_context(context));
        let mut cx = std::task::Context::from_waker(Waker::noop());
        assert!(task.as_mut().poll(&mut cx).is_pending());
    }
    let lines = engine.lines();
    assert!(lines.iter().all(|line| line.contains("operation=dp")), "{lines:?}");
    let outcomes = ["outcome=success", "outcome=error", "outcome=cancelled"];
    for (line, outcome) in lines.iter().skip(1).step_by(2).zip(outcomes) {
        assert!(line.contains(outcome), "{line}");
    }
    assert_eq!(lines.len(), 6, "{lines:?}");
}

#[test]
fn inv_085_records_are_buffered_in_bounded_memory_with_their_own_times_and_losses_are_counted() {
    let memory = Memory::new();
    let builder = ripsaw::builder().arena_bytes(64 << 10).block_bytes(4 << 10);
    let builder = builder.overflow(Overflow::Shed).manual().sink(memory.clone());
    let guard = builder.start_local().expect("it starts");
    let attached = guard.attach();
    for i in 0..10_000 {
        info!(i, "item_processed");
    }
    assert!(memory.lines().is_empty());
    let handle = guard.handle();
    while handle.pump() > 0 {}
    let stats = handle.stats();
    assert!(stats.dropped() > 0 && stats.written > 0, "{stats:?}");
    assert_eq!(stats.written + stats.dropped(), 10_000);
    assert!(memory.text().contains("records dropped"), "a notice stands in the stream");
    drop(attached);
}

#[test]
fn inv_086_what_is_queued_is_written_before_the_stop_returns() {
    let memory = Memory::new();
    let guard = timeless().builder().sink(memory.clone()).start_local().expect("it starts");
    let attached = guard.attach();
    block_on(async {
        for i in 0..1000 {
            info!(i, "async_operation");
            if i % 100 == 0 {
                pause().await;
            }
        }
    });
    drop(attached);
    let report = guard.shutdown(LONG);
    assert_eq!((report.written, report.dropped, report.unflushed), (1000, 0, 0));
    assert_eq!(memory.lines().len(), 1000);
}

#[test]
fn inv_087_records_reach_the_sink_in_batches() {
    let engine = Engine::of(&timeless());
    for i in 0..100 {
        info!(i, "item");
    }
    assert_eq!(engine.lines().len(), 100);
    let stats = engine.handle().stats();
    assert_eq!(stats.written, 100);
    assert!((1..10).contains(&stats.batches), "{}", stats.batches);
}

#[test]
fn inv_088_tasks_log_without_waiting_for_the_writer() {
    // Nobody drains while the tasks run.
    let engine = Engine::of(&timeless());
    let task = |n: u64| {
        async move {
            info!("begins");
            pause().await;
            info!(n, "ends");
        }
        .in_context(Context::new().with("task", n))
    };
    let mut tasks = [Box::pin(task(0)), Box::pin(task(1))];
    let mut cx = std::task::Context::from_waker(Waker::noop());
    for round in 0..2 {
        for task in &mut tasks {
            assert_eq!(task.as_mut().poll(&mut cx).is_ready(), round == 1);
        }
    }
    let tasks_of = |lines: &[String]| -> Vec<char> {
        lines.iter().filter_map(|line| line.split_once("task=")?.1.chars().next()).collect()
    };
    assert_eq!(tasks_of(&engine.lines()), ['0', '1', '0', '1']);
}

#[test]
fn inv_089_a_flush_is_a_barrier_with_a_deadline() {
    let memory = Memory::new();
    let guard = timeless().builder().sink(memory.clone()).start_local().expect("it starts");
    let attached = guard.attach();
    for round in 1..=20 {
        info!(round, "x");
        guard.handle().flush(LONG).expect("in time");
        assert_eq!(memory.lines().len(), round);
    }
    drop(attached);
}

#[test]
fn inv_090_threads_log_whole_lines_each_in_its_order() {
    let memory = Memory::new();
    let builder = timeless().builder().overflow(Overflow::Block(Duration::MAX));
    let guard = builder.sink(memory.clone()).start_local().expect("it starts");
    let handle = guard.handle();
    std::thread::scope(|scope| {
        for thread in 0..10_u32 {
            let handle = handle.clone();
            scope.spawn(move || {
                let _attached = handle.attach();
                for i in 0..500_u32 {
                    Event::new(Level::Info, "m").field("t", thread).field("i", i).emit();
                }
            });
        }
    });
    handle.flush(LONG).expect("in time");
    let mut next = [0; 10];
    for line in memory.lines() {
        let rest = line.strip_prefix("[info     ] m                              t=");
        let (thread, i) = rest.and_then(|rest| rest.split_once(" i=")).expect("a whole line");
        let next = &mut next[thread.parse::<usize>().expect("a thread")];
        assert_eq!(i.parse::<u32>().expect("a number"), *next);
        *next += 1;
    }
    assert_eq!(next, [500; 10]);
}

#[test]
fn inv_108_spans_have_a_trace_a_parent_tags_and_an_end() {
    let mut config = timeless();
    config.format = LineFormat::Json;
    let engine = Engine::of(&config);
    let field = |line: &str, key: &str| {
        let rest = line.split_once(&format!("\"{key}\":\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let mut outer = ripsaw::Span::enter("charge");
    outer.tag("provider", "stripe");
    let (trace, id) = (outer.trace_id().to_owned(), outer.span_id().to_owned());
    assert_eq!((trace.len(), id.len()), (32, 16));
    let inner = ripsaw::Span::enter("refund");
    info!("inside");
    inner.err("declined");
    drop(outer);
    block_on(ripsaw::Span::around("fetch", async {
        info!("asked");
        pause().await;
    }));
    info!("outside");
    let lines = engine.lines();
    let [inside, refund, charge, asked, fetch, outside] = &lines[..] else { panic!("{lines:?}") };
    for line in [inside, refund, charge] {
        assert_eq!(field(line, "trace_id").as_deref(), Some(trace.as_str()), "{line}");
    }
    for line in [inside, refund] {
        assert_eq!(field(line, "parent_span_id").as_deref(), Some(id.as_str()), "{line}");
    }
    assert_eq!(field(charge, "span_id").as_deref(), Some(id.as_str()));
    assert!(!charge.contains("parent_span_id"), "{charge}");
    let end = |line: &str, part: &str| {
        assert!(line.contains(r#""event":"span_end""#) && line.contains(part), "{line}");
    };
    end(refund, r#""outcome":"error","error.message":"declined""#);
    end(charge, r#""span":"charge","provider":"stripe","outcome":"cancelled""#);
    end(fetch, r#""outcome":"success""#);
    assert_eq!(field(asked, "span_id"), field(fetch, "span_id"));
    assert_ne!(field(asked, "trace_id").as_deref(), Some(trace.as_str()));
    assert!(!outside.contains("trace_id") && !outside.contains("span_id"), "{outside}");
}
