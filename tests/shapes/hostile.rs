//! Schemas and records at odds: whatever keys, constants and renames are chosen, each line is JSON with no key twice.

use crate::{keys, logged};
use proptest::prelude::*;
use proptest::sample::select;
use ripsaw::format::{Duplicates, Json, Member, Schema};
use ripsaw::{Event, Level, Logger, Value, info, scope};

/// Few keys, so that they meet.
const KEYS: [&str; 18] = [
    "a",
    "level",
    "fields.level",
    "event",
    "timestamp",
    "a.b",
    "b",
    "_a",
    "_b",
    "trace_id",
    "trace.id",
    "id",
    "_id",
    "a_2",
    "exception",
    "x\"y\n",
    "",
    "logger",
];

const MEMBERS: [Member; 14] = [
    Member::Timestamp,
    Member::Level,
    Member::LevelText,
    Member::Logger,
    Member::Event,
    Member::File,
    Member::Line,
    Member::LineText,
    Member::Module,
    Member::Thread,
    Member::ThreadId,
    Member::Pid,
    Member::Seq,
    Member::Fields,
];

#[derive(Clone, Debug)]
enum Step {
    Order(Vec<Member>),
    Key(Member, String),
    Path(Member, Vec<String>),
    Nest,
    Constant(String, String),
    ConstantAt(Vec<String>, f64),
    Rename(String, String),
    Last(String),
    Prefix(String),
    Duplicates(Duplicates),
}

fn key() -> impl Strategy<Value = String> {
    select(&KEYS[..]).prop_map(str::to_owned)
}

fn member() -> impl Strategy<Value = Member> {
    select(&MEMBERS[..])
}

fn step() -> impl Strategy<Value = Step> {
    let path = || prop::collection::vec(key(), 0..4);
    prop_oneof![
        prop::sample::subsequence(&MEMBERS[..], 1..14).prop_shuffle().prop_map(Step::Order),
        (member(), key()).prop_map(|(m, k)| Step::Key(m, k)),
        (member(), path()).prop_map(|(m, p)| Step::Path(m, p)),
        Just(Step::Nest),
        (key(), "[ -~\n\"]{0,6}").prop_map(|(k, v)| Step::Constant(k, v)),
        (path(), any::<f64>()).prop_map(|(p, v)| Step::ConstantAt(p, v)),
        (key(), key()).prop_map(|(a, b)| Step::Rename(a, b)),
        key().prop_map(Step::Last),
        key().prop_map(Step::Prefix),
        select(&[Duplicates::Last, Duplicates::First, Duplicates::Suffix][..])
            .prop_map(Step::Duplicates),
    ]
}

fn schema(base: usize, steps: &[Step]) -> Schema {
    let base = match base {
        0 => Schema::new(),
        1 => Schema::compat(),
        2 => Schema::s3(),
        3 => Schema::logstash(),
        4 => Schema::ecs(),
        5 => Schema::gcp(),
        6 => Schema::datadog(),
        7 => Schema::gelf(),
        _ => Schema::otel(),
    };
    steps.iter().cloned().fold(base, |schema, step| match step {
        Step::Order(members) => schema.order(members),
        Step::Key(member, key) => schema.key(member, key),
        Step::Path(member, path) => schema.path(member, path),
        Step::Nest => schema.nest_keys(),
        Step::Constant(key, value) => schema.constant(key, value),
        Step::ConstantAt(path, value) => schema.constant_at(path, value),
        Step::Rename(field, key) => schema.rename(field, key),
        Step::Last(field) => schema.last(field),
        Step::Prefix(prefix) => schema.reserved_prefix(prefix),
        Step::Duplicates(rule) => schema.duplicates(rule),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn lines_of_any_sound_schema_are_json_with_each_key_once(
        base in 0_usize..9,
        steps in prop::collection::vec(step(), 0..5),
        fields in prop::collection::vec((key(), any::<u8>()), 0..8),
        bound in prop::collection::vec((key(), any::<u8>()), 0..3),
    ) {
        let schema = schema(base, &steps);
        let Ok(json) = Json::with(schema) else { return Ok(()) };
        let text = logged(json, || {
            let log = bound.iter().fold(Logger::new("l"), |log, (key, n)| log.with(key, *n));
            let event = Event::new(Level::Info, "e\n2");
            fields.iter().fold(event, |event, (key, n)| event.field(key, *n)).emit();
            let event = log.event(Level::Info, "bound");
            fields.iter().fold(event, |event, (key, n)| event.field(key, *n)).emit();
            info!(logger: &log, a = 1, level = 2, "a.b" = 3, trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                exception = "x", id = Value::from([("a", Value::from(1)), ("a", Value::from(2))]), "m {}", 1);
            let _scope = scope! { a = 1, event = "scope", "" = 2, "x\"y\n" = f64::NAN };
            info!(event = 1, "");
        });
        prop_assert_eq!(text.lines().count(), 4, "{}", text);
        for line in text.lines() {
            let parsed = serde_json::from_str::<serde_json::Value>(line);
            prop_assert!(parsed.is_ok_and(|parsed| parsed.is_object()), "{}", line);
            let mut keys = keys(line);
            let count = keys.len();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), count, "{}", line);
        }
    }
}
