//! A format or a route that misbehaves harms nobody else.

use crate::support::{Engine, LONG, Valve, builder, plain};
use ripsaw::codec::Record;
use ripsaw::format::{Format, Text};
use ripsaw::sink::Memory;
use ripsaw::{DropCause, Level, Route, info, warn};

/// Panics on records with the field `bomb`, half way through the line.
#[derive(Clone)]
struct Touchy(Text);

impl Format for Touchy {
    fn record(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
        if record.fields().any(|(key, _)| key == "bomb") {
            out.extend_from_slice(b"half a li");
            panic!("a format's panic, on purpose");
        }
        self.0.record(record, out);
    }
}

#[test]
fn a_format_that_panics_loses_one_record_and_counts_it() {
    let memory = Memory::new();
    let engine = Engine::start(builder().format(Touchy(plain())).sink(memory.clone()));
    info!("one");
    info!(bomb = 1, "two");
    warn!(bomb = 2, "three");
    info!("four");
    engine.flush();
    info!(bomb = 3, "five");
    info!("six");
    let (report, stats) = engine.stop_within(LONG, 6);
    assert_eq!((report.written, report.dropped, report.unflushed), (3, 3, 0));
    assert_eq!(stats.dropped_by(Level::Info, DropCause::Damaged), 2);
    assert_eq!(stats.dropped_by(Level::Warning, DropCause::Damaged), 1);
    let lines = memory.lines();
    let records: Vec<_> = lines.iter().filter(|line| !line.contains("dropped")).collect();
    assert_eq!(records, ["INFO     one", "INFO     four", "INFO     six"]);
}

/// Whichever stands first, the healthy route has every record, and the books still balance.
#[test]
fn a_format_that_panics_does_not_harm_another_route() {
    for touchy_first in [true, false] {
        let (good, bad) = (Memory::new(), Memory::new());
        let healthy = Route::new(good.clone()).format(plain());
        let touchy = Route::new(bad.clone()).format(Touchy(plain()));
        let (first, second) = if touchy_first { (touchy, healthy) } else { (healthy, touchy) };
        let engine = Engine::start(builder().route(first).route(second));
        info!("one");
        info!(bomb = 1, "two");
        info!("three");
        let (_, _) = engine.stop_within(LONG, 3);
        let records = |memory: &Memory| {
            let lines = memory.lines().into_iter();
            lines.filter(|line| !line.contains("dropped")).collect::<Vec<_>>()
        };
        let note = format!("touchy first: {touchy_first}");
        assert_eq!(records(&bad), ["INFO     one", "INFO     three"], "{note}");
        assert_eq!(
            records(&good),
            ["INFO     one", "INFO     two bomb=1", "INFO     three"],
            "{note}"
        );
    }
}

fn never() -> u64 {
    panic!("evaluated")
}

#[test]
fn routes_take_what_their_level_says() {
    let (all, errors) = (Memory::new(), Memory::new());
    let engine = Engine::start(
        builder()
            .level(Level::Debug)
            .route(Route::new(all.clone()).level(Level::Info))
            .route(Route::new(errors.clone()).level(Level::Error).format(plain())),
    );
    ripsaw::trace!("below the engine's level");
    ripsaw::debug!({ panics = never() }, "no route wants it: not even evaluated");
    info!("for one");
    ripsaw::error!("for both");
    let (report, stats) = engine.stop_within(LONG, 2);
    assert_eq!((report.written, stats.filtered, report.dropped), (2, 0, 0));
    assert_eq!(all.lines(), ["INFO     for one", "ERROR    for both"]);
    assert_eq!(errors.lines(), ["ERROR    for both"]);
    assert_eq!(stats.bytes, (all.text().len() + errors.text().len()) as u64);
}

/// A sink that takes a few bytes a call gets the same bytes as any other.
#[test]
fn partial_writes_lose_and_repeat_nothing() {
    let (whole, bites) = (Memory::new(), Valve::new().mouthful(7));
    let engine = Engine::start(builder().sink(whole.clone()).sink(bites.clone()));
    for i in 0..500 {
        info!(i, "in small bites");
    }
    let stats = engine.stop(500);
    assert_eq!(bites.text(), whole.text());
    assert_eq!(whole.lines().len(), 500);
    assert_eq!(stats.bytes, 2 * bites.len() as u64);
}

/// A disk that was full in the middle of a line gets the rest of it when it has room again.
#[test]
fn a_line_that_was_cut_off_is_continued_where_it_ended() {
    let valve = Valve::new();
    let engine = Engine::start(builder().manual().sink(valve.clone()));
    let line = "INFO     the first line\n";
    valve.set_capacity(Some(line.len() + 9));
    let handle = engine.handle();
    info!("the first line");
    info!("the second line");
    assert_eq!(handle.pump(), 2);
    assert_eq!(valve.len(), line.len() + 9);
    valve.set_capacity(None);
    engine.flush();
    assert_eq!(valve.lines(), ["INFO     the first line", "INFO     the second line"]);
    engine.stop(2);
}
