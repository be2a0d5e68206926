//! The two records of a request: when it comes, and when it ends.

use crate::caught::caught;
use crate::extract;
use crate::settings::{Settings, Watch};
use crate::upload::Upload;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use ripsaw::context::Propagation;
use ripsaw::{Event, Level, Value};
use std::any::Any;
use std::fmt::Display;
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
    upload: Option<Upload>,
    /// Its headers say that it has a body.
    announced: bool,
    /// A request to another service, rather than of a client.
    call: Option<Call>,
}

/// What a request to another service is for. Fields of its two records: what its context says is what it is made for.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Host and port.
    pub(crate) peer: Option<String>,
    pub(crate) path: String,
}

/// Messages of a request: at its beginning, completed, failed, cancelled.
const REQUEST: [&str; 4] =
    ["Request started", "Request completed", "Request failed", "Request cancelled"];
const CALL: [&str; 4] = ["Call started", "Call completed", "Call failed", "Call cancelled"];

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
        let text = caught(|| error.to_string());
        let text = text.unwrap_or_else(|| "its Display panicked".to_owned());
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
    /// Records its beginning, which was at that of `watch`.
    pub(crate) fn begin(
        settings: Arc<Settings>,
        watch: Watch,
        parts: &Parts,
        place: &Propagation,
        upload: Option<Upload>,
    ) -> Request {
        let id = place.correlation_id();
        let length = parts.headers.get(CONTENT_LENGTH);
        let request = Request {
            watch,
            correlation: id.and_then(|id| HeaderValue::from_str(id).ok()),
            is_head: parts.method == http::Method::HEAD,
            upload,
            announced: length.is_some_and(|length| length != "0")
                || parts.headers.contains_key(TRANSFER_ENCODING),
            call: None,
            settings,
        };
        request.started(parts, place);
        request
    }

    /// The same for a request to another service.
    pub(crate) fn begin_call(
        settings: Arc<Settings>,
        parts: &Parts,
        place: &Propagation,
        call: Call,
    ) -> Request {
        let request = Request {
            watch: Watch::start(settings.clock),
            correlation: None,
            is_head: parts.method == http::Method::HEAD,
            upload: None,
            announced: false,
            call: Some(call),
            settings,
        };
        request.started(parts, place);
        request
    }

    fn started(&self, parts: &Parts, place: &Propagation) {
        let (settings, level) = (&self.settings, self.settings.start_level);
        if !settings.log.enabled(level) {
            return;
        }
        let mut event = self.event(level, 0);
        if settings.logs_query {
            let query = extract::query(parts.uri.query().unwrap_or(""));
            event = event.field("query_params", query);
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

    fn event(&self, level: Level, message: usize) -> Event<'_> {
        let Some(call) = &self.call else {
            return self.settings.log.event(level, REQUEST[message]);
        };
        let event = self.settings.log.event(level, CALL[message]);
        let event = event.field("call_method", call.method.as_str());
        let event = match &call.peer {
            Some(peer) => event.field("call_peer", peer.as_str()),
            None => event,
        };
        event.field("call_path", call.path.as_str())
    }

    /// Milliseconds so far.
    pub(crate) fn elapsed_ms(&self) -> f64 {
        self.watch.elapsed_ms()
    }

    /// Records its end.
    pub(crate) fn end(self, answer: Answer, end: End) {
        let is_fault = answer.status.is_some_and(|status| status.is_server_error());
        let seen = self.upload.as_ref().map(Upload::seen);
        let seen = seen.filter(|seen| seen.bytes > 0 || seen.ms.is_some() || self.announced);
        let is_cut = seen.as_ref().is_some_and(|seen| seen.error.is_some());
        let (level, message) = match end {
            End::Done if !is_fault && is_cut => (Level::Warning, 1),
            End::Done if !is_fault => (Level::Info, 1),
            End::Done | End::Failed(..) => (Level::Error, 2),
            End::Cancelled => (Level::Warning, 3),
        };
        let took = self.elapsed_ms();
        if !self.settings.log.enabled(level) {
            return;
        }
        let mut event = self.event(level, message);
        if let Some(status) = answer.status {
            event = event.field("status_code", status.as_u16());
        }
        if let Some(bytes) = answer.bytes {
            event = event.field("response_bytes", bytes);
        }
        if let Some(seen) = seen {
            event = event.field("request_bytes", seen.bytes).field("upload", seen.state());
            if let Some(ms) = seen.ms {
                event = event.field("upload_ms", ms);
            }
            if let Some(error) = seen.error {
                event = event.field("upload_error", error);
            }
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
