//! The `tracing` facade (feature `tracing`): events and spans arrive in the same ordered stream as native records and those
//! of the `log` crate.
//!
//! ```
//! let guard = ripsaw::builder().json().sink(ripsaw::sink::Null::new()).start()?;
//! ripsaw::tracing::init()?;
//! let request = tracing::info_span!("request", id = 7);
//! request.in_scope(|| tracing::info!(rows = 3, "answered")); // id=7 rows=3
//! # guard.shutdown(std::time::Duration::from_secs(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Beside other layers, in a registry of the program's own:
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt;
//! let subscriber = tracing_subscriber::registry().with(ripsaw::tracing::Layer::new());
//! # drop(subscriber);
//! ```
//!
//! * **Events** keep level, target, module path, file, line, message and fields, and the name that `name:` gives them, which
//!   stands in the line where there is no message; booleans, numbers, strings and bytes travel typed. What arrives as `Debug` or `Display`,
//!   which `tracing` does not tell apart, is rendered on the caller; so is an error, with what caused it: `error: cause: cause`.
//!   What has parts arrives as a tree by [`nested`]; with the feature `valuable` and `--cfg tracing_unstable` also by `tracing`'s own
//!   `field::valuable` and `as_value`.
//! * **Spans** are a [`Context`](crate::Context): their fields are encoded once, with those of the parents (of two with the same
//!   key the inner one counts), and while a span is entered every record of the thread names them in four bytes: events,
//!   native records and those of `log` alike. A later `record` makes a new context, for all records from then on, those of
//!   spans within it too.
//! * **Scopes** that were begun before a span is entered count under its fields. What is put in force *alone* inside a span
//!   ([`Context::enter_alone`](crate::Context::enter_alone), [`in_context`](crate::FutureExt::in_context)) hides its fields.
//! * **Records of `log`** that `tracing-log` turns into events, where it and not the engine is that crate's logger, have their own
//!   target, module, file and line, and the level of their target decides.
//! * **Levels** are the engine's, by target; ERROR, WARN, INFO, DEBUG and TRACE are its levels of these names. A span below the
//!   threshold when it is created does not exist here. After a reload `tracing`'s cache of interests is rebuilt. Sampling and
//!   overrides of levels by place or by field count as for native statements.
//!
//! # Directives on spans and their fields
//!
//! `EnvFilter` of `tracing_subscriber` (feature `env-filter`) goes with it: as the filter of this layer alone, or of all, in front of
//! the layer or behind it. Values that are recorded later count from the next time the span is entered. An event has to pass both, the
//! filter and the engine's levels: an engine that is to leave it to the filter is given [`LevelFilter::NotSet`](crate::LevelFilter).
//!
//! ```
//! use ripsaw::{LevelFilter, sink::Null, tracing::Layer};
//! use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt};
//! let guard = ripsaw::builder().level(LevelFilter::NotSet).sink(Null::new()).start()?;
//! let filter = EnvFilter::try_new("info,[request{customer=7}]=debug")?;
//! let subscriber = tracing_subscriber::registry().with(Layer::new().with_filter(filter));
//! # tracing::subscriber::with_default(subscriber, || {
//! let request = tracing::info_span!("request", customer = 7).entered();
//! tracing::debug!("recorded"); // customer=7
//! # });
//! # guard.shutdown(std::time::Duration::from_secs(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A directive that asks for the value of a field makes `tracing` ask for every event whatever its level, since a value may
//! come at any time. The engine's own way to single out a request is [`LevelOverride`](crate::LevelOverride), which costs
//! the others nothing, and ends by itself.
//!
//! # Cost
//!
//! An event of three fields and a message took 84 ns, in three spans as in none, where `tracing_subscriber::fmt` took 0.85 µs
//! without a span and 2.7 µs in three (`cargo bench --features tracing --bench tracing`).
//!
//! Each statement of `tracing` becomes one of the engine's when it is reached first. An event that has all fields of its
//! statement is a frame as that of a native call, typed, its place and names known by number; one that lacks some
//! (`Empty`, `None`) carries them along, which takes 0.2 µs. Either way the values are collected in the thread's
//! scratch and copied into the arena: it takes no lock and allocates nothing, as long as no `Debug` of its own does, and its
//! parent is the current span. The registry of `tracing_subscriber` is not asked. To create a span with fields allocates the registry's entry, the
//! encoded fields and their owner; the first record in it takes one mutex, and so does its end. After a later `record` the next
//! event of each thread that is in a span looks its spans up in the registry, behind their locks. A `Debug` or `Display` that
//! panics costs its own text only, and one that logs, even from within a span's creation, logs.

mod entered;
mod layer;
mod levels;
mod nested;
mod options;
mod sites;
mod spans;
mod visit;

pub use levels::EngineLevels;
pub use nested::{Nested, nested};
pub use options::{Layer, SpanEvents};

use std::fmt;
use tracing_core::Dispatch;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Layered, SubscriberExt as _};

/// A registry with nothing but a [`Layer`], for programs that need no other: see [`Layer::into_subscriber`].
pub type Subscriber = Layered<Layer, Registry>;

impl Layer {
    /// A subscriber of its own. The engine's levels decide what is enabled at all, so that a disabled statement costs what it costs
    /// in `tracing`: a load and a branch.
    ///
    /// ```
    /// let subscriber = ripsaw::tracing::Layer::new().span_name(true).into_subscriber();
    /// tracing::subscriber::with_default(subscriber, || tracing::info!("in the engine's stream"));
    /// ```
    pub fn into_subscriber(self) -> Subscriber {
        tracing_subscriber::registry().with(self.gating())
    }

    /// Makes this the destination of all threads' `tracing` macros, as a subscriber of its own.
    ///
    /// # Errors
    /// [`InitError`] if the process has a global subscriber already.
    pub fn init(self) -> Result<(), InitError> {
        let dispatch = Dispatch::new(self.into_subscriber());
        tracing_core::dispatcher::set_global_default(dispatch).map_err(|_| InitError(()))
    }
}

/// Makes the engine the destination of all threads' `tracing` macros: [`Layer::init`] with the defaults. Before or after the
/// engine's start.
///
/// ```
/// ripsaw::tracing::init()?;
/// let error = ripsaw::tracing::init().expect_err("once a process");
/// assert!(format!("{error:?}").starts_with("the global `tracing` subscriber is set already"));
/// # Ok::<(), ripsaw::tracing::InitError>(())
/// ```
///
/// # Errors
/// [`InitError`] if the process has a global subscriber already.
pub fn init() -> Result<(), InitError> {
    Layer::new().init()
}

/// Another global subscriber was there first. Its `Debug` is its `Display`, for `main` functions that return it.
#[derive(Clone, PartialEq, Eq)]
pub struct InitError(());

impl fmt::Debug for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the global `tracing` subscriber is set already: call `ripsaw::tracing::init` before whatever sets it, or add \
             `ripsaw::tracing::Layer::new()` to it",
        )
    }
}

impl std::error::Error for InitError {}
