//! The part of Python that the cases are written in: enough to say which calls are made in which order.

mod ast;
mod errors;
mod eval;
mod host;
mod lex;
mod ops;
mod parse;
mod value;

pub(crate) use errors::tell;
pub(crate) use eval::{Interpreter, Unwind};
pub(crate) use value::{Bound, Error, Val};
