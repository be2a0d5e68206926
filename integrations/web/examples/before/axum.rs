//! A service of axum before it was switched: `examples/axum.rs` is the same with Ripsaw.
//!
//! `cargo run -p ripsaw-web --example axum_before` serves on port 8080; with `--selftest` it sends itself some load over real
//! connections, and ends.

#[path = "../axum/load.rs"]
mod load;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, serve};
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::{info, warn};

async fn order(Path(id): Path<u32>) -> Result<String, StatusCode> {
    info!(order = id, "looking up");
    tokio::time::sleep(Duration::from_millis(u64::from(id % 3))).await;
    if id.is_multiple_of(10) {
        warn!(order = id, hint = ?Some("try another"), "no such order");
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
        .layer(tower_http::trace::TraceLayer::new_for_http())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG).init();
    let listener = TcpListener::bind(load::address()).await?;
    let until = load::until_done(listener.local_addr()?);
    info!(host = %listener.local_addr()?.ip(), "listening");
    serve(listener, app()).with_graceful_shutdown(until).await?;
    info!("closed");
    Ok(())
}
