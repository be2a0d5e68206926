//! The layer around routers of axum.

mod calls;
mod endings;
mod fields;
mod headers;
mod served;
mod support;
mod uploads;
