//! What `#[timed]` and `timed_block!` expand to.

use super::Timed;
use crate::codec::{Value, causes, shown};
use core::fmt;
use std::borrow::Cow;
use std::error::Error;

/// Most characters of an argument that is logged.
const MAX_ARGUMENT: usize = 200;

/// Why a piece of work failed.
#[doc(hidden)]
#[derive(Debug)]
pub struct Failure {
    pub(super) message: String,
    pub(super) kind: &'static str,
    pub(super) chain: Option<Value>,
}

impl Failure {
    pub(super) fn of<E: fmt::Display + ?Sized>(error: &E) -> Failure {
        Failure { message: shown(error), kind: core::any::type_name::<E>(), chain: None }
    }

    /// With its causes.
    pub fn with_causes<T, E: Error>(result: &Result<T, E>) -> Option<Failure> {
        let error = result.as_ref().err()?;
        Some(Failure { chain: Some(Value::List(causes(error))), ..Failure::of(error) })
    }
}

/// Times a whole function.
#[doc(hidden)]
pub fn function(name: &'static str, target: &'static str) -> Timed {
    let mut timed = Timed::new(None, Cow::Borrowed(name)).target(target).decimals(2);
    timed.is_function = true;
    timed
}

/// Calls `work`, which therefore is a closure that is called once, and may give away what it captures.
#[doc(hidden)]
#[inline(always)]
pub fn once<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// A future with this output: what the compiler is to know of an `async` block.
#[doc(hidden)]
#[inline(always)]
pub fn future<T, F: Future<Output = T>>(work: F) -> F {
    work
}

/// An argument of a timed function, as its `Debug` prints it, up to 200 characters.
#[doc(hidden)]
pub fn argument<T: fmt::Debug + ?Sized>(value: &T) -> Value {
    let mut text = shown(&format_args!("{value:?}"));
    if let Some((at, _)) = text.char_indices().nth(MAX_ARGUMENT) {
        text.truncate(at);
    }
    Value::from(text)
}

/// Finds out, by method resolution, whether a value is an `Err`, and what it says.
///
/// Call as `(&&Judged(&value)).__ripsaw_failure()` with the three traits in scope: of those that apply, the first of
/// [`JudgeShown`], [`JudgeResult`] and [`JudgeAny`] wins.
#[doc(hidden)]
#[derive(Debug)]
pub struct Judged<'a, T>(pub &'a T);

#[doc(hidden)]
pub trait JudgeShown {
    fn __ripsaw_failure(&self) -> Option<Failure>;
}
impl<T, E: fmt::Display> JudgeShown for &Judged<'_, Result<T, E>> {
    fn __ripsaw_failure(&self) -> Option<Failure> {
        self.0.as_ref().err().map(Failure::of)
    }
}

#[doc(hidden)]
pub trait JudgeResult {
    fn __ripsaw_failure(&self) -> Option<Failure>;
}
impl<T, E> JudgeResult for &&Judged<'_, Result<T, E>> {
    fn __ripsaw_failure(&self) -> Option<Failure> {
        let kind = core::any::type_name::<E>();
        self.0.is_err().then(|| Failure { message: String::new(), kind, chain: None })
    }
}

#[doc(hidden)]
pub trait JudgeAny {
    fn __ripsaw_failure(&self) -> Option<Failure>;
}
impl<T> JudgeAny for Judged<'_, T> {
    fn __ripsaw_failure(&self) -> Option<Failure> {
        None
    }
}
