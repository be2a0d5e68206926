//! What the tests have in common.

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use ripsaw::Value;
use ripsaw::testing::{Capture, CapturedRecord};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::ServiceExt;

/// The answer of a router.
pub(crate) async fn answer(app: &Router, request: Request<Body>) -> Response<Body> {
    let answer: Result<_, Infallible> = app.clone().oneshot(request).await;
    answer.unwrap()
}

/// The answer to a GET with these headers; its body is read to the end.
pub(crate) async fn get(app: &Router, path: &str, headers: &[(&str, &[u8])]) -> Response<Vec<u8>> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = answer(app, request.body(Body::empty()).unwrap()).await;
    let (head, body) = answer.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes().to_vec())
}

/// All messages, in order.
pub(crate) fn messages(capture: &Capture) -> Vec<String> {
    capture.records().into_iter().map(|record| record.message).collect()
}

/// The only record of this message.
#[track_caller]
pub(crate) fn only(capture: &Capture, message: &str) -> CapturedRecord {
    let records = capture.records();
    let mut fitting = records.iter().filter(|record| record.message == message);
    let (Some(record), None) = (fitting.next(), fitting.next()) else {
        panic!("not one `{message}` in {records:#?}");
    };
    record.clone()
}

/// A field that is a text.
#[track_caller]
pub(crate) fn text<'r>(record: &'r CapturedRecord, key: &str) -> &'r str {
    match record.field(key) {
        Some(Value::Str(text)) => text,
        other => panic!("{key} is {other:?} in {record:#?}"),
    }
}

/// A field that is a number.
#[track_caller]
pub(crate) fn number(record: &CapturedRecord, key: &str) -> f64 {
    match record.field(key) {
        Some(Value::U64(number)) => *number as f64,
        Some(Value::F64(number)) => *number,
        other => panic!("{key} is {other:?} in {record:#?}"),
    }
}

/// The keys of a record, in order.
pub(crate) fn keys(record: &CapturedRecord) -> Vec<&str> {
    record.fields.iter().map(|(key, _)| key.as_str()).collect()
}

/// What a body does when it is polled.
pub(crate) enum Step {
    Data(&'static str),
    Log(&'static str),
    Wait,
    Fail,
    Panic,
}

/// A body that does one thing after the other, and then ends.
pub(crate) struct Script(pub(crate) VecDeque<Step>);

/// A body of these steps.
pub(crate) fn script(steps: impl IntoIterator<Item = Step>) -> Body {
    Body::new(Script(steps.into_iter().collect()))
}

impl http_body::Body for Script {
    type Data = axum::body::Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, io::Error>>> {
        loop {
            return Poll::Ready(Some(match self.0.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Data(text)) => Ok(Frame::data(text.into())),
                Some(Step::Log(message)) => {
                    ripsaw::Event::new(ripsaw::Level::Info, message).emit();
                    continue;
                }
                Some(Step::Wait) => {
                    self.0.push_front(Step::Wait);
                    return Poll::Pending;
                }
                Some(Step::Fail) => Err(io::Error::other("the disk is gone")),
                Some(Step::Panic) => panic!("in the body"),
            }));
        }
    }
}
