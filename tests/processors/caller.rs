//! Processors on the calling thread.

use crate::support::Engine;
use ripsaw::format::Text;
use ripsaw::process::{AddField, CallerProcessor, Draft, Flow};
use ripsaw::sink::Memory;
use ripsaw::{
    Attached, Clock, Context, DropCause, Event, Level, Logger, ManualClock, Overflow, error, info,
    scope, warn,
};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn text() -> Text {
    Text::new().timestamp(false)
}

fn builder() -> ripsaw::Builder {
    ripsaw::builder().format(text())
}

thread_local! {
    static TENANT: Cell<&'static str> = const { Cell::new("nobody") };
}

fn tenant(draft: &mut Draft<'_>) -> Flow {
    draft.set("tenant", TENANT.get());
    Flow::Keep
}

/// Every call ends in one way: `accepted == written + filtered + dropped`.
#[track_caller]
fn balanced(stats: &ripsaw::Stats) {
    assert_eq!(stats.accepted, stats.written + stats.filtered + stats.dropped(), "{stats:?}");
}

#[test]
fn inv_045_the_callers_stage_sees_what_the_thread_has() {
    let writer = Arc::new(Mutex::new(Vec::new()));
    let seen = writer.clone();
    let builder = builder().caller_processor(tenant).processor(move |draft: &mut Draft<'_>| {
        seen.lock().unwrap().push(TENANT.get());
        draft.set("writer", true);
        Flow::Keep
    });
    let memory = Memory::new();
    let guard = builder.sink(memory.clone()).start_local().unwrap();
    let handle = guard.handle();
    for name in ["eu", "us"] {
        let handle = handle.clone();
        let call = move || {
            let _attached = handle.attach();
            TENANT.set(name);
            info!(target: "t", n = 1, "call of {}", name);
        };
        std::thread::spawn(call).join().unwrap();
    }
    handle.flush(Duration::from_secs(60)).unwrap();
    assert_eq!(
        memory.lines(),
        [
            "INFO     t: call of eu n=1 tenant=eu writer=true",
            "INFO     t: call of us n=1 tenant=us writer=true",
        ]
    );
    assert_eq!(*writer.lock().unwrap(), ["nobody", "nobody"]);
}

#[test]
fn inv_045_records_of_every_kind_pass_the_callers_stage() {
    let engine = Engine::start(builder().caller_processor(tenant));
    TENANT.set("eu");
    let _scope = scope! { request = 7, tenant = "of the context" };
    let log = Logger::new("shop").with("shard", 3);
    info!(target: "t", list = [1, 2], "a {}", "message");
    info!(logger: &log, order = 1, "placed");
    Event::new(Level::Warning, "event").target("made").field("x", 1.5).emit();
    log.event(Level::Error, "failed").field("tenant", "own").emit();
    // Larger than a block, and larger than a record may be.
    let long = "x".repeat(100_000);
    info!(target: "t", long, "long");
    let longer = "y".repeat(4 << 20);
    info!(target: "t", longer, "longer");
    let lines = engine.lines();
    assert_eq!(
        lines[..4],
        [
            "INFO     t: a message request=7 tenant=eu list=[1,2]",
            "INFO     shop: placed request=7 tenant=eu shard=3 order=1",
            "WARNING  made: event request=7 tenant=eu x=1.5",
            "ERROR    shop: failed request=7 shard=3 tenant=eu",
        ]
    );
    assert_eq!(lines[4], format!("INFO     t: long request=7 tenant=eu long={long}"));
    assert!(
        lines[5].starts_with("INFO     t: longer request=7 tenant=eu longer="),
        "{}",
        lines[5].len()
    );
    assert!(lines[5].contains(" bytes]"));
    balanced(&engine.stats());
}

#[test]
fn inv_045_what_is_not_changed_stays_a_statement() {
    let seen = Arc::new(AtomicU64::new(0));
    let count = seen.clone();
    let look = move |draft: &mut Draft<'_>| {
        let (_, meta) = draft.statement().expect("a statement");
        assert_eq!((meta.template.len(), draft.message()), (2, "n is 7"));
        assert_eq!(draft.thread().name, std::thread::current().name().unwrap());
        assert!(draft.unix_ns() > 1_700_000_000_000_000_000);
        count.fetch_add(1, Ordering::Relaxed);
        Flow::Keep
    };
    let statement = |draft: &mut Draft<'_>| {
        draft.set("statement", draft.statement().is_some());
        Flow::Keep
    };
    let engine = Engine::start(builder().caller_processor(look).processor(statement));
    for _ in 0..1000 {
        info!(target: "t", "n is {}", 7);
    }
    let lines = engine.lines();
    assert!(lines.len() == 1000 && lines.iter().all(|l| l == "INFO     t: n is 7 statement=true"));
    assert_eq!(seen.load(Ordering::Relaxed), 1000);
    let changed = |draft: &mut Draft<'_>| {
        draft.set_prefix("! ");
        Flow::Keep
    };
    let engine = Engine::start(builder().caller_processor(changed).processor(statement));
    info!(target: "t", "n is {}", 7);
    assert_eq!(engine.lines(), ["INFO     t: ! n is 7 statement=false"]);
}

#[test]
fn inv_045_a_record_may_end_on_the_callers_thread() {
    let noise = |draft: &mut Draft<'_>| match draft.get("noise") {
        Some(_) => Flow::Drop,
        None => Flow::Keep,
    };
    let builder = builder().caller_processor(noise).caller_processor(tenant);
    let engine = Engine::start(builder.processor(AddField::new("a", 1)));
    for i in 0..10 {
        info!(target: "t", noise = i, "dropped");
    }
    warn!(target: "t", "kept");
    assert_eq!(engine.lines(), ["WARNING  t: kept tenant=nobody a=1"]);
    let stats = engine.stats();
    assert_eq!((stats.accepted, stats.filtered, stats.written), (11, 10, 1));
    balanced(&stats);
    let of = |at: usize| (stats.processors[at].calls, stats.processors[at].dropped);
    assert_eq!([of(0), of(1), of(2)], [(11, 10), (1, 0), (1, 0)]);
}

struct Essential;

impl CallerProcessor for Essential {
    fn process(&self, draft: &mut Draft<'_>) -> Flow {
        assert!(draft.get("bad").is_none(), "cannot hide it");
        Flow::Keep
    }
    fn is_essential(&self) -> bool {
        true
    }
}

#[test]
fn inv_045_a_panic_on_the_callers_thread_does_not_reach_the_caller() {
    let fail = |draft: &mut Draft<'_>| {
        draft.set("half", "done");
        assert!(draft.get("bad").is_none(), "told to");
        draft.remove("half");
        Flow::Keep
    };
    // It is told once a second: by a clock that stands still, as a panic may take longer.
    let clock = Clock::Manual(ManualClock::new(Duration::from_secs(1)));
    let start = builder().clock(clock).caller_processor(fail).caller_processor(tenant);
    let engine = Engine::start(start);
    info!(target: "t", bad = 1, "one");
    info!(target: "t", bad = 2, "two");
    assert_eq!(
        engine.lines(),
        [
            "INFO     t: one bad=1 tenant=nobody",
            "ERROR    ripsaw: processor_failed processor=closure error=\"told to\"",
            "INFO     t: two bad=2 tenant=nobody",
        ]
    );
    let stats = engine.stats();
    assert_eq!((stats.processors[0].panics, stats.dropped()), (2, 0));
    balanced(&stats);

    let engine = Engine::start(builder().caller_processor(Essential).caller_processor(tenant));
    error!(target: "t", bad = 1, "one");
    error!(target: "t", "two");
    let lines = engine.lines();
    let told = "ERROR    ripsaw: processor_failed processor=Essential error=\"cannot hide it\"";
    assert_eq!(lines[..2], [told, "ERROR    t: two tenant=nobody"]);
    assert!(lines[2].starts_with("WARNING  ripsaw: 1 records dropped dropped=1 error=1 caller=1"));
    let stats = engine.stats();
    assert_eq!(stats.dropped_by(Level::Error, DropCause::Caller), 1);
    assert_eq!((stats.processors[0].calls, stats.processors[1].calls), (2, 1));
    balanced(&stats);
}

#[test]
fn inv_045_a_caller_processor_that_logs_is_refused_and_counted() {
    let again = |draft: &mut Draft<'_>| {
        info!(target: "inner", "of {}", draft.message());
        Event::new(Level::Info, "inner event").emit();
        draft.say(Level::Info, "said", "instead", &[("n", 1.into())]);
        Flow::Keep
    };
    let engine = Engine::start(builder().caller_processor(again));
    for i in 0..3 {
        info!(target: "outer", i, "call");
    }
    let lines = engine.lines();
    let said = "INFO     said: instead n=1";
    let expected = (0..3).flat_map(|i| [format!("INFO     outer: call i={i}"), said.to_owned()]);
    let lines: Vec<_> = lines.iter().filter(|line| !line.contains("dropped")).cloned().collect();
    assert_eq!(lines, expected.collect::<Vec<_>>());
    let stats = engine.stats();
    assert_eq!(stats.dropped_by(Level::Info, DropCause::Nested), 6);
    balanced(&stats);
}

#[test]
fn inv_045_a_caller_processor_may_attach_its_thread_elsewhere() {
    thread_local!(static KEPT: RefCell<Option<Attached>> = const { RefCell::new(None) });
    let other = Memory::new();
    let elsewhere = builder().manual().sink(other.clone()).start_local().unwrap();
    let handle = elsewhere.handle();
    let attach = move |_: &mut Draft<'_>| {
        KEPT.set(Some(handle.attach()));
        Flow::Keep
    };
    let engine = Engine::start(builder().caller_processor(attach));
    info!(target: "t", "attached meanwhile");
    info!(target: "t", "attached");
    KEPT.take();
    while elsewhere.handle().pump() > 0 {}
    assert_eq!(other.lines(), ["INFO     t: attached meanwhile", "INFO     t: attached"]);
    assert!(engine.lines().is_empty());
}

#[test]
fn inv_045_threads_that_share_a_lane_pass_the_callers_stage() {
    let memory = Memory::new();
    // Of eight blocks four may be held: the other threads share a lane.
    let builder = builder().arena_bytes(8 * 4096).block_bytes(4096);
    let builder = builder.overflow(Overflow::Block(Duration::MAX)).caller_processor(tenant);
    let guard = builder.sink(memory.clone()).start_local().unwrap();
    let handle = guard.handle();
    let barrier = std::sync::Barrier::new(6);
    std::thread::scope(|scope| {
        for n in 0..6 {
            let (handle, barrier) = (&handle, &barrier);
            scope.spawn(move || {
                let _attached = handle.attach();
                let _scope = Context::from([("thread", n)]).enter();
                TENANT.set("eu");
                (0..200).for_each(|i| info!(target: "t", i, "call"));
                barrier.wait();
            });
        }
    });
    handle.flush(Duration::from_secs(60)).unwrap();
    let lines = memory.lines();
    assert_eq!(lines.len(), 1200);
    assert!(lines.iter().all(|line| line.ends_with(" tenant=eu")), "{:?}", lines[0]);
    balanced(&handle.stats());
}

#[test]
fn inv_045_what_a_thread_logs_when_it_ends_passes_the_callers_stage() {
    struct Last(ripsaw::Handle);
    impl Drop for Last {
        fn drop(&mut self) {
            let _attached = self.0.attach();
            info!(target: "t", "last words");
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    let memory = Memory::new();
    let builder = builder().caller_processor(|draft: &mut Draft<'_>| {
        draft.set("seen", true);
        Flow::Keep
    });
    let guard = builder.manual().sink(memory.clone()).start_local().unwrap();
    let handle = guard.handle();
    let life = move || {
        // Registered first, so dropped after all that the engine keeps for the thread.
        LAST.set(Some(Last(handle.clone())));
        let _attached = handle.attach();
        info!(target: "t", "alive");
    };
    std::thread::spawn(life).join().unwrap();
    while guard.handle().pump() > 0 {}
    let lines = memory.lines();
    assert_eq!(lines[0], "INFO     t: alive seen=true");
    assert!(lines.iter().all(|line| line.ends_with(" seen=true")), "{lines:?}");
}

#[test]
fn inv_045_a_reload_leaves_the_callers_stage_as_it_is() {
    let memory = Memory::new();
    let guard = builder().caller_processor(tenant).manual().sink(memory.clone());
    let guard = guard.start_local().unwrap();
    let _attached = guard.attach();
    let next = Memory::new();
    let other = builder().caller_processor(|_: &mut Draft<'_>| Flow::Drop).sink(next.clone());
    guard.handle().reload(other).unwrap();
    info!(target: "t", "after");
    while guard.handle().pump() > 0 {}
    assert_eq!(next.lines(), ["INFO     t: after tenant=nobody"]);
}

#[cfg(feature = "log")]
#[test]
fn inv_045_records_of_the_log_crate_pass_the_callers_stage() {
    // The bridge comes with a process-wide engine; what the thread logs goes to its own.
    let _global = ripsaw::builder().sink(ripsaw::sink::Null::new()).start().unwrap();
    let engine = Engine::start(builder().caller_processor(tenant));
    log::info!(target: "t", n = 1; "bridged");
    assert_eq!(engine.lines(), ["INFO     t: bridged n=1 tenant=nobody"]);
}
