//! Events become records of a statement of their own, as those of the native macros, and read as those that carry everything.

use crate::Engine;
use proptest::prelude::*;
use ripsaw::format::{Format, Json, KeyValue, Pretty, Text};
use ripsaw::process::{Draft, Flow, Statistics};
use ripsaw::sink::Memory;
use ripsaw::{HeadSampling, Level, LevelFilter, Overflow, Route};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;
use tracing::field::Empty;
use tracing::{error, info};

type Seen = Arc<Mutex<Vec<(bool, String)>>>;

/// An engine that tells which of its records name a statement, and by what name events go.
fn watched() -> (Engine, Seen) {
    let seen = Seen::default();
    let theirs = seen.clone();
    let builder =
        ripsaw::builder().level(LevelFilter::NotSet).processor(move |draft: &mut Draft<'_>| {
            theirs.lock().unwrap().push((draft.statement().is_some(), draft.name().to_owned()));
            Flow::Keep
        });
    (Engine::with(builder, Json::new().timestamp(false)), seen)
}

#[test]
fn events_name_their_statement_if_they_have_all_its_fields() {
    let (engine, seen) = watched();
    let log = |b: Option<i32>| info!(a = 1, b, c = %"c", "message {}", 1);
    log(Some(1));
    log(None);
    log(Some(2));
    info!(a = 1);
    info!(message = "");
    info!(a = Empty, "empty");
    let expected = [
        "message 1 a=1 b=1 c=\"c\"",
        "message 1 a=1 c=\"c\"",
        "message 1 a=1 b=2 c=\"c\"",
        " a=1",
        "",
        "empty",
    ];
    assert_eq!(engine.said(), expected);
    let statements: Vec<bool> = seen.lock().unwrap().iter().map(|(is, _)| *is).collect();
    assert_eq!(statements, [true, false, true, true, false, false]);
}

/// Threads that reach a statement for the first time together find the same one, as all later calls do.
#[test]
fn a_statement_is_one_whoever_reaches_it_first() {
    const THREADS: usize = 8;
    let ids = Arc::new(Mutex::new(Vec::new()));
    let theirs = ids.clone();
    let builder =
        ripsaw::builder().level(LevelFilter::NotSet).processor(move |draft: &mut Draft<'_>| {
            theirs.lock().unwrap().push(draft.statement().map(|(id, _)| id));
            Flow::Keep
        });
    let engine = Engine::with(builder, Json::new());
    let together = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for i in 0..THREADS {
            let (guard, together) = (&engine.guard, &together);
            scope.spawn(move || {
                let _attached = guard.attach();
                together.wait();
                for _ in 0..100 {
                    info!(i, "event");
                }
            });
        }
    });
    assert_eq!(engine.take().len(), 100 * THREADS);
    let ids = ids.lock().unwrap();
    assert!(ids[0].is_some() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

/// The name that a statement gives its event counts as that of a native one: it stands where there is no message.
#[test]
fn inv_005_names_of_events() {
    let (engine, seen) = watched();
    info!(name: "order.placed", a = 1);
    info!(name: "order.placed", a = Empty);
    info!(name: "order.placed", a = 1, "message");
    info!(a = 1, "no name");
    ripsaw::info!(name: "order.placed", a = 1);
    let expected =
        ["order.placed a=1", "order.placed", "message a=1", "no name a=1", "order.placed a=1"];
    assert_eq!(engine.said(), expected);
    let placed = "order.placed".to_owned();
    let names: Vec<_> = seen.lock().unwrap().iter().map(|(_, name)| name.clone()).collect();
    assert_eq!(names, [&placed, &placed, &placed, &String::new(), &placed].map(String::clone));
}

/// Counts go by message, for each what it says.
#[test]
fn statistics_tell_messages_apart() {
    let statistics = Statistics::new().by_event(true);
    let totals = statistics.handle();
    let builder = ripsaw::builder().level(LevelFilter::NotSet).processor(statistics);
    let engine = Engine::with(builder, Json::new().timestamp(false));
    for i in 0..3 {
        info!(target: "t", i, "often");
    }
    info!(target: "t", "once");
    assert_eq!(engine.take().len(), 4);
    let totals = totals.prometheus();
    assert!(totals.contains("often") && totals.contains("once"), "{totals}");
}

/// Sampling of a target is that of native statements.
#[test]
fn sampling_is_that_of_native_statements() {
    let first = HeadSampling::FirstThenEvery { first: 2, every: 0, per: Duration::from_secs(3600) };
    let builder =
        ripsaw::builder().level(LevelFilter::NotSet).sample("sampled", Level::Info, first);
    let engine = Engine::with(builder, Json::new().timestamp(false));
    for i in 0..10 {
        info!(target: "sampled", i, "event");
        ripsaw::info!(target: "sampled", i, "native");
    }
    error!(target: "sampled", "other");
    assert_eq!(engine.said(), ["event i=0", "native i=0", "event i=1", "native i=1", "other"]);
}

/// More fields than a frame has room for.
#[test]
fn many_fields() {
    let (engine, seen) = watched();
    macro_rules! with_fields {
        ($($name:ident)*) => { info!($($name = 1,)* "many") };
    }
    with_fields!(a b c d e f g h i j k l m n o p q r s t u v w x y z aa ab ac ad ae);
    assert!(seen.lock().unwrap().is_empty());
    let line = &engine.take()[0];
    assert_eq!(line.matches(":1").count(), 31, "{line}");
    assert_eq!(*seen.lock().unwrap(), [(true, String::new())], "thirty-two arguments");
}

/// The lines of one format for what a test logs.
fn lines(format: impl Format + 'static, log: impl FnOnce()) -> Vec<String> {
    let memory = Memory::new();
    let guard = ripsaw::builder()
        .level(LevelFilter::NotSet)
        .overflow(Overflow::Block(Duration::MAX))
        .arena_bytes(1 << 20)
        .route(Route::new(memory.clone()).format(format))
        .manual()
        .start_local()
        .expect("the engine starts");
    let attached = guard.attach();
    log();
    drop(attached);
    while guard.handle().pump() > 0 {}
    memory.lines()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Two statements that differ in a field that is missing: the record of one names its statement, that of the other carries
    /// everything.
    #[test]
    fn the_same_lines_in_every_format(
        text in any::<String>(),
        shown in any::<String>(),
        int in any::<i64>(),
        wide in any::<u128>(),
        float in any::<f64>(),
        yes in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let _global = Engine::start();
        let log = || {
            let (text, bytes) = (text.as_str(), bytes.as_slice());
            info!(target: "t", text, %shown, int, wide, float, yes, bytes, text, "{text} and {shown}");
            info!(target: "t", text, %shown, int, wide, float, yes, bytes, text, no = Empty, "{text} and {shown}");
            info!(target: "t", text, ?shown, level = int);
            info!(target: "t", text, ?shown, level = int, no = Empty);
            info!(target: "t", "{}", shown);
            info!(target: "t", no = Empty, "{}", shown);
        };
        let all = [
            lines(Json::new().timestamp(false), log),
            lines(Json::gcp().timestamp(false).location(false), log),
            lines(Text::new().timestamp(false), log),
            lines(KeyValue::new().timestamp(false), log),
            lines(Pretty::new().timestamp(false), log),
        ];
        for lines in all {
            for pair in lines.chunks(2) {
                prop_assert_eq!(&pair[0], &pair[1]);
            }
        }
    }
}
