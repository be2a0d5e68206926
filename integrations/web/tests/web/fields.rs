//! Which records there are, and their fields.

use crate::support::{answer, get, keys, messages, number, only, text};
use axum::Router;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::routing;
use http::{Request, StatusCode, header};
use ripsaw::testing::Capture;
use ripsaw::{Level, Logger, ManualClock, Value};
use ripsaw_web::RequestLayer;
use std::time::Duration;

fn hello() -> Router {
    let handler = || async {
        ripsaw::info!("in the handler");
        tokio::task::yield_now().await;
        ripsaw::context::bind("user_id", "u-7");
        ripsaw::info!("after an await");
        "hello"
    };
    Router::new().route("/hello/{name}", routing::get(handler))
}

#[tokio::test]
async fn inv_119_inv_120_one_vocabulary_from_start_to_end() {
    let capture = Capture::new();
    let app = hello().layer(RequestLayer::new());
    let response = get(&app, "/hello/ada?x=1", &[("x-correlation-id", b"cid-1")]).await;
    assert_eq!((response.status(), response.body().as_slice()), (StatusCode::OK, &b"hello"[..]));
    assert_eq!(response.headers()["x-correlation-id"], "cid-1");
    let all = ["Request started", "in the handler", "after an await", "Request completed"];
    assert_eq!(messages(&capture), all);
    let common = ["correlation_id", "request_path", "request_method"];
    let started = only(&capture, "Request started");
    assert_eq!((keys(&started), started.target.as_str()), (common.to_vec(), "http"));
    assert_eq!(keys(&only(&capture, "in the handler")), common);
    for record in capture.records() {
        assert_eq!(record.level, Level::Info);
        assert_eq!(text(&record, "correlation_id"), "cid-1");
        assert_eq!(text(&record, "request_path"), "/hello/ada");
        assert_eq!(text(&record, "request_method"), "GET");
    }
    let done = only(&capture, "Request completed");
    let own = ["user_id", "status_code", "response_bytes", "handler_ms", "duration_ms"];
    assert_eq!(keys(&done), [&common[..], &own[..]].concat());
    assert_eq!((number(&done, "status_code"), number(&done, "response_bytes")), (200.0, 5.0));
    assert!(number(&done, "handler_ms") <= number(&done, "duration_ms"));
    assert_eq!(text(&done, "user_id"), "u-7");
}

#[tokio::test]
async fn inv_121_statuses_tell_failures() {
    let capture = Capture::new();
    let status = |status: StatusCode| routing::get(move || async move { status });
    let app = Router::new()
        .route("/gone", status(StatusCode::NOT_FOUND))
        .route("/down", status(StatusCode::SERVICE_UNAVAILABLE))
        .layer(RequestLayer::new());
    get(&app, "/gone", &[]).await;
    let done = only(&capture, "Request completed");
    assert_eq!((done.level, number(&done, "status_code")), (Level::Info, 404.0));
    capture.clear();
    get(&app, "/down", &[]).await;
    let failed = only(&capture, "Request failed");
    assert_eq!((failed.level, number(&failed, "status_code")), (Level::Error, 503.0));
    assert_eq!(number(&failed, "response_bytes"), 0.0);
    // The status is all that there is to say, and the body took no time of its own.
    assert!(failed.field("error.type").is_none() && failed.field("handler_ms").is_none());
}

#[tokio::test]
async fn inv_119_nothing_of_the_client_unless_asked_for() {
    let capture = Capture::new();
    let request = || {
        let request = Request::get("/hello/ada?page=2&token=abc123");
        let request = request.header("authorization", "Bearer s3cr3t").header("cookie", "s3cr3t");
        request.header("user-agent", "curl").body(Body::empty()).unwrap()
    };
    drop(answer(&hello().layer(RequestLayer::new()), request()).await);
    let shown = format!("{:?}", capture.records());
    for word in ["s3cr3t", "curl", "abc123", "page"] {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
    capture.clear();
    let layer = RequestLayer::new()
        .query(true)
        .headers([header::USER_AGENT, header::AUTHORIZATION, header::COOKIE, header::ACCEPT])
        .client_ip(|_| Some("192.0.2.1".into()));
    drop(answer(&hello().layer(layer), request()).await);
    let started = only(&capture, "Request started");
    assert_eq!(text(&started, "query_params"), "page=2&token=[REDACTED]");
    assert_eq!(text(&started, "client_ip"), "192.0.2.1");
    let header = |key: &'static str, value: &str| (key.into(), Value::from(value));
    let expected = vec![
        header("user-agent", "curl"),
        header("authorization", "[REDACTED]"),
        header("cookie", "[REDACTED]"),
    ];
    assert_eq!(started.field("headers"), Some(&Value::Map(expected)));
    assert!(!format!("{:?}", capture.records()).contains("s3cr3t"));
}

#[tokio::test]
async fn inv_120_fields_that_the_program_adds() {
    let capture = Capture::new();
    let clock = ManualClock::new(Duration::ZERO);
    let handler = move || async move { clock.advance(Duration::from_micros(12_350)) };
    let layer = RequestLayer::new()
        .logger(Logger::new("edge"))
        .start_level(Level::Debug)
        .service("shop", "production")
        .user(|request| request.headers.get("x-user")?.to_str().ok().map(Value::from))
        .client_ip(|_| panic!("meant"))
        .context(|request, context| match request.extensions.get::<MatchedPath>() {
            Some(route) => context.with("route", route.as_str()),
            None => context,
        })
        .clock(clock);
    let app = Router::new().route("/orders/{id}", routing::get(handler)).layer(layer);
    get(&app, "/orders/7", &[]).await;
    get(&app, "/orders/8", &[("x-user", b"ada")]).await;
    let records = capture.records();
    let [first, done, second, _] = &records[..] else { panic!("{records:#?}") };
    assert_eq!((first.level, first.target.as_str()), (Level::Debug, "edge"));
    assert_eq!((first.field("user_id"), text(second, "user_id")), (Some(&Value::Null), "ada"));
    assert_eq!((text(done, "service_name"), text(done, "environment")), ("shop", "production"));
    assert_eq!((text(done, "route"), number(done, "duration_ms")), ("/orders/{id}", 12.35));
    // What panics while it looks finds nothing.
    assert!(first.field("client_ip").is_none());
}

#[tokio::test]
async fn what_is_not_logged_is_in_the_context_all_the_same() {
    let capture = Capture::with(|builder| builder.filter("info,http=off"));
    get(&hello().layer(RequestLayer::new()), "/hello/ada", &[("x-request-id", b"r-1")]).await;
    assert_eq!(messages(&capture), ["in the handler", "after an await"]);
    assert_eq!(text(&only(&capture, "after an await"), "correlation_id"), "r-1");
}
