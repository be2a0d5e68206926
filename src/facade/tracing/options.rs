//! What a layer is told to do.

use super::levels;
use crate::codec::Value;
use core::fmt;
use core::ops::BitOr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A `tracing_subscriber::Layer` whose records go to the engine of the thread that makes them.
///
/// Beside other layers it decides for itself alone: what the engine's levels disable is passed over here, and the others still
/// get it. With [`EngineLevels`](super::EngineLevels) as its filter `tracing` remembers the decision, and a statement that no
/// layer wants costs a load and a branch:
///
/// ```
/// use ripsaw::tracing::{EngineLevels, Layer};
/// use tracing_subscriber::{Layer as _, layer::SubscriberExt};
/// let ours = Layer::new().span_list(true).with_filter(EngineLevels::new());
/// let others = tracing_subscriber::fmt::layer().json();
/// let subscriber = tracing_subscriber::registry().with(others).with(ours);
/// # drop(subscriber);
/// ```
#[derive(Clone, Debug)]
pub struct Layer {
    /// Never used twice in a process.
    pub(super) id: u64,
    /// What the engine's levels disable is disabled for all.
    pub(super) gates: bool,
    pub(super) names: Names,
    pub(super) events: SpanEvents,
    pub(super) follows: bool,
    pub(super) on_enter: Option<OnEnter>,
}

/// What a program adds to a span when it is entered.
#[derive(Clone)]
pub(super) struct OnEnter(Arc<dyn Fn() -> Vec<(&'static str, Value)> + Send + Sync>);

impl OnEnter {
    /// The fields; none if the program panics, whose hook has said so.
    pub(super) fn fields(&self) -> Vec<(&'static str, Value)> {
        catch_unwind(AssertUnwindSafe(|| (self.0)())).unwrap_or_default()
    }
}

impl fmt::Debug for OnEnter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnEnter")
    }
}

/// How spans' names become fields.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Names {
    pub(super) innermost: bool,
    pub(super) list: bool,
}

impl Layer {
    /// A layer for a registry. Spans' names and lives are not recorded unless asked for.
    pub fn new() -> Layer {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        levels::follow();
        // Relaxed: only that no number is given twice matters.
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (names, events) = (Names::default(), SpanEvents::NONE);
        Layer { id, gates: false, names, events, follows: false, on_enter: None }
    }

    /// Adds the field `span` to the records in a span: the name of the innermost one. A field that the span itself calls so wins.
    /// Default: off.
    pub fn span_name(mut self, on: bool) -> Layer {
        self.names.innermost = on;
        self
    }

    /// Adds the field `spans` to the records in a span: the list of all names, outermost first. A field that a span itself calls
    /// so wins. Default: off.
    pub fn span_list(mut self, on: bool) -> Layer {
        self.names.list = on;
        self
    }

    /// Makes records of what spans go through, with the span's level and target. Default: [`SpanEvents::NONE`].
    pub fn span_events(mut self, events: SpanEvents) -> Layer {
        self.events = events;
        self
    }

    /// Adds the field `follows_from` to a span that is said to follow from others: the list of their names. Default: off.
    pub fn follows_from(mut self, on: bool) -> Layer {
        self.follows = on;
        self
    }

    /// Adds to each span, when it is entered for the first time, the fields that `fields` says then; they count from there on, as
    /// if the program had recorded them. For what another layer of the registry knows of the span, such as the ids that
    /// OpenTelemetry gives it. A layer that was added before this one has entered the span already.
    ///
    /// Costs what a later `record` costs, once a span. Default: none.
    ///
    /// ```
    /// # mod opentelemetry { pub fn current() -> Option<u128> { Some(7) } }
    /// use ripsaw::{Value, tracing::Layer};
    /// let ours = Layer::new().fields_on_enter(|| {
    ///     // In truth `Context::current().span().span_context()`, if that `is_valid()`.
    ///     let id = opentelemetry::current();
    ///     id.map(|id| ("trace_id", Value::from(format!("{id:032x}")))).into_iter().collect()
    /// });
    /// # drop(ours);
    /// ```
    pub fn fields_on_enter<F>(mut self, fields: F) -> Layer
    where
        F: Fn() -> Vec<(&'static str, Value)> + Send + Sync + 'static,
    {
        self.on_enter = Some(OnEnter(Arc::new(fields)));
        self
    }

    /// Has the engine's levels decide for all layers.
    pub(super) fn gating(mut self) -> Layer {
        self.gates = true;
        self
    }
}

impl Default for Layer {
    fn default() -> Layer {
        Layer::new()
    }
}

/// What of spans' lives is recorded: see [`Layer::span_events`]. The message says what happened.
///
/// ```
/// use ripsaw::tracing::{Layer, SpanEvents};
/// let layer = Layer::new().span_events(SpanEvents::NEW | SpanEvents::CLOSE);
/// # drop(layer);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct SpanEvents(u8);

impl SpanEvents {
    /// Nothing.
    pub const NONE: SpanEvents = SpanEvents(0);
    /// `new`: a span was created.
    pub const NEW: SpanEvents = SpanEvents(1);
    /// `enter`: a thread entered it.
    pub const ENTER: SpanEvents = SpanEvents(2);
    /// `exit`: a thread left it.
    pub const EXIT: SpanEvents = SpanEvents(4);
    /// `close`: its last handle is gone. `busy_ms` and `idle_ms` say how long it was entered and how long it was not, in
    /// milliseconds with three decimals, by the monotonic clock; of threads in it at the same time each counts.
    /// Reads the clock each time it is entered and left.
    pub const CLOSE: SpanEvents = SpanEvents(8);
    /// `enter` and `exit`.
    pub const ACTIVE: SpanEvents = SpanEvents(2 | 4);
    /// All of them.
    pub const FULL: SpanEvents = SpanEvents(15);

    pub(super) fn has(self, other: SpanEvents) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for SpanEvents {
    type Output = SpanEvents;
    fn bitor(self, other: SpanEvents) -> SpanEvents {
        SpanEvents(self.0 | other.0)
    }
}
