//! The part of Python that the cases are written in: enough to say which calls are made in which order.

mod ast;
mod errors;
mod eval;
mod eval_expr;
mod functions;
mod host;
mod lex;
mod methods;
mod ops;
mod parse;
mod parse_expr;
mod value;

pub(crate) use errors::tell;
pub(crate) use eval::{Interpreter, Unwind};
pub(crate) use value::{Bound, Error, Val};
