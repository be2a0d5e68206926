//! Requests of a web service, through its layer.

use super::frozen;
use crate::case::Case;
use crate::session::Session;
use http::{Request, Response};
use http_body::{Body, Frame};
use ripsaw::{Logger, ManualClock, Value};
use ripsaw_web::RequestLayer;
use std::fmt;
use std::pin::{Pin, pin};
use std::task::{self, Poll, Waker};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// The header that carries the id.
const HEADER: &str = "X-Correlation-ID";

/// How long a handler takes.
const TOOK: Duration = Duration::from_micros(12_350);

/// The answers to the requests that the words tell of, then what was logged.
pub(super) fn requests(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let words = case.texts().next().unwrap_or("");
    let mut answers = Ok(Vec::new());
    // The time of the records stands still; only what is measured goes on.
    let lines = frozen(|_| answers = words.split("; ").map(answer).collect())?;
    Ok([answers?, lines].concat())
}

/// The status and the id in the answer to `GET /path (raises) with X-Correlation-ID: id`; all but the path may be missing.
fn answer(words: &str) -> Result<String, String> {
    let rest = words.strip_prefix("GET ").ok_or(format!("no request: `{words}`"))?;
    let (target, id) = match rest.split_once(" with ") {
        Some((target, id)) => (target, Some(id.rsplit(' ').next().unwrap_or(id))),
        None => (rest, None),
    };
    let raises = target.ends_with(" (raises)");
    let mut request = Request::get(target.trim_end_matches(" (raises)"));
    if let Some(id) = id {
        request = request.header(HEADER, id);
    }
    let request = request.body(()).map_err(|e| e.to_string())?;

    let clock = ManualClock::new(Duration::ZERO);
    let layer = RequestLayer::new()
        .logger(Logger::new("seed003"))
        .query(true)
        .client_ip(|_| Some(Value::from("testclient")))
        .user(|_| None)
        .service("api", "development")
        .clock(clock);
    let response = pin!(layer.layer(Handler { clock, raises }).call(request));
    match response.poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => {
            let id = response.headers().get(HEADER).and_then(|id| id.to_str().ok());
            Ok(format!("{} {}", response.status().as_u16(), id.unwrap_or("None")))
        }
        // What a server makes of it: a status, and no header.
        Poll::Ready(Err(_)) => Ok("500 None".to_owned()),
        Poll::Pending => Err("the handler does not end".to_owned()),
    }
}

/// Logs a record and answers, or fails.
struct Handler {
    clock: ManualClock,
    raises: bool,
}

impl Service<Request<()>> for Handler {
    type Response = Response<Nothing>;
    type Error = RuntimeError;
    type Future = std::future::Ready<Result<Response<Nothing>, RuntimeError>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), RuntimeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        self.clock.advance(TOOK);
        if self.raises {
            return std::future::ready(Err(RuntimeError));
        }
        Logger::new("h").info("in handler").emit();
        std::future::ready(Ok(Response::new(Nothing)))
    }
}

/// The error of a handler.
#[derive(Debug)]
struct RuntimeError;

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("boom")
    }
}

/// No body.
struct Nothing;

impl Body for Nothing {
    type Data = &'static [u8];
    type Error = RuntimeError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<&'static [u8]>, RuntimeError>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}
