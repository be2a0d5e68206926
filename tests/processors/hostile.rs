//! Secrets by detours, clocks that go back, keys that come twice, and processors that call their own engine.

use crate::support::Engine;
use ripsaw::format::{Json, Text};
use ripsaw::process::{
    Alert, Collapse, Draft, FlightRecorder, Flow, Moment, Performance, Processor, Redact, Sample,
    Timed, Truncate,
};
use ripsaw::sink::Memory;
use ripsaw::{
    Clock, Event, FlushError, Level, Logger, ManualClock, Route, Value, debug, error, info,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECRET: &str = "zQ9canary8Xv";

fn text() -> Text {
    Text::new().timestamp(false).target(false)
}

#[track_caller]
fn assert_hidden(lines: &[String], count: usize) {
    assert_eq!(lines.len(), count, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains(SECRET)), "{lines:#?}");
}

#[test]
fn a_summary_of_repeats_does_not_show_what_is_redacted_behind_it() {
    let builder =
        ripsaw::builder().format(text()).processor(Collapse::repeats()).processor(Redact::new());
    let engine = Engine::start(builder);
    for _ in 0..3 {
        let password = SECRET;
        info!("login with {password}");
    }
    info!("end");
    assert_hidden(&engine.lines(), 3);
}

#[test]
fn a_summary_of_repeats_does_not_show_what_a_route_redacts() {
    let open = Memory::new();
    let closed = Memory::new();
    let guard = ripsaw::builder()
        .manual()
        .format(text())
        .processor(Collapse::repeats())
        .route(Route::new(open.clone()))
        .route(Route::new(closed.clone()).processor(Redact::new()))
        .start_local()
        .unwrap();
    let attached = guard.attach();
    for _ in 0..3 {
        info!(password = SECRET, "login with {}", SECRET);
    }
    info!("end");
    while guard.handle().pump() > 0 {}
    drop(attached);
    assert_eq!(open.lines().len(), 3);
    assert_hidden(&closed.lines(), 3);
    assert!(closed.lines()[1].contains("repeated 2 times: login with [REDACTED]"));
}

#[test]
fn what_a_processor_says_of_a_secret_is_redacted_by_those_behind() {
    struct Talks;
    impl Processor for Talks {
        fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
            draft.say(Level::Info, "t", "said", &[("password", Value::from(SECRET))]);
            draft.say_before(Level::Info, "t", "before", &[("password", Value::from(SECRET))], 1);
            Flow::Keep
        }
        fn tick(&mut self, moment: &mut Moment<'_>) {
            if moment.is_flush() {
                moment.say(Level::Info, "t", "ticked", &[("token", Value::from(SECRET))]);
            }
        }
    }
    let builder = ripsaw::builder().format(text()).processor(Talks).processor(Redact::new());
    let engine = Engine::start(builder);
    info!("one");
    engine.flush();
    assert_hidden(&engine.lines(), 4);
    let route = Memory::new();
    let guard = ripsaw::builder()
        .manual()
        .processor(Talks)
        .route(Route::new(route.clone()).format(text()).processor(Redact::new()))
        .start_local()
        .unwrap();
    let attached = guard.attach();
    info!("one");
    guard.handle().flush(Duration::from_secs(60)).unwrap();
    drop(attached);
    assert_hidden(&route.lines(), 4);
}

#[test]
fn the_words_of_a_panic_are_not_told_to_a_route_that_redacts() {
    let closed = Memory::new();
    let guard = ripsaw::builder()
        .manual()
        .processor(|draft: &mut Draft<'_>| -> Flow {
            panic!("cannot read {:?}", draft.get("password"))
        })
        .route(Route::new(closed.clone()).format(text()).processor(Redact::new()))
        .start_local()
        .unwrap();
    let attached = guard.attach();
    info!(password = SECRET, "one");
    while guard.handle().pump() > 0 {}
    drop(attached);
    assert_hidden(&closed.lines(), 2);
}

#[test]
fn the_fields_of_an_event_are_no_level_of_depth() {
    for depth in [0, 1] {
        let engine = Engine::with(Redact::new().depth(depth));
        let inner = Value::from([("password", Value::from(SECRET))]);
        Event::new(Level::Info, "event").field("password", SECRET).field("n", 1).emit();
        Event::new(Level::Info, "event").field("map", inner.clone()).emit();
        info!(map = inner, "macro");
        let lines = engine.lines();
        assert_hidden(&lines, 3);
        assert_eq!(lines[0], "INFO     event password=[REDACTED] n=1", "depth {depth}");
        assert_eq!(
            lines[1].trim_start_matches("INFO     event"),
            lines[2].trim_start_matches("INFO     macro"),
            "depth {depth}"
        );
    }
}

#[test]
fn what_a_recorder_keeps_is_redacted_when_it_is_replayed() {
    for context in [false, true] {
        let builder = ripsaw::builder()
            .format(text())
            .processor(FlightRecorder::per_thread())
            .processor(Redact::new());
        let engine = Engine::start(builder);
        let _scope = context.then(|| ripsaw::scope! { session = SECRET, user.token = SECRET });
        let log = Logger::new("l").with("apiKey", SECRET);
        let password = SECRET;
        debug!(token = SECRET, "kept {password}");
        debug!(logger: &log, "bound");
        Event::new(Level::Debug, "event").field("secret", SECRET).emit();
        error!("trigger");
        assert_hidden(&engine.lines(), 4);
    }
}

#[test]
fn a_timed_processor_is_checked_like_the_one_that_it_times() {
    let error = ripsaw::builder()
        .processor(Timed::new(Sample::probability(f64::NAN)))
        .sink(Memory::new())
        .start_local()
        .unwrap_err();
    assert!(error.to_string().contains("sample.probability"), "{error}");
}

#[test]
fn a_clock_that_is_set_back_does_not_silence_alerts() {
    let calls = Arc::new(Mutex::new(0));
    let counted = calls.clone();
    let alert =
        Alert::new(move |_| *counted.lock().unwrap() += 1).at_most(1, Duration::from_secs(60));
    let hour = Duration::from_secs(3600);
    let clock = ManualClock::new(hour * 1000);
    let engine = Engine::start(ripsaw::builder().clock(Clock::Manual(clock)).processor(alert));
    error!("first");
    engine.pump();
    clock.set(hour * 999);
    error!("second");
    engine.pump();
    assert_eq!(*calls.lock().unwrap(), 2);
}

#[test]
fn truncation_cuts_each_field_in_its_place() {
    let engine = Engine::with(Truncate::new(4));
    let log =
        Logger::new("l").with("k", "a long text of the logger").with("o", "another long text");
    info!(logger: &log, k = "own", "m");
    let line = engine.line();
    assert!(line.contains("k=own") && line.contains("o=anot…"), "{line}");
    Event::new(Level::Info, "e").field("k", "a long text").field("k", "own").emit();
    assert_eq!(engine.line(), "INFO     e k=\"a lo…\" k=own");
}

#[test]
fn lines_of_changed_records_are_sound_json_with_each_key_once() {
    let touch = |draft: &mut Draft<'_>| {
        draft.set("\"\n", "}{");
        draft.set("", f64::NAN);
        draft.set("level", "x");
        draft.set_target("\u{0}\"");
        draft.set_prefix("\"\\");
        Flow::Keep
    };
    let memory = Memory::new();
    let guard = ripsaw::builder()
        .manual()
        .format(Json::new())
        .processor(touch)
        .processor(Performance::new())
        .sink(memory.clone())
        .start_local()
        .unwrap();
    let attached = guard.attach();
    let log = Logger::new("l").with("k", "bound").with("k2", 1);
    let _scope = ripsaw::scope! { k = "ambient", "" = 2 };
    info!(logger: &log, k = "own", start_time = f64::MAX, "m");
    Event::new(Level::Info, "e").field("k", 1).field("k", 2).emit();
    while guard.handle().pump() > 0 {}
    drop(attached);
    let lines = memory.lines();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let _: serde_json::Value = serde_json::from_str(&line).expect(&line);
        assert_eq!(line.matches("\"k\":").count(), 1, "{line}");
        assert_eq!(line.matches("\"\":").count(), 1, "{line}");
    }
}

/// All that a handle can do, from within a processor.
#[test]
fn a_processor_may_call_its_own_engine() {
    let place: Arc<Mutex<Option<ripsaw::Handle>>> = Arc::default();
    let (seen, memory) = (place.clone(), Memory::new());
    let second = memory.clone();
    let calls = move |draft: &mut Draft<'_>| {
        if let Some(handle) = seen.lock().unwrap().take() {
            assert_eq!(handle.flush(Duration::from_secs(60)), Err(FlushError::OnWriter));
            assert_eq!(handle.pump(), 0);
            let _ = (handle.stats(), handle.levels(), handle.suppressed());
            info!("refused");
            let _scope = ripsaw::scope! { made = "in a processor" };
            info!("refused too");
            let log = handle.logger("l").with("k", 1);
            info!(logger: &log, "refused again");
            Event::new(Level::Info, "and an event").field("k", 1).emit();
            handle.set_level(Level::Trace);
            handle.reload(ripsaw::builder().manual().format(text()).sink(second.clone())).unwrap();
        }
        draft.set("seen", true);
        Flow::Keep
    };
    for manual in [true, false] {
        let first = Memory::new();
        let builder = ripsaw::builder().format(text()).processor(calls.clone()).sink(first.clone());
        let builder = if manual { builder.manual() } else { builder };
        let guard = builder.start_local().unwrap();
        let attached = guard.attach();
        *place.lock().unwrap() = Some(guard.handle());
        info!("a");
        guard.handle().flush(Duration::from_secs(60)).unwrap();
        info!("b");
        guard.handle().flush(Duration::from_secs(60)).unwrap();
        drop(attached);
        let stats = guard.handle().stats();
        assert_eq!(stats.accepted, stats.written + stats.dropped(), "{stats:?}");
        assert_eq!(first.lines()[0], "INFO     a seen=true");
        assert!(memory.lines().contains(&"INFO     b".to_owned()), "{:?}", memory.lines());
        assert!(!memory.text().contains("refused") && !first.text().contains("refused"));
    }
}

/// With thousands of fields, half of the keys twice, and deep nests.
#[test]
fn records_of_any_shape_pass_all_processors() {
    let builder = ripsaw::builder()
        .format(Json::new())
        .processor(Truncate::new(0))
        .processor(Collapse::repeats())
        .processor(FlightRecorder::per_field(""))
        .processor(Redact::new().detect(ripsaw::process::Detector::ALL))
        .processor(|draft: &mut Draft<'_>| {
            (0..200).for_each(|i| draft.set(&format!("k{i}"), i));
            draft.set_message(&"m".repeat(1 << 20));
            Flow::Keep
        })
        .processor(Truncate::new(usize::MAX));
    let engine = Engine::start(builder);
    let mut nest = Value::from(SECRET);
    for i in 0..100 {
        nest = if i % 2 == 0 { Value::List(vec![nest]) } else { Value::from([("", nest)]) };
    }
    for _ in 0..2 {
        let keys: Vec<String> = (0..4_000).map(|i| format!("f{}", i % 2000)).collect();
        let mut event = Event::new(Level::Error, "");
        for key in &keys {
            event = event.field(key, 1);
        }
        event.field("nest", nest.clone()).field("password", nest.clone()).emit();
        error!(target: "", "" = 1, nest = nest.clone(), "{}", "");
    }
    for line in engine.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{:.200}", line);
    }
    let stats = engine.stats();
    assert_eq!(stats.accepted, stats.written + stats.filtered + stats.dropped(), "{stats:?}");
}

#[test]
fn a_report_of_what_was_sampled_out_holds_no_argument() {
    let sample = Sample::first_then_every(0, 0, Duration::from_secs(60))
        .report_every(Duration::from_nanos(1));
    let builder = ripsaw::builder().format(text()).processor(sample).processor(Redact::new());
    let engine = Engine::start(builder);
    let password = SECRET;
    info!("login with {password}");
    engine.pump();
    engine.flush();
    let lines = engine.lines();
    assert_hidden(&lines, 1);
    assert!(lines[0].contains("of=\"login with {}\""), "{lines:?}");
}

/// Destructors are foreign code too.
#[test]
fn a_processor_may_panic_and_call_its_engine_when_it_is_dropped() {
    struct Last(Arc<Mutex<Option<ripsaw::Handle>>>);
    impl Processor for Last {
        fn process(&mut self, _: &mut Draft<'_>) -> Flow {
            Flow::Keep
        }
    }
    impl Drop for Last {
        fn drop(&mut self) {
            let handle = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            if let Some(handle) = handle {
                let _ = (handle.stats(), handle.flush(Duration::from_secs(1)), handle.pump());
                handle.set_level(Level::Debug);
                info!("last words");
                panic!("in a destructor");
            }
        }
    }
    for (manual, route) in [(true, false), (true, true), (false, false), (false, true)] {
        let place: Arc<Mutex<Option<ripsaw::Handle>>> = Arc::default();
        let (first, second) = (Memory::new(), Memory::new());
        let builder = ripsaw::builder().format(text());
        let last = Last(place.clone());
        let builder = match route {
            true => builder.route(Route::new(first.clone()).processor(last)),
            false => builder.processor(last).sink(first.clone()),
        };
        let builder = if manual { builder.manual() } else { builder };
        let guard = builder.start_local().unwrap();
        let handle = guard.handle();
        let attached = guard.attach();
        info!("a");
        handle.flush(Duration::from_secs(60)).unwrap();
        *place.lock().unwrap() = Some(handle.clone());
        handle.reload(ripsaw::builder().manual().format(text()).sink(second.clone())).unwrap();
        info!("b");
        handle.flush(Duration::from_secs(60)).unwrap();
        assert!(place.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_none());
        assert_eq!(first.lines(), ["INFO     a"], "{manual} {route}");
        assert_eq!(second.lines()[0], "INFO     b", "{manual} {route}");
        drop(attached);
        let stats = handle.stats();
        assert_eq!(stats.accepted, stats.written + stats.dropped(), "{stats:?}");
    }
}

#[test]
fn arguments_that_are_borrowed_copied_or_formatted_are_hidden() {
    struct User {
        password: String,
    }
    let user = User { password: SECRET.to_owned() };
    let password = user.password.clone();
    let engine = Engine::with(Redact::new());
    info!("{}", &password);
    info!("{}", password.as_str());
    info!("{}", password.clone());
    info!("{}", user.password);
    info!("{:>40}|{0:<2}", user.password);
    info!("{0:?} {0}", password);
    info!("{p}", p = password);
    info!("{password:?}");
    info!(%password, "{}", password);
    info!(token = ?user.password, "{:?}", user.password);
    assert_hidden(&engine.lines(), 10);
}

#[test]
fn no_part_of_a_changed_record_breaks_its_line() {
    use ripsaw::format::{ColorChoice, KeyValue, Pretty};
    let touch = |draft: &mut Draft<'_>| {
        draft.set("k\n\u{1b}[2J", "v\r\n\u{1b}[2J");
        draft.set_target("t\n\u{1b}[2J");
        draft.set_prefix("p\r\n\u{1b}[2J");
        if draft.get("own").is_some() {
            draft.set_message("m\n\u{1b}[2J\u{9b}2J");
        }
        Flow::Keep
    };
    let memories: Vec<Memory> = (0..6).map(|_| Memory::new()).collect();
    let route = |at: usize| Route::new(memories[at].clone());
    let guard = ripsaw::builder()
        .manual()
        .processor(touch)
        .route(route(0).format(Text::new()))
        .route(route(1).format(KeyValue::new().logger(true)))
        .route(route(2).format(KeyValue::compat()))
        .route(route(3).format(Pretty::new().color(ColorChoice::Never)))
        .route(route(4).format(Json::new()))
        .route(route(5).format(Pretty::new().color(ColorChoice::Always)))
        .start_local()
        .unwrap();
    let attached = guard.attach();
    info!("plain");
    info!(own = true, "own");
    Event::new(Level::Info, "e\n\u{1b}").field("own", "\n").emit();
    Event::new(Level::Info, "e\n\u{1b}").field("n", "\n").emit();
    while guard.handle().pump() > 0 {}
    drop(attached);
    for (at, memory) in memories.iter().enumerate() {
        let text = memory.text();
        assert_eq!(text.lines().count(), 4, "{at}: {text:?}");
        assert!(!text.contains("\u{1b}[2J") && !text.contains(['\r', '\u{9b}']), "{at}: {text:?}");
    }
}
