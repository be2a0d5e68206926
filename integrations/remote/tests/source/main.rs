//! Configurations from servers that behave, and from servers that do not.

#[path = "../support/certificates.rs"]
mod certificates;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/mod.rs"]
mod support;

mod cached;
mod faults;
mod follow;
mod secrets;
mod tls;

use ripsaw_remote::{HttpOptions, RemoteSource, RemoteSourceBuilder};
use std::time::Duration;

/// A source whose thread does not ask by itself while a test runs, once it was loaded.
fn source(url: &str) -> RemoteSourceBuilder {
    RemoteSource::builder(url).interval(Duration::from_secs(3600)).http(patient())
}

/// Limits of time that no test comes near to.
fn patient() -> HttpOptions {
    let minute = Duration::from_secs(60);
    HttpOptions::new().connect_timeout(minute).timeout(minute).max_bytes(64 * 1024)
}
