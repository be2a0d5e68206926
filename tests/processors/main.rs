//! The built-in processors, each by what it was made for.

mod caller;
mod hostile;
mod order;
mod redaction;
mod secrets;
mod small;
mod support;
