//! `tracing-opentelemetry`, with an exporter that keeps what it gets.

use crate::{Engine, messages};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter};
use ripsaw::Value;
use ripsaw::tracing::{Layer, nested};
use std::sync::{Arc, Mutex};
use tracing::subscriber::with_default;
use tracing::{Instrument as _, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

/// Keeps the spans that have ended.
#[derive(Clone, Default, Debug)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().expect("no panic").extend(batch);
        Ok(())
    }
}

impl Kept {
    fn named(&self, name: &str) -> SpanData {
        let spans = self.0.lock().expect("no panic");
        spans.iter().find(|span| span.name == name).expect("it has ended").clone()
    }
}

fn tracer(kept: &Kept) -> (SdkTracerProvider, SdkTracer) {
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
    let tracer = provider.tracer("test");
    (provider, tracer)
}

/// The ids that OpenTelemetry has given the span that is being entered.
fn ids() -> Vec<(&'static str, Value)> {
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return Vec::new();
    }
    let (trace, own) = (span.trace_id().to_string(), span.span_id().to_string());
    vec![("trace_id", trace.into()), ("span_id", own.into())]
}

fn work() {
    let order = Value::from([("id", Value::from(7))]);
    let request = info_span!("request", customer = 7, late = tracing::field::Empty);
    let _request = request.enter();
    info!(rows = 3, "first");
    request.record("late", "x");
    info_span!("query", table = "orders").in_scope(|| {
        warn!(order = nested(&order), "second");
        ripsaw::info!("native");
    });
    info!("third");
}

#[test]
fn inv_107_both_layers_see_everything() {
    for ours_first in [false, true] {
        let (engine, kept) = (Engine::start(), Kept::default());
        let (provider, tracer) = tracer(&kept);
        if ours_first {
            let theirs = tracing_opentelemetry::layer().with_tracer(tracer);
            with_default(registry().with(Layer::new()).with(theirs), work);
        } else {
            let theirs = tracing_opentelemetry::layer().with_tracer(tracer);
            with_default(registry().with(theirs).with(Layer::new()), work);
        }
        let objects = engine.objects();
        assert_eq!(messages(&objects), ["first", "second", "native", "third"]);
        assert_eq!(objects[0].get("late"), None);
        for object in &objects[1..] {
            assert_eq!((&object["customer"], &object["late"]), (&7.into(), &"x".into()));
        }
        assert_eq!(
            (&objects[1]["table"], &objects[1]["order"]["id"]),
            (&"orders".into(), &7.into())
        );
        let (request, query) = (kept.named("request"), kept.named("query"));
        assert_eq!(query.parent_span_id, request.span_context.span_id());
        assert!(request.attributes.contains(&KeyValue::new("customer", 7)));
        assert!(request.attributes.contains(&KeyValue::new("late", "x")));
        let said = |span: &SpanData| -> Vec<String> {
            span.events.iter().map(|event| event.name.to_string()).collect()
        };
        assert_eq!(said(&request), ["first", "third"]);
        assert_eq!(said(&query), ["second"]);
        // What has parts is a tree here and text there.
        let shown = KeyValue::new("order", r#"{"id":7}"#);
        assert!(query.events[0].attributes.contains(&shown), "{query:?}");
        provider.shutdown().expect("nothing is left");
    }
}

/// Records have the ids of the trace and of the innermost span, native ones too.
#[test]
fn inv_106_trace_and_span_ids_arrive() {
    let (engine, kept) = (Engine::start(), Kept::default());
    let (provider, tracer) = tracer(&kept);
    let theirs = tracing_opentelemetry::layer().with_tracer(tracer);
    let ours = Layer::new().fields_on_enter(ids);
    with_default(registry().with(theirs).with(ours), work);
    let objects = engine.objects();
    assert_eq!(messages(&objects), ["first", "second", "native", "third"]);
    let (request, query) = (kept.named("request"), kept.named("query"));
    for (object, span) in objects.iter().zip([&request, &query, &query, &request]) {
        assert_eq!(object["trace_id"], span.span_context.trace_id().to_string());
        assert_eq!(object["span_id"], span.span_context.span_id().to_string());
    }
    provider.shutdown().expect("nothing is left");
}

/// Ids follow a future to whichever thread polls it.
#[test]
fn inv_075_ids_of_futures() {
    use std::future::{Future, poll_fn};
    use std::task::{Context as Waking, Poll, Waker};
    let (engine, kept) = (Engine::start(), Kept::default());
    let (provider, tracer) = tracer(&kept);
    let theirs = tracing_opentelemetry::layer().with_tracer(tracer);
    let ours = Layer::new().fields_on_enter(ids);
    with_default(registry().with(theirs).with(ours), || {
        let task = |name: &'static str| {
            let mut polled = false;
            let body = poll_fn(move |_| {
                info!(polled, "{name}");
                if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
            });
            Box::pin(body.instrument(info_span!("task", name, otel.name = name)))
        };
        let mut tasks = [task("one"), task("two")];
        let mut waking = Waking::from_waker(Waker::noop());
        for _ in 0..2 {
            for task in &mut tasks {
                let _ = task.as_mut().poll(&mut waking);
            }
        }
    });
    let objects = engine.objects();
    assert_eq!(messages(&objects), ["one", "two", "one", "two"]);
    for object in &objects {
        let span = kept.named(object["event"].as_str().expect("a text"));
        assert_eq!(object["span_id"], span.span_context.span_id().to_string());
    }
    provider.shutdown().expect("nothing is left");
}
