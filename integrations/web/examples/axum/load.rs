//! Load for the service, over real connections: 2,000 requests of 8 clients, with `--selftest`.

use std::net::SocketAddr;
use std::process::exit;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const CLIENTS: u32 = 8;
const REQUESTS: u32 = 250;

fn is_asked_for() -> bool {
    std::env::args().any(|arg| arg == "--selftest")
}

/// Where to serve.
pub(crate) fn address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], if is_asked_for() { 0 } else { 8080 }))
}

/// Ends when the load is done, and the process with it if an answer was wrong; never if no load is asked for.
pub(crate) async fn until_done(address: SocketAddr) {
    if !is_asked_for() {
        return std::future::pending().await;
    }
    let clients: Vec<_> = (0..CLIENTS).map(|n| tokio::spawn(client(address, n))).collect();
    for client in clients {
        if !matches!(client.await, Ok(Ok(()))) {
            eprintln!("a client did not get its answers");
            exit(1);
        }
    }
    eprintln!("{} requests were answered", CLIENTS * REQUESTS);
}

/// Requests one after the other on one connection. The answers must be right.
async fn client(address: SocketAddr, n: u32) -> Result<(), std::io::Error> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    for i in 0..REQUESTS {
        let (path, status) = match i % 10 {
            9 => ("/broken".to_owned(), 500),
            0 => (format!("/orders/{i}"), 404),
            _ => (format!("/orders/{i}"), 200),
        };
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-ID: c{n}-{i}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = head(&mut stream).await?;
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ").and_then(|length| length.parse().ok())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await?;
        let said = if status == 200 { format!("order {i}") } else { String::new() };
        if !head.starts_with(&format!("HTTP/1.1 {status} ")) || body != said.as_bytes() {
            eprintln!("{path}: {head}{}", String::from_utf8_lossy(&body));
            return Err(std::io::Error::other("a wrong answer"));
        }
    }
    Ok(())
}

/// The head of an answer.
async fn head(stream: &mut BufReader<TcpStream>) -> Result<String, std::io::Error> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Err(std::io::Error::other(format!("closed after {head:?}")));
        }
    }
    Ok(head)
}
