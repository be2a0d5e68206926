//! The logging macros. Each hands its tokens to the procedural macro of `ripsaw-macros`.

/// Logs at a level that is an expression: `event!(Level::Info, ...)`.
///
/// The level must be known at compile time. All macros share one grammar, in this order:
///
/// 1. `logger: expression`, `name: "event name"` and `target: "target"`, each optional. A logger that has a name
///    goes by it, whatever the target. The target is
///    the module path unless given; it and the name are constants.
/// 2. Fields, separated by commas, in the styles of `tracing` and of `log`:
///    `key = value`, `dotted.key = value`, `"any key" = value`, `{ KEY } = value` with a constant,
///    and `variable` or `self.path` for a field of the same name. A bare value travels typed;
///    `?value` and `key:? = value` use its `Debug`, `%value` and `key:% = value` its `Display`,
///    `key:err = value` an error together with what caused it. The fields may stand in braces.
/// 3. A comma or a semicolon, then the message: a string literal in the grammar of [`std::fmt`] with its
///    arguments, or a macro such as `concat!` that makes one. Without a message, a field named
///    `message` takes its place.
///
/// Arguments are evaluated once, in the order in which they are written, and only if the statement is
/// enabled. A statement has at most 32 fields and message arguments in all.
///
/// ```
/// use ripsaw::{Level, event};
/// let (user, error) = ("ada", std::io::Error::other("timeout"));
/// event!(Level::Warning, user, attempt = 3, "login failed: {error}");
/// event!(target: "audit", Level::Info, { user, reason = %error }, "denied after {:.1} s", 2.25);
/// event!(Level::Debug, user:?, cause:err = error; "retrying");
/// ```
#[macro_export]
macro_rules! event {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (event) $($tokens)* }
    };
}

/// Whether a statement of this level would be logged: `enabled!([logger: e,] [target: t,] level)`.
///
/// For work that only a log line needs. Target and level are constants; without `target:` it is the
/// module path.
///
/// ```
/// use ripsaw::{Level, enabled};
/// if enabled!(target: "db", Level::Debug) {
///     let plan = format!("{:?}", (1..1000).collect::<Vec<_>>());
///     ripsaw::debug!(target: "db", plan);
/// }
/// ```
#[macro_export]
macro_rules! enabled {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (enabled) $($tokens)* }
    };
}

/// Logs at [`Level::Trace`](crate::Level::Trace); the grammar is that of [`event!`](crate::event).
///
/// ```
/// ripsaw::trace!(bytes = 512, "read");
/// ```
#[macro_export]
macro_rules! trace {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (Trace) $($tokens)* }
    };
}

/// Logs at [`Level::Debug`](crate::Level::Debug); the grammar is that of [`event!`](crate::event).
///
/// ```
/// let state = Some(3);
/// ripsaw::debug!(?state, "state changed");
/// ```
#[macro_export]
macro_rules! debug {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (Debug) $($tokens)* }
    };
}

/// Logs at [`Level::Info`](crate::Level::Info); the grammar is that of [`event!`](crate::event).
///
/// ```
/// let (order_id, price) = (42, 101.25);
/// ripsaw::info!(order_id, venue = "XETR", "filled at {price:.2}");
/// ```
#[macro_export]
macro_rules! info {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (Info) $($tokens)* }
    };
}

/// Logs at [`Level::Warning`](crate::Level::Warning); the grammar is that of [`event!`](crate::event).
///
/// ```
/// ripsaw::warn!(queue.depth = 9_500, queue.limit = 10_000, "queue nearly full");
/// ```
#[macro_export]
macro_rules! warn {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (Warning) $($tokens)* }
    };
}

/// Logs at [`Level::Error`](crate::Level::Error); the grammar is that of [`event!`](crate::event).
///
/// ```
/// let failure = std::io::Error::other("disk full");
/// ripsaw::error!(cause:err = failure, "cannot save {}", "order 7");
/// ```
#[macro_export]
macro_rules! error {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (Error) $($tokens)* }
    };
}

/// Logs at [`Level::Critical`](crate::Level::Critical); the grammar is that of [`event!`](crate::event).
///
/// ```
/// ripsaw::critical!(name: "shard.lost", shard = 3, "no replica left");
/// ```
#[macro_export]
macro_rules! critical {
    ($($tokens:tt)*) => {
        $crate::__private::__event! { ($crate) (Critical) $($tokens)* }
    };
}
