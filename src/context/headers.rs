//! Where a request stands, as headers carry it from service to service.

use super::baggage::{self, Entry, tracestate};
use super::{Context, CorrelationId, SpanId, TraceId};
use std::fmt;

/// Trace, span, correlation id and baggage of a request, from headers or for headers.
///
/// [`extract`](Propagation::extract) says where the caller stands, [`child`](Propagation::child) goes one span below, and
/// [`inject`](Propagation::inject) tells the next service. All that comes in is checked for length and characters, so that a header
/// can break neither a log line nor another header; what is refused is ignored and stands in
/// [`problems`](Propagation::problems).
///
/// ```
/// use ripsaw::context::Propagation;
/// let header = |name: &str| match name {
///     "traceparent" => Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
///     "x-request-id" => Some("r-17"),
///     _ => None,
/// };
/// let here = Propagation::extract(header).child();
/// let _scope = here.context().enter();
/// ripsaw::info!("request started"); // trace_id=4bf9.. span_id=.. parent_span_id=00f067aa0ba902b7 correlation_id=r-17
///
/// let call = here.child();
/// let mut headers = Vec::new();
/// call.inject(|name, value| headers.push((name, value.to_owned())));
/// assert!(headers[0].1.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Propagation {
    // Ids are texts: services of other families than W3C's have others than numbers.
    trace_id: Option<CorrelationId>,
    span_id: Option<CorrelationId>,
    parent_span_id: Option<CorrelationId>,
    correlation_id: Option<CorrelationId>,
    /// None if nobody has decided.
    sampled: Option<bool>,
    tracestate: Option<String>,
    baggage: Vec<Entry>,
    problems: Vec<HeaderProblem>,
}

/// A header that was ignored, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeaderProblem {
    /// The header's name.
    pub header: &'static str,
    /// What is wrong with it. Its text is not repeated.
    pub reason: &'static str,
}

impl fmt::Display for HeaderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "header {} ignored: {}", self.header, self.reason)
    }
}

/// What came of the parts of a `traceparent`.
struct Parent {
    trace: TraceId,
    span: SpanId,
    sampled: bool,
}

impl Propagation {
    /// Nothing known.
    pub fn new() -> Propagation {
        Propagation::default()
    }

    /// Reads the headers of a request. `header` finds one by its name in lower case; several of one name are to be joined by
    /// commas.
    ///
    /// `traceparent` and `tracestate` come before `X-Trace-Id`, `X-Span-Id` and `X-Parent-Span`, and `X-Correlation-ID` before
    /// `X-Request-ID`. `baggage` is read beside all of them.
    pub fn extract<'h>(header: impl Fn(&'static str) -> Option<&'h str>) -> Propagation {
        let mut out = Propagation::default();
        match header("traceparent").map(traceparent) {
            Some(Ok(parent)) => {
                out.trace_id = text(parent.trace);
                out.span_id = text(parent.span);
                out.sampled = Some(parent.sampled);
                if let Some(state) = header("tracestate") {
                    out.tracestate = tracestate(state, &mut out.problems);
                }
            }
            Some(Err(reason)) => out.problem("traceparent", reason),
            None => {}
        }
        if out.trace_id.is_none() {
            out.trace_id = out.id(&header, "x-trace-id");
            out.span_id = out.id(&header, "x-span-id");
            out.parent_span_id = out.id(&header, "x-parent-span");
        }
        out.correlation_id =
            out.id(&header, "x-correlation-id").or_else(|| out.id(&header, "x-request-id"));
        if let Some(text) = header("baggage") {
            out.baggage = baggage::parse(text, &mut out.problems);
        }
        out
    }

    /// A new span below this one: of this trace, or of a new one if there is none.
    #[must_use = "what it is called on stays as it is"]
    pub fn child(&self) -> Propagation {
        let mut child = self.clone();
        child.trace_id = child.trace_id.or_else(|| text(TraceId::random()));
        child.parent_span_id = std::mem::replace(&mut child.span_id, text(SpanId::random()));
        child
    }

    /// The same with this correlation id.
    pub fn with_correlation_id(mut self, id: CorrelationId) -> Propagation {
        self.correlation_id = Some(id);
        self
    }

    /// The same in this trace, with no span yet.
    pub fn with_trace_id(mut self, id: TraceId) -> Propagation {
        (self.span_id, self.parent_span_id) = (None, None);
        self.trace_id = text(id);
        self
    }

    /// The same with one more entry of baggage; one of this key is replaced. A key that no header can carry (RFC 9110's tokens
    /// can) is left out.
    pub fn with_baggage(mut self, key: &str, value: &str) -> Propagation {
        self.baggage.retain(|entry| &*entry.key != key);
        self.baggage.extend(Entry::new(key, value));
        self
    }

    /// The trace's id.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_ref().map(CorrelationId::as_str)
    }

    /// The span's id.
    pub fn span_id(&self) -> Option<&str> {
        self.span_id.as_ref().map(CorrelationId::as_str)
    }

    /// The id of the span above.
    pub fn parent_span_id(&self) -> Option<&str> {
        self.parent_span_id.as_ref().map(CorrelationId::as_str)
    }

    /// The correlation id.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_ref().map(CorrelationId::as_str)
    }

    /// Whether the trace is recorded, if somebody has decided it.
    pub fn sampled(&self) -> Option<bool> {
        self.sampled
    }

    /// Keys and values of the baggage.
    pub fn baggage(&self) -> impl Iterator<Item = (&str, &str)> {
        self.baggage.iter().map(|entry| (&*entry.key, &*entry.value))
    }

    /// What was ignored by [`extract`](Propagation::extract).
    pub fn problems(&self) -> &[HeaderProblem] {
        &self.problems
    }

    /// The fields `trace_id`, `span_id`, `parent_span_id`, `correlation_id` and `baggage.<key>`, as far as they are known.
    pub fn context(&self) -> Context {
        let ids = [
            ("trace_id", self.trace_id()),
            ("span_id", self.span_id()),
            ("parent_span_id", self.parent_span_id()),
            ("correlation_id", self.correlation_id()),
        ];
        let known = ids.into_iter().filter_map(|(key, id)| Some((key, id?)));
        let ids = known.fold(Context::new(), |context, (key, id)| context.with(key, id));
        self.baggage()
            .fold(ids, |context, (key, value)| context.with(&format!("baggage.{key}"), value))
    }

    /// Hands the headers for the next service to `set`: `traceparent`, `tracestate`, `baggage` and `X-Correlation-ID`, as far as
    /// they are known. Where an id has not W3C's form, `X-Trace-Id` and its like take the place of `traceparent`.
    pub fn inject(&self, mut set: impl FnMut(&'static str, &str)) {
        if !self.inject_w3c(&mut set) {
            self.inject_x_trace(&mut set);
        }
        self.inject_common(&mut set);
    }

    /// The same with `X-Trace-Id`, `X-Span-Id` and `X-Parent-Span` besides, for services that know no other. There is no
    /// `X-Parent-Span` without a span above.
    pub fn inject_all(&self, mut set: impl FnMut(&'static str, &str)) {
        self.inject_w3c(&mut set);
        self.inject_x_trace(&mut set);
        self.inject_common(&mut set);
    }

    fn inject_w3c(&self, set: &mut impl FnMut(&'static str, &str)) -> bool {
        let trace = self.trace_id().and_then(TraceId::of_text);
        let span = self.span_id().and_then(|span| span.parse::<SpanId>().ok());
        let (Some(trace), Some(span)) = (trace, span) else { return false };
        let flags = u8::from(self.sampled.unwrap_or(true));
        set("traceparent", &format!("00-{trace}-{span}-{flags:02x}"));
        if let Some(state) = &self.tracestate {
            set("tracestate", state);
        }
        true
    }

    fn inject_x_trace(&self, set: &mut impl FnMut(&'static str, &str)) {
        let headers = [
            ("X-Trace-Id", self.trace_id()),
            ("X-Span-Id", self.span_id()),
            ("X-Parent-Span", self.parent_span_id()),
        ];
        headers.into_iter().for_each(|(name, id)| {
            id.into_iter().for_each(|id| set(name, id));
        });
    }

    fn inject_common(&self, set: &mut impl FnMut(&'static str, &str)) {
        if let Some(id) = self.correlation_id() {
            set("X-Correlation-ID", id);
        }
        if let Some(baggage) = baggage::header(&self.baggage) {
            set("baggage", &baggage);
        }
    }

    fn id<'h>(
        &mut self,
        header: &impl Fn(&'static str) -> Option<&'h str>,
        name: &'static str,
    ) -> Option<CorrelationId> {
        let id = header(name)?.parse();
        if id.is_err() {
            self.problem(name, "not 1 to 128 of the characters A-Z a-z 0-9 - _ . : / + = @ ~");
        }
        id.ok()
    }

    fn problem(&mut self, header: &'static str, reason: &'static str) {
        self.problems.push(HeaderProblem { header, reason });
    }
}

fn text(id: impl fmt::Display) -> Option<CorrelationId> {
    id.to_string().parse().ok()
}

/// Reads a `traceparent`: versions that do not exist yet by what they have in common with version 00.
fn traceparent(text: &str) -> Result<Parent, &'static str> {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or("");
    let dashes = [2, 35, 52].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    let version = hex_byte(part(0, 2)).filter(|_| dashes).ok_or("not version-trace-span-flags")?;
    match (version, text.len()) {
        (0xFF, _) => return Err("version ff does not exist"),
        (_, 55) => {}
        (1.., 56..) if text.as_bytes()[55] == b'-' => {}
        _ => return Err("not version-trace-span-flags"),
    }
    let trace = part(3, 35).parse().map_err(|_| "not a trace id")?;
    let span = part(36, 52).parse().map_err(|_| "not a span id")?;
    let flags = hex_byte(part(53, 55)).ok_or("not two digits of flags")?;
    Ok(Parent { trace, span, sampled: flags & 1 == 1 })
}

/// Two lower-case hexadecimal digits.
fn hex_byte(text: &str) -> Option<u8> {
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 2 || !text.bytes().all(is_hex) {
        return None;
    }
    u8::from_str_radix(text, 16).ok()
}
