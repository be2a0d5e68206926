//! Why nothing usable came from a server.

use ripsaw::FileError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A request that brought nothing usable: to whom, and why. No token is in it, and no query. Its `Debug` is its
/// `Display`, for `main` functions that return it.
#[derive(Clone)]
pub struct RemoteError {
    url: String,
    cause: Cause,
}

/// Why a request brought nothing usable.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// No connection: the name is not known, the port is closed, there is no route.
    Unreachable(String),
    /// It took longer than this, all in all or until the connection stood.
    TimedOut(Duration),
    /// The server's certificate is expired, of an authority that is not trusted, or for another name; or it speaks no TLS.
    Certificate(String),
    /// What came is no whole answer of HTTP.
    Broken(String),
    /// The answer has this status.
    Status(u16),
    /// The server says to ask elsewhere; this is not done, as a token must not travel to another host.
    Redirect(u16),
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// The body is not UTF-8, from this byte on.
    NotUtf8(usize),
    /// The body is empty, which is taken for a mistake.
    Empty,
    /// The token cannot be had, or no header can carry it.
    Token(String),
    /// The document is wrong, or names what cannot be used. The engine keeps what it has.
    Refused(Arc<FileError>),
    /// The request was broken off because whoever made it is gone.
    Ended,
}

impl RemoteError {
    pub(crate) fn new(url: impl fmt::Display, cause: Cause) -> RemoteError {
        RemoteError { url: url.to_string(), cause }
    }
    /// What was asked, without the query.
    pub fn url(&self) -> &str {
        &self.url
    }
    /// Why it failed.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }
    /// Whether it is the same trouble, whatever its words.
    pub(crate) fn is_like(&self, other: &RemoteError) -> bool {
        use Cause::{Redirect, Status};
        match (&self.cause, &other.cause) {
            (Status(a), Status(b)) | (Redirect(a), Redirect(b)) => a == b,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.cause)
    }
}

impl fmt::Debug for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for RemoteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Refused(error) => Some(&**error),
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Unreachable(said) => write!(f, "no connection: {said}"),
            Cause::TimedOut(limit) => write!(f, "no answer within {limit:?}"),
            Cause::Certificate(said) => {
                write!(
                    f,
                    "the server is not trusted: {said}; root_certificates takes other authorities"
                )
            }
            Cause::Broken(said) => write!(f, "the answer is broken: {said}"),
            Cause::Status(status @ (401 | 403)) => write!(f, "status {status}: look at the token"),
            Cause::Status(status) => write!(f, "status {status}"),
            Cause::Redirect(status) => write!(
                f,
                "status {status}: redirects are not followed, as the token would travel; use the address that is meant"
            ),
            Cause::TooLarge(limit) => {
                write!(f, "the body has more than {limit} bytes; max_bytes sets the limit")
            }
            Cause::NotUtf8(at) => write!(f, "the body is not UTF-8, from byte {at} on"),
            Cause::Empty => {
                f.write_str("the document is empty; a comment in it says that this is meant")
            }
            Cause::Token(said) => write!(f, "the token: {said}"),
            Cause::Refused(error) => write!(f, "the document is wrong: {}", first(error)),
            Cause::Ended => f.write_str("the request was broken off"),
        }
    }
}

/// The first error, and how many there are.
fn first(error: &FileError) -> String {
    match error {
        FileError::Document(errors) => {
            let first = errors.errors().first().map(ToString::to_string).unwrap_or_default();
            match errors.errors().len() {
                0 | 1 => first,
                count => format!("{first} (the first of {count} errors)"),
            }
        }
        other => other.to_string(),
    }
}
