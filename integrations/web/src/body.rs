//! A response's body, until its end.

use crate::record::{Answer, End, Request};
use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use ripsaw::Context;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Poll, ready};

/// The body of a recorded response: passes everything on, and counts the bytes.
///
/// At its end, at an error, and when it is dropped before, the request's end is recorded. It is polled and dropped in the
/// request's context, with what the handler bound.
pub struct RecordedBody<B> {
    // None only while it is being dropped.
    body: Option<Pin<Box<B>>>,
    context: Context,
    sending: Option<Sending>,
}

/// A body whose end has not been recorded.
#[derive(Debug)]
struct Sending {
    request: Request,
    answer: Answer,
    sent: u64,
    /// How long it will be, if that is known: servers drop a body that has given so much without asking for its end.
    expected: Option<u64>,
}

impl<B: Body> RecordedBody<B> {
    /// With the body of a response that the handler, in whose context this is called, has just made.
    pub(crate) fn of(response: Response<B>, request: Option<Request>) -> Response<Self> {
        let (head, body) = response.into_parts();
        let sending = request.and_then(|request| {
            let status = Some(head.status);
            if body.is_end_stream() {
                request.end(Answer { status, bytes: Some(0), handler_ms: None }, End::Done);
                return None;
            }
            let handler_ms = Some(request.elapsed_ms());
            let told = || head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
            let expected = match request.is_head || has_no_body(head.status) {
                true => Some(0),
                false => body.size_hint().exact().or_else(told),
            };
            let answer = Answer { status, bytes: None, handler_ms };
            Some(Sending { request, answer, sent: 0, expected })
        });
        let body = Some(Box::pin(body));
        Response::from_parts(head, RecordedBody { body, context: Context::current(), sending })
    }
}

/// Whether responses of this status have no body (RFC 9110, 6.4.1).
fn has_no_body(status: StatusCode) -> bool {
    let without = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    status.is_informational() || without.contains(&status)
}

impl<B> RecordedBody<B> {
    fn end(&mut self, end: End) {
        if let Some(Sending { request, answer, sent, .. }) = self.sending.take() {
            request.end(Answer { bytes: Some(sent), ..answer }, end);
        }
    }
}

impl<B: Body> Body for RecordedBody<B>
where
    B::Error: Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let _scope = this.context.enter_alone();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = body.as_mut().poll_frame(cx);
            (polled, body.is_end_stream())
        }));
        let (polled, is_end) = match polled {
            Ok(polled) => polled,
            Err(panic) => {
                this.end(End::panic(&*panic));
                resume_unwind(panic);
            }
        };
        let frame = ready!(polled);
        match &frame {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| data.remaining() as u64);
                if let Some(sending) = &mut this.sending {
                    sending.sent += bytes;
                }
                if is_end {
                    this.end(End::Done);
                }
            }
            Some(Err(error)) => this.end(End::error(error)),
            None => this.end(End::Done),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), |body| body.size_hint())
    }
}

impl<B> Drop for RecordedBody<B> {
    fn drop(&mut self) {
        let _scope = self.context.enter_alone();
        let sending = self.sending.as_ref();
        let all = sending.is_some_and(|s| s.expected.is_some_and(|expected| s.sent >= expected));
        self.end(if all { End::Done } else { End::Cancelled });
        self.body = None;
    }
}

impl<B> fmt::Debug for RecordedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedBody").field("sending", &self.sending).finish_non_exhaustive()
    }
}
