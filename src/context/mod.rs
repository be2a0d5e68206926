//! Fields that belong to what a thread or a task is doing, and stand in all its records.
//!
//! A [`Context`] is a set of fields. While it is in force on a thread, every record of the thread names it, in four bytes: those
//! of the macros, of loggers, of [`Event`](crate::Event) and of the `log` crate. It is encoded once, and each format renders
//! it once. Of fields with the same key that of the call counts, then that of the logger, then that of the context; of nested
//! scopes that of the inner one.
//!
//! ```
//! use ripsaw::{Context, info, scope};
//! let guard = ripsaw::builder().text().sink(ripsaw::sink::Null::new()).start_local()?;
//! let _attached = guard.attach();
//! let request = scope! { request_id = "r-17", user.id = 42 };
//! info!("request started"); // request_id=r-17 user.id=42
//! {
//!     let _step = scope! { step = "payment" };
//!     info!(attempt = 1, "charging"); // request_id=r-17 user.id=42 step=payment attempt=1
//! }
//! drop(request);
//! assert!(Context::current().is_empty());
//! # Ok::<(), ripsaw::StartError>(())
//! ```
//!
//! Threads inherit nothing: [`spawn`] and [`Context::wrap`] take the context along, and [`FutureExt::in_context`] gives a task its
//! own, across threads.
//!
//! On the caller, a record in a context costs what it costs without. To begin a scope inside another one, and the first record
//! of a logger inside a scope, put fields together: some hundred nanoseconds, with an allocation and one mutex. The
//! thread remembers the last sixteen combinations. Threads in their last destructors have no context.

mod baggage;
mod headers;
mod request;
mod task;
mod trace;

pub use headers::{HeaderProblem, Propagation};
pub use request::RequestContext;
pub use task::{FutureExt, InContext, TaskContext};
pub use trace::{CorrelationId, IdError, SpanId, TraceId};

use crate::callsite::{self, Held, Logger, Map, rebuilt};
use crate::codec::{Bound, TreeWriter, Value, ValueRef};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A set of fields: immutable, cheap to clone, sendable between threads.
///
/// ```
/// use ripsaw::Context;
/// let job = Context::new().with("job", "nightly").with("run", 3);
/// let scope = job.enter();
/// ripsaw::info!("started"); // job=nightly run=3
/// drop(scope);
/// ```
#[derive(Clone, Default)]
pub struct Context {
    held: Option<Arc<Held>>,
}

impl Context {
    /// No fields. Allocates nothing.
    pub const fn new() -> Context {
        Context { held: None }
    }

    /// What is in force on the calling thread.
    pub fn current() -> Context {
        Context { held: callsite::current() }
    }

    /// The same with one more field. A key that it has already gets the new value, and stands last.
    #[must_use = "a context is changed by none of its methods"]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Context {
        let value = value.into();
        let is_new = self.get(key).is_none();
        let count = self.len();
        if is_new && let Some(fields) = self.held.as_mut().and_then(Held::edit) {
            // Nobody else has seen it: one more entry, and one more in the count behind the map's tag.
            fields.key(key);
            fields.value(&value);
            fields.patch(1, count as u32 + 1);
            return self;
        }
        match &self.held {
            Some(held) => Context::of(rebuilt(held.bound(), key, Some(&value))),
            None => Context::of(Map::with_capacity(64).put(key, &value).finish()),
        }
    }

    /// The same without this field. One that it does not have is no error.
    #[must_use = "a context is changed by none of its methods"]
    pub fn without(self, key: &str) -> Context {
        match &self.held {
            Some(held) if self.get(key).is_some() => match rebuilt(held.bound(), key, None) {
                _ if self.len() == 1 => Context::new(),
                fields => Context::of(fields),
            },
            _ => self,
        }
    }

    /// The fields of both; of two with the same key that of `inner`.
    #[must_use = "a context is changed by none of its methods"]
    pub fn merged(&self, inner: &Context) -> Context {
        match (&self.held, &inner.held) {
            (Some(outer), Some(inner)) => Context { held: Some(callsite::within(outer, inner)) },
            (held, None) | (None, held) => Context { held: held.clone() },
        }
    }

    /// The value of a field.
    pub fn get(&self, key: &str) -> Option<ValueRef<'_>> {
        self.fields().find(|(k, _)| *k == key).map(|(_, value)| value)
    }

    /// All fields, in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        self.held.iter().flat_map(|held| held.bound().entries())
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.fields().count()
    }

    /// Whether it has no fields.
    pub fn is_empty(&self) -> bool {
        self.held.is_none()
    }

    /// Puts these fields in force on the calling thread, over those that are, until the result is dropped.
    pub fn enter(&self) -> Scope {
        Context::current().merged(self).enter_alone()
    }

    /// Puts these fields, and no others, in force on the calling thread until the result is dropped.
    pub fn enter_alone(&self) -> Scope {
        Scope { id: callsite::begin(self.held.clone()), _not_send: PhantomData }
    }

    /// Puts these fields, and no others, in force on the calling thread until [`Token::reset`], or for the rest of its life.
    pub fn set(&self) -> Token {
        Token { id: callsite::begin(self.held.clone()), _not_send: PhantomData }
    }

    /// `f` with these fields, and no others, in force on whatever thread it runs.
    ///
    /// ```
    /// let f = ripsaw::Context::new().with("job", 7).wrap(|| ripsaw::info!("done"));
    /// std::thread::spawn(f).join().unwrap(); // job=7
    /// ```
    pub fn wrap<R>(self, f: impl FnOnce() -> R) -> impl FnOnce() -> R {
        move || {
            let _scope = self.enter_alone();
            f()
        }
    }

    fn of(fields: Vec<u8>) -> Context {
        Context { held: Some(Arc::new(Held::new(Bound::new(None, fields)))) }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.fields()).finish()
    }
}

impl PartialEq for Context {
    /// Whether keys and values are the same, in the same order.
    fn eq(&self, other: &Context) -> bool {
        self.fields().eq(other.fields())
    }
}

impl<K: AsRef<str>, V: Into<Value>> FromIterator<(K, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Context {
        fields.into_iter().fold(Context::new(), |context, (k, v)| context.with(k.as_ref(), v))
    }
}

impl<K: AsRef<str>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Context {
    fn from(fields: [(K, V); N]) -> Context {
        Context::from_iter(fields)
    }
}

/// While it lives, a context is in force on the thread that made it.
///
/// Scopes may end in any order: the one that was begun last, of those that live, counts with what it took over of the outer ones
/// when it began.
#[derive(Debug)]
#[must_use = "the scope ends when this value is dropped; bind it to a name"]
pub struct Scope {
    id: u64,
    _not_send: PhantomData<*const ()>,
}

impl Drop for Scope {
    fn drop(&mut self) {
        callsite::end(self.id);
    }
}

/// What ends [`Context::set`]. Dropping it ends nothing: then what was in force before cannot come back, and is forgotten.
#[derive(Debug)]
pub struct Token {
    id: u64,
    _not_send: PhantomData<*const ()>,
}

impl Token {
    /// What was in force before is so again.
    pub fn reset(self) {
        callsite::end(self.id);
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // Behind `reset` there is nothing left of it.
        callsite::settle(self.id);
    }
}

/// Begins a scope: the same as [`Context::enter`] with these fields. See [`scope!`](crate::scope) too.
///
/// ```
/// let scope = ripsaw::context::scope([("item_id", 7), ("shard", 3)]);
/// ripsaw::info!("queued"); // item_id=7 shard=3
/// # drop(scope);
/// ```
pub fn scope(fields: impl Into<Context>) -> Scope {
    fields.into().enter()
}

/// Adds a field to what is in force, until the thread's innermost scope ends; outside of any, for the rest of the thread's or the
/// task's life.
///
/// ```
/// use ripsaw::context;
/// context::bind("request_id", "r1");
/// ripsaw::info!("started"); // request_id=r1
/// assert!(context::unbind("request_id") && !context::unbind("request_id"));
/// ```
pub fn bind(key: &str, value: impl Into<Value>) {
    callsite::replace(Context::current().with(key, value).held);
}

/// Takes a field out of what is in force, until the thread's innermost scope ends. False if there is no such field.
pub fn unbind(key: &str) -> bool {
    let current = Context::current();
    let is_bound = current.get(key).is_some();
    if is_bound {
        callsite::replace(current.without(key).held);
    }
    is_bound
}

/// Takes all fields out of what is in force, until the thread's innermost scope ends.
pub fn clear() {
    callsite::replace(None);
}

/// Starts a thread that takes over the caller's context: [`std::thread::spawn`] with [`Context::wrap`].
///
/// ```
/// let _scope = ripsaw::scope! { batch = 12 };
/// ripsaw::context::spawn(|| ripsaw::info!("part done")).join().unwrap(); // batch=12
/// ```
///
/// # Panics
/// As [`std::thread::spawn`], if the system has no more threads.
pub fn spawn<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let context = Context::current();
    std::thread::spawn(move || context.wrap(f)())
}

impl Logger {
    /// The same logger with these fields under its own: a key that it has already keeps its value.
    ///
    /// ```
    /// use ripsaw::{Context, Logger};
    /// let request = Context::from([("request_id", "r1")]);
    /// ripsaw::info!(logger: &Logger::new("shop").with_context(&request), "open"); // request_id=r1
    /// ```
    pub fn with_context(&self, context: &Context) -> Logger {
        context.held.as_deref().map_or_else(|| self.clone(), |held| self.over(held))
    }
}

/// Begins a scope with these fields, over those that are in force: `let _scope = scope! { key = value, .. };`
///
/// Keys are names, dotted names or string literals (as for keywords, `"type" = ..`); values are what [`Value`](crate::Value) is made from.
/// A name alone is a variable that is called so, as in the statements.
///
/// ```
/// let (user, tenant) = (42, "eu");
/// let _scope = ripsaw::scope! { request_id = "r1", user.id = user, "any key" = true, tenant };
/// ripsaw::info!("authenticated");
/// ```
#[macro_export]
macro_rules! scope {
    (@of [$context:expr]) => { $context.enter() };
    (@of [$context:expr] $key:ident $(, $($rest:tt)*)?) => {
        $crate::__private::scope!(@of [$context.with(stringify!($key), $key)] $($($rest)*)?)
    };
    (@of [$context:expr] $key:tt $(. $more:tt)* = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__private::scope!(
            @of [$context.with($crate::__private::scope!(@key $key $($more)*), $value)] $($($rest)*)?
        )
    };
    (@of $($wrong:tt)*) => {
        compile_error!("expected `key = value` or the name of a variable, separated by commas")
    };
    (@key $key:literal) => { $key };
    (@key $key:ident $($more:ident)*) => { concat!(stringify!($key) $(, ".", stringify!($more))*) };
    ($($fields:tt)*) => {
        $crate::__private::scope!(@of [$crate::__private::Context::new()] $($fields)*)
    };
}
