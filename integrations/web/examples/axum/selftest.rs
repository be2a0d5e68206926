//! Load for the service, and what its log must then say.

use axum::Router;
use ripsaw::Overflow;
use ripsaw::sink::File;
use serde_json::Value;
use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const CLIENTS: u32 = 8;
const REQUESTS: u32 = 250;
const LOG: &str = "requests.log";

/// Serves, sends, shuts down, and reads the log.
pub(crate) async fn run(app: Router) -> Result<(), Box<dyn Error>> {
    let _ = fs::remove_file(LOG);
    let builder = ripsaw::builder().json().sink(File::append(LOG)?);
    let guard = builder.overflow(Overflow::Block(Duration::MAX)).start()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|n| tokio::spawn(client(address, n))).collect();
    for client in clients {
        client.await??;
    }
    let took = began.elapsed();
    server.abort();
    let report = guard.shutdown(Duration::from_secs(5));
    if (report.dropped, report.unflushed) != (0, 0) {
        return Err(format!("records are missing: {report:?}").into());
    }
    let lines = check(&fs::read_to_string(LOG)?)?;
    println!("{} requests in {took:?}, {lines} lines as they must be", CLIENTS * REQUESTS);
    Ok(())
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
        let id = format!("c{n}-{i}");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: {id}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = head(&mut stream).await?;
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
        };
        let right = head.starts_with(&format!("HTTP/1.1 {status} "))
            && header("x-correlation-id") == Some(id.as_str());
        if !right {
            return Err(std::io::Error::other(format!("{id}: {head}")));
        }
        let length = header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
        stream.read_exact(&mut vec![0; length]).await?;
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

/// Each request must have its records, in their order, and no other's.
fn check(log: &str) -> Result<usize, Box<dyn Error>> {
    let mut requests: HashMap<String, Vec<Value>> = HashMap::new();
    for line in log.lines() {
        let record: Value = serde_json::from_str(line)?;
        let id = record["correlation_id"].as_str().ok_or_else(|| format!("no id: {line}"))?;
        requests.entry(id.to_owned()).or_default().push(record);
    }
    for n in 0..CLIENTS {
        for i in 0..REQUESTS {
            let id = format!("c{n}-{i}");
            let (messages, status): (&[&str], _) = match i % 10 {
                9 => (&["Request started", "Request failed"], 500),
                0 => {
                    (&["Request started", "looking up", "no such order", "Request completed"], 404)
                }
                _ => (&["Request started", "looking up", "Request completed"], 200),
            };
            let records = requests.remove(&id).unwrap_or_default();
            let got: Vec<_> =
                records.iter().filter_map(|record| record["event"].as_str()).collect();
            let last = records.last().unwrap_or(&Value::Null);
            let orders = records.iter().filter_map(|record| record["order"].as_u64());
            let own = orders.clone().all(|order| order == u64::from(i));
            let sent = if status == 200 { format!("order {i}").len() as u64 } else { 0 };
            let right = got == messages
                && own
                && last["status_code"] == status
                && last["response_bytes"] == sent
                && last["duration_ms"].as_f64() >= last["handler_ms"].as_f64();
            if !right {
                return Err(format!("{id}: {records:#?}").into());
            }
        }
    }
    if !requests.is_empty() {
        return Err(format!("records of nobody: {requests:#?}").into());
    }
    Ok(log.lines().count())
}
