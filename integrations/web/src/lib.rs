//! Requests of an HTTP service in the logs of [`ripsaw`]: a [`tower`](https://docs.rs/tower) layer for axum, hyper and whatever
//! else speaks `tower_service::Service` and `http_body::Body`, and another for its requests to other services.
//!
//! ```
//! use axum::{Router, routing::get};
//! use ripsaw_web::RequestLayer;
//!
//! async fn order() -> &'static str {
//!     ripsaw::info!("looked up"); // correlation_id=.. request_method=GET request_path=/orders
//!     "seven"
//! }
//! let app: Router = Router::new().route("/orders", get(order)).layer(RequestLayer::new());
//! ```
//!
//! [`RequestLayer`] says which records and fields there are.

#![forbid(unsafe_code)]

mod body;
mod caught;
mod client;
mod extract;
mod future;
mod layer;
mod outgoing;
mod record;
mod secret;
mod settings;
mod upload;

pub use body::RecordedBody;
pub use client::{CallLayer, CallService};
pub use extract::forwarded_for;
pub use future::ResponseFuture;
pub use layer::{RequestLayer, RequestService};
pub use outgoing::{inject, inject_propagation};
pub use upload::{AsSent, Counted, CountedBody, Uploads};

/// The sample of the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
