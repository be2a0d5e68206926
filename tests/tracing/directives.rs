//! `EnvFilter` with directives on spans and their fields: as the filter of our layer, and in front of all layers.

use crate::{Engine, in_a_child};
use ripsaw::tracing::{EngineLevels, Layer};
use ripsaw::{Level, LevelFilter};
use tracing::field::Empty;
use tracing::level_filters::LevelFilter as Hint;
use tracing::subscriber::with_default;
use tracing::{Dispatch, Subscriber, debug, info, info_span, trace};
use tracing_subscriber::filter::FilterExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, registry};

/// Everything from INFO on, and in requests of one customer from DEBUG on.
const DIRECTIVES: &str = "info,[request{customer=7}]=debug";

fn filter() -> EnvFilter {
    EnvFilter::try_new(DIRECTIVES).expect("directives")
}

/// All the ways to have such a filter. Each is the only subscriber of the thread while `f` runs.
fn in_every_place(f: impl Fn(&str)) {
    let places: [(&str, Dispatch); 5] = [
        ("of the layer", Dispatch::new(registry().with(Layer::new().with_filter(filter())))),
        ("of the layer, and the engine's", {
            Dispatch::new(
                registry().with(Layer::new().with_filter(filter().and(EngineLevels::new()))),
            )
        }),
        ("before it", Dispatch::new(registry().with(filter()).with(Layer::new()))),
        ("behind it", Dispatch::new(registry().with(Layer::new()).with(filter()))),
        (
            "behind a subscriber of ours",
            Dispatch::new(Layer::new().into_subscriber().with(filter())),
        ),
    ];
    for (place, dispatch) in places {
        tracing::dispatcher::with_default(&dispatch, || f(place));
    }
}

fn requests() {
    debug!("outside");
    for customer in [7, 8] {
        let _request = info_span!("request", customer).entered();
        debug!("in");
        trace!("too fine");
        info_span!("query", q = 1).in_scope(|| debug!("within"));
        info!("always");
    }
    debug!("after");
}

#[test]
fn a_directive_on_a_field() {
    let engine = Engine::start();
    in_every_place(|place| {
        requests();
        let expected =
            ["in customer=7", "within customer=7 q=1", "always customer=7", "always customer=8"];
        assert_eq!(engine.said(), expected, "{place}");
    });
}

/// The value is recorded after the span was created, and even after it was entered.
#[test]
fn a_directive_on_a_field_that_is_recorded_late() {
    let engine = Engine::start();
    in_every_place(|place| {
        let span = info_span!("request", customer = Empty);
        span.in_scope(|| debug!("before"));
        span.record("customer", 7);
        span.in_scope(|| debug!("after"));
        assert_eq!(engine.said(), ["after customer=7"], "{place}");
        let span = info_span!("request", customer = Empty).entered();
        debug!("before");
        span.record("customer", 7);
        info!("always");
        drop(span);
        assert_eq!(
            engine.said(),
            ["always customer=7"],
            "{place}: from the next time it is entered"
        );
    });
}

/// What the engine's own levels disable stays disabled, whatever a directive says.
#[test]
fn the_engines_levels_count_as_well() {
    let engine = Engine::start();
    engine.guard.handle().set_level(Level::Info);
    in_every_place(|place| {
        requests();
        assert_eq!(engine.said(), ["always customer=7", "always customer=8"], "{place}");
    });
    engine.guard.handle().set_level(LevelFilter::NotSet);
    in_every_place(|place| {
        requests();
        assert_eq!(engine.said().len(), 4, "{place}");
    });
}

/// A directive that is on a span's name alone, and one on a field alone.
#[test]
fn names_and_fields_alone() {
    let engine = Engine::start();
    for (directives, expected) in [
        // A span that its filter disables has no fields in our stream.
        ("warn,[query]=debug", &["within q=1", "within q=1"][..]),
        (
            "warn,[{customer=8}]=debug",
            &["in customer=8", "within customer=8 q=1", "always customer=8"],
        ),
        ("off", &[]),
    ] {
        let filter = || EnvFilter::try_new(directives).expect("directives");
        with_default(registry().with(Layer::new().with_filter(filter())), requests);
        assert_eq!(engine.said(), expected, "{directives}");
    }
}

fn hint_of<S: Subscriber + Send + Sync + 'static>(subscriber: S) -> Option<Hint> {
    subscriber.max_level_hint()
}

/// What `tracing` may leave out before it asks: never more than a directive on a field wants.
#[test]
fn inv_067_hints() {
    let _engine = Engine::start();
    let statically = || EnvFilter::try_new("warn,shop=info").expect("directives");
    assert_eq!(hint_of(registry().with(Layer::new().with_filter(statically()))), Some(Hint::INFO));
    assert_eq!(hint_of(registry().with(statically()).with(Layer::new())), Some(Hint::INFO));
    // A value may be recorded at any time: every level has to be asked for.
    assert_eq!(hint_of(registry().with(Layer::new().with_filter(filter()))), Some(Hint::TRACE));
    assert_eq!(hint_of(registry().with(filter()).with(Layer::new())), Some(Hint::TRACE));
}

/// In a process of its own: what `tracing` remembers follows the engine's reloads. Of several hints it takes the finest, which a
/// directive on a value is.
#[test]
fn reloads_behind_a_filter() {
    if !in_a_child("directives::reloads_behind_a_filter") {
        return;
    }
    let memory = ripsaw::sink::Memory::new();
    let text = ripsaw::format::Text::new().timestamp(false).target(false);
    let guard = ripsaw::builder().format(text).level(Level::Info).sink(memory.clone()).start();
    let guard = guard.expect("the engine starts");
    let subscriber = Layer::new().into_subscriber().with(filter());
    tracing::subscriber::set_global_default(subscriber).expect("nothing else was there");
    requests();
    guard.handle().set_level(Level::Debug);
    requests();
    guard.handle().set_level(Level::Error);
    assert_eq!(Hint::current(), Hint::TRACE);
    requests();
    drop(guard);
    let said: Vec<String> = memory.lines().iter().map(|line| line[9..].to_owned()).collect();
    let always = ["always customer=7", "always customer=8"];
    let debug = ["in customer=7", "within customer=7 q=1"];
    assert_eq!(said, [&always[..], &debug, &always].concat());
}
