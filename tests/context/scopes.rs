//! Scopes of threads.

use crate::Engine;
use ripsaw::context::{bind, clear, scope, spawn, unbind};
use ripsaw::{Context, Event, Level, Logger, Value, info, scope};
use std::cell::RefCell;
use std::sync::Arc;

#[test]
fn a_name_alone_is_a_variable_that_is_called_so() {
    let engine = Engine::start();
    let (customer, tenant) = (7, "eu".to_owned());
    let scope = scope! { customer, user.id = 1, tenant, "type" = "a" };
    info!("e1");
    drop(scope);
    let scope = scope! { customer };
    info!("e2");
    drop(scope);
    drop(scope! {});
    assert_eq!(engine.lines(), ["e1 customer=7 user.id=1 tenant=eu type=a", "e2 customer=7"]);
}

#[test]
fn inv_072_call_over_logger_over_context() {
    let engine = Engine::start();
    let log = Logger::new("n").with("a", "bound").with("b", "bound");
    let _scope = scope! { a = "context", b = "context", c = "context", request_id = "r1" };
    info!("e1");
    info!(a = "call", "e2");
    info!(logger: &log, "e3");
    info!(logger: &log, b = "call", "e4");
    Event::new(Level::Info, "e5").field("a", "call").emit();
    log.event(Level::Info, "e6").field("b", "call").emit();
    assert!(unbind("a"));
    info!("e7");
    clear();
    info!("e8");
    info!(logger: &log, "e9");
    assert_eq!(
        engine.lines(),
        [
            "e1 a=context b=context c=context request_id=r1",
            "e2 b=context c=context request_id=r1 a=call",
            "e3 c=context request_id=r1 a=bound b=bound",
            "e4 c=context request_id=r1 a=bound b=call",
            "e5 b=context c=context request_id=r1 a=call",
            "e6 c=context request_id=r1 a=bound b=call",
            "e7 b=context c=context request_id=r1",
            "e8",
            "e9 a=bound b=bound",
        ]
    );
}

#[test]
fn inv_072_new_threads_do_not_inherit() {
    let engine = Engine::start();
    let _scope = scope! { request_id = "r1" };
    let handle = engine.guard.handle();
    let run = move |name: &'static str| {
        let _attached = handle.attach();
        info!("{name}");
        bind("own", true);
        info!("{name} again");
    };
    let also = run.clone();
    std::thread::spawn(move || run("plain")).join().unwrap();
    spawn(move || also("taken along")).join().unwrap();
    info!("back");
    assert_eq!(
        engine.lines(),
        [
            "plain",
            "plain again own=true",
            "taken along request_id=r1",
            "taken along again request_id=r1 own=true",
            "back request_id=r1",
        ]
    );
}

#[test]
fn inv_073_nested_scopes_merge() {
    let engine = Engine::start();
    {
        let _request = scope! { request_id = "abc-123", user_id = 456 };
        info!("Processing request");
        {
            let _query = scope! { operation = "database", user_id = 7 };
            info!("Executing query");
        }
        info!("Request complete");
    }
    info!("outside");
    assert_eq!(
        engine.lines(),
        [
            "Processing request request_id=abc-123 user_id=456",
            "Executing query request_id=abc-123 operation=database user_id=7",
            "Request complete request_id=abc-123 user_id=456",
            "outside",
        ]
    );
}

#[test]
fn scopes_end_in_any_order() {
    let engine = Engine::start();
    let [a, b, c] = ["a", "b", "c"].map(|key| scope([(key, 1)]));
    info!("all");
    drop(b);
    info!("the innermost keeps what it took over");
    drop(c);
    info!("only the first is left");
    let d = scope! { d = 1 };
    drop(a);
    drop(d);
    info!("none");
    let all = " a=1 b=1 c=1";
    assert_eq!(
        engine.lines(),
        [
            format!("all{all}"),
            format!("the innermost keeps what it took over{all}"),
            "only the first is left a=1".to_owned(),
            "none".to_owned(),
        ]
    );
}

#[test]
fn a_panic_ends_its_scopes() {
    let engine = Engine::start();
    let outcome = std::panic::catch_unwind(|| {
        let _scope = scope! { inside = true };
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(outcome.is_err());
    info!("after");
    assert_eq!(engine.lines(), ["after"]);
}

#[test]
fn inv_077_set_and_reset_by_token() {
    let engine = Engine::start();
    let _outer = scope! { outer = 1 };
    let token = Context::from([("correlation_id", "c")]).set();
    info!("set");
    bind("more", 2);
    info!("bound");
    let inner = scope! { inner = 3 };
    bind("within", 4);
    info!("inner");
    drop(inner);
    info!("the scope's own binding is gone with it");
    token.reset();
    info!("reset");
    assert_eq!(
        engine.lines(),
        [
            "set correlation_id=c",
            "bound correlation_id=c more=2",
            "inner correlation_id=c more=2 inner=3 within=4",
            "the scope's own binding is gone with it correlation_id=c more=2",
            "reset outer=1",
        ]
    );
}

#[test]
fn inv_079_a_block_with_the_item_in_work() {
    let engine = Engine::start();
    for (id, kind) in [(1, "order"), (2, "refund")] {
        let _item = scope! { item_id = id, "type" = kind, "any key" = [1, 2], queue.name = "q" };
        info!("processing");
    }
    info!("idle");
    let lines = engine.lines();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("processing item_id=2 ") && lines[1].contains("queue.name=q"));
    assert_eq!(lines[2], "idle");
}

#[test]
fn contexts_are_values() {
    let base = Context::new().with("a", 1).with("b", Value::from([("x", Value::from(1))]));
    let other = base.clone().with("a", 2).with("c", None::<i64>);
    assert_eq!(format!("{:?}", base.fields().map(|(k, _)| k).collect::<Vec<_>>()), r#"["a", "b"]"#);
    assert_eq!(other.fields().map(|(k, _)| k).collect::<Vec<_>>(), ["b", "a", "c"]);
    assert_eq!(base, Context::new().with("a", 1).with("b", Value::from([("x", Value::from(1))])));
    assert_ne!(base, other);
    assert_eq!(base.merged(&Context::new()), base);
    assert_eq!(Context::new().merged(&base), base);
    assert_eq!(base.merged(&other).len(), 3);
    assert!(base.clone().without("a").without("b").without("never").is_empty());
    assert_eq!(base.len(), 2, "nothing changed it");
}

#[test]
fn records_outlive_their_contexts() {
    let engine = Engine::start();
    let log = Logger::unnamed().with("l", 1);
    let mut expected = Vec::new();
    for i in 0..200 {
        let scope = scope! { i = i };
        info!("plain");
        info!(logger: &log, "with a logger");
        expected.extend([format!("plain i={i}"), format!("with a logger i={i} l=1")]);
        if i % 7 == 0 {
            engine.pump();
        }
        drop(scope);
        if i % 3 == 0 {
            engine.pump();
        }
    }
    assert_eq!(engine.lines(), expected);
}

#[test]
fn contexts_of_many_threads_at_once() {
    const EACH: i64 = 1500;
    let engine = Engine::start();
    let shared = Arc::new(Context::new().with("shared", true));
    let log = Logger::unnamed().with("l", 1);
    std::thread::scope(|threads| {
        for t in 0..3_i64 {
            let (handle, shared, log) = (engine.guard.handle(), shared.clone(), log.clone());
            threads.spawn(move || {
                let _attached = handle.attach();
                for i in 0..EACH {
                    let _outer = shared.enter();
                    let _inner = scope! { t = t, i = i };
                    info!(logger: &log, "x");
                }
            });
        }
        let handle = engine.guard.handle();
        threads.spawn(move || (0..2000).map(|_| handle.pump()).sum::<usize>());
    });
    let mut next = [0; 3];
    for line in engine.lines() {
        let rest = line.strip_prefix("x shared=true t=").unwrap_or_else(|| panic!("{line}"));
        let (t, i) = rest.strip_suffix(" l=1").and_then(|rest| rest.split_once(" i=")).unwrap();
        let place: &mut i64 = &mut next[t.parse::<usize>().unwrap()];
        assert_eq!(i.parse(), Ok(*place));
        *place += 1;
    }
    assert_eq!(next, [EACH; 3]);
}

#[test]
fn a_thread_that_ends_logs_without_what_is_gone() {
    struct Last(ripsaw::Handle);
    impl Drop for Last {
        fn drop(&mut self) {
            let _attached = self.0.attach();
            info!("last words");
            let _scope = scope! { late = true };
            info!("really");
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    let engine = Engine::start();
    let handle = engine.guard.handle();
    std::thread::spawn(move || {
        // Registered first, so dropped after the thread's context.
        LAST.set(Some(Last(handle.clone())));
        let _attached = handle.attach();
        bind("thread", 1);
        info!("alive");
    })
    .join()
    .unwrap();
    let lines = engine.lines();
    assert_eq!(lines[0], "alive thread=1");
    assert!(lines.iter().skip(1).all(|line| !line.contains("thread=")), "{lines:?}");
}

#[test]
fn inv_080_one_correlation_id_in_all_records_of_a_request() {
    let engine = Engine::start();
    let correlate = |id: &'static str| {
        let _request = scope! { correlation_id = id };
        info!("in");
        info!(logger: &Logger::new("db"), "query");
        Event::new(Level::Info, "out").emit();
    };
    correlate("c-1");
    correlate("c-2");
    let lines = engine.lines();
    assert!(lines[..3].iter().all(|line| line.ends_with("correlation_id=c-1")), "{lines:?}");
    assert!(lines[3..].iter().all(|line| line.ends_with("correlation_id=c-2")), "{lines:?}");
}

#[cfg(feature = "log")]
#[test]
fn records_of_the_log_crate_too() {
    // The bridge comes with a process-wide engine; what the thread logs goes to its own.
    let _global = ripsaw::builder().sink(ripsaw::sink::Null::new()).start().unwrap();
    let engine = Engine::start();
    let _scope = scope! { request_id = "r1", a = "context" };
    log::info!(a = "call"; "bridged");
    assert_eq!(engine.lines(), ["bridged request_id=r1 a=call"]);
}
