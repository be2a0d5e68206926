//! Requests that do not end well, and bodies that take their time.

use crate::support::Step::{Data, Fail, Log, Panic, Wait};
use crate::support::{Step, answer, messages, number, only, script, text};
use axum::Router;
use axum::body::Body;
use axum::routing;
use http::{Request, Response};
use http_body_util::BodyExt;
use ripsaw::testing::Capture;
use ripsaw::{Level, ManualClock};
use ripsaw_web::RequestLayer;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tower::{Layer, Service, ServiceExt, service_fn};

fn request() -> Request<Body> {
    Request::get("/x").header("x-correlation-id", "c").body(Body::empty()).unwrap()
}

/// Streams these steps.
fn streaming(steps: fn() -> Vec<Step>) -> Router {
    let handler = move || async move { Response::new(script(steps())) };
    Router::new().route("/x", routing::get(handler)).layer(RequestLayer::new())
}

#[tokio::test]
async fn a_streamed_body_is_counted_to_its_end() {
    let capture = Capture::new();
    let clock = ManualClock::new(Duration::ZERO);
    let handler = move || async move {
        clock.advance(Duration::from_millis(5));
        Response::new(script([Data("abc"), Log("in the body"), Data("de")]))
    };
    let app = Router::new().route("/x", routing::get(handler));
    let mut body =
        answer(&app.layer(RequestLayer::new().clock(clock)), request()).await.into_body();
    assert_eq!(messages(&capture), ["Request started"]);
    assert!(body.frame().await.unwrap().is_ok());
    clock.advance(Duration::from_millis(20));
    assert!(body.frame().await.unwrap().is_ok());
    assert_eq!(messages(&capture), ["Request started", "in the body"]);
    assert!(body.frame().await.is_none());
    assert_eq!(text(&only(&capture, "in the body"), "correlation_id"), "c");
    let done = only(&capture, "Request completed");
    assert_eq!(number(&done, "response_bytes"), 5.0);
    assert_eq!((number(&done, "handler_ms"), number(&done, "duration_ms")), (5.0, 25.0));
    drop(body);
    assert_eq!(capture.records().len(), 3);
}

#[tokio::test]
async fn a_response_that_nobody_waits_for_is_cancelled() {
    let capture = Capture::new();
    let handler = || async {
        ripsaw::context::bind("step", "charging");
        std::future::pending::<()>().await;
    };
    let app = Router::new().route("/x", routing::get(handler)).layer(RequestLayer::new());
    let mut waiting = once(Box::pin(answer(&app, request())));
    assert!(waiting.is_some());
    assert_eq!(messages(&capture), ["Request started"]);
    drop(waiting.take());
    let record = only(&capture, "Request cancelled");
    assert_eq!((record.level, text(&record, "correlation_id")), (Level::Warning, "c"));
    assert_eq!(text(&record, "step"), "charging");
    assert!(record.field("status_code").is_none());
}

/// Polls once; the future, if it is not ready.
fn once<F: Future + Unpin>(mut future: F) -> Option<F> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(&mut future).poll(&mut cx).is_pending().then_some(future)
}

#[tokio::test]
async fn a_body_that_is_dropped_is_cancelled() {
    let capture = Capture::new();
    let app = streaming(|| vec![Data("abc"), Wait]);
    let mut body = answer(&app, request()).await.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    drop(body);
    let record = only(&capture, "Request cancelled");
    assert_eq!((number(&record, "status_code"), number(&record, "response_bytes")), (200.0, 3.0));
}

#[tokio::test]
async fn a_body_that_gave_all_it_promised_is_complete() {
    let capture = Capture::new();
    let handler = || async {
        Response::builder().header("content-length", 3).body(script([Data("abc"), Wait])).unwrap()
    };
    let app = Router::new().route("/x", routing::get(handler)).layer(RequestLayer::new());
    let mut body = answer(&app, request()).await.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    drop(body);
    assert_eq!(messages(&capture), ["Request started", "Request completed"]);
    // Nobody asks for the body of an answer to HEAD.
    capture.clear();
    let head = Request::head("/x").body(Body::empty()).unwrap();
    drop(answer(&app, head).await);
    assert_eq!(messages(&capture), ["Request started", "Request completed"]);
}

#[tokio::test]
async fn errors_and_panics_of_bodies_fail_the_request() {
    for (steps, kind, said) in [
        (
            (|| vec![Data("a"), Fail]) as fn() -> Vec<Step>,
            "axum_core::error::Error",
            "the disk is gone",
        ),
        (|| vec![Data("a"), Panic], "panic", "in the body"),
    ] {
        let capture = Capture::new();
        let body = answer(&streaming(steps), request()).await.into_body();
        let read = tokio::task::LocalSet::new();
        let read = read.run_until(async { tokio::task::spawn_local(body.collect()).await }).await;
        assert!(!matches!(read, Ok(Ok(_))), "passed on");
        let record = only(&capture, "Request failed");
        assert_eq!((text(&record, "error.type"), text(&record, "error.message")), (kind, said));
        assert_eq!((record.level, number(&record, "response_bytes")), (Level::Error, 1.0));
        assert_eq!(capture.records().len(), 2);
    }
}

#[tokio::test]
async fn inv_119_a_panic_is_recorded_and_passed_on() {
    async fn late() {
        tokio::task::yield_now().await;
        panic!("after {} awaits", 1);
    }
    let capture = Capture::new();
    let app = Router::new().route("/x", routing::get(late)).layer(RequestLayer::new());
    let local = tokio::task::LocalSet::new();
    let task = async move { answer(&app, request()).await };
    let ended = local.run_until(async { tokio::task::spawn_local(task).await }).await;
    assert!(ended.unwrap_err().is_panic());
    let record = only(&capture, "Request failed");
    assert_eq!(text(&record, "error.type"), "panic");
    assert_eq!(text(&record, "error.message"), "after 1 awaits");
    assert_eq!(text(&record, "correlation_id"), "c");
    assert_eq!(messages(&capture), ["Request started", "Request failed"]);
    assert!(ripsaw::Context::current().is_empty());
}

#[tokio::test]
async fn inv_120_an_error_of_the_service_is_passed_on() {
    let capture = Capture::new();
    let inner = service_fn(|_: Request<Body>| async {
        Err::<Response<Body>, _>(std::io::Error::other("no route"))
    });
    let error = RequestLayer::new().layer(inner).oneshot(request()).await.unwrap_err();
    assert_eq!(error.to_string(), "no route");
    let record = only(&capture, "Request failed");
    assert_eq!(text(&record, "error.type"), "std::io::error::Error");
    assert_eq!(text(&record, "error.message"), "no route");
}

#[test]
fn a_service_that_panics_when_it_is_called() {
    let capture = Capture::new();
    let inner =
        service_fn(|_: Request<Body>| -> std::future::Ready<Result<Response<Body>, String>> {
            panic!("no future")
        });
    let mut service = RequestLayer::new().layer(inner);
    let called = std::panic::catch_unwind(AssertUnwindSafe(|| drop(service.call(request()))));
    assert_eq!(called.unwrap_err().downcast_ref(), Some(&"no future"));
    assert_eq!(text(&only(&capture, "Request failed"), "error.message"), "no future");
    assert!(ripsaw::Context::current().is_empty());
}
