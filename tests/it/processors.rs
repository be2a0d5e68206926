//! Processors and filters on the writer's thread, with the books that they must leave balanced.

use crate::support::*;
use ripsaw::process::{Draft, Filter, Flow, Moment, Processor};
use ripsaw::sink::Memory;
use ripsaw::{Level, Route, Value, debug, info, warn};

#[test]
fn records_are_changed_dropped_and_counted() {
    let memory = Memory::new();
    let change = |draft: &mut Draft<'_>| {
        if draft.get("drop").is_some() {
            return Flow::Drop;
        }
        draft.set("added", 7_u64);
        if draft.rename("old", "new") {
            draft.set_message("renamed");
        }
        draft.remove("gone");
        draft.set_prefix("[x] ");
        Flow::Keep
    };
    let builder = ripsaw::builder().format(plain()).processor(change).sink(memory.clone());
    let engine = Engine::start(builder);
    let n = 3;
    info!(old = 1, gone = 2, "message {n}");
    info!(drop = true, "never seen");
    info!(added = 1, "kept in place");
    let (_, stats) = engine.stop_within(LONG, 3);
    assert_eq!(
        memory.lines(),
        ["INFO     [x] renamed new=1 added=7", "INFO     [x] kept in place added=7"]
    );
    assert_eq!((stats.accepted, stats.written, stats.filtered), (3, 2, 1));
    let processor = &stats.processors[0];
    assert_eq!((processor.calls, processor.dropped, processor.panics), (3, 1, 0));
}

#[test]
fn a_prefix_stands_before_the_message_in_every_format() {
    let (text, json) = (Memory::new(), Memory::new());
    let mark = |draft: &mut Draft<'_>| {
        if draft.level() >= Level::Warning {
            draft.set_prefix("\"!\" ");
        }
        Flow::Keep
    };
    let builder = ripsaw::builder()
        .processor(mark)
        .route(Route::new(text.clone()).format(plain()))
        .route(Route::new(json.clone()).format(ripsaw::format::Json::new().timestamp(false)));
    let engine = Engine::start(builder);
    for a in 0..2 {
        info!(a, "plain");
        warn!(a, "marked {a}");
    }
    engine.stop_within(LONG, 4);
    let text = text.lines();
    assert_eq!(text[..2], ["INFO     plain a=0", "WARNING  \"!\" marked 0 a=0"]);
    let json = json.lines();
    assert!(json[1].contains(r#""event":"\"!\" marked 0","a":0"#), "{}", json[1]);
    assert!(json[2].contains(r#""event":"plain","a":1"#), "{}", json[2]);
}

#[test]
fn a_processor_that_panics_changes_nothing() {
    let memory = Memory::new();
    let panics = |draft: &mut Draft<'_>| {
        draft.set("half", 1_u64);
        draft.set_prefix("half ");
        assert!(draft.get("bad").is_none(), "told to");
        Flow::Keep
    };
    let first = |draft: &mut Draft<'_>| {
        draft.set("first", true);
        Flow::Keep
    };
    let builder =
        ripsaw::builder().format(plain()).processor(first).processor(panics).sink(memory.clone());
    let engine = Engine::start(builder);
    info!(bad = 1, "one");
    info!("two");
    let (_, stats) = engine.stop_within(LONG, 2);
    assert_eq!(
        memory.lines(),
        [
            "INFO     one bad=1 first=true",
            "ERROR    processor_failed processor=closure error=\"told to\"",
            "INFO     half two first=true half=1",
        ]
    );
    assert_eq!(stats.processors[1].panics, 1);
    assert_eq!((stats.written, stats.dropped()), (2, 0));
}

/// Panics on all records; none may pass unseen.
struct Strict;

impl Processor for Strict {
    fn process(&mut self, _: &mut Draft<'_>) -> Flow {
        panic!("told to");
    }
    fn is_essential(&self) -> bool {
        true
    }
}

#[test]
fn nothing_passes_an_essential_processor_that_panics() {
    let (strict, other) = (Memory::new(), Memory::new());
    let builder = ripsaw::builder()
        .format(plain())
        .route(Route::new(strict.clone()).processor(Strict))
        .route(Route::new(other.clone()));
    let engine = Engine::start(builder);
    info!("one");
    let (_, stats) = engine.stop_within(LONG, 1);
    assert_eq!(other.lines()[0], "INFO     one");
    assert!(!strict.text().contains("one"), "{}", strict.text());
    assert_eq!((stats.written, stats.dropped()), (1, 0));

    let memory = Memory::new();
    let engine = Engine::start(ripsaw::builder().processor(Strict).sink(memory.clone()));
    info!("one");
    let (_, stats) = engine.stop_within(LONG, 1);
    assert_eq!(stats.dropped_by(Level::Info, ripsaw::DropCause::Damaged), 1, "{stats:?}");
    assert!(!memory.text().contains("one"));
}

#[test]
fn routes_have_filters_and_processors_of_their_own() {
    let (all, paid, marked) = (Memory::new(), Memory::new(), Memory::new());
    let invoice = Filter::new(|record| record.fields().any(|(key, _)| key == "invoice"));
    let mark = |draft: &mut Draft<'_>| {
        draft.set("route", "marked");
        Flow::Keep
    };
    let builder = ripsaw::builder()
        .format(plain())
        .level(Level::Debug)
        .route(Route::new(all.clone()))
        .route(Route::new(paid.clone()).filter(invoice.clone()))
        .route(Route::new(marked.clone()).filter(invoice).processor(mark).level(Level::Info));
    let engine = Engine::start(builder);
    info!(invoice = 1, "paid");
    debug!(invoice = 2, "noted");
    info!("other");
    let (_, stats) = engine.stop_within(LONG, 3);
    assert_eq!(
        all.lines(),
        ["INFO     paid invoice=1", "DEBUG    noted invoice=2", "INFO     other"]
    );
    assert_eq!(paid.lines(), ["INFO     paid invoice=1", "DEBUG    noted invoice=2"]);
    assert_eq!(marked.lines(), ["INFO     paid invoice=1 route=marked"]);
    assert_eq!((stats.accepted, stats.written, stats.filtered), (3, 3, 0));
}

/// A format that counts how often it is asked.
#[derive(Clone, Debug)]
struct Counting(std::sync::Arc<std::sync::atomic::AtomicU64>);

impl ripsaw::format::Format for Counting {
    fn record(&mut self, record: &ripsaw::Record<'_>, out: &mut Vec<u8>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        ripsaw::format::write_message(record, out);
        out.push(b'\n');
    }
}

#[test]
fn routes_that_share_a_format_render_once() {
    let count = Counting(std::sync::Arc::default());
    let sinks = [Memory::new(), Memory::new(), Memory::new()];
    let mut builder = ripsaw::builder().format(count.clone());
    for sink in &sinks {
        builder = builder.sink(sink.clone());
    }
    let engine = Engine::start(builder);
    (0..100).for_each(|i| info!("record {i}"));
    engine.stop_within(LONG, 100);
    assert_eq!(count.0.load(std::sync::atomic::Ordering::Relaxed), 100);
    for sink in &sinks {
        let lines = sink.lines();
        assert_eq!(lines.len(), 100);
        assert!(lines.iter().enumerate().all(|(i, line)| *line == format!("record {i}")));
    }
}

/// Says how many records it has kept back.
#[derive(Default)]
struct Summary(u64);

impl Processor for Summary {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        if draft.level() >= Level::Warning {
            draft.say(Level::Info, "summary", "a warning came", &[]);
            return Flow::Keep;
        }
        self.0 += 1;
        Flow::Drop
    }
    fn tick(&mut self, moment: &mut Moment<'_>) {
        if moment.is_flush() && self.0 > 0 {
            let kept = std::mem::take(&mut self.0);
            moment.say(Level::Info, "summary", "kept back", &[("count", Value::from(kept))]);
        }
    }
}

#[test]
fn what_gathers_is_said_at_a_flush_and_at_the_end() {
    let memory = Memory::new();
    let builder = ripsaw::builder().format(plain()).processor(Summary::default());
    let engine = Engine::start(builder.sink(memory.clone()));
    info!("one");
    info!("two");
    engine.handle().flush(LONG).unwrap();
    assert_eq!(memory.lines(), ["INFO     kept back count=2"]);
    warn!("three");
    info!("four");
    let (_, stats) = engine.stop_within(LONG, 4);
    let rest = ["WARNING  three", "INFO     a warning came", "INFO     kept back count=1"];
    assert_eq!(memory.lines()[1..], rest);
    assert_eq!((stats.accepted, stats.written, stats.filtered), (4, 1, 3));
}

#[test]
fn a_reload_changes_processors_and_hears_the_old_ones_out() {
    let memory = Memory::new();
    let engine = Engine::start(
        ripsaw::builder().format(plain()).processor(Summary::default()).sink(memory.clone()),
    );
    info!("one");
    engine.handle().flush(LONG).unwrap();
    info!("two");
    while engine.handle().stats().filtered < 2 {
        std::thread::yield_now();
    }
    engine.handle().reload(ripsaw::builder().format(plain()).sink(memory.clone())).unwrap();
    info!("three");
    engine.stop_within(LONG, 3);
    assert_eq!(
        memory.lines(),
        ["INFO     kept back count=1", "INFO     kept back count=1", "INFO     three"]
    );
}

/// What a panic brings, and whose destructor panics too.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor's panic, on purpose")
    }
}

#[test]
fn what_a_panic_of_a_processor_brings_costs_no_record() {
    let memory = Memory::new();
    let on_writer = |draft: &mut Draft<'_>| match draft.get("writer") {
        Some(_) => std::panic::panic_any(Bomb),
        None => Flow::Keep,
    };
    let on_caller = |draft: &mut Draft<'_>| match draft.get("caller") {
        Some(_) => std::panic::panic_any(Bomb),
        None => Flow::Keep,
    };
    let builder = ripsaw::builder().format(plain()).sink(memory.clone());
    let builder = builder.processor(on_writer).caller_processor(on_caller);
    let engine = Engine::start(builder);
    info!(writer = 1, "one");
    info!(caller = 1, "two");
    info!("three");
    // That the processor of the calls has failed is a record, too.
    let (_, stats) = engine.stop_within(LONG, 4);
    let lines = memory.lines();
    for line in ["INFO     one writer=1", "INFO     two caller=1", "INFO     three"] {
        assert!(lines.iter().any(|known| known == line), "{line}: {lines:#?}");
    }
    assert_eq!((stats.accepted, stats.dropped()), (4, 0));
}
