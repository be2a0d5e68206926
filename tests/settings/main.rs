//! Settings as data and from the environment, and the loggers that they rule.

mod environment;
mod loggers;
mod pipeline;
mod support;
