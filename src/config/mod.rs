//! From what the user asks for to a validated, immutable pipeline.

mod builder;
mod env;
mod fixed;
mod json;
mod levels;
mod route;
mod sampling;
mod settings;
mod swap;

pub use builder::Builder;
pub use env::ConfigWarning;
pub(crate) use fixed::EngineSettings;
pub use levels::Levels;
pub(crate) use route::Output;
pub use route::Route;
pub(crate) use sampling::Samplers;
pub use settings::{Config, LineFormat};
pub(crate) use swap::{Current, Pipeline};
