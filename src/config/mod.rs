//! From what the user asks for to a validated, immutable pipeline.

mod builder;
#[cfg(feature = "toml")]
mod document;
mod env;
mod fixed;
mod json;
mod levels;
mod overrides;
mod route;
mod sampling;
mod settings;
mod swap;
mod verdicts;

pub use builder::Builder;
#[cfg(feature = "toml")]
pub(crate) use document::MAX_BYTES;
#[cfg(feature = "toml")]
pub use document::{Document, DocumentError, DocumentErrors, FileError, Supposed};
pub use env::ConfigWarning;
pub(crate) use fixed::EngineSettings;
pub use levels::Levels;
pub use overrides::LevelOverride;
pub(crate) use overrides::{Overrides, Place, Rule};
pub(crate) use route::Output;
pub use route::Route;
pub(crate) use sampling::Samplers;
pub use settings::{Config, LineFormat};
pub(crate) use swap::{Current, Pipeline};
