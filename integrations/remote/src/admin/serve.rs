//! Connections: few, short, and one request each.

use super::Limits;
use super::answer::{State, answer};
use crate::race::first;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener as Listener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// How often it is looked whether the engine is gone, if nobody comes.
const GLANCE: Duration = Duration::from_secs(5);

/// A pause after the system gave no connection, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// The life of the thread: until it is told to stop, or the engine has ended.
pub(super) fn serve(listener: Listener, state: Arc<State>, limits: Limits, stop: &Notify) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(listener) = TcpListener::from_std(listener) else { return };
        let places = Arc::new(Semaphore::new(limits.connections));
        loop {
            let accepted = async {
                let accepted = timeout(GLANCE, listener.accept()).await;
                accepted
                    .map_or(Next::Glance, |accepted| accepted.map_or(Next::Failed, Next::Client))
            };
            let stopped = async {
                stop.notified().await;
                Next::Stop
            };
            // What is dropped here has taken nothing: its connection comes next time.
            match first(accepted, stopped).await {
                Next::Client((stream, _)) => match places.clone().try_acquire_owned() {
                    Ok(place) => drop(tokio::spawn(converse(stream, state.clone(), limits, place))),
                    // As far as it takes it; nobody waits for it.
                    Err(_) => drop(stream.try_write(BUSY)),
                },
                Next::Failed => sleep(PAUSE).await,
                Next::Glance => {}
                Next::Stop => return,
            }
            if state.handle.is_stopped() {
                return;
            }
        }
    });
}

/// What happened.
enum Next {
    Client((TcpStream, SocketAddr)),
    Failed,
    /// Nothing, for a while.
    Glance,
    Stop,
}

async fn converse(
    stream: TcpStream,
    state: Arc<State>,
    limits: Limits,
    _place: OwnedSemaphorePermit,
) {
    let service = service_fn(move |request| {
        let state = state.clone();
        async move { Ok::<_, Infallible>(answer(&state, request, limits.body).await) }
    });
    let mut builder = http1::Builder::new();
    // The limit of the whole connection is below.
    builder.keep_alive(false).header_read_timeout(None).max_buf_size(32 * 1024).half_close(true);
    // Whatever goes wrong is the client's affair.
    drop(timeout(limits.time, builder.serve_connection(TokioIo::new(stream), service)).await);
}
