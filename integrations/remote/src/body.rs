//! Bodies of requests and responses: at once, and no larger than asked for.

use bytes::{Buf as _, Bytes};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use zeroize::Zeroizing;

/// A body that is all there.
#[derive(Debug, Default)]
pub(crate) struct Whole(Option<Bytes>);

impl Whole {
    #[cfg(feature = "admin")]
    pub(crate) fn new(bytes: impl Into<Bytes>) -> Whole {
        Whole(Some(bytes.into()))
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Why a body is not here.
#[derive(Debug)]
pub(crate) enum BodyError {
    TooLarge,
    Broken(hyper::Error),
}

/// All of a body, if that is at most `limit` bytes: one that says to be larger is not begun, and no more than that is kept of one
/// that does not say. What is kept is overwritten when it is dropped.
pub(crate) async fn collect(
    mut body: Incoming,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    let stated = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if stated > limit {
        return Err(BodyError::TooLarge);
    }
    let mut all = Zeroizing::new(Vec::with_capacity(stated));
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(mut data) = frame.map_err(BodyError::Broken)?.into_data() else { continue };
        if data.len() > limit - all.len() {
            return Err(BodyError::TooLarge);
        }
        if data.len() > all.capacity() - all.len() {
            // A vector that grows by itself leaves what it held behind.
            let mut larger = Zeroizing::new(Vec::with_capacity((all.len() + data.len()) * 2));
            larger.extend_from_slice(&all);
            all = larger;
        }
        while data.has_remaining() {
            let part = data.chunk();
            all.extend_from_slice(part);
            let len = part.len();
            data.advance(len);
        }
    }
    Ok(all)
}
