//! Values that panic, log, create spans, or never end.
//!
//! While any thread has a subscriber of its own, `tracing` itself passes over what is logged in the middle of an event: tests in
//! which that happens have a process of their own.

use crate::{Engine, in_a_child};
use ripsaw::tracing::Layer;
use std::cell::Cell;
use std::fmt;
use tracing::{info, info_span};

struct Panics;
impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("begun ")?;
        panic!("a formatter's panic, on purpose")
    }
}

struct Fails;
impl fmt::Display for Fails {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

#[test]
fn inv_013_formatters_that_panic_and_fail() {
    let engine = Engine::start();
    info!(bad = ?Panics, worse = %Fails, good = 1, "event");
    info!("message {Panics:?}");
    let span = info_span!("span", bad = ?Panics, later = tracing::field::Empty, good = 1);
    span.in_scope(|| info!("in"));
    span.record("later", tracing::field::debug(Panics));
    span.in_scope(|| info!("again"));
    let failed = "\"begun [formatter failed]\"";
    assert_eq!(
        engine.said(),
        [
            format!("event bad={failed} worse=\"[formatter failed]\" good=1"),
            "message begun [formatter failed]".to_owned(),
            format!("in bad={failed} good=1"),
            format!("again bad={failed} good=1 later={failed}"),
        ]
    );
}

/// Logs by all three interfaces while it is rendered, and creates and enters a span.
struct Logs;
impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _span = info_span!("inner", i = 1).entered();
        info!("tracing");
        ripsaw::info!("native");
        log::info!("log");
        f.write_str("logs")
    }
}

#[test]
fn formatters_that_log() {
    if !in_a_child("hostile::formatters_that_log") {
        return;
    }
    let engine = Engine::start();
    let inner = ["tracing i=1", "native i=1", "log i=1"];
    info!(logs = ?Logs, "event");
    assert_eq!(engine.said(), [&inner[..], &["event logs=\"logs\""]].concat());
    let span = info_span!("span", a = 1, logs = ?Logs, later = tracing::field::Empty);
    assert_eq!(engine.said(), inner);
    let _entered = span.clone().entered();
    let inner = inner.map(|line| line.replace("i=1", "a=1 logs=\"logs\" i=1"));
    span.record("later", tracing::field::debug(Logs));
    assert_eq!(engine.said(), inner);
    info!("in");
    assert_eq!(engine.said(), ["in a=1 logs=\"logs\" later=\"logs\""]);
}

/// Changes levels, which has `tracing` ask all subscribers again, in the middle of an event and of a span's creation.
#[test]
fn formatters_that_reload() {
    if !in_a_child("hostile::formatters_that_reload") {
        return;
    }
    struct Reloads(ripsaw::Handle);
    impl fmt::Debug for Reloads {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.set_level(ripsaw::Level::Error);
            info!("off");
            self.0.set_level(ripsaw::Level::Trace);
            info!("on");
            f.write_str("done")
        }
    }
    let engine = Engine::start();
    let value = Reloads(engine.guard.handle());
    info!(?value, "event");
    info_span!("span", ?value).in_scope(|| info!("in"));
    let expected = ["on", "event value=\"done\"", "on", "in value=\"done\""];
    assert_eq!(engine.said(), expected);
    tracing::subscriber::with_default(Layer::new().into_subscriber(), || {
        info!(?value, "scoped");
        info!("after");
    });
    assert_eq!(engine.said(), ["scoped value=\"done\"", "after"]);
}

/// Creates a span with itself as a field, and logs itself.
struct Endless<'a>(&'a Cell<u32>);
impl fmt::Debug for Endless<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        let _span = info_span!("endless", endless = ?self).entered();
        f.write_str("end")
    }
}

struct EndlessEvent<'a>(&'a Cell<u32>);
impl fmt::Debug for EndlessEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        info!(endless = ?self, "deeper");
        f.write_str("end")
    }
}

#[test]
fn recursion_ends() {
    if !in_a_child("hostile::recursion_ends") {
        return;
    }
    let engine = Engine::start();
    let depth = Cell::new(0);
    info_span!("outer", endless = ?Endless(&depth)).in_scope(|| info!("in"));
    assert!((2..100).contains(&depth.get()), "{}", depth.get());
    assert_eq!(engine.said(), ["in endless=\"end\""]);
    depth.set(0);
    info!(endless = ?EndlessEvent(&depth), "event");
    assert!((2..100).contains(&depth.get()), "{}", depth.get());
    let said = engine.said();
    assert_eq!(said.last().map(String::as_str), Some("event endless=\"end\""));
    assert!(engine.guard.handle().stats().dropped() > 0, "what is refused is counted");
}

#[test]
fn endless_texts_are_cut_and_the_rest_arrives() {
    let engine = Engine::start();
    let text = "x".repeat(3_000_000);
    info!(%text, "field");
    info!("{text}");
    info_span!("span", %text).in_scope(|| info!("in"));
    info!("after");
    let lines = engine.take();
    assert_eq!(lines.len(), 4);
    for line in &lines[..3] {
        assert!(line.len() < text.len() && line.contains("…[+"), "{}", line.len());
    }
}

/// No value and no name can begin a line of its own.
#[test]
fn values_forge_no_lines() {
    let engine = Engine::start();
    let evil = "a\n{\"level\":\"error\"}\r\u{1b}[2J\u{202e}";
    info_span!("span", evil).in_scope(|| {
        info!(shown = %evil, "{evil}");
        info!(target: "t\nu", "target");
    });
    let lines = engine.take();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        assert!(!line.contains(['\r', '\u{1b}', '\u{202e}']), "{line}");
        let object: serde_json::Value = serde_json::from_str(line).expect("an object");
        assert_eq!(object["evil"], evil);
    }
}

/// A thread's last destructors log, and leave spans.
#[test]
fn destructors_of_threads() {
    struct Last(Cell<Option<tracing::span::EnteredSpan>>);
    impl Drop for Last {
        fn drop(&mut self) {
            info!("in a destructor");
            drop(self.0.take());
            info_span!("late", l = 1).in_scope(|| info!("late"));
        }
    }
    thread_local!(static LAST: Last = const { Last(Cell::new(None)) });
    let _engine = Engine::start();
    std::thread::spawn(|| {
        LAST.with(|last| last.0.set(Some(info_span!("span", s = 1).entered())));
        info!("in the thread");
    })
    .join()
    .expect("nothing panics");
}
