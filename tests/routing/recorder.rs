//! Fine records that are written when something goes wrong, and not otherwise.

use crate::support::*;
use ripsaw::format::Json;
use ripsaw::process::{Draft, Filter, FlightRecorder, Flow, Sample};
use ripsaw::sink::Memory;
use ripsaw::{Builder, Event, Level, Logger, Route, Value};
use ripsaw::{critical, debug, error, info, trace, warn};

fn base(recorder: FlightRecorder) -> Builder {
    ripsaw::builder().level(Level::Trace).format(plain()).processor(recorder)
}

#[test]
fn an_error_brings_what_led_to_it() {
    let memory = Memory::new();
    let recorder = FlightRecorder::per_thread();
    let counts = recorder.counts();
    let engine = Engine::start(base(recorder).sink(memory.clone()));
    let log = Logger::new("shop").with("user", 7);
    trace!("t {}", 1);
    debug!(logger: &log, list = Value::from([1, 2]), "d");
    Event::new(Level::Debug, "made").target("x").field("k", 1.5).emit();
    info!("i");
    warn!("w");
    error!("e");
    debug!("after");
    engine.pump();
    let expected = [
        "INFO     i",
        "WARNING  w",
        "TRACE    t 1 replayed=true",
        "DEBUG    d user=7 list=[1,2] replayed=true",
        "DEBUG    made k=1.5 replayed=true",
        "ERROR    e",
    ];
    assert_eq!(memory.lines(), expected);
    assert_eq!((counts.kept(), counts.evicted(), counts.replayed()), (4, 0, 3));
    critical!("c");
    error!("again");
    let stats = engine.stop();
    let rest = ["DEBUG    after replayed=true", "CRITICAL c", "ERROR    again"];
    assert_eq!(memory.lines()[6..], rest, "each once");
    assert_eq!((stats.written, stats.filtered), (5, 4));
}

#[test]
fn replayed_records_keep_their_time_thread_and_place() {
    let memory = Memory::new();
    let recorder = FlightRecorder::per_field("trace_id");
    let format = Json::new();
    let engine = Engine::start(base(recorder).format(format).sink(memory.clone()));
    let handle = engine.handle();
    let thread = std::thread::Builder::new().name("elsewhere".to_owned());
    let log = move || {
        let _attached = handle.attach();
        debug!(trace_id = 17_u64, "deep");
    };
    thread.spawn(log).unwrap().join().unwrap();
    engine.pump();
    std::thread::sleep(std::time::Duration::from_millis(5));
    error!(trace_id = 17_i32, "failed");
    engine.stop();
    let lines = memory.lines();
    let parsed: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (parsed[0]["event"].as_str(), parsed[1]["event"].as_str()),
        (Some("deep"), Some("failed"))
    );
    assert_eq!(parsed[0]["replayed"], true);
    assert!(
        parsed[0]["timestamp"].as_str().unwrap() < parsed[1]["timestamp"].as_str().unwrap(),
        "{lines:?}"
    );
}

#[test]
fn scopes_are_threads_or_values_of_a_field() {
    let log = |memory: &Memory, recorder: FlightRecorder| {
        let engine = Engine::start(base(recorder).sink(memory.clone()));
        debug!(trace_id = "a", "main a");
        debug!(trace_id = "b", "main b");
        debug!("main");
        let handle = engine.handle();
        let work = move || {
            let _attached = handle.attach();
            debug!(trace_id = "a", "other a");
            debug!("other");
            error!(trace_id = "a", "failed");
            error!("without a trace");
        };
        std::thread::spawn(work).join().unwrap();
        engine.stop();
        memory
            .lines()
            .iter()
            .map(|line| line[9..].split(" trace_id").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let lines = log(&Memory::new(), FlightRecorder::per_thread());
    assert_eq!(lines, ["other a", "other replayed=true", "failed", "without a trace"]);
    let lines = log(&Memory::new(), FlightRecorder::per_field("trace_id"));
    assert_eq!(lines, ["main a", "other a", "failed", "other replayed=true", "without a trace"]);
}

#[test]
fn memory_is_bounded_by_bytes_and_by_scopes() {
    let memory = Memory::new();
    let recorder = FlightRecorder::per_field("t").bytes(4096).scopes(2);
    let counts = recorder.counts();
    let engine = Engine::start(base(recorder).sink(memory.clone()));
    (0..1000).for_each(|i| debug!(t = "a", i, "fine"));
    debug!(t = "a", "{}", "x".repeat(10_000));
    engine.pump();
    assert_eq!((counts.kept(), counts.evicted()), (1001, 1001), "too large a one drives all out");
    (0..1000).for_each(|i| debug!(t = "a", i, "fine"));
    error!(t = "a", "failed");
    engine.pump();
    let lines = memory.lines();
    assert!((5..40).contains(&lines.len()), "{}", lines.len());
    let first = 1000 - (lines.len() - 1);
    for (line, i) in lines.iter().zip(first..1000) {
        assert_eq!(
            *line,
            format!("DEBUG    fine t=a i={i} replayed=true"),
            "the last ones, in order"
        );
    }
    memory.clear();
    for t in ["a", "b", "a", "c"] {
        debug!(t, "step");
    }
    for t in ["a", "b", "c"] {
        error!(t, "failed");
    }
    engine.stop();
    assert_eq!(
        memory.lines(),
        [
            "DEBUG    step t=a replayed=true",
            "DEBUG    step t=a replayed=true",
            "ERROR    failed t=a",
            "ERROR    failed t=b",
            "DEBUG    step t=c replayed=true",
            "ERROR    failed t=c",
        ],
        "b was silent longest"
    );
    assert_eq!(counts.kept(), counts.evicted() + counts.replayed());
}

#[test]
fn what_is_replayed_passes_the_processors_behind_and_those_of_the_routes() {
    let (all, own, severe, filtered) = (Memory::new(), Memory::new(), Memory::new(), Memory::new());
    let number = |draft: &mut Draft<'_>| {
        draft.set("before", true);
        draft.set_prefix("> ");
        Flow::Keep
    };
    let redact = |draft: &mut Draft<'_>| {
        if draft.get("card").is_some() {
            draft.set("card", "***");
        }
        match draft.get("drop") {
            Some(_) => Flow::Drop,
            None => Flow::Keep,
        }
    };
    let mark = |draft: &mut Draft<'_>| {
        draft.remove("before");
        draft.set_message("changed");
        Flow::Keep
    };
    let builder = ripsaw::builder()
        .level(Level::Debug)
        .format(plain())
        .processor(number)
        .processor(FlightRecorder::per_thread())
        .processor(redact)
        .route(Route::new(all.clone()))
        .route(Route::new(own.clone()).processor(mark))
        .route(Route::new(severe.clone()).level(Level::Info))
        .route(Route::new(filtered.clone()).filter(!Filter::has_field("card")));
    let engine = Engine::start(builder);
    debug!(card = "4111", "paid");
    debug!(drop = 1, "unwanted");
    debug!("plain");
    error!("e");
    engine.stop();
    let expected = [
        "DEBUG    > paid card=*** before=true replayed=true",
        "DEBUG    > plain before=true replayed=true",
        "ERROR    > e before=true",
    ];
    assert_eq!(all.lines(), expected);
    assert_eq!(own.lines()[0], "DEBUG    > changed card=*** replayed=true");
    assert_eq!(own.lines().len(), 3);
    assert_eq!(severe.lines(), expected[2..]);
    assert_eq!(filtered.lines(), expected[1..]);
}

#[test]
fn a_route_may_have_a_recorder_of_its_own() {
    let (all, recorded) = (Memory::new(), Memory::new());
    let recorder = FlightRecorder::per_thread().below(Level::Warning).trigger(Level::Critical);
    let builder = ripsaw::builder().level(Level::Debug).format(plain()).sink(all.clone()).route(
        Route::new(recorded.clone()).processor(recorder).processor(Sample::probability(1.0)),
    );
    let engine = Engine::start(builder);
    debug!("d");
    info!("i");
    error!("e");
    critical!("c");
    let stats = engine.stop();
    assert_eq!(all.lines(), ["DEBUG    d", "INFO     i", "ERROR    e", "CRITICAL c"]);
    assert_eq!(
        recorded.lines(),
        ["ERROR    e", "DEBUG    d replayed=true", "INFO     i replayed=true", "CRITICAL c"]
    );
    assert_eq!((stats.written, stats.filtered), (4, 0));
}

#[test]
fn a_recorder_with_wrong_settings_does_not_start() {
    for (recorder, field) in [
        (FlightRecorder::per_thread().below(Level::Critical), "recorder.below"),
        (FlightRecorder::per_thread().bytes(100), "recorder.bytes"),
        (FlightRecorder::per_thread().scopes(0), "recorder.scopes"),
    ] {
        match base(recorder).sink(Memory::new()).start_local() {
            Err(ripsaw::StartError::Config(error)) => assert_eq!(error.field(), field),
            other => panic!("{other:?}"),
        }
    }
}
