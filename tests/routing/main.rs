//! What passes and where it goes: filters and routes.

mod filters;
mod support;
