//! The compile-time half of ripsaw's logging macros.
//!
//! `ripsaw::info!` and its siblings hand `$crate`, a mode and the caller's tokens to [`__event`],
//! which parses the statement (`call`), splits the message template (`template`), decides what
//! travels as which argument of the frame (`message`) and writes the code (`expand`).
//!
//! [`macro@timed`] and [`macro@traced`] are the attributes of these names (`timed`).
//!
//! Nothing here is a public interface: use the macros of `ripsaw`.

mod call;
mod expand;
mod message;
mod solid;
mod template;
mod timed;

use proc_macro::TokenStream;

/// Expands one logging statement.
///
/// Input: `($crate) (Mode) tokens`, where `Mode` is a variant of `ripsaw::Level`, or `event` or
/// `enabled`, whose level is the first of the tokens.
#[doc(hidden)]
#[proc_macro]
pub fn __event(input: TokenStream) -> TokenStream {
    let input = solid::solid(input.into());
    match syn::parse2::<call::Call>(input).and_then(|call| expand::expand(&call)) {
        Ok(code) => code.into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Times a function: each call logs one record when it ends (spec 82).
///
/// `<name> completed` at INFO if it returned, with the fields `operation` (the name), `outcome=success` and `duration_ms`
/// with two decimals. If it returned an `Err`, `<name> failed` at ERROR, with `error.message` and `error.type` besides;
/// `<name> panicked` at ERROR if it panicked; and `<name> cancelled` at WARNING if it was an `async fn` whose future was
/// dropped before it was through. For free functions and methods, `async` or not; not for a `const fn`.
///
/// | option | |
/// |---|---|
/// | `name = "db_query"` | instead of the function's name |
/// | `level = Debug` | of a success |
/// | `threshold_ms = 100` | a success that took less is not logged; everything else is |
/// | `log_args` | the arguments become fields, as their `Debug` prints them, up to 200 characters each |
/// | `skip(a, b)` | but not these; `self` never is one |
/// | `err` | the error is a [`std::error::Error`]: its causes become the list `error.chain` |
/// | `target = "shop::db"` | instead of the module path |
/// | `crate = path` | where the crate `ripsaw` is to be found |
///
/// ```
/// use ripsaw::timed;
///
/// #[timed(threshold_ms = 100, log_args, skip(password))]
/// fn login(user: &str, password: &str) -> Result<u32, std::num::ParseIntError> {
///     let id = password.parse::<u32>()?; // login failed operation=login user="\"ada\"" outcome=error ..
///     Ok(id + user.len() as u32)
/// }
///
/// #[timed(name = "fetch", level = Debug)]
/// async fn fetch(url: String) -> usize {
///     url.len()
/// }
///
/// assert!(login("ada", "x").is_err());
/// # drop(fetch(String::new()));
/// ```
#[proc_macro_attribute]
pub fn timed(options: TokenStream, item: TokenStream) -> TokenStream {
    attribute(timed::Kind::Timed, options, item)
}

/// Makes each call of a function a span (spec 108): its records carry `trace_id`, `span_id` and `parent_span_id`, and at its end
/// one record `span_end` is logged, with the fields `span` (the name), those of `log_args`, `outcome`, if it returned an `Err`
/// `error.message` and `error.type`, and `duration_ms`.
///
/// For free functions and methods; of an `async fn` the ids follow the task from thread to thread, and a future that is
/// dropped before it is through ends with `outcome=cancelled`. The options are those of [`macro@timed`], but `threshold_ms`.
///
/// ```
/// #[ripsaw::traced]
/// async fn handle(order: u32) -> Result<(), std::fmt::Error> {
///     ripsaw::info!(order, "handling"); // trace_id=0af7.. span_id=b7ad..
///     charge(order).await
/// } // span_end span=handle outcome=success duration_ms=0.2 ..
///
/// #[ripsaw::traced(name = "payment", level = Debug, log_args)]
/// async fn charge(order: u32) -> Result<(), std::fmt::Error> {
///     Ok(()) // span_end span=payment order=7 .. trace_id=0af7.. span_id=00f0.. parent_span_id=b7ad..
/// }
/// # drop(handle(7));
/// ```
#[proc_macro_attribute]
pub fn traced(options: TokenStream, item: TokenStream) -> TokenStream {
    attribute(timed::Kind::Traced, options, item)
}

fn attribute(kind: timed::Kind, options: TokenStream, item: TokenStream) -> TokenStream {
    match timed::expand(kind, options.into(), item.clone().into()) {
        Ok(code) => code.into(),
        Err(error) => {
            // The function stays, so that its callers do not fail too.
            let mut code: TokenStream = error.into_compile_error().into();
            code.extend(item);
            code
        }
    }
}
