//! Requests to other services.

use crate::served::{serve, wait_for};
use crate::support::Step::{Data, Fail, Wait};
use crate::support::{Step, keys, messages, number, only, script, text};
use axum::body::Body;
use axum::{Router, routing};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use ripsaw::context::Propagation;
use ripsaw::testing::Capture;
use ripsaw::{Context, FutureExt, Level, ManualClock};
use ripsaw_web::{CallLayer, RequestLayer};
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tower::{Layer, Service, ServiceExt, service_fn};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn to(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

fn in_trace() -> Context {
    Context::from([("trace_id", TRACE), ("span_id", SPAN), ("correlation_id", "r-17")])
}

/// The headers that a call of this layer would have, and its response's body read.
async fn sent(layer: CallLayer, request: Request<Body>) -> HeaderMap {
    let other = service_fn(|request: Request<Body>| async move {
        let (head, _) = request.into_parts();
        let mut response = Response::new(script([Data("abc")]));
        response.extensions_mut().insert(head.headers);
        Ok::<_, io::Error>(response)
    });
    let (head, body) = layer.layer(other).oneshot(request).await.unwrap().into_parts();
    body.collect().await.unwrap();
    head.extensions.get::<HeaderMap>().unwrap().clone()
}

#[tokio::test]
async fn a_call_has_two_records_and_tells_where_it_stands() {
    let capture = Capture::new();
    let request = to("http://ada:s3cr3t@billing:8080/invoices/7?token=s3cr3t&page=2");
    let layer = CallLayer::new().query(true);
    let headers = sent(layer, request).in_context(in_trace().with("request_path", "/pay")).await;
    let (started, done) = (only(&capture, "Call started"), only(&capture, "Call completed"));
    assert_eq!((started.level, done.level), (Level::Debug, Level::Info));
    assert_eq!(done.target, "http.client");
    for record in [&started, &done] {
        assert_eq!(text(record, "call_method"), "GET");
        assert_eq!(text(record, "call_peer"), "billing:8080");
        assert_eq!(text(record, "call_path"), "/invoices/7");
        // What it is made for.
        assert_eq!(text(record, "request_path"), "/pay");
        assert_eq!((text(record, "trace_id"), text(record, "parent_span_id")), (TRACE, SPAN));
        assert_ne!(text(record, "span_id"), SPAN);
    }
    assert_eq!(text(&started, "query_params"), "token=[REDACTED]&page=2");
    assert_eq!((number(&done, "status_code"), number(&done, "response_bytes")), (200.0, 3.0));
    assert!(!format!("{:?}", capture.records()).contains("s3cr3t"));
    let parent = format!("00-{TRACE}-{}-01", text(&done, "span_id"));
    assert_eq!(headers["traceparent"], parent.as_str());
    assert_eq!(headers["x-correlation-id"], "r-17");
}

#[tokio::test]
async fn without_a_trace_there_is_none_unless_it_is_begun() {
    let capture = Capture::new();
    let headers = sent(CallLayer::new(), to("/relative")).await;
    assert!(headers.is_empty(), "{headers:?}");
    let done = only(&capture, "Call completed");
    assert!(done.field("span_id").is_none() && done.field("call_peer").is_none(), "{done:#?}");
    capture.clear();
    let headers = sent(CallLayer::new().begin_traces(true), to("/")).await;
    let done = only(&capture, "Call completed");
    let parent = format!("00-{}-{}-01", text(&done, "trace_id"), text(&done, "span_id"));
    assert_eq!(headers["traceparent"], parent.as_str());
    assert!(done.field("parent_span_id").is_none());
    assert!(Context::current().is_empty());
}

#[tokio::test]
async fn a_place_among_the_extensions_counts_before_the_context() {
    let capture = Capture::new();
    let other = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{other}-b7ad6b7169203331-01");
    let place = Propagation::extract(|name| match name {
        "traceparent" => Some(parent.as_str()),
        "tracestate" => Some("vendor=1"),
        _ => None,
    });
    let mut request = to("/");
    request.extensions_mut().insert(place);
    let headers = sent(CallLayer::new(), request).in_context(in_trace()).await;
    let done = only(&capture, "Call completed");
    assert_eq!(
        (text(&done, "trace_id"), text(&done, "parent_span_id")),
        (other, "b7ad6b7169203331")
    );
    assert_eq!(headers["tracestate"], "vendor=1");
}

#[tokio::test]
async fn calls_that_do_not_end_well() {
    let clock = ManualClock::new(Duration::ZERO);
    let capture = Capture::new();
    let layer = CallLayer::new().clock(clock).start_level(Level::Trace);
    let fails = service_fn(move |_: Request<Body>| async move {
        clock.advance(Duration::from_micros(1_500));
        Err::<Response<Body>, _>(io::Error::other("no route"))
    });
    let error = layer.clone().layer(fails).oneshot(to("/")).await.unwrap_err();
    assert_eq!(error.to_string(), "no route");
    let failed = only(&capture, "Call failed");
    assert_eq!((failed.level, text(&failed, "error.message")), (Level::Error, "no route"));
    assert_eq!(number(&failed, "duration_ms"), 1.5);
    capture.clear();

    let answers = |status: u16, steps: fn() -> Vec<Step>| {
        let inner = service_fn(move |_: Request<Body>| async move {
            let response = Response::builder().status(status).body(script(steps())).unwrap();
            Ok::<_, io::Error>(response)
        });
        layer.clone().layer(inner).oneshot(to("/"))
    };
    let down = answers(503, Vec::new).await.unwrap().into_body();
    drop(down.collect().await);
    assert_eq!(number(&only(&capture, "Call failed"), "status_code"), 503.0);
    capture.clear();
    let broken = answers(200, || vec![Data("ab"), Fail]).await.unwrap().into_body();
    assert!(broken.collect().await.is_err());
    assert_eq!(number(&only(&capture, "Call failed"), "response_bytes"), 2.0);
    capture.clear();
    drop(answers(200, || vec![Data("ab"), Wait]).await.unwrap());
    assert_eq!(only(&capture, "Call cancelled").level, Level::Warning);
    capture.clear();

    let waits =
        service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, io::Error>>());
    let mut waiting = Box::pin(layer.clone().layer(waits).oneshot(to("/")));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    drop(waiting);
    assert_eq!(messages(&capture), ["Call started", "Call cancelled"]);
    capture.clear();

    let panics =
        service_fn(|_: Request<Body>| -> std::future::Ready<Result<Response<Body>, io::Error>> {
            panic!("no future")
        });
    let mut panics = layer.layer(panics);
    let called = std::panic::catch_unwind(AssertUnwindSafe(|| drop(panics.call(to("/")))));
    assert_eq!(called.unwrap_err().downcast_ref(), Some(&"no future"));
    assert_eq!(text(&only(&capture, "Call failed"), "error.type"), "panic");
}

#[tokio::test]
async fn a_trace_through_two_services_and_a_real_client() {
    let capture = Capture::new();
    let behind = Router::new().route("/stock", routing::get(|| async { "seven" }));
    let behind =
        serve(behind.layer(RequestLayer::new().logger(ripsaw::Logger::new("behind")))).await;
    let front = move || async move {
        let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
        let client = CallLayer::new().layer(client);
        let response = client.oneshot(to(&format!("http://{behind}/stock"))).await.unwrap();
        let id = response.headers()["x-correlation-id"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        format!("{id} {}", String::from_utf8_lossy(&body))
    };
    let front = Router::new().route("/", routing::get(front));
    let front = serve(front.layer(RequestLayer::new().begin_traces(true))).await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let mut request = to(&format!("http://{front}/"));
    request.headers_mut().insert("x-correlation-id", "r-1".parse().unwrap());
    let body = client.request(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(body.to_bytes(), "r-1 seven");
    wait_for(&capture, 6).await;

    let records = capture.records();
    let of = |target: &str, message: &str| {
        let mut fitting = records.iter().filter(|r| r.target == target && r.message == message);
        fitting.next().unwrap_or_else(|| panic!("{target} {message}: {records:#?}"))
    };
    let outer = of("http", "Request completed");
    let call = of("http.client", "Call completed");
    let inner = of("behind", "Request completed");
    for record in [outer, call, inner] {
        assert_eq!(text(record, "trace_id"), text(outer, "trace_id"));
        assert_eq!(text(record, "correlation_id"), "r-1");
    }
    assert_eq!(text(call, "parent_span_id"), text(outer, "span_id"));
    assert_eq!(text(inner, "parent_span_id"), text(call, "span_id"));
    assert_eq!((text(call, "request_path"), text(call, "call_path")), ("/", "/stock"));
    assert_eq!(text(call, "call_peer"), behind.to_string());
    // Fields of the call are those of its two records only.
    assert!(!keys(outer).iter().any(|key| key.starts_with("call_")));
}
