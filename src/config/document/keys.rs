//! The keys that a document may have. The checker and the JSON Schema both follow this table, so neither knows a key that the
//! other does not.

/// What may stand behind a key.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Bool,
    /// A whole number between these.
    Whole(u64, u64),
    /// A number between these.
    Number(f64, f64),
    /// Bytes: a whole number, or text such as `16MiB`.
    Size,
    /// Text such as `50ms`.
    Duration,
    /// A threshold.
    Threshold,
    /// `shed`, `drop_newest`, `block`, or `block 100ms`.
    Overflow,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Text, a number or a boolean.
    Scalar,
    List(&'static Kind),
    /// A table of names that the document chooses.
    Map(&'static Kind),
    Table(&'static [Key]),
    /// The first where the value is text, else the second.
    Either(&'static Kind, &'static Kind),
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) about: &'static str,
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about }
}

pub(super) const LEVELS: &[&str] = &["trace", "debug", "info", "warning", "error", "critical"];
pub(super) const FORMATS: &[&str] = &["text", "key_value", "json", "pretty"];
pub(super) const SINKS: &[&str] = &["stdout", "stderr", "file", "null"];
pub(super) const PRESETS: &[&str] =
    &["ecs", "logstash", "gcp", "datadog", "gelf", "otel", "s3", "compat"];
pub(super) const MEMBERS: &[&str] = &[
    "timestamp",
    "level",
    "level_text",
    "logger",
    "event",
    "file",
    "line",
    "line_text",
    "module",
    "thread",
    "thread_id",
    "pid",
    "seq",
    "fields",
];
pub(super) const TIMES: &[&str] = &[
    "rfc3339",
    "rfc3339_millis",
    "rfc3339_offset",
    "without_zone",
    "local",
    "seconds",
    "seconds_decimal",
    "millis",
    "micros",
    "nanos",
    "nanos_text",
];
pub(super) const LEVEL_FORMS: &[&str] =
    &["lower", "upper", "number", "syslog", "gcp", "opentelemetry"];
pub(super) const LAYERS: &[&str] = &["llm", "database", "http", "task_queue"];
pub(super) const DETECTORS: &[&str] =
    &["card_number", "email", "bearer_token", "private_key", "aws_key"];

const TEXTS: Kind = Kind::List(&Kind::Text);
const COUNT: Kind = Kind::Whole(1, u32::MAX as u64);
const PART: Kind = Kind::Number(0.0, 1.0);
const LEVEL: Kind = Kind::OneOf(LEVELS);

const FORMAT: Kind = Kind::Either(
    &Kind::OneOf(FORMATS),
    &Kind::Table(&[
        key(
            "kind",
            Kind::OneOf(&["text", "key_value", "json", "pretty", "pattern"]),
            "The form of a line",
        ),
        key("timestamp", Kind::Bool, "Whether lines have their time"),
        key(
            "pattern",
            Kind::Text,
            "For `pattern`: the line, as {time} {level:<8} {message} {fields}",
        ),
        key("preset", Kind::OneOf(PRESETS), "For `json`: the lines of a well-known consumer"),
        key("order", Kind::List(&Kind::OneOf(MEMBERS)), "For `json`: these members and no others"),
        key("keys", Kind::Map(&Kind::Text), "For `json`: the keys of members"),
        key("time", Kind::OneOf(TIMES), "For `json`: how the time is written"),
        key("level", Kind::OneOf(LEVEL_FORMS), "For `json`: how the level is spelled"),
        key(
            "constants",
            Kind::Map(&Kind::Scalar),
            "For `json`: entries that are the same in every line",
        ),
        key("rename", Kind::Map(&Kind::Text), "For `json`: other keys for fields"),
    ]),
);

const FILTER: &[Key] = &[
    key("levels", Kind::List(&LEVEL), "Only these levels"),
    key("targets", TEXTS, "Only these targets and what is below them"),
    key("events", TEXTS, "Only records whose message is like one of these; * stands for anything"),
    key("has_fields", TEXTS, "Only records that have all of these fields"),
    key("fields", Kind::Map(&Kind::Scalar), "Only records whose fields have these values"),
];

const PROCESSOR: &[Key] = &[
    key(
        "kind",
        Kind::OneOf(&[
            "enrich",
            "redact",
            "drop_fields",
            "rename",
            "truncate",
            "sample",
            "rate_limit",
            "collapse",
            "flight_recorder",
        ]),
        "What it does",
    ),
    key("host", Kind::Bool, "enrich: the machine's name"),
    key("pid", Kind::Bool, "enrich: the process's number"),
    key("thread", Kind::Bool, "enrich: the thread"),
    key("service", Kind::Text, "enrich: the service's name"),
    key("version", Kind::Text, "enrich: its version"),
    key("environment", Kind::Text, "enrich: where it runs"),
    key("constants", Kind::Map(&Kind::Scalar), "enrich: fields for every record"),
    key("words", TEXTS, "redact: hide fields whose key contains one of these words"),
    key("keys", TEXTS, "redact: hide fields of these keys"),
    key("paths", TEXTS, "redact: hide values at these paths"),
    key("detect", Kind::List(&Kind::OneOf(DETECTORS)), "redact: hide what looks like one of these"),
    key("placeholder", Kind::Text, "redact: what stands instead"),
    key("keep_last", Kind::Whole(0, 64), "redact: characters that stay"),
    key("fields", TEXTS, "drop_fields: the keys"),
    key("from", Kind::Text, "rename: the key as it is"),
    key("to", Kind::Text, "rename: the key as it shall be"),
    key("characters", COUNT, "truncate: the most characters of a text"),
    key("probability", PART, "sample: the part that passes"),
    key(
        "trace_field",
        Kind::Text,
        "sample: the field by whose value records stay together; with `probability`",
    ),
    key("adaptive", Kind::Number(0.001, 1e12), "sample: about so many records a second"),
    key("exempt", Kind::Threshold, "sample, rate_limit: levels that always pass"),
    key("per_second", Kind::Number(0.001, 1e12), "rate_limit: records a second"),
    key("burst", COUNT, "rate_limit: records at once"),
    key("by", Kind::OneOf(&["all", "target", "statement"]), "rate_limit: what is counted together"),
    key("within", Kind::Duration, "collapse: how far apart repeats may be"),
    key(
        "field",
        Kind::Text,
        "flight_recorder: the field that keeps records together; without it the thread does",
    ),
    key("below", LEVEL, "flight_recorder: what is held back"),
    key("trigger", LEVEL, "flight_recorder: what lets it out"),
    key("bytes", Kind::Size, "flight_recorder: memory for what is held back"),
];

const ROUTE: &[Key] = &[
    key("sink", Kind::OneOf(SINKS), "Where the records go"),
    key("path", Kind::Text, "For `file`: where it is"),
    key("keep_free", Kind::Size, "For `file`: bytes of the disk that are left to others"),
    key("failover", Kind::Table(FAILOVER), "What takes over while the sink fails"),
    key("level", Kind::Threshold, "Only records of at least this level"),
    key("filter", Kind::Table(FILTER), "Only records that meet all of these conditions"),
    key("processors", Kind::List(&Kind::Table(PROCESSOR)), "Steps for this route alone"),
    key("format", FORMAT, "The form of this route's lines"),
    key("queue_bytes", Kind::Size, "Bytes that may wait for the sink"),
];

const FAILOVER: &[Key] = &[
    key("sink", Kind::OneOf(SINKS), "Where the records go"),
    key("path", Kind::Text, "For `file`: where it is"),
    key("keep_free", Kind::Size, "For `file`: bytes of the disk that are left to others"),
    key("patience", Kind::Duration, "How long the first sink may fail"),
];

const SAMPLING: &[Key] = &[
    key("target", Kind::Text, "Statements of this target and below; all without it"),
    key("up_to", LEVEL, "The highest level that is sampled"),
    key("probability", PART, "The part of the calls that is made"),
    key("first", Kind::Whole(0, u32::MAX as u64), "Calls at the beginning of each interval"),
    key("every", Kind::Whole(0, u32::MAX as u64), "Of those beyond, each of which number"),
    key("per", Kind::Duration, "The interval"),
];

const ENGINE: &[Key] = &[
    key("arena_bytes", Kind::Size, "Memory for records on their way"),
    key("block_bytes", Kind::Size, "The piece that a thread holds at a time"),
    key("arena_file", Kind::Text, "Keeps the arena in a file that survives a kill"),
    key("crash_file", Kind::Text, "Where a crash saves what the writer cannot write"),
    key("clock", Kind::OneOf(&["auto", "system", "coarse"]), "Where time stamps come from"),
    key("max_delay", Kind::Duration, "How long the idle writer sleeps at most"),
    key("flush_on", Kind::Threshold, "Wakes the writer at once for this level"),
    key("flush_at_exit", Kind::Bool, "Whether exit writes what is on its way"),
    key("flush_on_panic", Kind::Bool, "Whether a panic does"),
    key(
        "flush_on_signals",
        Kind::Duration,
        "The deadline for TERM, INT, HUP and QUIT; off without it",
    ),
    key("flush_on_crash", Kind::Duration, "The deadline for crashes; off without it"),
    key("log_panics", Kind::Bool, "Whether a panic becomes a record"),
    key("follow_forks", Kind::Bool, "Whether a forked child logs too"),
    key("log_facade", Kind::Bool, "Whether the `log` crate's records arrive"),
];

const OVERFLOW: &[Key] = &[
    key("default", Kind::Overflow, "For all levels that have none of their own"),
    key("trace", Kind::Overflow, "For TRACE"),
    key("debug", Kind::Overflow, "For DEBUG"),
    key("info", Kind::Overflow, "For INFO"),
    key("warning", Kind::Overflow, "For WARNING"),
    key("error", Kind::Overflow, "For ERROR"),
    key("critical", Kind::Overflow, "For CRITICAL"),
];

const EMOJI: &[Key] = &[
    key("names", Kind::Bool, "An emoji for the logger's name"),
    key("fields", Kind::Bool, "Emoji for values of fields"),
    key("layers", Kind::List(&Kind::OneOf(LAYERS)), "Built-in layers"),
    key("marks", Kind::Map(&Kind::Text), "Emoji by the beginnings of names"),
];

/// The document.
pub(super) const DOCUMENT: &[Key] = &[
    key("service_name", Kind::Text, "The field service_name of every record"),
    key("disabled", Kind::Bool, "Whether nothing is written at all"),
    key("level", Kind::Threshold, "The threshold of targets that have none of their own"),
    key("levels", Kind::Map(&Kind::Threshold), "Thresholds by target"),
    key("format", FORMAT, "The form of lines of routes that have none of their own"),
    key("emoji", Kind::Table(EMOJI), "Emoji before the message"),
    key("processors", Kind::List(&Kind::Table(PROCESSOR)), "Steps that all records pass"),
    key(
        "sampling",
        Kind::List(&Kind::Table(SAMPLING)),
        "Calls that are not made; the first rule that fits counts",
    ),
    key("routes", Kind::List(&Kind::Table(ROUTE)), "Where records go; standard error without any"),
    key("overflow", Kind::Table(OVERFLOW), "What happens when the arena is full"),
    key("engine", Kind::Table(ENGINE), "What is fixed at the start"),
];
