use crate::support::{Engine, until};
use crate::{TOKEN, admin, ask, parsed, raw};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

fn head(line: &str, more: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n{more}\r\n")
}

#[test]
fn large_and_broken_bodies_change_nothing() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).max_bytes(1000).start().unwrap();
    let address = admin.address();
    let large = "#".repeat(1001);
    assert_eq!(ask(address, "POST /reload", &large).0, 413);
    assert_eq!(ask(address, "PUT /levels", &large).0, 413);
    assert_eq!(ask(address, "POST /reload", &large[..1000]).0, 200);
    // One that does not say how large it is.
    let chunks = format!(
        "{}3e9\r\n{large}\r\n0\r\n\r\n",
        head("POST /reload", "Transfer-Encoding: chunked\r\n")
    );
    assert_eq!(parsed(&raw(address, chunks.as_bytes())).0, 413);
    let chunks =
        format!("{}5\r\ndebug\r\n0\r\n\r\n", head("PUT /levels", "Transfer-Encoding: chunked\r\n"));
    assert_eq!(parsed(&raw(address, chunks.as_bytes())).0, 200);
    assert_eq!(engine.levels(), "debug");
    let mut bytes = head("PUT /levels", "Content-Length: 3\r\n").into_bytes();
    bytes.extend_from_slice(b"a\xffb");
    assert_eq!(parsed(&raw(address, &bytes)).0, 400);
    // One that ends too early: half a document is none.
    for (more, body) in
        [("Content-Length: 99\r\n", "error"), ("Transfer-Encoding: chunked\r\n", "5\r\nerr")]
    {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("{}{body}", head("PUT /levels", more)).as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        // Whether there is an answer to who has gone is nobody's concern.
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(engine.levels(), "debug");
}

#[test]
fn what_is_no_http_does_no_harm() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).start().unwrap();
    let address = admin.address();
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(10_000));
    let both = head("PUT /levels", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "debug";
    for bytes in [
        &b"\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /config\r\n\r\n",
        b"GET /config HTTP/9.9\r\n\r\n",
        b"PUT /levels HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"PUT /levels HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
        both.as_bytes(),
    ] {
        // The end of what the client sends, for whoever waits for more.
        let mut stream = TcpStream::connect(address).unwrap();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(ask(address, "GET /health", "").0, 200);
    assert_eq!(engine.levels(), "info");
}

#[test]
fn slow_clients_are_left() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).timeout(Duration::from_millis(200)).start().unwrap();
    let whole = head("PUT /levels", "Content-Length: 99\r\n");
    for sent in ["", "GET /conf", &whole] {
        let mut stream = TcpStream::connect(admin.address()).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // The client waits for ever; the server does not.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(engine.levels(), "info");
}

#[test]
fn there_are_only_so_many_connections() {
    let engine = Engine::start(ripsaw::builder());
    let admin = admin(&engine).max_connections(2).start().unwrap();
    let address = admin.address();
    let mut held = [(); 2].map(|()| TcpStream::connect(address).unwrap());
    // Both are known to be served, as they are in the middle of their requests.
    for stream in &mut held {
        let request = head("PUT /levels", "Content-Length: 5\r\nExpect: 100-continue\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100");
    }
    let mut third = TcpStream::connect(address).unwrap();
    let mut answer = String::new();
    third.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(held);
    until("a free place", || {
        raw(address, head("GET /health", "").as_bytes()).starts_with("HTTP/1.1 200")
    });
}

#[test]
fn it_ends_when_it_is_dropped_and_with_the_engine() {
    let engine = Engine::start(ripsaw::builder());
    let first = admin(&engine).start().unwrap();
    let address = first.address();
    // A client that is being served does not keep it.
    let mut waiting = TcpStream::connect(address).unwrap();
    waiting.write_all(b"GET /").unwrap();
    drop(first);
    assert!(TcpStream::connect(address).is_err());
    let mut rest = Vec::new();
    let _ = waiting.read_to_end(&mut rest);
    let second = admin(&engine).start().unwrap();
    let address = second.address();
    assert!(TcpStream::connect(address).is_ok());
    drop(engine);
    until("the end of the endpoint", || TcpStream::connect(address).is_err());
    drop(second);
}

#[cfg(target_os = "linux")]
#[test]
fn no_handler_of_the_programs_runs_on_its_thread() {
    let engine = Engine::start(ripsaw::builder());
    let _admin = admin(&engine).start().unwrap();
    until("a thread of its own", || crate::support::is_unsignalled("ripsaw-admin"));
}

/// What the program adds may panic; the endpoint goes on.
#[test]
fn a_panic_of_what_is_added_is_one_connection_that_ends() {
    let engine = Engine::start(ripsaw::builder());
    let memory = engine.memory.clone();
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let add = move |builder: ripsaw::Builder| {
        assert!(!is_first.swap(false, std::sync::atomic::Ordering::SeqCst), "on purpose");
        builder.sink(memory.clone())
    };
    let admin = admin(&engine).add_to_documents(add).start().unwrap();
    let mut request = head("POST /reload", "Content-Length: 13\r\n");
    request.push_str("level='debug'");
    assert_eq!(raw(admin.address(), request.as_bytes()), "");
    assert_eq!(engine.levels(), "info");
    assert_eq!(ask(admin.address(), "POST /reload", "level='debug'").0, 200);
    assert_eq!(engine.levels(), "debug");
}
