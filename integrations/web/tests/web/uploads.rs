//! Bodies of requests.

use crate::served::{connect, serve, wait_for};
use crate::support::Step::{Data, Fail, Panic, Wait};
use crate::support::{Step, answer, number, only, script, text};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::{Router, routing};
use http::StatusCode;
use http_body_util::BodyExt;
use ripsaw::testing::{Capture, CapturedRecord};
use ripsaw::{Level, ManualClock};
use ripsaw_web::RequestLayer;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Reads all, whatever comes of it, and says how much that was.
async fn read(mut request: Request) -> (StatusCode, String) {
    let mut bytes = 0;
    while let Some(frame) = request.body_mut().frame().await {
        let Ok(frame) = frame else { return (StatusCode::BAD_REQUEST, "broken".to_owned()) };
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    (StatusCode::OK, bytes.to_string())
}

/// To the end of its body.
async fn read_all(answer: http::Response<Body>) {
    drop(answer.into_body().collect().await);
}

fn app() -> Router {
    let router = Router::new().route("/", routing::any(read));
    let router = router.route("/unread", routing::any(|| async { "no, thanks" }));
    router.layer(RequestLayer::new().uploads())
}

fn request(path: &str, steps: impl IntoIterator<Item = Step>) -> Request {
    Request::post(path).header("content-length", "5").body(script(steps)).unwrap()
}

#[track_caller]
fn is_upload(record: &CapturedRecord, state: &str, bytes: u64) {
    assert_eq!(text(record, "upload"), state, "{record:#?}");
    assert_eq!(number(record, "request_bytes"), bytes as f64, "{record:#?}");
    assert_eq!(record.field("upload_error").is_some(), state == "failed", "{record:#?}");
    assert_eq!(record.field("upload_ms").is_some(), state != "unread", "{record:#?}");
}

#[tokio::test]
async fn an_upload_is_counted_and_timed() {
    let capture = Capture::new();
    let clock = ManualClock::new(Duration::ZERO);
    let handler = move |mut request: Request| async move {
        while let Some(Ok(_)) = request.body_mut().frame().await {
            clock.advance(Duration::from_millis(2));
        }
        clock.advance(Duration::from_millis(7));
        "stored"
    };
    let layer = RequestLayer::new().clock(clock).uploads();
    let app = Router::new().route("/", routing::post(handler)).layer(layer);
    let answer = answer(&app, request("/", [Data("abc"), Data("de")])).await;
    read_all(answer).await;
    let done = only(&capture, "Request completed");
    assert_eq!(done.level, Level::Info);
    is_upload(&done, "complete", 5);
    let (upload, all) = (number(&done, "upload_ms"), number(&done, "duration_ms"));
    assert_eq!((upload, all), (4.0, 11.0));
}

#[tokio::test]
async fn bodies_that_are_not_read_or_not_there() {
    let capture = Capture::new();
    read_all(answer(&app(), request("/unread", [Data("abcde")])).await).await;
    is_upload(&only(&capture, "Request completed"), "unread", 0);
    capture.clear();
    // Nothing to be said where there is none, or where nobody asked.
    read_all(answer(&app(), Request::get("/unread").body(Body::empty()).unwrap()).await).await;
    let plain = Router::new().route("/", routing::any(read)).layer(RequestLayer::default());
    read_all(answer(&plain, request("/", [Data("abcde")])).await).await;
    for record in capture.records() {
        let said =
            record.fields.iter().any(|(key, _)| key.contains("upload") || key == "request_bytes");
        assert!(!said, "{record:#?}");
    }
    capture.clear();
    read_all(answer(&app(), Request::post("/").body(Body::empty()).unwrap()).await).await;
    is_upload(&only(&capture, "Request completed"), "complete", 0);
}

#[tokio::test]
async fn a_body_that_fails_is_told() {
    let capture = Capture::new();
    let answer = answer(&app(), request("/", [Data("abc"), Fail])).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    read_all(answer).await;
    let done = only(&capture, "Request completed");
    assert_eq!((done.level, text(&done, "upload_error")), (Level::Warning, "the disk is gone"));
    is_upload(&done, "failed", 3);
}

#[tokio::test]
async fn a_body_that_panics_fails_the_request() {
    let capture = Capture::new();
    let task = async { answer(&app(), request("/", [Data("abc"), Panic])).await };
    let local = tokio::task::LocalSet::new();
    let ended = local.run_until(async { tokio::task::spawn_local(task).await }).await;
    assert!(ended.unwrap_err().is_panic());
    let failed = only(&capture, "Request failed");
    assert_eq!(
        (text(&failed, "error.message"), number(&failed, "request_bytes")),
        ("in the body", 3.0)
    );
}

#[test]
fn a_request_that_is_dropped_amid_its_upload() {
    let capture = Capture::new();
    let app = app();
    let mut waiting = Box::pin(answer(&app, request("/", [Data("abc"), Wait])));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = std::panic::catch_unwind(AssertUnwindSafe(|| waiting.as_mut().poll(&mut cx)));
    assert!(polled.unwrap().is_pending());
    drop(waiting);
    let record = only(&capture, "Request cancelled");
    is_upload(&record, "unread", 3);
}

#[tokio::test]
async fn a_client_that_hangs_up_amid_its_upload_is_seen() {
    let capture = Capture::new();
    let address = serve(app()).await;
    let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc";
    let client = connect(address, head).await;
    wait_for(&capture, 1).await;
    drop(client);
    wait_for(&capture, 2).await;
    let records = capture.records();
    assert_eq!(records[1].level, Level::Warning, "{records:#?}");
    // As the server pleases: it gives the handler an error, or drops it.
    let state = text(&records[1], "upload");
    assert!(["failed", "unread"].contains(&state), "{records:#?}");
    assert!(number(&records[1], "request_bytes") <= 3.0);
}

#[tokio::test]
async fn a_streamed_upload_over_a_connection() {
    let capture = Capture::new();
    let address = serve(app()).await;
    let head =
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut client = connect(address, head).await;
    for _ in 0..100 {
        client.write_all(b"3\r\nabc\r\n").await.unwrap();
    }
    client.write_all(b"0\r\n\r\n").await.unwrap();
    let mut got = String::new();
    client.read_to_string(&mut got).await.unwrap();
    assert!(got.ends_with("300"), "{got}");
    wait_for(&capture, 2).await;
    is_upload(&only(&capture, "Request completed"), "complete", 300);
}
