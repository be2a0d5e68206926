//! The built-in tables, as data: byte for byte those of pyvider-telemetry 0.0.16 (Apache-2.0), variation selectors included.

/// Values and their emoji, in order.
pub(super) type Pairs = &'static [(&'static str, &'static str)];

/// A set: its name, and its values. Its default key is `default`.
pub(super) type Set = (&'static str, Pairs);

/// A field: key, type, set (or empty), override of the default key (or empty), description.
pub(super) type Field = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// A built-in layer.
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) priority: i32,
    pub(super) sets: &'static [Set],
    pub(super) fields: &'static [Field],
}

/// The sets of domain, action and status.
pub(super) const DAS: [Set; 3] = [
    (
        "_legacy_domain",
        &[
            ("system", "⚙️"),
            ("server", "🛎️"),
            ("client", "🙋"),
            ("network", "🌐"),
            ("security", "🔐"),
            ("config", "🔩"),
            ("database", "🗄️"),
            ("cache", "💾"),
            ("task", "🔄"),
            ("plugin", "🔌"),
            ("telemetry", "🛰️"),
            ("di", "💉"),
            ("protocol", "📡"),
            ("file", "📄"),
            ("user", "👤"),
            ("test", "🧪"),
            ("utils", "🧰"),
            ("core", "🌟"),
            ("auth", "🔑"),
            ("entity", "🦎"),
            ("report", "📈"),
            ("payment", "💳"),
            ("default", "❓"),
        ],
    ),
    (
        "_legacy_action",
        &[
            ("init", "🌱"),
            ("start", "🚀"),
            ("stop", "🛑"),
            ("connect", "🔗"),
            ("disconnect", "💔"),
            ("listen", "👂"),
            ("send", "📤"),
            ("receive", "📥"),
            ("read", "📖"),
            ("write", "📝"),
            ("process", "⚙️"),
            ("validate", "🛡️"),
            ("execute", "▶️"),
            ("query", "🔍"),
            ("update", "🔄"),
            ("delete", "🗑️"),
            ("login", "➡️"),
            ("logout", "⬅️"),
            ("auth", "🔑"),
            ("error", "🔥"),
            ("encrypt", "🛡️"),
            ("decrypt", "🔓"),
            ("parse", "🧩"),
            ("transmit", "📡"),
            ("build", "🏗️"),
            ("schedule", "📅"),
            ("emit", "📢"),
            ("load", "💡"),
            ("observe", "🧐"),
            ("request", "🗣️"),
            ("interrupt", "🚦"),
            ("register", "⚙️"),
            ("default", "❓"),
        ],
    ),
    (
        "_legacy_status",
        &[
            ("success", "✅"),
            ("failure", "❌"),
            ("error", "🔥"),
            ("warning", "⚠️"),
            ("info", "ℹ️"),
            ("debug", "🐞"),
            ("trace", "👣"),
            ("attempt", "⏳"),
            ("retry", "🔁"),
            ("skip", "⏭️"),
            ("complete", "🏁"),
            ("timeout", "⏱️"),
            ("notfound", "❓"),
            ("unauthorized", "🚫"),
            ("invalid", "💢"),
            ("cached", "🎯"),
            ("ongoing", "🏃"),
            ("idle", "💤"),
            ("ready", "👍"),
            ("default", "➡️"),
        ],
    ),
];

pub(super) const LLM: Builtin = Builtin {
    name: "llm",
    description: "Semantic conventions for logging Large Language Model interactions.",
    priority: 100,
    sets: &[
        (
            "llm_provider",
            &[
                ("openai", "🤖"),
                ("anthropic", "📚"),
                ("google", "🇬"),
                ("meta", "🦙"),
                ("mistral", "🌬️"),
                ("perplexity", "❓"),
                ("cohere", "🔊"),
                ("default", "💡"),
            ],
        ),
        (
            "llm_task",
            &[
                ("generation", "✍️"),
                ("completion", "✅"),
                ("embedding", "🔗"),
                ("chat", "💬"),
                ("tool_use", "🛠️"),
                ("summarization", "📜"),
                ("translation", "🌐"),
                ("classification", "🏷️"),
                ("default", "⚡"),
            ],
        ),
        (
            "llm_outcome",
            &[
                ("success", "👍"),
                ("error", "🔥"),
                ("filtered_input", "🛡️👁️"),
                ("filtered_output", "🛡️🗣️"),
                ("rate_limit", "⏳"),
                ("partial_success", "🤏"),
                ("tool_call", "📞"),
                ("default", "➡️"),
            ],
        ),
    ],
    fields: &[
        (
            "llm.provider",
            "string",
            "llm_provider",
            "",
            "Name of the LLM provider (e.g., openai, anthropic)",
        ),
        (
            "llm.task",
            "string",
            "llm_task",
            "",
            "The specific LLM task being performed (e.g., generation, chat)",
        ),
        ("llm.model", "string", "llm_provider", "", "Identifier of the LLM model used"),
        ("llm.outcome", "string", "llm_outcome", "", "Outcome of the LLM operation"),
        ("llm.input.tokens", "integer", "", "", "Number of input tokens"),
        ("llm.output.tokens", "integer", "", "", "Number of output tokens"),
        ("llm.tool.name", "string", "", "", "Name of the tool called by the LLM"),
        ("llm.tool.call_id", "string", "", "", "Identifier for a specific tool call"),
        ("duration_ms", "integer", "", "", "Duration of the LLM operation in milliseconds"),
        ("trace_id", "string", "", "", "Distributed trace ID for the operation"),
    ],
};

pub(super) const DATABASE: Builtin = Builtin {
    name: "database",
    description: "Semantic conventions for logging database interactions.",
    priority: 90,
    sets: &[
        (
            "db_system",
            &[
                ("postgres", "🐘"),
                ("mysql", "🐬"),
                ("sqlite", "💾"),
                ("mongodb", "🍃"),
                ("redis", "🟥"),
                ("elasticsearch", "🔍"),
                ("default", "🗄️"),
            ],
        ),
        (
            "db_operation",
            &[
                ("query", "🔍"),
                ("select", "🔍"),
                ("insert", "➕"),
                ("update", "🔄"),
                ("delete", "🗑️"),
                ("connect", "🔗"),
                ("disconnect", "💔"),
                ("transaction_begin", "💳🟢"),
                ("transaction_commit", "💳✅"),
                ("transaction_rollback", "💳❌"),
                ("default", "⚙️"),
            ],
        ),
        (
            "db_outcome",
            &[
                ("success", "👍"),
                ("error", "🔥"),
                ("not_found", "❓🤷"),
                ("timeout", "⏱️"),
                ("default", "➡️"),
            ],
        ),
    ],
    fields: &[
        ("db.system", "string", "db_system", "", "Type of database system (e.g., postgres, mysql)"),
        (
            "db.operation",
            "string",
            "db_operation",
            "",
            "Database operation performed (e.g., query, insert)",
        ),
        (
            "db.statement",
            "string",
            "",
            "",
            "The database statement executed (potentially truncated/sanitized)",
        ),
        ("db.table", "string", "db_system", "default", "Name of the database table involved"),
        ("db.rows_affected", "integer", "", "", "Number of rows affected by the operation"),
        ("db.outcome", "string", "db_outcome", "", "Outcome of the database operation"),
        ("duration_ms", "integer", "", "", "Duration of the database operation in milliseconds"),
        ("trace_id", "string", "", "", "Distributed trace ID for the operation"),
    ],
};

pub(super) const HTTP: Builtin = Builtin {
    name: "http",
    description: "Semantic conventions for logging HTTP client and server interactions.",
    priority: 80,
    sets: &[
        (
            "http_method",
            &[
                ("get", "📥"),
                ("post", "📤"),
                ("put", "📝⬆️"),
                ("delete", "🗑️"),
                ("patch", "🩹"),
                ("head", "👤❔"),
                ("options", "⚙️❔"),
                ("default", "🌐"),
            ],
        ),
        (
            "http_status_class",
            &[
                ("1xx", "ℹ️"),
                ("2xx", "✅"),
                ("3xx", "↪️"),
                ("4xx", "⚠️CLIENT"),
                ("5xx", "🔥SERVER"),
                ("default", "❓"),
            ],
        ),
        (
            "http_target_type",
            &[("path", "🛣️"), ("query", "❓"), ("fragment", "#️⃣"), ("default", "🎯")],
        ),
    ],
    fields: &[
        ("http.method", "string", "http_method", "", "HTTP request method (e.g., GET, POST)"),
        ("http.url", "string", "", "", "Full HTTP URL of the request"),
        (
            "http.target",
            "string",
            "http_target_type",
            "path",
            "Request target (path and query string)",
        ),
        ("http.scheme", "string", "", "", "URL scheme (e.g., http, https)"),
        ("http.host", "string", "", "", "Hostname of the request"),
        ("http.status_code", "integer", "", "", "HTTP response status code"),
        (
            "http.status_class",
            "string",
            "http_status_class",
            "",
            "HTTP status code class (e.g., 2xx, 4xx)",
        ),
        ("http.request.body.size", "integer", "", "", "Size of HTTP request body in bytes"),
        ("http.response.body.size", "integer", "", "", "Size of HTTP response body in bytes"),
        ("client.address", "string", "", "", "Client IP address"),
        ("server.address", "string", "", "", "Server IP address or hostname"),
        (
            "duration_ms",
            "integer",
            "",
            "",
            "Duration of the HTTP request/response cycle in milliseconds",
        ),
        ("trace_id", "string", "", "", "Distributed trace ID for the operation"),
        ("span_id", "string", "", "", "Span ID for the operation"),
        ("error.message", "string", "", "", "Error message if request failed"),
        ("error.type", "string", "", "", "Type of error if request failed"),
    ],
};

pub(super) const TASK_QUEUE: Builtin = Builtin {
    name: "task_queue",
    description: "Semantic conventions for logging asynchronous task queue operations.",
    priority: 70,
    sets: &[
        (
            "task_system",
            &[
                ("celery", "🥕"),
                ("rq", "🟥🇶"),
                ("dramatiq", "🎭"),
                ("kafka", "🌊"),
                ("rabbitmq", "🐇"),
                ("default", "📨"),
            ],
        ),
        (
            "task_status",
            &[
                ("submitted", "➡️📨"),
                ("received", "📥"),
                ("started", "▶️"),
                ("progress", "🔄"),
                ("retrying", "🔁"),
                ("success", "✅🏁"),
                ("failure", "❌🔥"),
                ("revoked", "🚫"),
                ("default", "❓"),
            ],
        ),
    ],
    fields: &[
        ("task.system", "string", "task_system", "", "Task queue system used (e.g., celery, rq)"),
        ("task.id", "string", "", "", "Unique identifier for the task instance"),
        ("task.name", "string", "", "", "Name of the task or job"),
        ("task.queue_name", "string", "", "", "Name of the queue the task was processed on"),
        ("task.status", "string", "task_status", "", "Current status of the task"),
        ("task.retries", "integer", "", "", "Number of retries for the task"),
        ("duration_ms", "integer", "", "", "Execution duration of the task in milliseconds"),
        ("trace_id", "string", "", "", "Distributed trace ID associated with the task"),
    ],
};

/// Beginnings of loggers' names. Its `default` counts only where nothing fits: see [`NAME_DEFAULT`].
pub(super) const NAMES: Pairs = &[
    ("pyvider.telemetry.core.test", "⚙️"),
    ("pyvider.telemetry.core_setup", "🛠️"),
    ("pyvider.telemetry.emoji_matrix_display", "💡"),
    ("pyvider.telemetry", "⚙️"),
    ("pyvider.telemetry.logger", "📝"),
    ("pyvider.telemetry.config", "🔩"),
    ("pyvider.dynamic_call_trace", "👣"),
    ("pyvider.dynamic_call", "🗣️"),
    ("pyvider.default", "📦"),
    ("formatter.test", "🎨"),
    ("service.alpha", "🇦"),
    ("service.beta", "🇧"),
    ("service.beta.child", "👶"),
    ("service.gamma.trace_enabled", "🇬"),
    ("service.delta", "🇩"),
    ("das.test", "🃏"),
    ("json.exc.test", "💥"),
    ("service.name.test", "📛"),
    ("simple", "📄"),
    ("test.basic", "🧪"),
    ("unknown", "❓"),
    ("test", "🧪"),
    ("emoji.test", "🎭"),
];

/// For names that no entry fits.
pub(super) const NAME_DEFAULT: &str = "🔹";
