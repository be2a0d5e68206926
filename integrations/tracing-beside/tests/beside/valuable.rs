//! Values of the crate `valuable`, as the macros of `tracing` take them.

use crate::Engine;
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;
use valuable::Valuable;

#[derive(Valuable)]
struct Order {
    items: Vec<Item>,
    state: State,
}

#[derive(Valuable)]
struct Item {
    sizes: [u16; 2],
}

#[derive(Valuable)]
enum State {
    New,
}

#[test]
fn inv_011_the_macros_own_way() {
    let engine = Engine::start();
    let order = Order { items: vec![Item { sizes: [1, 2] }], state: State::New };
    let ours = tracing_subscriber::registry().with(ripsaw::tracing::Layer::new());
    tracing::subscriber::with_default(ours, || {
        let item = tracing::field::valuable(&order.items[0]);
        tracing::info!(order = order.as_value(), item, "event");
        let _span = tracing::info_span!("span", order = order.as_value()).entered();
        tracing::info!("in");
    });
    let objects = engine.objects();
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0]["item"], json!({"sizes": [1, 2]}));
    for object in objects {
        assert_eq!(object["order"], json!({"items": [{"sizes": [1, 2]}], "state": "New"}));
    }
}
