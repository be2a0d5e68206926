//! Values with parts arrive as trees.

use crate::{Engine, Shared};
use ripsaw::Value;
use ripsaw::tracing::{Layer, nested};
use serde_json::json;
use std::fmt::{Debug, Formatter, Result};
use tracing::field::Empty;
use tracing::subscriber::with_default;
use tracing::{info, info_span};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;

fn order() -> Value {
    let item = |sku: &str, n: u32| Value::from([("sku", sku.into()), ("n", n.into())]);
    Value::from([("id", Value::from(7)), ("items", Value::from(vec![item("a", 1), item("b", 2)]))])
}

#[test]
fn inv_011_nested_values_of_events_and_spans() {
    let engine = Engine::start();
    let order = order();
    info!(before = 1, order = nested(&order), after = "x", "event");
    let _span = info_span!("span", order = nested(&order), late = Empty).entered();
    tracing::Span::current().record("late", nested([1, 2]));
    info!(list = nested(vec![Some(1.5), None]), "in");
    ripsaw::info!("native");
    let tree = json!({"id": 7, "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]});
    let objects = engine.objects();
    assert_eq!(objects[0]["order"], tree);
    assert_eq!((&objects[0]["before"], &objects[0]["after"]), (&json!(1), &json!("x")));
    for object in &objects[1..] {
        assert_eq!((&object["order"], &object["late"]), (&tree, &json!([1, 2])));
    }
    assert_eq!(objects[1]["list"], json!([1.5, null]));
}

/// The same line as from a native macro.
#[test]
fn nested_values_are_those_of_native_records() {
    let engine = Engine::start();
    let (order, none) = (order(), None::<Value>);
    let (list, bytes) = (["a", "b\n"], &b"\x00\xff"[..]);
    info!(
        v = nested(&order),
        w = nested(list),
        x = nested(bytes),
        y = nested(7),
        z = nested(&none),
        "event"
    );
    ripsaw::info!(v = &order, w = list, x = bytes, y = 7, z = &none, "event");
    let lines = engine.take();
    assert_eq!(lines[0], lines[1]);
}

#[test]
fn sigils_and_options_make_no_difference() {
    let engine = Engine::start();
    let value = Value::from([("a", Value::from(1))]);
    info!(v = ?nested(&value), "debug");
    info!(v = %nested(&value), "display");
    info!(v = Some(nested(&value)), w = None::<i32>, "option");
    info!(v = &nested(&value), "reference");
    for object in engine.objects() {
        assert_eq!(object["v"], json!({"a": 1}), "{object:?}");
    }
}

/// Prints more than the value: then all of it is text.
struct Around(bool, bool);
impl Debug for Around {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0 {
            f.write_str("before ")?;
        }
        Debug::fmt(&nested([1, 2]), f)?;
        if self.1 {
            f.write_str(" after")?;
        }
        Ok(())
    }
}

#[test]
fn a_part_of_something_else_is_text() {
    let engine = Engine::start();
    let pair = (nested([1]), nested([2]));
    info!(
        some = ?Some(nested([1, 2])),
        pretty = ?format_args!("{:#?}", Some(nested([1]))),
        twice = %format_args!("{}{}", pair.0, pair.1),
        before = ?Around(true, false),
        after = ?Around(false, true),
        both = ?Around(true, true),
        alone = ?Around(false, false),
        "event"
    );
    info!("message {}", nested([1, 2]));
    info!(message = nested([1, 2]));
    let objects = engine.objects();
    assert_eq!(objects[0]["some"], "Some([1,2])");
    assert_eq!(objects[0]["pretty"], "Some(\n    [1],\n)");
    assert_eq!(objects[0]["twice"], "[1][2]");
    assert_eq!(objects[0]["before"], "before [1,2]");
    assert_eq!(objects[0]["after"], "[1,2] after");
    assert_eq!(objects[0]["both"], "before [1,2] after");
    assert_eq!(objects[0]["alone"], json!([1, 2]));
    assert_eq!(objects[1]["event"], "message [1,2]");
    assert_eq!(objects[2]["event"], "[1,2]");
}

struct Fails;
impl Debug for Fails {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Debug::fmt(&nested([1, 2]), f)?;
        panic!("after the value, on purpose")
    }
}

#[test]
fn inv_013_a_formatter_that_fails_behind_a_value() {
    let engine = Engine::start();
    info!(bad = ?Fails, good = nested([3]), "event");
    let object = &engine.objects()[0];
    assert_eq!(object["bad"], "[1,2][formatter failed]");
    assert_eq!(object["good"], json!([3]));
}

/// What it costs to work a value out late is paid where it is printed, and it may log itself.
#[test]
fn lazy_values_are_worked_out_for_the_tree() {
    let engine = Engine::start();
    let value = ripsaw::lazy(|| Value::from([("a", Value::from(1))]));
    info!(v = nested(&value), "event");
    assert_eq!(engine.objects()[0]["v"], json!({"a": 1}));
}

/// Another layer has the text, whoever of both comes first.
#[test]
fn others_print_them() {
    let engine = Engine::start();
    let theirs = Shared::default();
    let writer = || {
        let shared = theirs.clone();
        move || shared.clone()
    };
    let log = || info!(order = nested(order()), "event");
    let fmt = fmt::layer().without_time().with_ansi(false).with_writer(writer());
    with_default(tracing_subscriber::registry().with(fmt).with(Layer::new()), log);
    let fmt = fmt::layer().without_time().with_ansi(false).with_writer(writer());
    with_default(tracing_subscriber::registry().with(Layer::new()).with(fmt), log);
    let text = theirs.text();
    let shown = r#"event order={"id":7,"items":[{"sku":"a","n":1},{"sku":"b","n":2}]}"#;
    assert_eq!(text.matches(shown).count(), 2, "{text}");
    for object in engine.objects() {
        assert_eq!(object["order"]["items"][1]["sku"], "b");
    }
}

/// A value that is larger than a record may be.
#[test]
fn large_values_are_cut_and_the_rest_arrives() {
    let engine = Engine::start();
    let many = Value::from(vec!["x".repeat(1000); 4000]);
    info!(v = nested(&many), "event");
    info!("after");
    let objects = engine.objects();
    assert_eq!((&objects[0]["event"], &objects[1]["event"]), (&json!("event"), &json!("after")));
    assert!(objects[0].get("v").is_none_or(serde_json::Value::is_string), "cut, and said so");
}
