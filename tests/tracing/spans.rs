//! Spans: nesting, later fields, names, ends.

use crate::Engine;
use ripsaw::tracing::{Layer, SpanEvents};
use ripsaw::{Context, scope};
use tracing::field::Empty;
use tracing::subscriber::with_default;
use tracing::{info, info_span};

#[test]
fn spans_nest_and_the_inner_field_counts() {
    let engine = Engine::start();
    let outer = info_span!("outer", a = 1, b = 1).entered();
    info!("one");
    let inner = info_span!("inner", b = 2, c = 2).entered();
    info!("two");
    info!(c = 3, "three");
    drop(inner);
    info!("four");
    drop(outer);
    info!("five");
    assert_eq!(
        engine.said(),
        ["one a=1 b=1", "two a=1 b=2 c=2", "three a=1 b=2 c=3", "four a=1 b=1", "five"]
    );
}

/// All three interfaces, in one context.
#[test]
fn native_and_log_records_have_the_fields_too() {
    let engine = Engine::start();
    info_span!("request", id = 7).in_scope(|| {
        ripsaw::info!(x = 1, "native");
        log::info!(x = 2; "log");
        info!(x = 3, "tracing");
        ripsaw::info!(logger: &ripsaw::Logger::new("l").with("k", 1), "logger");
    });
    assert_eq!(
        engine.said(),
        ["native id=7 x=1", "log id=7 x=2", "tracing id=7 x=3", "logger id=7 k=1"]
    );
}

#[test]
fn fields_recorded_after_creation() {
    let engine = Engine::start();
    let outer = info_span!("outer", a = Empty, b = 1);
    let inner = info_span!(parent: &outer, "inner", c = Empty);
    let entered = inner.clone().entered();
    info!("before");
    outer.record("a", 10);
    info!("parent");
    ripsaw::info!("native at once");
    inner.record("c", "x");
    ripsaw::info!("native of its own");
    outer.record("b", 2).record("a", 11);
    info!("again");
    outer.record("unknown", 1);
    info!("unknown");
    drop(entered);
    info!("out");
    inner.in_scope(|| info!("in"));
    assert_eq!(
        engine.said(),
        [
            "before b=1",
            "parent b=1 a=10",
            "native at once b=1 a=10",
            "native of its own b=1 a=10 c=\"x\"",
            "again b=2 a=11 c=\"x\"",
            "unknown b=2 a=11 c=\"x\"",
            "out",
            "in b=2 a=11 c=\"x\"",
        ]
    );
}

/// A record in another thread reaches the events here.
#[test]
fn fields_recorded_by_another_thread() {
    let engine = Engine::start();
    let span = info_span!("job", state = Empty);
    let _entered = span.clone().entered();
    info!("before");
    let record = move || drop(span.record("state", "done").clone());
    std::thread::spawn(record).join().unwrap();
    info!("after");
    assert_eq!(engine.said(), ["before", "after state=\"done\""]);
}

#[test]
fn explicit_parents_and_roots() {
    let engine = Engine::start();
    let other = info_span!("other", o = 1);
    let _current = info_span!("current", c = 1).entered();
    info!(parent: &other, "other's");
    info!(parent: None, "nobody's");
    info!("current's");
    let root = info_span!(parent: None, "root", r = 1);
    root.in_scope(|| info!("root's"));
    info_span!(parent: &other, "child", d = 1).in_scope(|| info!("child's"));
    info!("back");
    assert_eq!(
        engine.said(),
        ["other's o=1", "nobody's", "current's c=1", "root's r=1", "child's o=1 d=1", "back c=1"]
    );
}

#[test]
fn spans_that_are_left_in_another_order() {
    let engine = Engine::start();
    let (a, b) = (info_span!(parent: None, "a", a = 1), info_span!(parent: None, "b", b = 1));
    let in_a = a.clone().entered();
    let in_b = b.clone().entered();
    let again = a.clone().entered();
    info!("a again does not count");
    drop(again);
    drop(in_a);
    info!("b stays");
    drop(in_b);
    info!("none");
    assert_eq!(engine.said(), ["a again does not count b=1", "b stays b=1", "none"]);
}

#[test]
fn scopes_and_spans_together() {
    let engine = Engine::start();
    let around = scope! { request = 1 };
    let outer = info_span!("outer", a = 1).entered();
    info!("span in scope");
    let within = scope! { step = 2 };
    info!("scope in span");
    info_span!(parent: None, "root", r = 1).in_scope(|| info!("a root has the scopes"));
    info_span!("inner", b = 1).in_scope(|| info!("both"));
    info!(parent: None, "no span");
    {
        let _alone = Context::from([("alone", 1)]).enter_alone();
        info!("alone");
    }
    drop(within);
    drop(outer);
    info!("scope");
    drop(around);
    info!("none");
    assert_eq!(
        engine.said(),
        [
            "span in scope request=1 a=1",
            "scope in span request=1 a=1 step=2",
            "a root has the scopes request=1 step=2 r=1",
            "both request=1 step=2 a=1 b=1",
            "no span request=1 step=2",
            "alone alone=1",
            "scope request=1",
            "none",
        ]
    );
}

#[test]
fn names_by_option() {
    let engine = Engine::start();
    let both = Layer::new().span_name(true).span_list(true).into_subscriber();
    with_default(both, || {
        let _outer = info_span!("outer").entered();
        info!("one");
        let _inner = info_span!("inner", a = 1).entered();
        info!("two");
        info_span!("own", span = "mine", spans = 7).in_scope(|| info!("three"));
    });
    assert_eq!(
        engine.said(),
        [
            "one span=\"outer\" spans=[\"outer\"]",
            "two span=\"inner\" spans=[\"outer\",\"inner\"] a=1",
            "three a=1 span=\"mine\" spans=7",
        ]
    );
}

#[test]
fn inv_108_span_events() {
    let engine = Engine::start();
    let subscriber = Layer::new().span_events(SpanEvents::FULL).into_subscriber();
    with_default(subscriber, || {
        let span = info_span!(target: "t", "job", id = 7, rows = Empty);
        span.in_scope(|| info!("inside"));
        span.record("rows", 3);
        drop(span);
    });
    let objects = engine.objects();
    let events: Vec<&str> = objects.iter().map(|o| o["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["new", "enter", "inside", "exit", "close"]);
    for object in &objects {
        assert_eq!(object["id"], 7, "{object:?}");
    }
    let close = &objects[4];
    assert_eq!((&close["level"], &close["logger"]), (&"info".into(), &"t".into()));
    assert_eq!(close["rows"], 3);
    for time in ["busy_ms", "idle_ms"] {
        assert!(close[time].as_f64().is_some_and(|ms| ms >= 0.0), "{close:?}");
        assert!(!objects[3].contains_key(time));
    }
}

/// A record of the close stands where the last handle goes, in whatever thread and span that happens.
#[test]
fn a_span_closes_with_its_last_handle() {
    let engine = Engine::start();
    let subscriber = Layer::new().span_events(SpanEvents::CLOSE).into_subscriber();
    with_default(subscriber, || {
        let parent = info_span!("parent", p = 1);
        let child = info_span!(parent: &parent, "child", c = 1);
        drop(parent);
        info!("the child holds its parent");
        let _other = info_span!("other", o = 1).entered();
        drop(child);
        info!("both are closed");
    });
    let objects = engine.objects();
    let events: Vec<&str> = objects.iter().map(|o| o["event"].as_str().unwrap()).collect();
    let expected = ["the child holds its parent", "close", "close", "both are closed", "close"];
    assert_eq!(events, expected);
    assert_eq!((&objects[1]["p"], &objects[1]["c"]), (&1.into(), &1.into()));
    assert_eq!((&objects[2]["p"], objects[2].get("c")), (&1.into(), None));
    assert!(!objects[1].contains_key("o") && !objects[2].contains_key("o"));
}

#[test]
fn follows_from_by_option() {
    let engine = Engine::start();
    let run = |layer: Layer| {
        with_default(layer.into_subscriber(), || {
            let (a, b) = (info_span!("a"), info_span!("b"));
            let span = info_span!("consumer", x = 1);
            span.follows_from(&a).follows_from(&b);
            span.in_scope(|| info!("consumed"));
        });
        engine.said()
    };
    assert_eq!(run(Layer::new()), ["consumed x=1"]);
    let expected = ["consumed x=1 follows_from=[\"a\",\"b\"]"];
    assert_eq!(run(Layer::new().follows_from(true)), expected);
}

/// A span's number is given again only when its records are written: fields never get mixed up.
#[test]
fn many_short_spans() {
    let engine = Engine::start();
    let expected: Vec<String> = (0..5000).map(|i| format!("in i={i}")).collect();
    for i in 0..5000 {
        info_span!("short", i).in_scope(|| info!("in"));
    }
    assert_eq!(engine.said(), expected);
}

#[test]
fn fields_that_another_layer_knows_when_a_span_is_entered() {
    let engine = Engine::start();
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = asked.clone();
    let ours = Layer::new().fields_on_enter(move || {
        match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => vec![("trace_id", "t".into()), ("parts", [1, 2].into())],
            1 => Vec::new(),
            _ => panic!("from the program's own code, on purpose"),
        }
    });
    tracing::subscriber::with_default(ours.into_subscriber(), || {
        let outer = info_span!("outer", a = 1);
        for _ in 0..2 {
            let _outer = outer.enter();
            info!("out");
            info_span!("inner", b = 1).in_scope(|| info!("in"));
        }
        info!("none");
    });
    let expected = [
        "out a=1 trace_id=\"t\" parts=[1,2]",
        "in a=1 trace_id=\"t\" parts=[1,2] b=1",
        "out a=1 trace_id=\"t\" parts=[1,2]",
        "in a=1 trace_id=\"t\" parts=[1,2] b=1",
        "none",
    ];
    assert_eq!(engine.said(), expected);
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 3, "once a span");
}
