//! Spans of a trace: a context and a time.

use super::{Failure, Timed};
use crate::codec::{Value, ValueRef};
use crate::context::{Context, FutureExt, InContext, Scope, SpanId, TraceId};
use crate::meta::Level;
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
    // Ends first: its record is this span's, whichever is in force.
    work: Work,
    _scope: Scope,
}

impl Span {
    /// Begins a span inside the one that is in force, or a new trace.
    pub fn enter(name: impl Into<Cow<'static, str>>) -> Span {
        Work::new(name, "span").entered()
    }

    /// Adds a field to the record at the end. A later value replaces an earlier one of the same key, at its place.
    pub fn tag(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        if let Some(timed) = &mut self.work.timed {
            timed.field(key, value);
        }
    }

    /// The id of the trace: 32 hexadecimal digits, unless the program has put another text in force.
    pub fn trace_id(&self) -> &str {
        text(&self.work.context, "trace_id").unwrap_or_default()
    }

    /// The id of this span: 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        text(&self.work.context, "span_id").unwrap_or_default()
    }

    /// All that its records have from their context: to take to another thread ([`Context::wrap`]).
    pub fn context(&self) -> &Context {
        &self.work.context
    }

    /// It is done.
    pub fn ok(self) {
        self.work.leave(None);
    }

    /// It failed.
    pub fn err<E: fmt::Display + ?Sized>(self, error: &E) {
        self.work.leave(Some(Failure::of(error)));
    }

    /// Ends as `#[traced]` has found out.
    #[doc(hidden)]
    pub fn leave(self, failure: Option<Failure>) {
        self.work.leave(failure);
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
        future: impl Future<Output = T>,
    ) -> impl Future<Output = T> {
        let work = Work::new(name, "span");
        async move {
            let done = work.around(future).await;
            work.leave(None);
            done
        }
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

/// A span that no thread has entered. Dropped, it was cancelled.
#[doc(hidden)]
pub struct Work {
    /// Nothing once it has ended.
    timed: Option<Timed>,
    context: Context,
}

impl Work {
    /// What `#[traced]` begins with.
    pub fn new(name: impl Into<Cow<'static, str>>, target: &'static str) -> Work {
        let timed = super::timed("span_end").target(target).layer("span", Value::Str(name.into()));
        Work { timed: Some(timed), context: inside(Context::current()) }
    }

    /// The level of a success.
    pub fn level(mut self, level: Level) -> Work {
        self.timed = self.timed.take().map(|timed| timed.level(level));
        self
    }

    /// Adds a tag.
    pub fn with(mut self, key: &'static str, value: Value) -> Work {
        self.timed = self.timed.take().map(|timed| timed.with(key, value));
        self
    }

    /// Puts it in force on this thread.
    pub fn entered(self) -> Span {
        Span { _scope: self.context.enter_alone(), work: self }
    }

    /// A future in which it is in force.
    pub fn around<T, F: Future<Output = T>>(&self, future: F) -> InContext<F> {
        future.in_context(self.context.clone())
    }

    /// Ends it.
    pub fn leave(mut self, failure: Option<Failure>) {
        let _scope = self.context.enter_alone();
        if let Some(timed) = self.timed.take() {
            timed.leave(failure);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(timed) = self.timed.take() {
            let _scope = self.context.enter_alone();
            drop(timed);
        }
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("context", &self.context).finish_non_exhaustive()
    }
}

/// The context of a span that begins in `outer`. A span without a trace is nobody's parent.
fn inside(outer: Context) -> Context {
    let parent = text(&outer, "trace_id").and_then(|_| text(&outer, "span_id")).map(str::to_owned);
    let context = match text(&outer, "trace_id") {
        Some(_) => outer,
        None => outer.with("trace_id", TraceId::random()),
    };
    let context = context.with("span_id", SpanId::random());
    match parent {
        Some(parent) => context.with("parent_span_id", parent),
        None => context.without("parent_span_id"),
    }
}

fn text<'c>(context: &'c Context, key: &str) -> Option<&'c str> {
    match context.get(key)? {
        ValueRef::Str(text) | ValueRef::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}
