//! Each setting of each type, and the key of a document that says the same.

/// Where a setting stands in a document, or why it cannot.
pub(super) enum Said {
    /// Keys, from the root of the schema; `[]` is an item of a list, `{}` a value under any name, and `#x` the table `x` of
    /// the schema's definitions.
    Key(&'static [&'static str]),
    /// It is no data, or said otherwise.
    Not(&'static str),
}
use Said::{Key, Not};

/// Files, types, and their settings.
pub(super) type Methods = &'static [(&'static str, Said)];

const CODE: &str = "a value of the program's: no document can make one";
const READ: &str = "reads, and sets nothing";

macro_rules! p {
    ($name:literal) => {
        Key(&[concat!("processors[].", $name)])
    };
}

const BUILDER: Methods = &[
    ("new", Not("the empty document")),
    ("from_env", Not("`Document::with_env` and `Config::from_env` read the environment")),
    ("level", Key(&["level"])),
    ("filter", Key(&["level", "levels"])),
    ("levels", Key(&["level", "levels"])),
    ("text", Key(&["format"])),
    ("key_value", Key(&["format"])),
    ("json", Key(&["format"])),
    ("pretty", Key(&["format"])),
    ("pattern", Key(&["format.pattern"])),
    ("format", Key(&["format"])),
    ("file", Key(&["routes[].path"])),
    ("stdout", Key(&["routes[].sink"])),
    ("stderr", Key(&["routes[].sink"])),
    ("sink", Key(&["routes[].sink"])),
    ("route", Key(&["routes"])),
    ("processor", Key(&["processors"])),
    ("caller_processor", Not(CODE)),
    ("time_processors", Key(&["time_processors"])),
    ("arena_bytes", Key(&["engine.arena_bytes"])),
    ("arena_file", Key(&["engine.arena_file"])),
    ("crash_file", Key(&["engine.crash_file"])),
    ("block_bytes", Key(&["engine.block_bytes"])),
    ("overflow", Key(&["overflow.default"])),
    ("overflow_for", Key(&["overflow.trace", "overflow.critical"])),
    ("flush_on", Key(&["engine.flush_on"])),
    ("flush_at_exit", Key(&["engine.flush_at_exit"])),
    ("flush_on_panic", Key(&["engine.flush_on_panic"])),
    ("log_panics", Key(&["engine.log_panics"])),
    ("flush_on_signals", Key(&["engine.flush_on_signals"])),
    ("flush_on_crash", Key(&["engine.flush_on_crash"])),
    ("follow_forks", Key(&["engine.follow_forks"])),
    ("clock", Key(&["engine.clock"])),
    ("max_delay", Key(&["engine.max_delay"])),
    ("manual", Not("a program that does not pump would never write")),
    ("log_facade", Key(&["engine.log_facade"])),
    ("sample", Key(&["sampling[].target", "sampling[].probability", "sampling[].every"])),
    ("sample_seed", Key(&["sampling_seed"])),
    ("from_toml", Not("takes the document")),
    ("from_toml_file", Not("takes the document")),
];

const ROUTE: Methods = &[
    ("new", Key(&["routes[].sink"])),
    ("name", Key(&["routes[].name"])),
    ("level", Key(&["routes[].level"])),
    ("filter", Key(&["routes[].filter"])),
    ("processor", Key(&["routes[].processors"])),
    ("format", Key(&["routes[].format"])),
    ("queue_bytes", Key(&["routes[].queue_bytes"])),
];

const FILTER: Methods = &[
    ("new", Not(CODE)),
    ("named", Not(CODE)),
    ("level", Key(&["#filter.level"])),
    ("levels", Key(&["#filter.levels"])),
    ("level_range", Key(&["#filter.levels"])),
    ("target", Key(&["#filter.targets"])),
    ("event", Key(&["#filter.event_has", "#filter.event_lacks"])),
    ("event_like", Key(&["#filter.events"])),
    ("thread", Key(&["#filter.threads"])),
    ("has_field", Key(&["#filter.has_fields"])),
    ("field", Key(&["#filter.fields"])),
    ("all", Key(&["#filter.all"])),
    ("any", Key(&["#filter.any"])),
    ("and", Key(&["#filter.all"])),
    ("or", Key(&["#filter.any"])),
];

const FIELD_TEST: Methods = &[
    ("present", Key(&["#filter.fields.{}.present"])),
    ("equals", Key(&["#filter.fields.{}.equals"])),
    ("differs", Key(&["#filter.fields.{}.differs"])),
    ("is_in", Key(&["#filter.fields.{}.in"])),
    ("above", Key(&["#filter.fields.{}.above"])),
    ("at_least", Key(&["#filter.fields.{}.at_least"])),
    ("below", Key(&["#filter.fields.{}.below"])),
    ("at_most", Key(&["#filter.fields.{}.at_most"])),
    ("contains", Key(&["#filter.fields.{}.contains"])),
];

pub(super) const TYPES: &[(&str, &str, Methods)] = &[
    ("src/config/builder.rs", "Builder", BUILDER),
    ("src/config/sampling.rs", "Builder", BUILDER),
    ("src/config/document/mod.rs", "Builder", BUILDER),
    ("src/config/route.rs", "Route", ROUTE),
    ("src/process/filter/mod.rs", "Filter", FILTER),
    ("src/process/filter/field.rs", "FieldTest", FIELD_TEST),
    (
        "src/process/enrich.rs",
        "Enrich",
        &[
            ("new", p!("kind")),
            ("standard", p!("standard")),
            ("host", p!("host")),
            ("pid", p!("pid")),
            ("service", p!("service")),
            ("version", p!("version")),
            ("environment", p!("environment")),
            ("thread", p!("thread")),
            ("constant", p!("constants")),
            ("timestamp_ms", p!("timestamp_ms")),
            ("overwrite", p!("overwrite")),
        ],
    ),
    (
        "src/process/redact/mod.rs",
        "Redact",
        &[
            ("new", p!("kind")),
            ("none", p!("defaults")),
            ("words", p!("words")),
            ("keys", p!("keys")),
            ("substrings", p!("substrings")),
            ("paths", p!("paths")),
            ("detect", p!("detect")),
            (
                "pattern",
                Key(&["processors[].patterns[].expression", "processors[].patterns[].literals"]),
            ),
            ("placeholder", p!("placeholder")),
            ("hash", p!("hash")),
            ("hash_with", p!("hash_key")),
            ("keep_last", p!("keep_last")),
            ("depth", p!("depth")),
        ],
    ),
    (
        "src/process/fields.rs",
        "AddField",
        &[("new", Key(&["processors[].key", "processors[].value"]))],
    ),
    ("src/process/fields.rs", "DropFields", &[("new", p!("fields"))]),
    ("src/process/fields.rs", "Rename", &[("new", Key(&["processors[].from", "processors[].to"]))]),
    ("src/process/fields.rs", "Truncate", &[("new", p!("characters"))]),
    (
        "src/process/sample/mod.rs",
        "Sample",
        &[
            ("probability", p!("probability")),
            (
                "first_then_every",
                Key(&["processors[].first", "processors[].every", "processors[].per"]),
            ),
            ("by_trace", p!("trace_field")),
            ("adaptive", p!("adaptive")),
            ("exempt", p!("exempt")),
            ("only", p!("only")),
            ("seed", p!("seed")),
            ("rate_field", p!("rate_field")),
            ("report_every", p!("report_every")),
            ("counts", Not(READ)),
        ],
    ),
    (
        "src/process/sample/limit.rs",
        "RateLimit",
        &[
            ("new", p!("per_second")),
            ("burst", p!("burst")),
            ("per_target", p!("by")),
            ("per_statement", p!("by")),
            ("keys", p!("max_keys")),
            ("exempt", p!("exempt")),
            ("only", p!("only")),
            ("report_every", p!("report_every")),
            ("counts", Not(READ)),
        ],
    ),
    (
        "src/process/sample/collapse.rs",
        "Collapse",
        &[
            ("repeats", p!("kind")),
            ("within", p!("within")),
            ("ignore", p!("ignore")),
            ("counts", Not(READ)),
        ],
    ),
    (
        "src/process/recorder.rs",
        "FlightRecorder",
        &[
            ("per_thread", p!("kind")),
            ("per_field", p!("field")),
            ("below", p!("below")),
            ("trigger", p!("trigger")),
            ("bytes", p!("bytes")),
            ("scopes", p!("scopes")),
            ("counts", Not(READ)),
        ],
    ),
    (
        "src/process/alert.rs",
        "Alert",
        &[
            ("new", Not(CODE)),
            ("to_stderr", p!("kind")),
            ("levels", p!("levels")),
            ("at_most", Key(&["processors[].at_most", "processors[].per"])),
            ("handle", Not(READ)),
        ],
    ),
    (
        "src/process/statistics.rs",
        "Statistics",
        &[
            ("new", p!("kind")),
            ("by_event", p!("by_event")),
            ("report_every", p!("report_every")),
            ("handle", Not(READ)),
        ],
    ),
    ("src/process/performance.rs", "Performance", &[("new", p!("kind"))]),
    ("src/process/timed.rs", "Timed", &[("new", p!("timed"))]),
    (
        "src/emoji/mod.rs",
        "Emoji",
        &[
            ("new", Key(&["emoji", "processors[].emoji"])),
            ("names", Key(&["emoji.names", "emoji.marks"])),
            ("das", Key(&["emoji.fields"])),
            ("layers", Key(&["emoji.layers", "emoji.custom_layers"])),
            ("user_set", Key(&["emoji.sets"])),
            ("keep_fields", Key(&["emoji.keep"])),
            ("domain_set", Key(&["emoji.domains", "emoji.domain_sets"])),
            ("cache_stats", Not(READ)),
            ("clear_cache", Not("is for a running engine")),
        ],
    ),
    (
        "src/emoji/names.rs",
        "Names",
        &[
            ("new", Key(&["emoji.names"])),
            ("compat", Key(&["compat"])),
            ("with", Key(&["emoji.marks"])),
            ("fallback", Key(&["emoji.fallback"])),
            ("get", Not(READ)),
        ],
    ),
    (
        "src/emoji/sets.rs",
        "EmojiSet",
        &[
            ("new", Key(&["emoji.sets[].name"])),
            ("with", Key(&["emoji.sets[].emojis"])),
            ("default_key", Key(&["emoji.sets[].default_key"])),
            ("get", Not(READ)),
        ],
    ),
    (
        "src/emoji/sets.rs",
        "FieldDef",
        &[
            ("new", Key(&["emoji.custom_layers[].fields[].key"])),
            ("set", Key(&["emoji.custom_layers[].fields[].set"])),
            ("description", Key(&["emoji.custom_layers[].fields[].description"])),
            ("value_type", Key(&["emoji.custom_layers[].fields[].value_type"])),
            ("default_override_key", Key(&["emoji.custom_layers[].fields[].default_override_key"])),
        ],
    ),
    (
        "src/emoji/sets.rs",
        "Layer",
        &[
            ("new", Key(&["emoji.custom_layers[].name"])),
            ("llm", Key(&["emoji.layers"])),
            ("database", Key(&["emoji.layers"])),
            ("http", Key(&["emoji.layers"])),
            ("task_queue", Key(&["emoji.layers"])),
            ("named", Key(&["emoji.layers"])),
            ("description", Key(&["emoji.custom_layers[].description"])),
            ("priority", Key(&["emoji.custom_layers[].priority"])),
            ("set", Key(&["emoji.custom_layers[].sets"])),
            ("field", Key(&["emoji.custom_layers[].fields"])),
        ],
    ),
    (
        "src/emoji/domain.rs",
        "DomainSet",
        &[
            ("new", Key(&["emoji.domain_sets[].domain", "emoji.domain_sets[].fallback"])),
            (
                "rule",
                Key(&[
                    "emoji.domain_sets[].rules[].action",
                    "emoji.domain_sets[].rules[].statuses",
                    "emoji.domain_sets[].rules[].otherwise",
                ]),
            ),
            ("k8s", Key(&["emoji.domains"])),
            ("web", Key(&["emoji.domains"])),
            ("db", Key(&["emoji.domains"])),
        ],
    ),
    (
        "src/format/text.rs",
        "Text",
        &[
            ("new", Key(&["format.kind"])),
            ("timestamp", Key(&["format.timestamp", "omit_timestamp"])),
            ("thread", Key(&["format.thread"])),
            ("target", Key(&["format.target"])),
            ("location", Key(&["format.location"])),
        ],
    ),
    (
        "src/format/key_value.rs",
        "KeyValue",
        &[
            ("new", Key(&["format.kind"])),
            ("compat", Key(&["format.compat", "compat"])),
            ("timestamp", Key(&["format.timestamp"])),
            ("logger", Key(&["format.logger"])),
            ("color", Key(&["format.color"])),
        ],
    ),
    (
        "src/format/pretty.rs",
        "Pretty",
        &[
            ("new", Key(&["format.kind"])),
            ("timestamp", Key(&["format.timestamp"])),
            ("target", Key(&["format.target"])),
            ("color", Key(&["format.color"])),
        ],
    ),
    ("src/format/pattern/mod.rs", "Pattern", &[("parse", Key(&["format.pattern"]))]),
    (
        "src/format/json.rs",
        "Json",
        &[
            ("new", Key(&["format.kind"])),
            ("with", Key(&["format.preset", "format.order"])),
            ("timestamp", Key(&["format.timestamp"])),
            ("thread", Key(&["format.thread"])),
            ("location", Key(&["format.location"])),
        ],
    ),
    ("src/format/presets.rs", "Json", PRESETS),
    ("src/format/presets.rs", "Schema", PRESETS),
    (
        "src/format/schema.rs",
        "Schema",
        &[
            ("new", Key(&["format.kind"])),
            ("order", Key(&["format.order"])),
            ("key", Key(&["format.keys"])),
            ("path", Key(&["format.keys.{}"])),
            ("nest_keys", Key(&["format.nest_keys"])),
            ("level", Key(&["format.level"])),
            ("time", Key(&["format.time"])),
            ("constant", Key(&["format.constants"])),
            ("constant_at", Key(&["format.constants.{}"])),
            ("rename", Key(&["format.rename"])),
            ("last", Key(&["format.last"])),
            ("duplicates", Key(&["format.duplicates"])),
            ("reserved_prefix", Key(&["format.reserved_prefix"])),
        ],
    ),
    (
        "src/sink/file.rs",
        "File",
        &[
            ("append", Key(&["routes[].path"])),
            ("keep_free", Key(&["routes[].keep_free"])),
            ("path", Not(READ)),
        ],
    ),
    (
        "src/sink/failover.rs",
        "Failover",
        &[
            ("new", Key(&["routes[].failover", "#failover.failover"])),
            ("patience", Key(&["#failover.patience"])),
        ],
    ),
    ("src/sink/stdio.rs", "Stdout", &[("new", Key(&["routes[].sink"]))]),
    ("src/sink/stdio.rs", "Stderr", &[("new", Key(&["routes[].sink"]))]),
    ("src/sink/memory.rs", "Null", &[("new", Key(&["routes[].sink"]))]),
    ("src/sink/memory.rs", "TestOutput", &[("new", Not("is for tests, which are code"))]),
    (
        "src/sink/memory.rs",
        "Memory",
        &[
            ("new", Not("is for tests, which are code")),
            ("text", Not(READ)),
            ("lines", Not(READ)),
            ("clear", Not(READ)),
        ],
    ),
];

const PRESETS: Methods = &[
    ("compat", Key(&["format.preset"])),
    ("s3", Key(&["format.preset"])),
    ("logstash", Key(&["format.preset"])),
    ("ecs", Key(&["format.preset"])),
    ("gcp", Key(&["format.preset"])),
    ("datadog", Key(&["format.preset"])),
    ("gelf", Key(&["format.preset"])),
    ("otel", Key(&["format.preset"])),
];
