//! Requests to other services, through a client that is a `tower` service.

use crate::body::RecordedBody;
use crate::extract;
use crate::future::ResponseFuture;
use crate::outgoing::{inject_propagation, place_of};
use crate::record::{Answer, Call, End, Request};
use crate::settings::Settings;
use http::request::Parts;
use http::{HeaderName, Response};
use http_body::Body;
use ripsaw::context::Propagation;
use ripsaw::{Context, Level, Logger, ManualClock};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Poll;
use tower_layer::Layer;
use tower_service::Service;

/// Records each request to another service when it is sent and when its response has come to the end, and tells that service
/// where this one stands.
///
/// | message | level | fields |
/// |---|---|---|
/// | `Call started` | DEBUG | on request `query_params`, `headers` |
/// | `Call completed` | INFO | `status_code`, `response_bytes`, `handler_ms`, `duration_ms` |
/// | `Call failed`: a status from 500 up, an error or a panic of the client or the body | ERROR | the same; `error.type`, `error.message` |
/// | `Call cancelled`: the response or its body was dropped before the end | WARNING | the same |
///
/// Both have `call_method`, `call_peer` (host and port, as far as the request has them), `call_path` (without the query), and the context that is in
/// force where the service is called: with [`RequestLayer`](crate::RequestLayer) that of the request for which it is made. `handler_ms` is the time to the
/// response's head, if its body took time of its own. Users and passwords in an address are not logged.
///
/// With a trace in the context, or in a [`Propagation`] among the request's extensions, which counts before it, the call is a span of its own:
/// `span_id` is new and `parent_span_id` the caller's. The headers are those of [`inject`](crate::inject); that the next service's
/// `RequestLayer` reads. Any client will do that takes `http::Request`s: `hyper_util`'s, or a service over `reqwest`.
///
/// ```
/// # async fn sample() -> Result<(), tower::BoxError> {
/// use hyper_util::client::legacy::Client;
/// use hyper_util::rt::TokioExecutor;
/// use ripsaw_web::CallLayer;
/// use tower::{Layer, ServiceExt};
///
/// let client = CallLayer::new().layer(Client::builder(TokioExecutor::new()).build_http::<axum::body::Body>());
/// let request = http::Request::get("http://billing:8080/invoices/7").body(axum::body::Body::empty())?;
/// let response = client.oneshot(request).await?;
/// # drop(response);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CallLayer {
    settings: Arc<Settings>,
}

impl CallLayer {
    /// With the defaults that each method states.
    pub fn new() -> CallLayer {
        let settings = Settings {
            log: Logger::new("http.client"),
            start_level: Level::Debug,
            ..Settings::default()
        };
        CallLayer { settings: Arc::new(settings) }
    }

    /// The logger of the two records. Default: one of the name `http.client`.
    pub fn logger(self, log: Logger) -> CallLayer {
        self.with(|settings| settings.log = log)
    }

    /// The level of `Call started`. Default DEBUG.
    pub fn start_level(self, level: Level) -> CallLayer {
        self.with(|settings| settings.start_level = level)
    }

    /// Whether a call outside of a trace begins one. Default false.
    pub fn begin_traces(self, yes: bool) -> CallLayer {
        self.with(|settings| settings.begins_traces = yes)
    }

    /// Whether `Call started` has `query_params`, with secrets hidden as by [`RequestLayer`](crate::RequestLayer). Default false.
    pub fn query(self, yes: bool) -> CallLayer {
        self.with(|settings| settings.logs_query = yes)
    }

    /// The headers that `Call started` may show, as the map `headers`. Default none.
    pub fn headers(self, names: impl IntoIterator<Item = HeaderName>) -> CallLayer {
        self.with(|settings| settings.headers = names.into_iter().collect())
    }

    /// Durations by a test's clock. Default: the monotonic clock.
    pub fn clock(self, clock: ManualClock) -> CallLayer {
        self.with(|settings| settings.clock = Some(clock))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> CallLayer {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl Default for CallLayer {
    fn default() -> Self {
        CallLayer::new()
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService { inner, settings: self.settings.clone() }
    }
}

/// A client whose requests are recorded: see [`CallLayer`].
#[derive(Clone, Debug)]
pub struct CallService<S> {
    inner: S,
    settings: Arc<Settings>,
}

/// The call's own place, and what the context gains by it.
fn place(parts: &Parts, current: &Context, begins_traces: bool) -> (Propagation, Context) {
    let here = parts.extensions.get().cloned().unwrap_or_else(|| place_of(current));
    let has_trace = here.trace_id().is_some();
    if !has_trace && !begins_traces {
        return (here, Context::new());
    }
    let here = here.child();
    let ids = [
        ("trace_id", here.trace_id()),
        ("span_id", here.span_id()),
        ("parent_span_id", here.parent_span_id()),
    ];
    let known = ids.into_iter().filter_map(|(key, id)| Some((key, id?)));
    let context = known.fold(Context::new(), |context, (key, id)| context.with(key, id));
    (here, context)
}

impl<S, I, O> Service<http::Request<I>> for CallService<S>
where
    S: Service<http::Request<I>, Response = Response<O>>,
    S::Error: Display,
    O: Body,
{
    type Response = Response<RecordedBody<O>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<I>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let current = Context::current();
        let (place, gained) = place(&parts, &current, self.settings.begins_traces);
        let context = current.merged(&gained);
        let _scope = context.enter_alone();
        inject_propagation(&place, &mut parts.headers);
        // Not the authority: it may hold a password.
        let peer = parts.uri.host().map(|host| match parts.uri.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        });
        let call = Call {
            method: extract::cut(parts.method.as_str(), extract::METHOD),
            peer: peer.map(|peer| extract::cut(&peer, extract::PATH)),
            path: extract::cut(parts.uri.path(), extract::PATH),
        };
        let recorded = Request::begin_call(self.settings.clone(), &parts, &place, call);
        let request = http::Request::from_parts(parts, body);
        match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(response) => ResponseFuture::new(response, recorded, context.clone()),
            Err(panic) => {
                recorded.end(Answer::default(), End::panic(&*panic));
                resume_unwind(panic)
            }
        }
    }
}
