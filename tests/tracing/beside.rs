//! Other layers in the same registry.

use crate::Engine;
use ripsaw::Level;
use ripsaw::tracing::Layer;
use std::sync::{Arc, Mutex};
use tracing::subscriber::with_default;
use tracing::{Event, Subscriber, debug, info, info_span};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::{Context, SubscriberExt as _};

/// Counts the events that get to it.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<&'static str>>>);

impl<S: Subscriber> tracing_subscriber::Layer<S> for Names {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push(event.metadata().name());
    }
}

#[test]
fn other_layers_get_what_the_engine_does_not_want() {
    let engine = Engine::start();
    engine.guard.handle().set_level(Level::Error);
    for ours_first in [true, false] {
        let names = Names::default();
        let run = || {
            info!(name: "one", "one");
            tracing::error!(name: "two", "two");
        };
        let registry = tracing_subscriber::registry();
        match ours_first {
            true => with_default(registry.with(Layer::new()).with(names.clone()), run),
            false => with_default(registry.with(names.clone()).with(Layer::new()), run),
        }
        assert_eq!(*names.0.lock().unwrap(), ["one", "two"]);
        assert_eq!(engine.said(), ["two"]);
    }
}

#[test]
fn per_layer_filters_of_ours_and_of_others() {
    let engine = Engine::start();
    let names = Names::default();
    let ours = Layer::new().with_filter(filter_fn(|meta| meta.target() != "secret"));
    let others = names.clone().with_filter(LevelFilter::INFO);
    with_default(tracing_subscriber::registry().with(ours).with(others), || {
        let _outer = info_span!("outer", a = 1).entered();
        let _hidden = info_span!(target: "secret", "hidden", b = 1).entered();
        let inner = info_span!("inner", c = tracing::field::Empty).entered();
        debug!(name: "one", "one");
        info!(name: "two", target: "secret", "two");
        inner.record("c", 1);
        info!(name: "three", "three");
    });
    assert_eq!(engine.said(), ["one a=1", "three a=1 c=1"]);
    assert_eq!(*names.0.lock().unwrap(), ["two", "three"]);
}

/// Two of ours in one registry, and dispatchers one in the other: each record stands once for each layer.
#[test]
fn several_of_ours() {
    let engine = Engine::start();
    let two = tracing_subscriber::registry().with(Layer::new()).with(Layer::new());
    with_default(two, || {
        let _span = info_span!("outer", a = 1).entered();
        info!("twice");
        with_default(Layer::new().into_subscriber(), || {
            let _span = info_span!("inner", b = 1).entered();
            info!("once");
        });
        info!("twice again");
    });
    info!("none");
    let said = engine.said();
    assert_eq!(said.len(), 6, "{said:?}");
    assert_eq!(said[..2], ["twice a=1", "twice a=1"]);
    assert!(said[2].starts_with("once") && said[2].ends_with("b=1"), "{said:?}");
    assert_eq!(said[3..], ["twice again a=1", "twice again a=1", "none"]);
}
