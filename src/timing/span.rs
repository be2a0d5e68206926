//! Spans of a trace: a context and a time.

use super::Timed;
use crate::codec::{Value, ValueRef};
use crate::context::{Context, FutureExt, Scope, SpanId, TraceId};
use core::fmt;
use core::future::Future;
use std::borrow::Cow;

/// A piece of work of a trace, on the thread that began it (spec \[108\]).
///
/// While it lives, the thread's records have `trace_id`, `span_id` and, inside another span, `parent_span_id`; a trace id that is
/// in force already is kept. When it ends, one record `span_end` says `span` (its name), the tags, `outcome` and
/// `duration_ms`, as [`Timed`] does: at INFO for a success, ERROR for an error or a panic, WARNING for a span that was dropped
/// without a word.
///
/// It costs what a scope and a timed block cost: some hundred nanoseconds, with allocations.
///
/// ```
/// use ripsaw::Span;
/// let mut span = Span::enter("charge");
/// span.tag("provider", "stripe");
/// ripsaw::info!("sent"); // trace_id=.. span_id=..
/// let refund = Span::enter("refund"); // the same trace_id, parent_span_id of the first
/// refund.ok();
/// span.ok(); // span_end: span=charge provider=stripe outcome=success duration_ms=0.012 trace_id=.. span_id=..
/// ```
#[must_use = "dropped at once, the span counts as cancelled: bind it to a name"]
pub struct Span {
    // Ends first: its record belongs to the scope.
    timed: Timed,
    context: Context,
    _scope: Scope,
}

impl Span {
    /// Begins a span inside the one that is in force, or a new trace.
    pub fn enter(name: impl Into<Cow<'static, str>>) -> Span {
        let (context, timed) = begin(name.into());
        Span { timed, _scope: context.enter(), context }
    }

    /// Adds a field to the record at the end.
    pub fn tag(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.timed.field(key, value);
    }

    /// The id of the trace: 32 hexadecimal digits, unless the program has put another text in force.
    pub fn trace_id(&self) -> &str {
        text(&self.context, "trace_id")
    }

    /// The id of this span: 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        text(&self.context, "span_id")
    }

    /// It is done.
    pub fn ok(self) {
        self.timed.ok();
    }

    /// It failed.
    pub fn err<E: fmt::Display + ?Sized>(self, error: &E) {
        self.timed.err(error);
    }

    /// A future as a span, on whatever threads it runs. It is a success when it is done, and cancelled if it is dropped before.
    ///
    /// ```
    /// use ripsaw::Span;
    /// let task = Span::around("fetch", async { ripsaw::info!("asked") }); // trace_id=.. span_id=..
    /// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(task).poll(&mut cx).is_ready());
    /// ```
    pub fn around<T>(
        name: impl Into<Cow<'static, str>>,
        work: impl Future<Output = T>,
    ) -> impl Future<Output = T> {
        let (context, timed) = begin(name.into());
        let whole = Context::current().merged(&context);
        async move {
            let timed = timed;
            let done = work.await;
            timed.ok();
            done
        }
        .in_context(whole)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span")
            .field("trace_id", &self.trace_id())
            .field("span_id", &self.span_id())
            .finish_non_exhaustive()
    }
}

/// The fields of a new span, and its time.
fn begin(name: Cow<'static, str>) -> (Context, Timed) {
    let outer = Context::current();
    let mut context = match outer.get("trace_id") {
        Some(trace) => Context::new().with("trace_id", Value::from(trace)),
        None => Context::new().with("trace_id", TraceId::random()),
    };
    context = context.with("span_id", SpanId::random());
    if let Some(parent) = outer.get("span_id") {
        context = context.with("parent_span_id", Value::from(parent));
    }
    let timed = super::timed("span_end").target("span").with("span", name.into_owned());
    (context, timed)
}

fn text<'c>(context: &'c Context, key: &str) -> &'c str {
    match context.get(key) {
        Some(ValueRef::Str(text)) => text,
        _ => "",
    }
}
