//! A service of axum. Five lines, which are marked, make it log its requests.
//!
//! `cargo run -p ripsaw-web --example axum` serves on port 8080; with `--selftest` it sends itself some load over real
//! connections, and checks its log.

#[path = "axum/selftest.rs"]
mod selftest;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, serve};
use ripsaw::{info, warn}; // 1: where `tracing` or `log` was
use std::time::Duration;
use tokio::net::TcpListener;

async fn order(Path(id): Path<u32>) -> Result<String, StatusCode> {
    info!(order = id, "looking up");
    tokio::time::sleep(Duration::from_millis(u64::from(id % 3))).await;
    if id.is_multiple_of(10) {
        warn!(order = id, "no such order");
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(format!("order {id}"))
}

async fn broken() -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

fn app() -> Router {
    Router::new()
        .route("/orders/{id}", get(order))
        .route("/broken", get(broken))
        .layer(ripsaw_web::RequestLayer::new()) // 2
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().any(|arg| arg == "--selftest") {
        return selftest::run(app()).await;
    }
    let guard = ripsaw::builder().json().stdout().start()?; // 3
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    info!(address = %listener.local_addr()?, "listening"); // 4
    serve(listener, app()).await?;
    guard.shutdown(Duration::from_secs(5)); // 5
    Ok(())
}
