//! Correlation and traces, in and out, from friends and strangers.

use crate::support::{get, only, text};
use axum::{Extension, Router, routing};
use http::{HeaderMap, StatusCode};
use ripsaw::context::Propagation;
use ripsaw::testing::Capture;
use ripsaw::{Context, Value};
use ripsaw_web::{RequestLayer, inject, inject_propagation};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

/// Answers with the headers that a request to the next service would have.
fn relay() -> Router {
    let by_context = || async {
        tokio::task::yield_now().await;
        let mut headers = HeaderMap::new();
        inject(&Context::current(), &mut headers);
        format!("{headers:?}")
    };
    let by_place = |Extension(here): Extension<Propagation>| async move {
        let mut headers = HeaderMap::new();
        inject_propagation(&here, &mut headers);
        format!("{headers:?}")
    };
    Router::new()
        .route("/context", routing::get(by_context))
        .route("/place", routing::get(by_place))
}

#[tokio::test]
async fn inv_120_a_correlation_id_is_taken_over_or_made() {
    let capture = Capture::new();
    let app = relay().layer(RequestLayer::new());
    let answer = get(&app, "/context", &[("x-request-id", b"r-17")]).await;
    assert_eq!(answer.headers()["x-correlation-id"], "r-17");
    assert!(String::from_utf8_lossy(answer.body()).contains(r#""x-correlation-id": "r-17""#));
    capture.clear();
    let answer = get(&app, "/context", &[]).await;
    let made = answer.headers()["x-correlation-id"].to_str().unwrap();
    assert_eq!(made.len(), 36);
    let started = only(&capture, "Request started");
    assert_eq!(text(&started, "correlation_id"), made);
    assert!(started.field("trace_id").is_none());
}

#[tokio::test]
async fn a_trace_goes_through() {
    let capture = Capture::new();
    let app = relay().layer(RequestLayer::new());
    let headers: [(&str, &[u8]); 3] = [
        ("traceparent", PARENT.as_bytes()),
        ("tracestate", b"vendor=1"),
        ("baggage", b"tenant=eu"),
    ];
    let answer = get(&app, "/context", &headers).await;
    let started = only(&capture, "Request started");
    assert_eq!(text(&started, "trace_id"), TRACE);
    assert_eq!(text(&started, "parent_span_id"), "00f067aa0ba902b7");
    assert_eq!(started.field("trace_sampled"), Some(&Value::Bool(false)));
    assert!(started.field("baggage.tenant").is_none());
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    let next = format!("\"traceparent\": \"00-{TRACE}-{}-00\"", text(&started, "span_id"));
    assert!(body.contains(&next) && !body.contains("tracestate"), "{next} in {body}");
    let answer = get(&app, "/place", &headers).await;
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(body.contains("vendor=1") && body.contains("tenant=eu"), "{body}");
}

#[tokio::test]
async fn traces_and_baggage_on_request() {
    let capture = Capture::new();
    let app = relay().layer(RequestLayer::new().begin_traces(true).baggage(true));
    let answer = get(&app, "/context", &[("baggage", b"tenant=eu")]).await;
    let started = only(&capture, "Request started");
    assert_eq!((text(&started, "trace_id").len(), text(&started, "span_id").len()), (32, 16));
    assert_eq!(text(&started, "baggage.tenant"), "eu");
    assert!(started.field("parent_span_id").is_none());
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(body.contains("tenant=eu") && body.contains("-01\""), "{body}");
}

#[tokio::test]
async fn at_the_edge_no_header_is_believed() {
    let capture = Capture::new();
    let app = relay().layer(RequestLayer::new().believe_headers(false));
    let headers: [(&str, &[u8]); 2] =
        [("traceparent", PARENT.as_bytes()), ("x-correlation-id", b"mine")];
    let answer = get(&app, "/context", &headers).await;
    assert_ne!(answer.headers()["x-correlation-id"], "mine");
    assert!(only(&capture, "Request started").field("trace_id").is_none());
}

#[tokio::test]
async fn hostile_headers_are_refused_and_told() {
    let long = [b'a'; 129];
    let hostile: [(&str, &[u8]); 8] = [
        ("x-correlation-id", b"a b"),
        ("x-correlation-id", b"a\"b"),
        ("x-correlation-id", b"\xff\xfe"),
        ("x-correlation-id", "né".as_bytes()),
        ("x-correlation-id", b""),
        ("x-correlation-id", &long),
        ("traceparent", b"00-zz-zz-01"),
        ("baggage", b"=,=;\xff"),
    ];
    for (name, value) in hostile {
        let capture = Capture::new();
        let app = relay().layer(RequestLayer::new().baggage(true));
        let answer = get(&app, "/context", &[(name, value)]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["x-correlation-id"].len(), 36);
        let started = only(&capture, "Request started");
        let Some(Value::List(problems)) = started.field("header_problems") else {
            panic!("no problem with {name}: {started:#?}")
        };
        assert!(format!("{problems:?}").contains(name), "{problems:?}");
        assert_eq!(text(&started, "correlation_id").len(), 36);
    }
    // Two that contradict each other are none.
    let capture = Capture::new();
    let both: [(&str, &[u8]); 2] = [("x-correlation-id", b"a"), ("x-correlation-id", b"b")];
    get(&relay().layer(RequestLayer::new()), "/context", &both).await;
    assert_eq!(text(&only(&capture, "Request started"), "correlation_id").len(), 36);
}

#[test]
fn a_hostile_context_breaks_no_header() {
    let context = Context::new()
        .with("correlation_id", "a\r\nSet-Cookie: b")
        .with("trace_id", "x y")
        .with("span_id", 7)
        .with("baggage.a b", "no key")
        .with("baggage.ok", "a\r\nb");
    let mut headers = HeaderMap::new();
    inject(&context, &mut headers);
    assert_eq!(headers.len(), 1, "{headers:?}");
    assert_eq!(headers["baggage"], "ok=a%0D%0Ab");
}
