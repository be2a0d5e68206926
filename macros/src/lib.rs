//! The compile-time half of ripsaw's logging macros.
//!
//! `ripsaw::info!` and its siblings hand `$crate`, a mode and the caller's tokens to [`__event`],
//! which parses the statement (`call`), splits the message template (`template`), decides what
//! travels as which argument of the frame (`message`) and writes the code (`expand`).
//!
//! Nothing here is a public interface: use the macros of `ripsaw`.

mod call;
mod expand;
mod message;
mod solid;
mod template;

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
