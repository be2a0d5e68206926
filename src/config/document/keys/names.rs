//! The names that a document can choose from.

pub(in super::super) const LEVELS: &[&str] =
    &["trace", "debug", "info", "warning", "error", "critical"];
pub(in super::super) const THRESHOLDS: &[&str] =
    &["trace", "debug", "info", "warning", "error", "critical", "off", "notset"];
pub(in super::super) const OVERFLOWS: &[&str] = &["shed", "drop_newest", "block"];
pub(in super::super) const FORMATS: &[&str] = &["text", "key_value", "json", "pretty", "pattern"];
/// Those that need no more words.
pub(in super::super) const PLAIN_FORMATS: &[&str] = &["text", "key_value", "json", "pretty"];
pub(in super::super) const SINKS: &[&str] = &["stdout", "stderr", "file", "null"];
pub(in super::super) const PRESETS: &[&str] =
    &["ecs", "logstash", "gcp", "datadog", "gelf", "otel", "s3", "compat"];
pub(in super::super) const MEMBERS: &[&str] = &[
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
pub(in super::super) const TIMES: &[&str] = &[
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
pub(in super::super) const LEVEL_FORMS: &[&str] =
    &["lower", "upper", "number", "syslog", "gcp", "opentelemetry"];
pub(in super::super) const COLORS: &[&str] = &["auto", "always", "never"];
pub(in super::super) const DUPLICATES: &[&str] = &["last", "first", "suffix"];
pub(in super::super) const LAYERS: &[&str] = &["llm", "database", "http", "task_queue"];
pub(in super::super) const DOMAINS: &[&str] = &["k8s", "web", "db"];
pub(in super::super) const KEEPS: &[&str] = &["all", "unknown", "none"];
pub(in super::super) const DETECTORS: &[&str] =
    &["card_number", "email", "bearer_token", "private_key", "aws_key"];
pub(in super::super) const CLOCKS: &[&str] = &["auto", "system", "coarse"];
pub(in super::super) const COUNTED_BY: &[&str] = &["all", "target", "statement"];
pub(in super::super) const PROCESSORS: &[&str] = &[
    "enrich",
    "redact",
    "add_field",
    "drop_fields",
    "rename",
    "truncate",
    "filter",
    "sample",
    "rate_limit",
    "collapse",
    "flight_recorder",
    "alert",
    "statistics",
    "performance",
    "emoji",
];
