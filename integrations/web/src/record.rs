//! The two records of a request: when it comes, and when it ends.

use crate::extract;
use crate::settings::{Settings, Watch};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use ripsaw::context::Propagation;
use ripsaw::{Level, Value};
use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A request whose end has not been recorded. All is logged in the context that is in force.
#[derive(Debug)]
pub(crate) struct Request {
    settings: Arc<Settings>,
    watch: Watch,
    /// What the response's header shall say.
    pub(crate) correlation: Option<HeaderValue>,
    /// Its response has no body, whatever its headers say.
    pub(crate) is_head: bool,
}

/// What is known of a response.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Answer {
    pub(crate) status: Option<StatusCode>,
    /// Bytes of the body that were handed on.
    pub(crate) bytes: Option<u64>,
    /// When the handler was done, if the body came later.
    pub(crate) handler_ms: Option<f64>,
}

/// How a request ended.
#[derive(Debug)]
pub(crate) enum End {
    /// All was handed on.
    Done,
    /// Dropped before.
    Cancelled,
    /// With an error or a panic: of what type, and what it says.
    Failed(&'static str, String),
}

impl End {
    /// An error of the service or of the body.
    pub(crate) fn error<E: Display>(error: &E) -> End {
        let text = catch_unwind(AssertUnwindSafe(|| error.to_string()));
        let text = text.unwrap_or_else(|_| "its Display panicked".to_owned());
        End::Failed(std::any::type_name::<E>(), text)
    }
    /// What a panic says, if it is a text.
    pub(crate) fn panic(payload: &(dyn Any + Send)) -> End {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        End::Failed("panic", text.unwrap_or("not a text").to_owned())
    }
}

impl Request {
    /// Records its beginning.
    pub(crate) fn begin(settings: Arc<Settings>, parts: &Parts, place: &Propagation) -> Request {
        let watch = Watch::start(settings.clock);
        let level = settings.start_level;
        if settings.log.enabled(level) {
            let mut event = settings.log.event(level, "Request started");
            if settings.logs_query {
                event =
                    event.field("query_params", extract::query(parts.uri.query().unwrap_or("")));
            }
            if let Some(client) = settings.client(parts) {
                event = event.field("client_ip", client);
            }
            if let Some(headers) = extract::allowed(&parts.headers, &settings.headers) {
                event = event.field("headers", headers);
            }
            if !place.problems().is_empty() {
                let problems = place.problems().iter().map(|problem| problem.to_string().into());
                event = event.field("header_problems", Value::List(problems.collect()));
            }
            event.emit();
        }
        let id = place.correlation_id();
        Request {
            watch,
            correlation: id.and_then(|id| HeaderValue::from_str(id).ok()),
            is_head: parts.method == http::Method::HEAD,
            settings,
        }
    }

    /// Milliseconds so far.
    pub(crate) fn elapsed_ms(&self) -> f64 {
        self.watch.elapsed_ms()
    }

    /// Records its end.
    pub(crate) fn end(self, answer: Answer, end: End) {
        let is_fault = answer.status.is_some_and(|status| status.is_server_error());
        let (level, message) = match end {
            End::Done if !is_fault => (Level::Info, "Request completed"),
            End::Done | End::Failed(..) => (Level::Error, "Request failed"),
            End::Cancelled => (Level::Warning, "Request cancelled"),
        };
        let took = self.elapsed_ms();
        if !self.settings.log.enabled(level) {
            return;
        }
        let mut event = self.settings.log.event(level, message);
        if let Some(status) = answer.status {
            event = event.field("status_code", status.as_u16());
        }
        if let Some(bytes) = answer.bytes {
            event = event.field("response_bytes", bytes);
        }
        if let End::Failed(kind, text) = end {
            event = event.field("error.type", kind).field("error.message", text);
        }
        if let Some(ms) = answer.handler_ms {
            event = event.field("handler_ms", ms);
        }
        event.field("duration_ms", took).emit();
    }
}
