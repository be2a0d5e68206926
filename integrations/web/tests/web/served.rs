//! Real connections, and many at once.

use crate::support::{Step, messages, number, only, script, text};
use axum::extract::Path;
use axum::{Router, routing};
use http::Response;
use ripsaw::Attached;
use ripsaw::testing::Capture;
use ripsaw_web::RequestLayer;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves on a free port of this machine, until the runtime ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

pub(crate) async fn connect(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until so many records are there.
pub(crate) async fn wait_for(capture: &Capture, count: usize) {
    for _ in 0..3000 {
        if capture.records().len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:#?}", capture.records());
}

#[tokio::test]
async fn a_client_that_hangs_up_is_seen() {
    let capture = Capture::new();
    let stream = || async { Response::new(script([Step::Data("abc"), Step::Wait])) };
    let wait = || std::future::pending::<()>();
    let app = Router::new()
        .route("/stream", routing::get(stream))
        .route("/wait", routing::get(wait))
        .layer(RequestLayer::new());
    let address = serve(app).await;
    let mut client = connect(address, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut got = Vec::new();
    while !got.ends_with(b"abc\r\n") {
        assert_ne!(client.read_buf(&mut got).await.unwrap(), 0);
    }
    drop(client);
    wait_for(&capture, 2).await;
    let record = only(&capture, "Request cancelled");
    assert_eq!((number(&record, "status_code"), number(&record, "response_bytes")), (200.0, 3.0));
    capture.clear();
    let client = connect(address, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    wait_for(&capture, 1).await;
    drop(client);
    wait_for(&capture, 2).await;
    assert_eq!(messages(&capture), ["Request started", "Request cancelled"]);
}

#[tokio::test]
pub(crate) async fn servers_that_stop_asking_have_had_all() {
    let capture = Capture::new();
    let fixed = || async {
        Response::builder().header("content-length", 3).body(script([Step::Data("abc")])).unwrap()
    };
    let app = Router::new()
        .route("/text", routing::get(|| async { "abc" }))
        .route("/fixed", routing::get(fixed))
        .layer(RequestLayer::new());
    let address = serve(app).await;
    for head in ["GET /text", "HEAD /text", "GET /fixed"] {
        let request = format!("{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut got = Vec::new();
        connect(address, &request).await.read_to_end(&mut got).await.unwrap();
        assert!(got.starts_with(b"HTTP/1.1 200"));
        wait_for(&capture, 2).await;
        assert_eq!(messages(&capture), ["Request started", "Request completed"], "{head}");
        capture.clear();
    }
}

#[test]
fn requests_side_by_side_keep_their_contexts_apart() {
    thread_local! {
        static ATTACHED: RefCell<Option<Attached>> = const { RefCell::new(None) };
    }
    const REQUESTS: usize = 200;
    let capture = Capture::with(|builder| builder.arena_bytes(8 << 20));
    let handle = capture.handle();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .on_thread_start(move || ATTACHED.set(Some(handle.attach())))
        .build()
        .unwrap();
    let handler = |Path(name): Path<String>| async move {
        for _ in 0..3 {
            ripsaw::info!(name, "working");
            tokio::task::yield_now().await;
        }
        name
    };
    let app = Router::new().route("/{name}", routing::get(handler)).layer(RequestLayer::new());
    runtime.block_on(async {
        let tasks: Vec<_> = (0..REQUESTS)
            .map(|i| {
                let app = app.clone();
                tokio::spawn(async move {
                    let id = format!("r-{i}");
                    crate::support::get(&app, &format!("/{id}"), &[("x-request-id", id.as_bytes())])
                        .await
                })
            })
            .collect();
        for (i, task) in tasks.into_iter().enumerate() {
            let answer = task.await.unwrap();
            assert_eq!(answer.headers()["x-correlation-id"], format!("r-{i}").as_str());
        }
    });
    drop(runtime);
    let records = capture.records();
    assert_eq!(records.len(), REQUESTS * 5);
    for record in &records {
        let id = text(record, "correlation_id");
        assert_eq!(text(record, "request_path"), format!("/{id}"));
        if record.message == "working" {
            assert_eq!(text(record, "name"), id);
        }
    }
}
