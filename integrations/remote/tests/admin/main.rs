//! The endpoint, asked by a client that need not keep to HTTP.

#[path = "../support/mod.rs"]
mod support;

mod admitted;
mod changes;
mod limits;
mod overrides;

use ripsaw_remote::{Admin, AdminBuilder};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use support::Engine;

const TOKEN: &str = "0123456789abcdef-hunter2";

/// An endpoint whose limits of time no test comes near to.
fn admin(engine: &Engine) -> AdminBuilder {
    Admin::builder(&engine.handle(), TOKEN)
        .timeout(Duration::from_secs(60))
        .add_to_documents(engine.add())
}

/// What comes back for these bytes, until the server closes.
fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    // It may have answered and closed before all is written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// Status and JSON of an answer.
#[track_caller]
fn parsed(answer: &str) -> (u16, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    let json = serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {answer}"));
    assert!(!answer.contains("hunter2"), "{answer}");
    (status.unwrap_or_else(|| panic!("{answer}")), json)
}

/// Asks with the token.
#[track_caller]
fn ask(address: SocketAddr, line: &str, body: &str) -> (u16, Value) {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    parsed(&raw(address, request.as_bytes()))
}
