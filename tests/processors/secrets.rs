//! Random records with a secret in sensitive places: nothing that is written holds it.

use proptest::prelude::*;
use ripsaw::format::{Json, KeyValue, Text};
use ripsaw::process::{Detector, Draft, Enrich, Flow, Redact};
use ripsaw::sink::Memory;
use ripsaw::{Event, Level, Logger, Route, Sensitive, Value, info, warn};

/// What must not be seen; it is no word and no number.
const CANARY: &str = "zQ9canary8Xv";

const SENSITIVE: [&str; 8] = [
    "password",
    "apiKey",
    "AUTH_TOKEN",
    "x.secret",
    "session-id",
    "creditCard",
    "e_mail.email",
    "ssn2",
];

fn innocent() -> BoxedStrategy<Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[ -~äß\n]{0,12}".prop_map(Value::from),
    ]
    .boxed()
}

/// A value with the canary behind sensitive keys, at some depth.
fn value() -> BoxedStrategy<Value> {
    let secret = || {
        prop_oneof![
            Just(Value::from(CANARY)),
            Just(Value::from(format!("<{CANARY}>"))),
            Just(Value::List(vec![Value::from(CANARY), Value::from(1)])),
            Just(Value::from([("inner", Value::from(CANARY))])),
        ]
    };
    let hidden = move || {
        (prop::sample::select(&SENSITIVE[..]), secret())
            .prop_map(|(key, value)| (key.to_owned(), value))
    };
    let leaf = prop_oneof![innocent(), hidden().prop_map(|(k, v)| Value::Map(vec![(k.into(), v)]))];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            (prop::collection::vec(("[a-h]{1,6}", inner), 0..4), hidden()).prop_map(
                |(mut entries, hidden)| {
                    entries.push(hidden);
                    Value::Map(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
                }
            ),
        ]
    })
    .boxed()
}

fn redactors() -> Vec<Redact> {
    vec![
        Redact::new(),
        Redact::new().detect(Detector::ALL),
        Redact::new().hash(),
        Redact::new().keep_last(3).depth(2),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_format_shows_what_is_redacted(v in value(), w in value(), n in any::<i64>()) {
        for (i, redact) in redactors().into_iter().enumerate() {
            let (text, kv, json, early) = (Memory::new(), Memory::new(), Memory::new(), Memory::new());
            let touch = move |draft: &mut Draft<'_>| {
                if i % 2 == 0 && draft.get("n").is_some() {
                    draft.set("touched", true);
                }
                Flow::Keep
            };
            let guard = ripsaw::builder()
                .manual()
                .processor(Enrich::new().constant("secret", CANARY))
                .processor(touch)
                .processor(redact)
                .route(Route::new(text.clone()).format(Text::new()))
                .route(Route::new(kv.clone()).format(KeyValue::new()))
                .route(Route::new(json.clone()).format(Json::new()))
                .route(Route::new(early.clone()).format(Text::new()).processor(Redact::new()))
                .start_local()
                .unwrap();
            let attached = guard.attach();
            let log = Logger::new("l").with("token", CANARY).with("v", v.clone());
            let (password, other) = (CANARY, CANARY);
            info!(logger: &log, w = w.clone(), n, "bound {other}");
            info!(v = v.clone(), password, n, "static {password} {other} {:?}", other);
            warn!(v = v.clone(), key = format!("k{CANARY}"), "no arguments");
            Event::new(Level::Error, &format!("event {CANARY}"))
                .field("password", CANARY).field("v", w.clone()).emit();
            while guard.handle().pump() > 0 {}
            drop(attached);
            for memory in [text, kv, json, early] {
                prop_assert_eq!(memory.lines().len(), 4);
                prop_assert!(!memory.text().contains(CANARY), "{}", memory.text());
            }
        }
    }
}

/// What was logged without `Sensitive` has been in the arena; with it, never.
#[test]
fn what_is_sensitive_is_not_in_the_file_of_the_arena() {
    // The file knows the contexts of all threads, also those of other tests.
    const OWN: &str = "zQ9sensitive8Xv";
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("secrets-{}.arena", std::process::id()));
    let memory = Memory::new();
    let guard = ripsaw::builder()
        .manual()
        .arena_file(&path)
        .processor(Redact::new())
        .sink(memory.clone())
        .start_local()
        .unwrap();
    let attached = guard.attach();
    let log = Logger::new("l").with("open", "zQ9open8Xv");
    info!(logger: &log, password = Sensitive(OWN), "hello {}", Sensitive(OWN));
    let bytes = std::fs::read(&path).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("zQ9open8Xv") && !holds(OWN));
    while guard.handle().pump() > 0 {}
    assert!(!memory.text().contains(OWN) && memory.text().contains("[REDACTED]"));
    drop((attached, guard));
}

/// A drop notice tells levels, causes and targets, and no values.
#[test]
fn a_notice_of_what_was_dropped_holds_no_value() {
    let memory = Memory::new();
    let guard = ripsaw::builder()
        .manual()
        .arena_bytes(1 << 20)
        .overflow(ripsaw::Overflow::DropNewest)
        .processor(Redact::new())
        .sink(memory.clone())
        .start_local()
        .unwrap();
    let attached = guard.attach();
    for i in 0..40_000 {
        info!(password = CANARY, i, "{}", CANARY);
    }
    while guard.handle().pump() > 0 {}
    assert!(guard.handle().stats().dropped() > 0);
    info!("after");
    while guard.handle().pump() > 0 {}
    assert!(memory.text().contains("records dropped") && !memory.text().contains(CANARY));
    drop(attached);
}
