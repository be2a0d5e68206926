//! Two things at once, of which one counts.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// The result of the one that is ready first; the other is dropped.
pub(crate) async fn first<T>(a: impl Future<Output = T>, b: impl Future<Output = T>) -> T {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|cx| match a.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => b.as_mut().poll(cx),
    })
    .await
}
