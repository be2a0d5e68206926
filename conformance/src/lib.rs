//! Runs recorded cases of other logging libraries against Ripsaw, through its public face.
//!
//! A case says which calls were made, and which lines came of them. It is told in a line of JSON; see [`case::Case`].
//! Its calls are made on an engine of its own, and the lines are compared; lines of JSON as objects.

pub mod case;
mod compare;
mod decide;
mod json;
mod programs;
mod py;
pub mod run;
mod session;
mod settings;
mod traceback;
