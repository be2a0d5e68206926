//! Settings as data and from the environment, and the loggers that they rule.

#[cfg(feature = "toml")]
mod document;
mod environment;
mod loggers;
mod pipeline;
mod support;
