//! The built-in processors, each by what it was made for.

mod redaction;
mod secrets;
mod small;
mod support;
