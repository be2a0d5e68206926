//! What passes and where it goes: filters, routes, samplers and the flight recorder.

mod ends;
mod filters;
mod recorder;
mod sampling;
mod support;
