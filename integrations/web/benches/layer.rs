//! What the records of a request cost the thread that serves it: by this crate's layer, and by `tower_http`'s `TraceLayer` with
//! `tracing_subscriber`'s JSON, in one run.
//!
//! `cargo bench -p ripsaw-web --bench layer`. The service answers at once, and its body is read to the end; what is measured is
//! therefore the layer. Both log a beginning and an end at INFO, and what the handler says stands in the context, or span,
//! of the request. The engine is drained by hand outside the measured time; `fmt` formats on the caller, which is all that it
//! does: its writer throws the lines away.
#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use ripsaw::sink::Null;
use ripsaw::{Guard, Overflow};
use ripsaw_web::RequestLayer;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tower::{Layer, Service, service_fn};
use tower_http::trace::{DefaultMakeSpan, DefaultOnRequest, DefaultOnResponse, TraceLayer};
use tracing::{Dispatch, Level};

/// Requests in one batch: what the arena holds.
const REQUESTS: u64 = 200;

type Bytes = Full<bytes::Bytes>;

fn request() -> Request<Bytes> {
    let request = Request::get("/orders/7?page=2").header("user-agent", "bench");
    request.body(Bytes::default()).expect("a request")
}

fn answer() -> Ready<Result<Response<Bytes>, Infallible>> {
    ready(Ok(Response::new(Bytes::from("seven"))))
}

/// One request, from its beginning to the end of its body. A function of its own, so that its instructions can be counted.
#[inline(never)]
fn serve<S, B>(service: &mut S)
where
    S: Service<Request<Bytes>, Response = Response<B>>,
    B: Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request())).poll(&mut cx) else {
        panic!("it answers at once")
    };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut cx) {
        std::hint::black_box(frame.ok());
    }
}

fn engine() -> Guard {
    let builder = ripsaw::builder().manual().overflow(Overflow::DropNewest);
    builder.sink(Null::new()).start().expect("the only engine of this process")
}

fn requests(c: &mut Criterion) {
    let guard = engine();
    let handle = guard.handle();
    let mut group = c.benchmark_group("web: 200 requests");
    group.throughput(Throughput::Elements(REQUESTS));
    macro_rules! bench {
        ($name:expr, $service:expr) => {
            group.bench_function($name, |b| {
                let mut service = $service;
                let drain = || while handle.pump() > 0 {};
                let batch = |()| (0..REQUESTS).for_each(|_| serve(&mut service));
                b.iter_batched(drain, batch, BatchSize::PerIteration);
            });
        };
    }
    let silent = service_fn(|_: Request<Bytes>| answer());
    bench!("no layer", silent);
    bench!("no event of the handler, ripsaw", RequestLayer::new().layer(silent));
    let layer = RequestLayer::new().uploads();
    bench!("no event of the handler, ripsaw with uploads", layer.layer(service_fn(|_| answer())));
    let says = service_fn(|_: Request<Bytes>| {
        for step in 0..3 {
            ripsaw::info!(step, order = 7, px = 1.25, "looking up");
        }
        answer()
    });
    bench!("three events of the handler, ripsaw", RequestLayer::new().layer(says));

    let fmt = tracing_subscriber::fmt().json().with_max_level(Level::INFO);
    let fmt = Dispatch::new(fmt.with_writer(io::sink).finish());
    tracing::dispatcher::with_default(&fmt, || {
        let layer = TraceLayer::new_for_http()
            .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
            .on_request(DefaultOnRequest::new().level(Level::INFO))
            .on_response(DefaultOnResponse::new().level(Level::INFO));
        bench!("no event of the handler, tower_http and fmt json", layer.layer(silent));
        let says = service_fn(|_: Request<Bytes>| {
            for step in 0..3 {
                tracing::info!(step, order = 7, px = 1.25, "looking up");
            }
            answer()
        });
        bench!("three events of the handler, tower_http and fmt json", layer.layer(says));
    });
    group.finish();
    assert_eq!(handle.stats().dropped(), 0, "a batch must fit the arena");
}

criterion_group!(benches, requests);
criterion_main!(benches);
