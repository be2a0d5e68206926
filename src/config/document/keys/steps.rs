//! The keys of filters and processors.

use super::names::{COUNTED_BY, DETECTORS, PROCESSORS};
use super::{COUNT, EMOJI, Key, Kind, LEVEL, PART, TEXTS, key};

/// A condition, which may hold others.
pub(super) const FILTER: Kind = Kind::Named("filter", || CONDITIONS);

const CONDITIONS: &[Key] = &[
    key("level", Kind::Threshold, "Only this level and above"),
    key("levels", Kind::List(&LEVEL), "Only these levels"),
    key("targets", TEXTS, "Only these targets and what is below them"),
    key("threads", TEXTS, "Only threads whose name is like one of these; * stands for anything"),
    key("events", TEXTS, "Only records whose message is like one of these; * stands for anything"),
    key("event_has", TEXTS, "Only records whose message has one of these texts in it"),
    key("event_lacks", TEXTS, "Only records whose message has none of these texts in it"),
    key("has_fields", TEXTS, "Only records that have all of these fields"),
    key("fields", Kind::Map(&FIELD), "Only records whose fields have these values"),
    key("all", Kind::List(&FILTER), "All of these conditions, as those beside it"),
    key("any", Kind::List(&FILTER), "At least one of these conditions"),
    key("not", FILTER, "The opposite of this condition"),
];

const SCALARS: Kind = Kind::List(&Kind::Scalar);

/// What is asked of a field: a value, one of several, or a comparison.
const FIELD: Kind = Kind::Either(&[Kind::Scalar, SCALARS, Kind::Table(COMPARISONS)]);

const COMPARISONS: &[Key] = &[
    key("present", Kind::Bool, "Whether the field is there"),
    key("equals", Kind::Scalar, "It has this value"),
    key("differs", Kind::Scalar, "It is there, and has another value"),
    key("in", SCALARS, "It has one of these values"),
    key("above", Kind::Scalar, "It is greater"),
    key("at_least", Kind::Scalar, "It is equal or greater"),
    key("below", Kind::Scalar, "It is less"),
    key("at_most", Kind::Scalar, "It is equal or less"),
    key("contains", Kind::Text, "It has this text in it, or as an item"),
];

const PATTERNS: &[Key] = &[
    key("expression", Kind::Text, "A regular expression"),
    key("literals", TEXTS, "Each match holds one of these texts: it is looked for first"),
];

pub(super) const PROCESSOR: &[Key] = &[
    key("kind", Kind::OneOf(PROCESSORS), "What it does"),
    key("timed", Kind::Bool, "Whether a record tells after each 1000 calls how long it takes"),
    key("standard", Kind::Bool, "enrich: host, pid, and the service by the environment"),
    key("host", Kind::Bool, "enrich: the machine's name"),
    key("pid", Kind::Bool, "enrich: the process's number"),
    key("thread", Kind::Bool, "enrich: the thread"),
    key("service", Kind::Text, "enrich: the service's name"),
    key("version", Kind::Text, "enrich: its version"),
    key("environment", Kind::Text, "enrich: where it runs"),
    key("constants", Kind::Map(&Kind::Value), "enrich: fields for every record"),
    key("timestamp_ms", Kind::Bool, "enrich: the time of the call in milliseconds since 1970"),
    key("overwrite", Kind::Bool, "enrich: whether it replaces what a record has of its own"),
    key("defaults", Kind::Bool, "redact: whether the words count that it knows; they do"),
    key("words", TEXTS, "redact: hide fields whose key contains one of these words"),
    key("keys", TEXTS, "redact: hide fields of these keys"),
    key("substrings", TEXTS, "redact: hide fields whose key has one of these texts in it"),
    key("paths", TEXTS, "redact: hide values at these paths"),
    key("detect", Kind::List(&Kind::OneOf(DETECTORS)), "redact: hide what looks like one of these"),
    key(
        "patterns",
        Kind::List(&Kind::Table(PATTERNS)),
        "redact: hide what these match; needs the feature patterns of ripsaw",
    ),
    key("placeholder", Kind::Text, "redact: what stands instead"),
    key("keep_last", Kind::Whole(0, 64), "redact: characters that stay"),
    key("hash", Kind::Bool, "redact: a hash stands instead, other in each process"),
    key("hash_key", Kind::HashKey, "redact: a hash by this key stands instead"),
    key("depth", Kind::Whole(0, 64), "redact: how deep lists and maps are looked into"),
    key("key", Kind::Text, "add_field: the key"),
    key("value", Kind::Value, "add_field: the value"),
    key("fields", TEXTS, "drop_fields: the keys"),
    key("from", Kind::Text, "rename: the key as it is"),
    key("to", Kind::Text, "rename: the key as it shall be"),
    key("characters", COUNT, "truncate: the most characters of a text"),
    key("filter", FILTER, "filter: what must hold for a record to go on"),
    key("only", FILTER, "sample, rate_limit: only these records are concerned"),
    key("probability", PART, "sample: the part that passes"),
    key(
        "trace_field",
        Kind::Text,
        "sample: the field by whose value records stay together; with `probability`",
    ),
    key("adaptive", Kind::Number(0.001, 1e12), "sample: about so many records a second"),
    key("first", COUNT_OR_NONE, "sample: records of a statement that pass in each interval"),
    key("every", COUNT_OR_NONE, "sample: of those beyond, each of which number"),
    key("per", Kind::Duration, "sample, alert: the interval"),
    key("seed", Kind::Whole(0, i64::MAX as u64), "sample: makes the choice repeatable"),
    key("rate_field", Kind::Bool, "sample: whether records say what part of their like passes"),
    key("exempt", Kind::Threshold, "sample, rate_limit: levels that always pass"),
    key("report_every", Kind::Duration, "sample, rate_limit, statistics: how often it reports"),
    key("per_second", Kind::Number(0.001, 1e12), "rate_limit: records a second"),
    key("burst", COUNT, "rate_limit: records at once"),
    key("by", Kind::OneOf(COUNTED_BY), "rate_limit: what is counted together"),
    key("max_keys", COUNT, "rate_limit: how many of these are told apart"),
    key("within", Kind::Duration, "collapse: how far apart repeats may be"),
    key("ignore", TEXTS, "collapse: fields that may differ"),
    key(
        "field",
        Kind::Text,
        "flight_recorder: the field that keeps records together; without it the thread does",
    ),
    key("below", LEVEL, "flight_recorder: what is held back"),
    key("trigger", LEVEL, "flight_recorder: what lets it out"),
    key("bytes", Kind::Size, "flight_recorder: memory for what is held back"),
    key("scopes", COUNT, "flight_recorder: how many threads or values are told apart"),
    key("levels", Kind::List(&LEVEL), "alert: the levels that it tells of, on standard error"),
    key("at_most", COUNT, "alert: so many in an interval"),
    key("by_event", Kind::Bool, "statistics: whether events are told apart"),
    key("emoji", Kind::Table(EMOJI), "emoji: as the table `emoji` of the document"),
];

const COUNT_OR_NONE: Kind = Kind::Whole(0, u32::MAX as u64);
