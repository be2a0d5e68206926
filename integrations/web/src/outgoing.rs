//! Headers for requests to other services.

use http::{HeaderMap, HeaderName, HeaderValue};
use ripsaw::context::Propagation;
use ripsaw::{Context, ValueRef};

/// Tells the next service where this one stands: `traceparent` (or `X-Trace-Id` and its like, for ids that have not W3C's
/// form), `X-Correlation-ID` and `baggage`, as far as `context` has `trace_id`, `span_id`, `correlation_id` and `baggage.*`.
/// Headers of these names that are there already are replaced.
///
/// Within a request of [`RequestLayer`](crate::RequestLayer) that is [`Context::current`]. `tracestate` and what of the baggage is not
/// logged are not in a context: for these the request's extensions have its [`Propagation`], see
/// [`inject_propagation`]. A value that no header can carry is left out. It
/// allocates.
///
/// ```
/// use ripsaw::Context;
/// let _scope = ripsaw::scope! {
///     trace_id = "4bf92f3577b34da6a3ce929d0e0e4736", span_id = "00f067aa0ba902b7", correlation_id = "r-17"
/// };
/// let mut headers = http::HeaderMap::new();
/// ripsaw_web::inject(&Context::current(), &mut headers);
/// assert_eq!(headers["traceparent"], "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
/// assert_eq!(headers["x-correlation-id"], "r-17");
/// ```
pub fn inject(context: &Context, headers: &mut HeaderMap) {
    inject_propagation(&place_of(context), headers);
}

/// What a context says of where it stands.
pub(crate) fn place_of(context: &Context) -> Propagation {
    let text = |key| match context.get(key) {
        Some(ValueRef::Str(text) | ValueRef::Text(text)) => Some(text),
        _ => None,
    };
    let unsampled = matches!(context.get("trace_sampled"), Some(ValueRef::Bool(false)));
    let trace = match (text("trace_id"), text("span_id")) {
        (Some(trace), Some(span)) if unsampled => Some(format!("00-{trace}-{span}-00")),
        _ => None,
    };
    // The same checks as for what comes in: a context may hold anything.
    let here = Propagation::extract(|name| match name {
        "traceparent" => trace.as_deref(),
        "x-trace-id" => text("trace_id"),
        "x-span-id" => text("span_id"),
        "x-parent-span" => text("parent_span_id"),
        "x-correlation-id" => text("correlation_id"),
        _ => None,
    });
    let baggage = context.fields().filter_map(|(key, value)| match value {
        ValueRef::Str(text) | ValueRef::Text(text) => Some((key.strip_prefix("baggage.")?, text)),
        _ => None,
    });
    baggage.fold(here, |here, (key, value)| here.with_baggage(key, value))
}

/// The same with all that is known of a request's place, `tracestate` and baggage included. For a span of the call's own, hand in
/// its [`child`](Propagation::child).
///
/// ```
/// use axum::Extension;
/// use ripsaw::context::Propagation;
///
/// async fn handler(Extension(here): Extension<Propagation>) {
///     let mut headers = http::HeaderMap::new();
///     ripsaw_web::inject_propagation(&here.child(), &mut headers);
/// }
/// # drop(handler);
/// ```
pub fn inject_propagation(here: &Propagation, headers: &mut HeaderMap) {
    here.inject(|name, value| {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    });
}
