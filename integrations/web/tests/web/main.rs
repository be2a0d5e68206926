//! The layer around routers of axum.

mod endings;
mod fields;
mod headers;
mod served;
mod support;
