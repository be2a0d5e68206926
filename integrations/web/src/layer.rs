//! The layer, and what it may be told.

use crate::body::RecordedBody;
use crate::future::ResponseFuture;
use crate::record::{Answer, End, Request};
use crate::settings::{Settings, Watch};
use crate::upload::{AsSent, Counted, Uploads};
use http::request::Parts;
use http::{HeaderName, Response};
use http_body::Body;
use ripsaw::{Context, Level, Logger, ManualClock, Value};
use std::fmt::Display;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Poll;
use tower_layer::Layer;
use tower_service::Service;

/// Records each request when it comes and when it ends, and gives all that is logged in between its context (spec \[119\] to
/// \[121\]).
///
/// | message | level | fields |
/// |---|---|---|
/// | `Request started` | INFO | on request `query_params`, `client_ip`, `headers`; `header_problems` |
/// | `Request completed` | INFO | `status_code`, `response_bytes`, `handler_ms`, `duration_ms`; on request those of [`uploads`](Self::uploads) |
/// | `Request failed`: a status from 500 up, an error or a panic of the service or the body | ERROR | the same; `error.type`, `error.message` |
/// | `Request cancelled`: the response or its body was dropped before the end | WARNING | the same |
///
/// There are always two. The second comes when the *body* has ended; `status_code` and `response_bytes` are there if there was a
/// response, `handler_ms` if its body took time of its own. Durations are milliseconds with three decimals by the monotonic
/// clock. A panic and an error are passed on as they are; `error.type` is then `panic` or the error's type.
///
/// Every record of the handler, across its awaits, and of the body has `correlation_id`, `request_path` and `request_method`, with a trace
/// `trace_id`, `span_id`, `parent_span_id` (and `trace_sampled=false` if the caller has decided so), and on request `user_id`, `service_name`,
/// `environment`, `baggage.*`. What the handler [binds](ripsaw::context::bind) stands in the second record too. Tasks that it starts inherit
/// nothing: see [`in_current_context`](ripsaw::FutureExt::in_current_context).
///
/// The correlation id is that of `X-Correlation-ID` or `X-Request-ID`, else a new one; the response tells it as `X-Correlation-ID`. With a
/// `traceparent` (or `X-Trace-Id`) the request is a span below the caller's. Ids, like all headers, are checked for length and characters;
/// what is refused is told in `header_problems`, without its text. The request's extensions have the
/// [`Propagation`](ripsaw::context::Propagation): see [`inject`](crate::inject).
///
/// Nothing else of what a client sends is logged unless it is asked for; then texts are cut at 1024 bytes (headers at 256), and values
/// of headers and parameters that are called like secrets are `[REDACTED]`.
///
/// Put it outermost: a layer around it that replaces the body makes the request look cancelled. A request costs its two
/// records, its context, and an allocation each for the handler's future and the body. One whose records are disabled still has
/// its context.
///
/// ```
/// use ripsaw_web::RequestLayer;
/// use http::header::USER_AGENT;
/// let layer = RequestLayer::new().headers([USER_AGENT]).query(true).service("shop", "production");
/// # drop(layer);
/// ```
#[derive(Clone, Debug)]
pub struct RequestLayer<U = AsSent> {
    settings: Arc<Settings>,
    uploads: PhantomData<U>,
}

impl RequestLayer {
    /// With the defaults that each method states.
    pub fn new() -> RequestLayer {
        RequestLayer { settings: Arc::default(), uploads: PhantomData }
    }
}

impl Default for RequestLayer {
    /// The same as [`RequestLayer::new`].
    fn default() -> Self {
        RequestLayer::new()
    }
}

impl<U: Uploads> RequestLayer<U> {
    /// Counts and times the bodies of requests too. Default: they are passed on as they are.
    ///
    /// The second record has then, if there is a body, `request_bytes` (as many as the service has taken), `upload`, and if the body
    /// ended `upload_ms`, from the request's beginning on. `upload` is `complete`; `unread` if the service did not ask for all of it; or
    /// `failed`, with `upload_error`, where the client hung up or broke the protocol: then a request that the service answered
    /// all the same is completed with a WARNING. The service gets bodies of another type, [`CountedBody`](crate::CountedBody), which costs an
    /// allocation or two a request, and a short mutex a frame.
    ///
    /// ```
    /// use axum::{Router, routing::post};
    /// use ripsaw_web::RequestLayer;
    /// let app: Router = Router::new()
    ///     .route("/files", post(async |body: axum::body::Bytes| body.len().to_string()))
    ///     .layer(RequestLayer::new().uploads());
    /// ```
    pub fn uploads(self) -> RequestLayer<Counted> {
        RequestLayer { settings: self.settings, uploads: PhantomData }
    }

    /// The logger of the two records. Default: one of the name `http`.
    pub fn logger(self, log: Logger) -> RequestLayer<U> {
        self.with(|settings| settings.log = log)
    }

    /// The level of `Request started`. Default INFO.
    pub fn start_level(self, level: Level) -> RequestLayer<U> {
        self.with(|settings| settings.start_level = level)
    }

    /// Whether correlation, trace and baggage of incoming headers are taken over. Default true; false is for the edge, where
    /// anybody can send anything: then each request gets a new id.
    pub fn believe_headers(self, yes: bool) -> RequestLayer<U> {
        self.with(|settings| settings.believes = yes)
    }

    /// Whether a request that comes without a trace begins one. Default false.
    pub fn begin_traces(self, yes: bool) -> RequestLayer<U> {
        self.with(|settings| settings.begins_traces = yes)
    }

    /// Whether baggage stands in the context, and so in every record, as `baggage.<key>`. Default false: it may have
    /// 8 KiB of whatever the caller wanted.
    pub fn baggage(self, yes: bool) -> RequestLayer<U> {
        self.with(|settings| settings.logs_baggage = yes)
    }

    /// Whether `Request started` has `query_params`, as it was sent; empty if there is none. Default false.
    pub fn query(self, yes: bool) -> RequestLayer<U> {
        self.with(|settings| settings.logs_query = yes)
    }

    /// The headers that `Request started` may show, as the map `headers`. Default none.
    pub fn headers(self, names: impl IntoIterator<Item = HeaderName>) -> RequestLayer<U> {
        self.with(|settings| settings.headers = names.into_iter().collect())
    }

    /// Adds `service_name` and `environment` to the context. Default: neither.
    pub fn service(
        self,
        name: impl Into<String>,
        environment: impl Into<String>,
    ) -> RequestLayer<U> {
        self.with(|settings| settings.service = Some((name.into(), environment.into())))
    }

    /// Adds `user_id` to the context, null where `find` knows none: for users whom a layer outside of this one has put into the
    /// extensions. Default: no such field. A handler that finds out itself says `ripsaw::context::bind("user_id", id)`.
    pub fn user(
        self,
        find: impl Fn(&Parts) -> Option<Value> + Send + Sync + 'static,
    ) -> RequestLayer<U> {
        self.with(|settings| settings.user = Some(Arc::new(find)))
    }

    /// Adds `client_ip` to `Request started`. Where the address stands depends on the server; what headers say is worth what the proxies
    /// before it are: see [`forwarded_for`](crate::forwarded_for). Default: no such field.
    ///
    /// ```
    /// use axum::extract::ConnectInfo;
    /// use ripsaw_web::RequestLayer;
    /// use std::net::SocketAddr;
    /// let layer = RequestLayer::new().client_ip(|request| {
    ///     let peer = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
    ///     Some(peer.0.ip().into())
    /// });
    /// # drop(layer);
    /// ```
    pub fn client_ip(
        self,
        find: impl Fn(&Parts) -> Option<Value> + Send + Sync + 'static,
    ) -> RequestLayer<U> {
        self.with(|settings| settings.client = Some(Arc::new(find)))
    }

    /// Has the last word on the context: adds fields (the route's template), replaces or removes some. If it panics, the context
    /// stays as it is. Default: nothing is changed.
    ///
    /// ```
    /// use axum::extract::MatchedPath;
    /// use ripsaw_web::RequestLayer;
    /// let layer = RequestLayer::new().context(|request, context| {
    ///     match request.extensions.get::<MatchedPath>() {
    ///         Some(route) => context.with("route", route.as_str()),
    ///         None => context,
    ///     }
    /// });
    /// # drop(layer);
    /// ```
    pub fn context(
        self,
        amend: impl Fn(&Parts, Context) -> Context + Send + Sync + 'static,
    ) -> RequestLayer<U> {
        self.with(|settings| settings.amend = Some(Arc::new(amend)))
    }

    /// Durations by a test's clock. Default: the monotonic clock.
    pub fn clock(self, clock: ManualClock) -> RequestLayer<U> {
        self.with(|settings| settings.clock = Some(clock))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> RequestLayer<U> {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S, U> Layer<S> for RequestLayer<U> {
    type Service = RequestService<S, U>;

    fn layer(&self, inner: S) -> RequestService<S, U> {
        RequestService { inner, settings: self.settings.clone(), uploads: PhantomData }
    }
}

/// A service whose requests are recorded: see [`RequestLayer`].
#[derive(Clone, Debug)]
pub struct RequestService<S, U = AsSent> {
    inner: S,
    settings: Arc<Settings>,
    uploads: PhantomData<U>,
}

impl<S, I, O, U> Service<http::Request<I>> for RequestService<S, U>
where
    U: Uploads,
    S: Service<http::Request<U::Body<I>>, Response = Response<O>>,
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
        let watch = Watch::start(self.settings.clock);
        let (mut parts, body) = request.into_parts();
        let place = self.settings.place(&parts);
        let context = Context::current().merged(&self.settings.context(&parts, &place));
        let _scope = context.enter_alone();
        let (body, upload) = U::take(body, watch);
        let recorded = Request::begin(self.settings.clone(), watch, &parts, &place, upload);
        parts.extensions.insert(place);
        let request = http::Request::from_parts(parts, body);
        match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(handler) => ResponseFuture::new(handler, recorded, context.clone()),
            Err(panic) => {
                recorded.end(Answer::default(), End::panic(&*panic));
                resume_unwind(panic)
            }
        }
    }
}
