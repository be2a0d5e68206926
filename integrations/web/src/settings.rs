//! What a layer was told.

use crate::caught::caught;
use crate::extract;
use http::HeaderName;
use http::request::Parts;
use ripsaw::context::{CorrelationId, Propagation};
use ripsaw::{Context, Level, Logger, ManualClock, Value};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a program's own code finds in a request's head.
pub(crate) type Find = Arc<dyn Fn(&Parts) -> Option<Value> + Send + Sync>;
/// What a program's own code makes of a context.
pub(crate) type Amend = Arc<dyn Fn(&Parts, Context) -> Context + Send + Sync>;

/// Shared by all requests of a layer.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) log: Logger,
    pub(crate) start_level: Level,
    pub(crate) believes: bool,
    pub(crate) begins_traces: bool,
    pub(crate) logs_baggage: bool,
    pub(crate) logs_query: bool,
    pub(crate) headers: Vec<HeaderName>,
    pub(crate) service: Option<(String, String)>,
    pub(crate) user: Option<Find>,
    pub(crate) client: Option<Find>,
    pub(crate) amend: Option<Amend>,
    pub(crate) clock: Option<ManualClock>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            log: Logger::new("http"),
            start_level: Level::Info,
            believes: true,
            begins_traces: false,
            logs_baggage: false,
            logs_query: false,
            headers: Vec::new(),
            service: None,
            user: None,
            client: None,
            amend: None,
            clock: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("log", &self.log)
            .field("start_level", &self.start_level)
            .field("headers", &self.headers)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Where the request stands: with a correlation id always, and in a trace if it has one or shall have one.
    pub(crate) fn place(&self, parts: &Parts) -> Propagation {
        let came =
            if self.believes { extract::propagation(&parts.headers) } else { Propagation::new() };
        let here = match came.trace_id() {
            None if !self.begins_traces => came,
            _ => came.child(),
        };
        match here.correlation_id() {
            Some(_) => here,
            None => here.with_correlation_id(CorrelationId::random()),
        }
    }

    /// The fields that all records of the request have.
    pub(crate) fn context(&self, parts: &Parts, place: &Propagation) -> Context {
        let ids = [
            ("correlation_id", place.correlation_id()),
            ("trace_id", place.trace_id()),
            ("span_id", place.span_id()),
            ("parent_span_id", place.parent_span_id()),
        ];
        let known = ids.into_iter().filter_map(|(key, id)| Some((key, id?)));
        let mut context = known.fold(Context::new(), |context, (key, id)| context.with(key, id));
        if place.sampled() == Some(false) {
            context = context.with("trace_sampled", false);
        }
        if let Some(user) = &self.user {
            context = context.with("user_id", found(user, parts).unwrap_or(Value::Null));
        }
        context = context
            .with("request_path", extract::cut(parts.uri.path(), extract::PATH))
            .with("request_method", extract::cut(parts.method.as_str(), extract::METHOD));
        if let Some((name, environment)) = &self.service {
            context = context
                .with("service_name", name.as_str())
                .with("environment", environment.as_str());
        }
        if self.logs_baggage {
            for (key, value) in place.baggage() {
                context = context.with(&format!("baggage.{key}"), value);
            }
        }
        match &self.amend {
            // A panic of it costs its fields, not the request.
            Some(amend) => caught(|| amend(parts, context.clone())).unwrap_or(context),
            None => context,
        }
    }

    /// The client's address, if it is asked for and known.
    pub(crate) fn client(&self, parts: &Parts) -> Option<Value> {
        found(self.client.as_ref()?, parts)
    }
}

/// What is found; nothing if the program's code panics.
fn found(find: &Find, parts: &Parts) -> Option<Value> {
    caught(|| find(parts)).flatten()
}

/// A beginning, and how long ago it was.
#[derive(Clone, Copy, Debug)]
pub enum Watch {
    Monotonic(Instant),
    Manual(ManualClock, Duration),
}

impl Watch {
    pub(crate) fn start(clock: Option<ManualClock>) -> Watch {
        match clock {
            Some(clock) => Watch::Manual(clock, clock.now()),
            None => Watch::Monotonic(Instant::now()),
        }
    }
    /// Milliseconds with three decimals.
    pub(crate) fn elapsed_ms(self) -> f64 {
        let took = match self {
            Watch::Monotonic(began) => began.elapsed(),
            Watch::Manual(clock, began) => clock.now().saturating_sub(began),
        };
        ((took.as_nanos() + 500) / 1000) as f64 / 1000.0
    }
}
