//! The engine through its public face: one module for each group of guarantees.
//!
//! Every test starts an engine of its own and attaches its threads to it, so all of them run side
//! by side. What needs a process of its own stands beside this folder: `alloc`, `lifecycle`,
//! `memory`, `restart`, `syscalls`, `log_facade`.

mod support;

mod config;
mod delivery;
#[cfg(feature = "toml")]
mod documents;
mod fairness;
mod files;
mod flush;
mod isolation;
mod large;
mod levels;
mod loggers;
mod order;
mod overlap;
mod overload;
mod overrides;
mod plans;
mod processors;
mod reentry;
mod reload;
mod storm;
mod teardown;
mod trouble;
