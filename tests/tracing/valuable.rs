//! Values of the `valuable` crate.

use crate::Engine;
use ::valuable::{Valuable, Value, Visit};
use ripsaw::tracing::nested;
use ripsaw::valuable;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

#[derive(Valuable)]
struct Order {
    id: u32,
    note: Option<&'static str>,
    items: Vec<Item>,
    state: State,
    total: (f64, char),
    id_of: Id,
    empty: Empty,
}

#[derive(Valuable)]
struct Item {
    sku: String,
    sizes: [u16; 2],
}

#[derive(Valuable)]
struct Id(u64);

#[derive(Valuable)]
struct Empty;

#[derive(Valuable)]
enum State {
    New,
    Paid { by: &'static str },
    Sent(u8, bool),
    Lost(i8),
}

fn order(state: State) -> Order {
    let items = vec![Item { sku: "a\n".into(), sizes: [1, 2] }];
    Order { id: 7, note: None, items, state, total: (1.5, 'x'), id_of: Id(9), empty: Empty }
}

#[test]
fn inv_011_structs_enums_and_maps() {
    let engine = Engine::start();
    for state in [State::New, State::Paid { by: "card" }, State::Sent(3, true), State::Lost(-1)] {
        let order = order(state);
        tracing::info!(order = nested(valuable(&order)), "event");
        ripsaw::info!(order = valuable(&order), "event");
    }
    let objects = engine.objects();
    let states = [
        json!("New"),
        json!({"Paid": {"by": "card"}}),
        json!({"Sent": [3, true]}),
        json!({"Lost": -1}),
    ];
    for (pair, state) in objects.chunks(2).zip(states) {
        let expected = json!({
            "id": 7, "note": null, "items": [{"sku": "a\n", "sizes": [1, 2]}], "state": state, "total": [1.5, "x"],
            "id_of": 9, "empty": null,
        });
        assert_eq!(pair[0]["order"], expected);
        assert_eq!(pair[1]["order"], expected, "of a native macro");
    }
}

#[test]
fn maps_of_any_key() {
    let engine = Engine::start();
    let by_text = BTreeMap::from([("a", 1), ("b", 2)]);
    let by_number = HashMap::from([(7, "seven")]);
    let by_char = BTreeMap::from([('c', true)]);
    tracing::info!(
        by_text = nested(valuable(&by_text)),
        by_number = nested(valuable(&by_number)),
        "event"
    );
    tracing::info!(by_char = nested(valuable(&by_char)), one = nested(valuable(&7_i64)), "event");
    let objects = engine.objects();
    assert_eq!(objects[0]["by_text"], json!({"a": 1, "b": 2}));
    assert_eq!(objects[0]["by_number"], json!({"7": "seven"}));
    assert_eq!(objects[1]["by_char"], json!({"c": true}));
    assert_eq!(objects[1]["one"], 7);
}

/// Holds itself; or tells its visitor what its definition does not; or panics.
enum Hostile {
    Endless,
    Liar,
    Panics,
}

impl Valuable for Hostile {
    fn as_value(&self) -> Value<'_> {
        Value::Listable(self)
    }
    fn visit(&self, visit: &mut dyn Visit) {
        match self {
            Hostile::Endless => visit.visit_value(self.as_value()),
            Hostile::Liar => visit.visit_entry(Value::String("key"), Value::U8(1)),
            Hostile::Panics => {
                visit.visit_value(Value::U8(1));
                panic!("in a visitor, on purpose");
            }
        }
    }
}

impl ::valuable::Listable for Hostile {
    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

#[test]
fn inv_013_values_that_are_hostile() {
    let engine = Engine::start();
    let many = vec![1_u8; 5000];
    tracing::info!(
        endless = nested(valuable(&Hostile::Endless)),
        liar = nested(valuable(&Hostile::Liar)),
        panics = nested(valuable(&Hostile::Panics)),
        many = nested(valuable(&many)),
        good = 1,
        "event"
    );
    let object = &engine.objects()[0];
    let endless = object["endless"].to_string();
    assert!(endless.contains("[too deep]") && endless.len() < 200, "{endless}");
    assert_eq!(object["liar"], json!([1]));
    assert_eq!(object["panics"], "[visitor failed]");
    let many = object["many"].as_array().expect("a list");
    assert_eq!((many.len(), &many[4096]), (4097, &json!("…[+904 items]")));
    assert_eq!(object["good"], 1);
}
