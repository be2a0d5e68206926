//! A request's body, as it comes in.

use crate::caught::caught;
use crate::settings::Watch;
use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use std::fmt::{self, Display};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// What a [`RequestLayer`](crate::RequestLayer) does with the bodies of requests.
/// Only the two types of this crate do.
pub trait Uploads: Take {}

impl<U: Take> Uploads for U {}

/// In a private module, so that no other type can.
pub trait Take: Clone + fmt::Debug {
    /// A body, as the service gets it.
    type Body<B>;
    /// The body of a request that began with the watch, and what tells how far it came, if anything does.
    fn take<B>(body: B, watch: Watch) -> (Self::Body<B>, Option<Upload>);
}

/// The bodies of requests are passed on as they are, of whatever type. The default.
#[derive(Clone, Copy, Debug)]
pub struct AsSent;

/// The bodies of requests are counted and timed: see [`RequestLayer::uploads`](crate::RequestLayer::uploads).
#[derive(Clone, Copy, Debug)]
pub struct Counted;

impl Take for AsSent {
    type Body<B> = B;
    fn take<B>(body: B, _: Watch) -> (B, Option<Upload>) {
        (body, None)
    }
}

impl Take for Counted {
    type Body<B> = CountedBody<B>;
    fn take<B>(body: B, watch: Watch) -> (CountedBody<B>, Option<Upload>) {
        let upload = Upload { watch, seen: Arc::default() };
        let (body, seen) = (Box::pin(body), Some(upload.clone()));
        (CountedBody { body, upload, is_over: false }, seen)
    }
}

/// The body of a request whose layer counts: passes everything on.
pub struct CountedBody<B> {
    body: Pin<Box<B>>,
    upload: Upload,
    is_over: bool,
}

/// What was seen of a body, by the body itself and by the record of its request.
#[derive(Clone, Debug)]
pub struct Upload {
    watch: Watch,
    seen: Arc<Mutex<Seen>>,
}

/// How far a body came.
#[derive(Clone, Default, Debug)]
pub(crate) struct Seen {
    /// Bytes that the service has taken.
    pub(crate) bytes: u64,
    /// When it ended or failed, in milliseconds since the request began.
    pub(crate) ms: Option<f64>,
    /// Why it failed.
    pub(crate) error: Option<String>,
}

impl Upload {
    /// What was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn change(&self, f: impl FnOnce(&mut Seen)) {
        f(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
    fn end(&self, error: Option<String>) {
        let ms = Some(self.watch.elapsed_ms());
        self.change(|seen| (seen.ms, seen.error) = (ms, error));
    }
}

impl Seen {
    /// `complete`, `failed`, or `unread` if the service did not ask for all of it.
    pub(crate) fn state(&self) -> &'static str {
        match (&self.error, self.ms) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "complete",
            (None, None) => "unread",
        }
    }
}

impl<B: Body> Body for CountedBody<B>
where
    B::Error: Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.get_mut();
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        match &frame {
            _ if this.is_over => {}
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| data.remaining() as u64);
                this.upload.change(|seen| seen.bytes += bytes);
                let rest = this.body.size_hint().exact();
                if this.body.is_end_stream() || rest == Some(0) {
                    this.is_over = true;
                    this.upload.end(None);
                }
            }
            Some(Err(error)) => {
                let text = caught(|| error.to_string());
                let text = text.unwrap_or_else(|| "its Display panicked".to_owned());
                this.is_over = true;
                this.upload.end(Some(text));
            }
            None => {
                this.is_over = true;
                this.upload.end(None);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> fmt::Debug for CountedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountedBody").field("upload", &self.upload.seen()).finish_non_exhaustive()
    }
}
