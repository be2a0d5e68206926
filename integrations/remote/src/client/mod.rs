//! Requests: one connection each, bounded in time and size, and nothing of them in anybody's log.
//!
//! The usual clients write requests into the `log` facade, some with all bytes, and so a token into the program's own log.
//! `hyper` and `rustls` as they are built here log nothing.

mod options;
mod url;

pub use options::HttpOptions;
pub(crate) use url::{Url, shown};

use crate::body::{BodyError, Whole, collect};
use crate::error::Cause;
use crate::race::first;
use crate::setting::SettingError;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use zeroize::Zeroizing;

/// Asks one host.
pub(crate) struct Client {
    tls: Option<Arc<ClientConfig>>,
    options: HttpOptions,
}

/// What came back: the body is all there.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<HeaderValue>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Headers of a request.
pub(crate) type Headers = Vec<(HeaderName, HeaderValue)>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Client {
    pub(crate) fn new(url: &Url, options: HttpOptions) -> Result<Client, SettingError> {
        let tls = url.is_https.then(|| options.tls()).transpose()?;
        Ok(Client { tls, options })
    }

    /// Waits for the answer, on the calling thread. Ends at once with [`Cause::Ended`] when `stop` is told.
    pub(crate) fn get(&self, url: &Url, headers: Headers, stop: &Notify) -> Result<Answer, Cause> {
        if tokio::runtime::Handle::try_current().is_err() {
            return self.run(url, headers, stop);
        }
        // On a thread of a runtime no other one can be driven.
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("ripsaw-request".to_owned());
            let spawned = thread.spawn_scoped(scope, || self.run(url, headers, stop));
            let no_thread = |error| Cause::Unreachable(format!("no thread: {error}"));
            let joined = spawned.map_err(no_thread)?.join();
            joined.unwrap_or_else(|_| Err(Cause::Broken("the request panicked".to_owned())))
        })
    }

    fn run(&self, url: &Url, headers: Headers, stop: &Notify) -> Result<Answer, Cause> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Cause::Unreachable(format!("no epoll: {e}")))?;
        let limit = self.options.timeout;
        let result = runtime.block_on(async {
            let whole = timeout(limit, self.exchange(url, headers));
            let whole = async { whole.await.unwrap_or(Err(Cause::TimedOut(limit))) };
            first(whole, async {
                stop.notified().await;
                Err(Cause::Ended)
            })
            .await
        });
        // A look-up of a name cannot be broken off; nobody waits for it.
        runtime.shutdown_background();
        result
    }

    async fn exchange(&self, url: &Url, headers: Headers) -> Result<Answer, Cause> {
        let limit = self.options.connect_timeout;
        let stream = timeout(limit, self.connect(url)).await;
        let stream = stream.unwrap_or(Err(Cause::TimedOut(limit)))?;
        let mut builder = hyper::client::conn::http1::Builder::new();
        let connection = builder.max_buf_size(64 * 1024).handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = connection.map_err(broken)?;
        // It ends with the runtime, and tells its errors to the sender too.
        tokio::spawn(connection);
        let mut request = http::Request::get(url.path_and_query())
            .header(HOST, &url.authority)
            .header(USER_AGENT, concat!("ripsaw-remote/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT_ENCODING, "identity");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Whole::default()).map_err(|e| Cause::Broken(e.to_string()))?;
        let response = sender.send_request(request).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let encoding = head.headers.get(CONTENT_ENCODING);
        if encoding.is_some_and(|value| value != "identity") {
            return Err(Cause::Broken(
                "the body is compressed, which was not asked for".to_owned(),
            ));
        }
        let status = head.status.as_u16();
        let is_bounded = |name| head.headers.contains_key(name);
        if status == 200 && !is_bounded(CONTENT_LENGTH) && !is_bounded(TRANSFER_ENCODING) {
            // The end of the connection would be taken for the end of the body: half of it for all.
            let said = "the length of the body is not told, by Content-Length or in chunks";
            return Err(Cause::Broken(said.to_owned()));
        }
        let body = collect(body, self.options.max_bytes).await.map_err(|error| match error {
            BodyError::TooLarge => Cause::TooLarge(self.options.max_bytes),
            BodyError::Broken(error) => broken(error),
        })?;
        Ok(Answer { status, etag: head.headers.get(ETAG).cloned(), body })
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn Stream>, Cause> {
        let tcp = TcpStream::connect((url.host.as_str(), url.port)).await;
        let tcp = tcp.map_err(|error| Cause::Unreachable(error.to_string()))?;
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let no_name = |_| Cause::Certificate(format!("{:?} is no name of a host", url.host));
        let name = ServerName::try_from(url.host.clone()).map_err(no_name)?;
        let secured = TlsConnector::from(tls.clone()).connect(name, tcp).await;
        match secured {
            Ok(secured) => Ok(Box::new(secured)),
            // This kind is rustls's own; what the system says has another.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Cause::Certificate(error.to_string()))
            }
            Err(error) => Err(Cause::Broken(error.to_string())),
        }
    }
}

fn broken(error: hyper::Error) -> Cause {
    use std::error::Error as _;
    let mut said = error.to_string();
    if let Some(source) = error.source() {
        said = format!("{said}: {source}");
    }
    Cause::Broken(said)
}
