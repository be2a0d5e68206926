//! The same trees of spans and events, told by `tracing_subscriber::fmt().json()` and by the engine: the same events in the
//! same order, with the same fields.

use crate::{Engine, Shared};
use proptest::prelude::*;
use ripsaw::tracing::Layer;
use serde_json::{Map, Value};
use tracing::field::Empty;
use tracing::span::EnteredSpan;
use tracing::{Span, debug_span, error, info, info_span, trace, warn_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// What a program does. Numbers of spans are taken modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Create { kind: u8, parent: Parent, value: Field },
    Enter(usize),
    Exit(usize),
    Record { span: usize, name: u8, value: Field },
    Event { kind: u8, under: Option<usize>, value: Field },
    Drop(usize),
}

#[derive(Clone, Debug)]
enum Parent {
    Current,
    Root,
    Span(usize),
}

#[derive(Clone, Debug)]
enum Field {
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Text(String),
    Shown(String),
    Debugged(Vec<Option<u8>>),
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        any::<i64>().prop_map(Field::Int),
        any::<u64>().prop_map(Field::Unsigned),
        // Exact in few digits: `fmt` reads the fields of spans again, and its reader rounds.
        any::<i32>().prop_map(|n| Field::Float(f64::from(n) / 8.0)),
        any::<bool>().prop_map(Field::Bool),
        any::<String>().prop_map(Field::Text),
        any::<String>().prop_map(Field::Shown),
        prop::collection::vec(any::<Option<u8>>(), 0..4).prop_map(Field::Debugged),
    ]
}

fn parent() -> impl Strategy<Value = Parent> {
    prop_oneof![
        3 => Just(Parent::Current),
        1 => Just(Parent::Root),
        1 => any::<usize>().prop_map(Parent::Span),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let under = prop::option::weighted(0.2, any::<usize>());
    prop_oneof![
        3 => (any::<u8>(), parent(), field()).prop_map(|(kind, parent, value)| Step::Create { kind, parent, value }),
        4 => any::<usize>().prop_map(Step::Enter),
        2 => any::<usize>().prop_map(Step::Exit),
        2 => (any::<usize>(), any::<u8>(), field()).prop_map(|(span, name, value)| Step::Record { span, name, value }),
        6 => (any::<u8>(), under, field()).prop_map(|(kind, under, value)| Step::Event { kind, under, value }),
        1 => any::<usize>().prop_map(Step::Drop),
    ]
}

/// `$body` with `$name` as a value that `tracing` takes.
macro_rules! with_value {
    ($value:expr, $name:ident => $body:expr) => {
        match $value {
            Field::Int($name) => $body,
            Field::Unsigned($name) => $body,
            Field::Float($name) => $body,
            Field::Bool($name) => $body,
            Field::Text(text) => {
                let $name = text.as_str();
                $body
            }
            Field::Shown(text) => {
                let $name = tracing::field::display(text);
                $body
            }
            Field::Debugged(list) => {
                let $name = tracing::field::debug(list);
                $body
            }
        }
    };
}

fn create(kind: u8, parent: Option<&Span>, value: &Field) -> Span {
    let id = parent.and_then(Span::id);
    with_value!(value, v => match kind % 4 {
        0 => info_span!(parent: id, "zero", a = v, late = Empty),
        1 => debug_span!(parent: id, "one", a = 1, b.c = v, other = Empty),
        2 => warn_span!(parent: id, "two"),
        _ => info_span!(parent: id, "three", late = v, x = true),
    })
}

fn create_here(kind: u8, value: &Field) -> Span {
    with_value!(value, v => match kind % 4 {
        0 => info_span!("zero", a = v, late = Empty),
        1 => debug_span!("one", a = 1, b.c = v, other = Empty),
        2 => warn_span!("two"),
        _ => info_span!("three", late = v, x = true),
    })
}

fn event(kind: u8, value: &Field) {
    with_value!(value, v => match kind % 4 {
        0 => info!(a = v, "zero"),
        1 => error!(x = v, late = 1, "one {}", kind),
        2 => trace!(target: "t", message = "two", y = v),
        _ => info!(y = v),
    })
}

fn run(steps: &[Step]) {
    let mut spans: Vec<Span> = Vec::new();
    let mut entered: Vec<EnteredSpan> = Vec::new();
    let at = |i: usize, len: usize| (len > 0).then(|| i % len);
    for step in steps {
        match step {
            Step::Create { kind, parent, value } => {
                let span = match parent {
                    Parent::Current => create_here(*kind, value),
                    Parent::Root => create(*kind, None, value),
                    Parent::Span(i) => create(*kind, at(*i, spans.len()).map(|i| &spans[i]), value),
                };
                spans.push(span);
            }
            Step::Enter(i) => {
                entered.extend(at(*i, spans.len()).map(|i| spans[i].clone().entered()));
            }
            Step::Exit(i) => drop(at(*i, entered.len()).map(|i| entered.remove(i))),
            Step::Record { span, name, value } => {
                if let Some(i) = at(*span, spans.len()) {
                    let name = ["late", "other", "a"][usize::from(*name) % 3];
                    with_value!(value, v => { spans[i].record(name, v); });
                }
            }
            // Of an event with `parent:`, `fmt` lists the spans that the thread is in, not those above the event.
            Step::Event { kind, under, value } => match under.and_then(|i| at(i, spans.len())) {
                Some(i) => spans[i].in_scope(|| event(*kind, value)),
                None => event(*kind, value),
            },
            Step::Drop(i) => drop(at(*i, spans.len()).map(|i| spans.remove(i))),
        }
    }
}

/// What `fmt` says, in the engine's words: fields of spans under each other, those of the event over them.
fn translated(line: &str) -> Map<String, Value> {
    let line: Map<String, Value> = serde_json::from_str(line).expect("an object");
    let mut out = Map::new();
    for span in line.get("spans").and_then(Value::as_array).into_iter().flatten() {
        let fields = span.as_object().expect("an object").iter().filter(|(k, _)| *k != "name");
        out.extend(fields.map(|(k, v)| (k.clone(), v.clone())));
    }
    out.extend(line["fields"].as_object().expect("an object").clone());
    if let Some(message) = out.remove("message") {
        out.insert("event".into(), message);
    }
    let level = line["level"].as_str().expect("a level").to_lowercase();
    out.insert("level".into(), if level == "warn" { "warning".into() } else { level.into() });
    out.insert("logger".into(), line["target"].clone());
    out
}

proptest! {
    #[test]
    fn the_same_as_fmt_json(steps in prop::collection::vec(step(), 0..60)) {
        let engine = Engine::start();
        let theirs = Shared::default();
        let shared = theirs.clone();
        let fmt = tracing_subscriber::fmt::layer()
            .json()
            .without_time()
            .with_writer(move || shared.clone());
        let registry = tracing_subscriber::registry().with(fmt).with(Layer::new());
        tracing::subscriber::with_default(registry, || run(&steps));
        let text = theirs.text();
        let expected: Vec<_> = text.lines().map(translated).collect();
        let mut ours = engine.objects();
        for object in &mut ours {
            if object.get("event").is_some_and(|event| event == "") {
                object.remove("event");
            }
        }
        prop_assert_eq!(ours, expected);
    }
}
