//! The JSON of well-known consumers.

use super::TimeForm;
use super::json::Json;
use super::member::{LevelForm, Member};
use super::schema::{Schema, Style};

impl Schema {
    /// See [`Json::compat`].
    pub fn compat() -> Schema {
        use Member::{Event, Fields, Level, Logger, Timestamp};
        Schema::new()
            .order([Logger, Fields, Event, Level, Timestamp])
            .key(Logger, "logger_name")
            .time(TimeForm::Local)
            .last("exception")
    }

    /// See [`Json::s3`].
    pub fn s3() -> Schema {
        use Member::{Event, Fields, Level, Logger, Timestamp};
        Schema::new()
            .order([Timestamp, Level, Logger, Event, Fields])
            .key(Event, "message")
            .level(LevelForm::Upper)
            .time(TimeForm::Rfc3339Offset)
    }

    /// See [`Json::logstash`].
    pub fn logstash() -> Schema {
        use Member::{Event, Fields, File, Level, Line, Logger, Module, Thread, Timestamp};
        Schema::new()
            .order([Timestamp, Level, Logger, Thread, Event, File, Line, Module, Fields])
            .key(Timestamp, "@timestamp")
            .key(Logger, "logger_name")
            .key(Thread, "thread_name")
            .key(Event, "message")
            .path(File, ["source", "file"])
            .path(Line, ["source", "line"])
            .path(Module, ["source", "module"])
            .level(LevelForm::Upper)
            .time(TimeForm::Rfc3339Millis)
            .constant("@version", "1")
    }

    /// See [`Json::ecs`].
    pub fn ecs() -> Schema {
        use Member::{Event, Fields, File, Level, Line, Logger, Thread, ThreadId, Timestamp};
        Schema::new()
            .order([Timestamp, Level, Event, Logger, Thread, ThreadId, File, Line, Fields])
            .key(Timestamp, "@timestamp")
            .key(Level, "log.level")
            .key(Event, "message")
            .key(Logger, "log.logger")
            .key(Thread, "process.thread.name")
            .key(ThreadId, "process.thread.id")
            .key(File, "log.origin.file.name")
            .key(Line, "log.origin.file.line")
            .time(TimeForm::Rfc3339Millis)
            .constant("ecs.version", "8.11.0")
            .rename("trace_id", "trace.id")
            .rename("span_id", "span.id")
    }

    /// See [`Json::gcp`].
    pub fn gcp() -> Schema {
        use Member::{Event, Fields, File, Level, LineText, Logger, Module, Timestamp};
        const SOURCE: &str = "logging.googleapis.com/sourceLocation";
        Schema::new()
            .order([Level, Timestamp, Event, Logger, File, LineText, Module, Fields])
            .key(Level, "severity")
            .key(Timestamp, "time")
            .key(Event, "message")
            .path(File, [SOURCE, "file"])
            .path(LineText, [SOURCE, "line"])
            .path(Module, [SOURCE, "function"])
            .level(LevelForm::Gcp)
            .rename("trace_id", "logging.googleapis.com/trace")
            .rename("span_id", "logging.googleapis.com/spanId")
            .rename("labels", "logging.googleapis.com/labels")
    }

    /// See [`Json::datadog`].
    pub fn datadog() -> Schema {
        use Member::{Event, Fields, Level, Logger, Thread, Timestamp};
        Schema::new()
            .order([Timestamp, Level, Event, Logger, Thread, Fields])
            .key(Level, "status")
            .key(Event, "message")
            .path(Logger, ["logger", "name"])
            .path(Thread, ["logger", "thread_name"])
            .time(TimeForm::Millis)
            .rename("trace_id", "dd.trace_id")
            .rename("span_id", "dd.span_id")
    }

    /// See [`Json::gelf`].
    pub fn gelf() -> Schema {
        use Member::{Event, Fields, File, Level, Line, Logger, Thread, Timestamp};
        let host = crate::os::host_name().unwrap_or_default();
        let mut schema = Schema::new()
            .order([Event, Timestamp, Level, Logger, Thread, File, Line, Fields])
            .key(Event, "short_message")
            .key(Logger, "_logger")
            .key(Thread, "_thread")
            .key(File, "_file")
            .key(Line, "_line")
            .level(LevelForm::Syslog)
            .time(TimeForm::SecondsDecimal)
            .constant("version", "1.1")
            .constant("host", if host.is_empty() { "localhost".to_owned() } else { host });
        schema.style = Style::Gelf;
        schema
    }

    /// See [`Json::otel`].
    pub fn otel() -> Schema {
        use Member::{Event, Fields, Level, LevelText, Logger, Timestamp};
        let mut schema = Schema::new()
            .order([Timestamp, Level, LevelText, Logger, Event, Fields])
            .key(Timestamp, "timeUnixNano")
            .key(Level, "severityNumber")
            .key(LevelText, "severityText")
            .path(Logger, ["scope", "name"])
            .path(Event, ["body", "stringValue"])
            .path(Fields, ["attributes"])
            .level(LevelForm::OpenTelemetry)
            .time(TimeForm::NanosText);
        schema.style = Style::Otel;
        schema
    }
}

/// The presets. To change one, begin with the schema of the same name.
impl Json {
    /// The keys and the order of structlog's JSON as `pyvider.telemetry` sets it up (spec \[31]): `logger_name`, the fields, `event`,
    /// `level`, `timestamp` (local time), constants such as `service_name`, `exception`. UTF-8, compact, and always valid JSON.
    ///
    /// ```text
    /// {"logger_name":"shop","id":7,"event":"paid","level":"info","timestamp":"2026-11-20 13:00:00.123456"}
    /// ```
    pub fn compat() -> Json {
        Json::sound(Schema::compat())
    }

    /// `timestamp` with `+00:00`, `level` in upper case, `logger`, `message`, then the fields (spec \[32]).
    ///
    /// ```text
    /// {"timestamp":"2026-11-20T12:00:00.123456+00:00","level":"INFO","logger":"shop","message":"paid","id":7}
    /// ```
    pub fn s3() -> Json {
        Json::sound(Schema::s3())
    }

    /// What Logstash's encoders write (spec \[33]): `@timestamp`, `level`, `logger_name`, `thread_name`, `message`, `source`,
    /// fields, `@version`. Add `host` and `service` as constants of [`Schema::logstash`].
    pub fn logstash() -> Json {
        Json::sound(Schema::logstash())
    }

    /// Elastic Common Schema 8: `@timestamp`, `log.level`, `message`, `log.logger`, `process.thread.name` and `.id`,
    /// `log.origin.file.name` and `.line`, fields, `ecs.version`. The fields `trace_id` and `span_id` become `trace.id` and
    /// `span.id`. Objects instead of dotted keys: [`Schema::nest_keys`].
    pub fn ecs() -> Json {
        Json::sound(Schema::ecs())
    }

    /// Structured logs of Google Cloud: `severity`, `time`, `message`, `logger`, the source location, fields. The fields
    /// `trace_id`, `span_id` and `labels` become `logging.googleapis.com/trace`, `/spanId` and `/labels`.
    pub fn gcp() -> Json {
        Json::sound(Schema::gcp())
    }

    /// Datadog: `timestamp` in milliseconds, `status`, `message`, `logger.name`, `logger.thread_name`, fields. The fields `trace_id`
    /// and `span_id` become `dd.trace_id` and `dd.span_id`. Add `service` and `ddsource` as constants of [`Schema::datadog`].
    pub fn datadog() -> Json {
        Json::sound(Schema::datadog())
    }

    /// GELF 1.1: `short_message`, `full_message` if the message has more lines than one, `timestamp` in seconds, `level` of syslog,
    /// and fields whose keys begin with an underscore: characters that GELF does not allow there become `_`, and `id` is
    /// `__id`. Values that are neither text nor numbers are text. `host` is this machine's name; the constant of
    /// [`Schema::gelf`] replaces it.
    pub fn gelf() -> Json {
        Json::sound(Schema::gelf())
    }

    /// A log record of OpenTelemetry in the protocol's JSON, one a line: `timeUnixNano`, `severityNumber`, `severityText`,
    /// `scope.name` (the logger), `body`, `attributes` with typed values, and `traceId` and `spanId` where the
    /// fields `trace_id` and `span_id` are valid.
    pub fn otel() -> Json {
        Json::sound(Schema::otel())
    }
}
