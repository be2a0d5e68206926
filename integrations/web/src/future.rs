//! A response that is being made.

use crate::body::RecordedBody;
use crate::record::{Answer, End, Request};
use http::{HeaderName, Response};
use http_body::Body;
use ripsaw::{Context, FutureExt, InContext};
use std::fmt::{self, Display};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Poll, ready};

pub(crate) const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");

/// The future of a [`RequestService`](crate::RequestService): the handler's, in the request's context.
///
/// Dropped before its end, it records that the request was cancelled.
#[must_use = "a future does nothing unless it is polled"]
pub struct ResponseFuture<F> {
    handling: InContext<Handling<F>>,
}

/// Lies within its context: what it records when it ends or is dropped has all that the handler bound.
struct Handling<F> {
    handler: Pin<Box<F>>,
    request: Option<Request>,
}

impl<F, B, E> ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Display,
{
    pub(crate) fn new(handler: F, request: Request, context: Context) -> ResponseFuture<F> {
        let handling = Handling { handler: Box::pin(handler), request: Some(request) };
        ResponseFuture { handling: handling.in_context(context) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Display,
{
    type Output = Result<Response<RecordedBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handling).poll(cx)
    }
}

impl<F, B, E> Future for Handling<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Display,
{
    type Output = Result<Response<RecordedBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        // What the panic leaves behind is polled by nobody: it is passed on.
        let polled = catch_unwind(AssertUnwindSafe(|| self.handler.as_mut().poll(cx)));
        let result = match polled {
            Ok(polled) => ready!(polled),
            Err(panic) => {
                self.end(End::panic(&*panic));
                resume_unwind(panic);
            }
        };
        Poll::Ready(match result {
            Ok(mut response) => {
                let request = self.request.take();
                if let Some(id) = request.as_ref().and_then(|request| request.correlation.clone()) {
                    response.headers_mut().insert(CORRELATION, id);
                }
                Ok(RecordedBody::of(response, request))
            }
            Err(error) => {
                self.end(End::error(&error));
                Err(error)
            }
        })
    }
}

impl<F> Handling<F> {
    fn end(&mut self, end: End) {
        if let Some(request) = self.request.take() {
            request.end(Answer::default(), end);
        }
    }
}

impl<F> Drop for Handling<F> {
    fn drop(&mut self) {
        self.end(End::Cancelled);
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
