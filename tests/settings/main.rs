//! Settings as data and from the environment, and the loggers that they rule.

#[cfg(feature = "toml")]
mod coverage;
#[cfg(feature = "toml")]
mod document;
mod environment;
#[cfg(feature = "toml")]
mod hostile;
mod loggers;
mod pipeline;
#[cfg(feature = "toml")]
mod same;
#[cfg(feature = "toml")]
mod schema;
#[cfg(feature = "toml")]
mod sources;
mod support;
