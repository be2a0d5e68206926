//! The keys that a document may have. The checker and the JSON Schema both follow this table, so neither knows a key that the
//! other does not.

pub(super) mod names;
mod steps;

use names::{
    CLOCKS, COLORS, DOMAINS, DUPLICATES, FORMATS, KEEPS, LAYERS, LEVEL_FORMS, LEVELS, MEMBERS,
    PLAIN_FORMATS, PRESETS, SINKS, TIMES,
};
use steps::{FILTER, PROCESSOR};

/// What may stand behind a key.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Bool,
    /// A whole number between these.
    Whole(u64, u64),
    /// The same where it may be below zero.
    Signed(i64, i64),
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
    /// Thirty-two hexadecimal digits, which no error shows.
    HashKey,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Text, a number or a boolean.
    Scalar,
    /// The same, and lists and tables of such.
    Value,
    List(&'static Kind),
    /// A table of names that the document chooses.
    Map(&'static Kind),
    Table(&'static [Key]),
    /// The first one that is for a value of this type.
    Either(&'static [Kind]),
    /// A table that the schema names, since it may be inside of itself.
    Named(&'static str, fn() -> &'static [Key]),
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

const TEXTS: Kind = Kind::List(&Kind::Text);
const COUNT: Kind = Kind::Whole(1, u32::MAX as u64);
const PART: Kind = Kind::Number(0.0, 1.0);
const LEVEL: Kind = Kind::OneOf(LEVELS);
const PATH: Kind = Kind::Either(&[Kind::Text, TEXTS]);

const FORMAT: Kind = Kind::Either(&[Kind::OneOf(PLAIN_FORMATS), Kind::Table(FORMAT_KEYS)]);

const FORMAT_KEYS: &[Key] = &[
    key("kind", Kind::OneOf(FORMATS), "The form of a line"),
    key("timestamp", Kind::Bool, "Whether lines have their time"),
    key("thread", Kind::Bool, "text, json: whether lines have the thread"),
    key("target", Kind::Bool, "text, pretty: whether lines have the target"),
    key("location", Kind::Bool, "text, json: whether lines have file and line"),
    key("logger", Kind::Bool, "key_value: whether lines have the logger"),
    key("color", Kind::OneOf(COLORS), "key_value, pretty: whether lines have colours"),
    key("compat", Kind::Bool, "key_value: the lines of pyvider-telemetry"),
    key("pattern", Kind::Text, "pattern: the line, as {time} {level:<8} {message} {fields}"),
    key("preset", Kind::OneOf(PRESETS), "json: the lines of a well-known consumer"),
    key("order", Kind::List(&Kind::OneOf(MEMBERS)), "json: these members and no others"),
    key("keys", Kind::Map(&PATH), "json: the keys of members; a list for objects of their own"),
    key("nest_keys", Kind::Bool, "json: whether dots in the keys of members make objects"),
    key("time", Kind::OneOf(TIMES), "json: how the time is written"),
    key("level", Kind::OneOf(LEVEL_FORMS), "json: how the level is spelled"),
    key(
        "constants",
        Kind::Map(&Kind::Value),
        "json: entries that are the same in every line; tables for objects of their own",
    ),
    key("rename", Kind::Map(&Kind::Text), "json: other keys for fields"),
    key("last", TEXTS, "json: fields that stand at the end of the line"),
    key("duplicates", Kind::OneOf(DUPLICATES), "json: what becomes of fields with the same key"),
    key("reserved_prefix", Kind::Text, "json: what stands before a field with a member's key"),
];

const ROUTE: &[Key] = &[
    key("name", Kind::Text, "What it is called in errors and figures; its sink's name without it"),
    key("sink", Kind::OneOf(SINKS), "Where the records go"),
    key("path", Kind::Text, "For `file`: where it is"),
    key("keep_free", Kind::Size, "For `file`: bytes of the disk that are left to others"),
    key("failover", FAILOVER, "What takes over while the sink fails"),
    key("level", Kind::Threshold, "Only records of at least this level"),
    key("filter", FILTER, "Only records that meet all of these conditions"),
    key("processors", Kind::List(&Kind::Table(PROCESSOR)), "Steps for this route alone"),
    key("format", FORMAT, "The form of this route's lines"),
    key("queue_bytes", Kind::Size, "Bytes that may wait for the sink"),
];

const FAILOVER: Kind = Kind::Named("failover", || SECOND);

const SECOND: &[Key] = &[
    key("sink", Kind::OneOf(SINKS), "Where the records go"),
    key("path", Kind::Text, "For `file`: where it is"),
    key("keep_free", Kind::Size, "For `file`: bytes of the disk that are left to others"),
    key("patience", Kind::Duration, "How long the first sink may fail"),
    key("failover", FAILOVER, "What takes over while this one fails, too"),
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
    key("clock", Kind::OneOf(CLOCKS), "Where time stamps come from"),
    key(
        "max_delay",
        Kind::Duration,
        "How long the idle writer sleeps at most; 0s takes a core for itself",
    ),
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
    key("marks", Kind::Map(&Kind::Text), "Emoji by the beginnings of names"),
    key("fallback", Kind::Text, "The emoji of names that no mark fits; empty for none"),
    key("fields", Kind::Bool, "Emoji for values of fields"),
    key("layers", Kind::List(&Kind::OneOf(LAYERS)), "Built-in layers"),
    key("custom_layers", Kind::List(&Kind::Table(LAYER)), "Layers of your own"),
    key("sets", Kind::List(&Kind::Table(SET)), "Sets that take the place of those of their names"),
    key("keep", Kind::OneOf(KEEPS), "Which fields stay, of those that have an emoji"),
    key("domains", Kind::List(&Kind::OneOf(DOMAINS)), "Built-in emoji for loggers of a domain"),
    key("domain_sets", Kind::List(&Kind::Table(DOMAIN)), "The same of your own"),
    key("show_matrix", Kind::Bool, "Whether the program shall print what the emoji mean"),
];

const SET: &[Key] = &[
    key("name", Kind::Text, "By this name fields refer to it"),
    key("emojis", Kind::Map(&Kind::Text), "Emoji by value, in lower case"),
    key("default_key", Kind::Text, "The value whose emoji all others have"),
];

const LAYER: &[Key] = &[
    key("name", Kind::Text, "Its name"),
    key("description", Kind::Text, "What it is about"),
    key(
        "priority",
        Kind::Signed(i32::MIN as i64, i32::MAX as i64),
        "The highest has the last word",
    ),
    key("sets", Kind::List(&Kind::Table(SET)), "Its sets"),
    key("fields", Kind::List(&Kind::Table(FIELD_DEF)), "Its fields"),
];

const FIELD_DEF: &[Key] = &[
    key("key", Kind::Text, "The field's key in records"),
    key("set", Kind::Text, "The set that marks its values"),
    key("description", Kind::Text, "What it means"),
    key("value_type", Kind::Text, "Its type"),
    key("default_override_key", Kind::Text, "Another default key than the set's"),
];

const DOMAIN: &[Key] = &[
    key("domain", Kind::Text, "The name of the logger"),
    key("fallback", Kind::Text, "The emoji where no rule fits"),
    key("rules", Kind::List(&Kind::Table(RULE)), "The first whose action fits decides"),
];

const RULE: &[Key] = &[
    key("action", Kind::Text, "The beginning of the action"),
    key("statuses", Kind::Map(&Kind::Text), "Emoji by status; 4xx stands for all with its digit"),
    key("otherwise", Kind::Text, "The emoji of every other status"),
];

/// The document.
pub(super) const DOCUMENT: &[Key] = &[
    key("service_name", Kind::Text, "The field service_name of every record"),
    key(
        "env_prefix",
        Kind::Text,
        "Variables of the environment that begin so go before what this document says",
    ),
    key("disabled", Kind::Bool, "Whether nothing is written at all"),
    key("compat", Kind::Bool, "The bytes of pyvider-telemetry 0.0.16"),
    key("omit_timestamp", Kind::Bool, "Whether lines are without their time"),
    key("level", Kind::Threshold, "The threshold of targets that have none of their own"),
    key("levels", Kind::Map(&Kind::Threshold), "Thresholds by target"),
    key("format", FORMAT, "The form of lines of routes that have none of their own"),
    key("emoji", Kind::Table(EMOJI), "Emoji before the message"),
    key("processors", Kind::List(&Kind::Table(PROCESSOR)), "Steps that all records pass"),
    key("time_processors", Kind::Bool, "Whether the time of each processor is taken"),
    key(
        "sampling",
        Kind::List(&Kind::Table(SAMPLING)),
        "Calls that are not made; the first rule that fits counts",
    ),
    key("sampling_seed", Kind::Whole(0, i64::MAX as u64), "Makes these choices repeatable"),
    key("routes", Kind::List(&Kind::Table(ROUTE)), "Where records go; standard error without any"),
    key("overflow", Kind::Table(OVERFLOW), "What happens when the arena is full"),
    key("engine", Kind::Table(ENGINE), "What is fixed at the start"),
];
