//! Servers of HTTP/1.1 that answer as a test says, faults included.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Status, headers and a body, with its length.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Exactly these bytes, and the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, as long as the client waits.
    Never,
    /// These bytes, then one byte after the other of a body that does not end.
    Drip(Vec<u8>),
}

impl Reply {
    pub(crate) fn ok(body: &str) -> Reply {
        Reply::Answer(200, Vec::new(), body.into())
    }
    pub(crate) fn status(status: u16, body: &str) -> Reply {
        Reply::Answer(status, Vec::new(), body.into())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

type Answerer = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

struct Shared {
    answer: Mutex<Arc<Answerer>>,
    requests: Mutex<Vec<Request>>,
    over: AtomicBool,
    tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
}

/// A server on loopback; it ends when it is dropped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(reply: Reply) -> Server {
        Server::at("127.0.0.1:0".parse().unwrap(), None, reply)
    }

    pub(crate) fn tls(config: Arc<tokio_rustls::rustls::ServerConfig>, reply: Reply) -> Server {
        Server::at("127.0.0.1:0".parse().unwrap(), Some(config), reply)
    }

    /// At an address of this machine that no other test uses, so that its port is nobody else's while it is closed.
    pub(crate) fn alone(
        number: u8,
        tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
        reply: Reply,
    ) -> Server {
        Server::at(SocketAddr::from(([127, 0, 0, number], 0)), tls, reply)
    }

    pub(crate) fn at(
        address: SocketAddr,
        tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
        reply: Reply,
    ) -> Server {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let answer: Answerer = Box::new(move |_| reply.clone());
        let shared = Arc::new(Shared {
            answer: Mutex::new(Arc::new(answer)),
            requests: Mutex::default(),
            over: AtomicBool::new(false),
            tls,
        });
        let serving = shared.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.over.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, shared) = (stream.unwrap(), serving.clone());
                // A client that is gone ends it.
                std::thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Server { shared, address, thread: Some(thread) }
    }

    /// Answers so from now on.
    pub(crate) fn reply(&self, reply: Reply) {
        self.answer(move |_| reply.clone());
    }

    pub(crate) fn answer(&self, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        let answer: Answerer = Box::new(answer);
        *self.shared.answer.lock().unwrap() = Arc::new(answer);
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn https(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Request {
        self.requests().pop().expect("a request")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve(tcp: TcpStream, shared: &Shared) -> io::Result<()> {
    match &shared.tls {
        None => answer(tcp, shared),
        Some(config) => {
            let connection = tokio_rustls::rustls::ServerConnection::new(config.clone());
            let connection = connection.map_err(io::Error::other)?;
            answer(tokio_rustls::rustls::StreamOwned::new(connection, tcp), shared)
        }
    }
}

fn answer(mut stream: impl Read + Write, shared: &Shared) -> io::Result<()> {
    let request = read(&mut stream)?;
    let reply = shared.answer.lock().unwrap().clone()(&request);
    shared.requests.lock().unwrap().push(request);
    match reply {
        Reply::Answer(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n", body.len());
            if status == 304 {
                head = "HTTP/1.1 304 Not Modified\r\n".to_owned();
            }
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            stream.write_all(head.as_bytes())?;
            stream.write_all(b"\r\n")?;
            stream.write_all(&body)?;
            stream.flush()
        }
        Reply::Raw(bytes) => {
            stream.write_all(&bytes)?;
            stream.flush()
        }
        Reply::Never => stream.read(&mut [0]).map(drop),
        Reply::Drip(head) => {
            stream.write_all(&head)?;
            loop {
                stream.write_all(b"#")?;
                stream.flush()?;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn read(stream: &mut impl Read) -> io::Result<Request> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let mut lines = head.lines();
    let line = lines.next().unwrap_or("").to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Request { line, headers })
}
