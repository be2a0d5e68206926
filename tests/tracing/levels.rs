//! The engine's levels decide, by target, and reloads are followed.

use crate::{Engine, in_a_child};
use ripsaw::tracing::{EngineLevels, Layer};
use ripsaw::{Level, LevelFilter, LevelOverride};
use std::cell::Cell;
use tracing::subscriber::with_default;
use tracing::{debug, debug_span, error, info, info_span, trace, warn};
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
fn inv_067_levels_are_obeyed_by_target() {
    let engine = Engine::start();
    engine.guard.handle().set_filter("warn,loud=trace,loud::quiet=off").unwrap();
    let evaluated = Cell::new(0);
    let count = || evaluated.replace(evaluated.get() + 1);
    info!(n = count(), "off");
    trace!(target: "loud", n = count(), "on");
    trace!(target: "loud::below", n = count(), "on");
    error!(target: "loud::quiet", n = count(), "off");
    warn!(n = count(), "on");
    assert_eq!(engine.said(), ["on n=0", "on n=1", "on n=2"]);
    assert_eq!(evaluated.get(), 3, "fields of disabled events are not evaluated");
    assert!(tracing::enabled!(target: "loud", tracing::Level::TRACE));
    assert!(!tracing::enabled!(target: "loud::quiet", tracing::Level::ERROR));
    assert!(!tracing::enabled!(tracing::Level::INFO));
}

#[test]
fn inv_001_a_reload_changes_what_is_enabled() {
    let engine = Engine::start();
    let log = |i| {
        debug!(i, "debug");
        info!(i, "info");
    };
    for (i, level) in
        [Level::Info, Level::Debug, Level::Error, Level::Trace].into_iter().enumerate()
    {
        engine.guard.handle().set_level(level);
        log(i);
    }
    engine.guard.handle().set_level(LevelFilter::Off);
    log(4);
    assert_eq!(engine.said(), ["info i=0", "debug i=1", "info i=1", "debug i=3", "info i=3"]);
}

#[test]
fn an_override_by_a_field_of_a_span_or_a_place_is_followed() {
    let engine = Engine::start();
    let handle = engine.guard.handle();
    handle.set_filter("info,ripsaw=off").unwrap();
    let request = |customer: u32| {
        let _span = info_span!("request", customer).entered();
        debug!("deep");
        let _inner = info_span!("query").entered();
        debug!("deeper");
        trace!("too deep");
    };
    request(1);
    let id = handle.override_level(LevelOverride::new(Level::Debug).field("customer", 1)).unwrap();
    request(1);
    request(2);
    assert_eq!(engine.said(), ["deep customer=1", "deeper customer=1"]);
    handle.remove_override(id);
    request(1);
    let place = format!("tracing/levels.rs:{}", line!() + 3);
    handle.override_level(LevelOverride::new(Level::Trace).place(place)).unwrap();
    let log = |i| {
        trace!(i, "singled out");
        trace!(i, "another");
    };
    log(1);
    assert_eq!(engine.said(), ["singled out i=1"]);
}

#[test]
fn spans_below_the_threshold_do_not_exist() {
    let engine = Engine::start();
    engine.guard.handle().set_level(Level::Info);
    let quiet = debug_span!("quiet", q = 1);
    assert!(quiet.is_disabled());
    let _outer = info_span!("outer", o = 1).entered();
    let _quiet = quiet.entered();
    let _inner = info_span!("inner", i = 1).entered();
    info!("in");
    assert_eq!(engine.said(), ["in o=1 i=1"]);
}

/// A layer beside others passes over what the engine does not want; the span is not there for it either.
#[test]
fn beside_others_the_levels_are_the_layers_own() {
    let engine = Engine::start();
    engine.guard.handle().set_level(Level::Info);
    let subscribers: [Box<dyn tracing::Subscriber + Send + Sync>; 2] = [
        Box::new(tracing_subscriber::registry().with(Layer::new())),
        Box::new(
            tracing_subscriber::registry().with(Layer::new().with_filter(EngineLevels::new())),
        ),
    ];
    for subscriber in subscribers {
        with_default(subscriber, || {
            let _outer = info_span!("outer", o = 1).entered();
            let _quiet = debug_span!("quiet", q = 1).entered();
            let _inner = info_span!("inner", i = 1).entered();
            debug!("off");
            info!("in");
            info!(parent: None, "root");
            debug!(parent: None, "off");
        });
        assert_eq!(engine.said(), ["in o=1 i=1", "root"]);
    }
}

/// In a process of its own: the only subscriber is one thread's, and another thread, which has none, reloads.
#[test]
fn a_reload_from_a_thread_without_subscriber() {
    if !in_a_child("levels::a_reload_from_a_thread_without_subscriber") {
        return;
    }
    let memory = ripsaw::sink::Memory::new();
    let text = ripsaw::format::Text::new().timestamp(false).target(false);
    let builder = ripsaw::builder().format(text).sink(memory.clone());
    let guard = builder.level(Level::Error).start().expect("the engine starts");
    with_default(Layer::new().into_subscriber(), || {
        let log = |i| info!(i, "info");
        log(1);
        let handle = guard.handle();
        std::thread::spawn(move || handle.set_level(Level::Info)).join().unwrap();
        log(2);
    });
    drop(guard);
    assert_eq!(memory.lines(), ["INFO     info i=2"]);
}

/// In a process of its own: what one engine alone says is remembered by `tracing`.
#[test]
fn the_interest_follows_the_only_engine() {
    if !in_a_child("levels::the_interest_follows_the_only_engine") {
        return;
    }
    ripsaw::tracing::init().expect("nothing else was there");
    let hint = tracing_core_hint;
    assert_eq!(hint(), tracing::level_filters::LevelFilter::OFF, "no engine, no interest");
    let memory = ripsaw::sink::Memory::new();
    let text = ripsaw::format::Text::new().timestamp(false).target(false);
    let builder = ripsaw::builder().format(text).sink(memory.clone());
    let guard = builder.filter("info,loud=debug").start().expect("the engine starts");
    assert_eq!(hint(), tracing::level_filters::LevelFilter::DEBUG);
    let log = |i| {
        debug!(i, "debug");
        debug!(target: "loud", i, "loud");
        info!(i, "info");
    };
    log(1);
    guard.handle().set_filter("error").unwrap();
    assert_eq!(hint(), tracing::level_filters::LevelFilter::ERROR);
    log(2);
    guard.handle().set_level(LevelFilter::NotSet);
    assert_eq!(hint(), tracing::level_filters::LevelFilter::TRACE);
    log(3);
    drop(guard);
    let said: Vec<String> = memory.lines().iter().map(|l| l[9..].to_owned()).collect();
    assert_eq!(said, ["loud i=1", "info i=1", "debug i=3", "loud i=3", "info i=3"]);
}

/// The finest level that `tracing` passes on at all.
fn tracing_core_hint() -> tracing::level_filters::LevelFilter {
    tracing::level_filters::LevelFilter::current()
}

/// What a program keeps in its subscriber may change levels when it goes, as a guard of an engine does.
struct Keeper {
    handle: ripsaw::Handle,
    armed: std::sync::Arc<std::sync::atomic::AtomicBool>,
    /// Is told that the subscriber is being asked, and waits until nobody else has it.
    asked: std::sync::mpsc::Sender<()>,
    alone: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Keeper {
    fn register_callsite(
        &self,
        _: &'static tracing::Metadata<'static>,
    ) -> tracing::subscriber::Interest {
        if !self.armed.load(std::sync::atomic::Ordering::SeqCst) {
            return tracing::subscriber::Interest::always();
        }
        // Both ends are gone when it is asked again.
        let _ = self.asked.send(());
        let _ = self.alone.lock().unwrap().recv();
        tracing::subscriber::Interest::always()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.handle.set_level(Level::Warning);
    }
}

/// In a process of its own: a reload asks the only subscriber while its owner lets it go, so that the reload drops it.
#[test]
fn a_subscriber_that_goes_while_it_is_asked_may_change_levels() {
    if !in_a_child("levels::a_subscriber_that_goes_while_it_is_asked_may_change_levels") {
        return;
    }
    let guard = ripsaw::builder().sink(ripsaw::sink::Null::new()).start().expect("it starts");
    let log = || info!("a statement");
    log();
    let (asked, is_asked) = std::sync::mpsc::channel();
    let (go, alone) = std::sync::mpsc::channel();
    let alone = std::sync::Mutex::new(alone);
    let armed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let keeper = Keeper { handle: guard.handle(), armed: armed.clone(), asked, alone };
    let subscriber = tracing_subscriber::registry().with(Layer::new()).with(keeper);
    let dispatch = tracing::Dispatch::new(subscriber);
    tracing::dispatcher::with_default(&dispatch, log);
    armed.store(true, std::sync::atomic::Ordering::SeqCst);
    let handle = guard.handle();
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        handle.set_level(Level::Debug);
        done.send(()).unwrap();
    });
    is_asked.recv().unwrap();
    drop(dispatch);
    drop(go);
    // It either returns or never does, and then a shutdown would not either.
    if is_done.recv_timeout(std::time::Duration::from_secs(60)).is_err() {
        println!("the reload waits for itself");
        std::process::exit(1);
    }
    assert_eq!(guard.handle().levels().to_string(), "warning");
}
