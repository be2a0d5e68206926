//! Models of the protocols by which `ripsaw`'s threads speak to each other.
//!
//! The seven protocol files of the library are compiled here once more, by path, against another `crate::sync`: one in
//! which the model checker `loom` follows every atomic access, every fence and every plain access to shared memory.
//! The files can therefore import nothing else of the library, which keeps them at the bottom of its layers.
//!
//! A scenario is a plain function with one property. `cargo test -p loom-tests --release` explores all executions of
//! each; with the feature `std` the same functions run many times on the operating system's threads, against the
//! library's own `sync`, and `src/bin/scenarios.rs` runs them under ThreadSanitizer.
//!
//! What the checker cannot see: it treats a sequentially consistent fence as one that also synchronises (stronger than
//! the language says), does not reorder a load with a later store, and keeps the last seven stores of each atomic.

#![allow(unsafe_code)]
// The protocol files serve the library; no scenario needs all of them.
#![allow(dead_code)]

#[cfg(not(feature = "std"))]
mod sync;
#[cfg(feature = "std")]
#[path = "sync/threads.rs"]
mod sync;

#[path = "../../src/arena/block.rs"]
mod block;
#[path = "../../src/writer/control.rs"]
mod control;
#[path = "../../src/lane/doorbell.rs"]
mod doorbell;
#[path = "../../src/lane/epoch.rs"]
mod epoch;
#[path = "../../src/arena/pool.rs"]
mod pool;
#[path = "../../src/lane/registry.rs"]
mod registry;
#[path = "../../src/ring/mod.rs"]
mod ring;

// The ledger of drops, and the levels that it counts by.
#[allow(unreachable_pub)]
#[path = "../../src/stats/ledger.rs"]
mod ledger;
#[allow(unreachable_pub)]
#[path = "../../src/meta.rs"]
mod meta;

mod rt;
mod scenarios;
mod stage;

pub use rt::Scenario;
pub use scenarios::ALL;
#[cfg(not(feature = "std"))]
pub use scenarios::SEEDED;
