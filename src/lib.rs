//! Ripsaw: lock-free asynchronous logging for services that count nanoseconds.
//!
//! The caller pays for a time stamp, a copy and one release store; a background writer formats, batches and writes.
//!
//! ```
//! let guard = ripsaw::builder().json().sink(ripsaw::sink::Null::new()).start()?;
//! let (id, px) = (42, 1.25);
//! ripsaw::info!("order {id} filled at {px}");
//! ripsaw::info!(order_id = id, px, venue = "X", "order filled");
//! let report = guard.shutdown(std::time::Duration::from_secs(5));
//! assert_eq!((report.written, report.dropped, report.unflushed), (2, 0, 0));
//! # Ok::<(), ripsaw::StartError>(())
//! ```
//!
//! What is promised, and what is not, stands in `GUARANTEES.md`; how it works in `ARCHITECTURE.md`.
//!
//! The modules stand in the order of a record's way. `unsafe` is denied everywhere but in those that are marked.

// On the caller's thread.
mod callsite;
#[doc(hidden)]
pub mod codec;
pub mod context;
#[allow(unsafe_code)]
mod lane;

#[allow(unsafe_code)]
mod arena;
#[allow(unsafe_code)]
mod ring;

// For whoever comes after a process that was killed.
mod image;

// On the writer's thread.
mod drain;
pub mod emoji;
pub mod format;
pub mod process;
pub mod sink;
mod writer;

// On top of the statements.
mod streams;
mod timing;

// What holds the path together.
mod config;
mod engine;
mod facade;
pub mod testing;

// Leaves.
#[allow(unsafe_code)]
mod clock;
pub mod compat;
mod error;
mod fault;
mod meta;
#[allow(unsafe_code)]
mod os;
mod stats;
#[allow(unsafe_code)]
mod sync;
#[allow(unsafe_code)]
mod within;

pub use callsite::{Event, Logger, get_logger};
pub use clock::{Clock, ManualClock};
pub use codec::{
    Encode, Fields, Lazy, Message, Nested, NestedEntries, NestedItems, Part, Record, Sensitive,
    ThreadInfo, Value, ValueRef, lazy,
};
#[cfg(feature = "valuable")]
pub use codec::{Valued, valuable};
pub use config::{Builder, Config, ConfigWarning, LevelOverride, Levels, LineFormat, Route};
#[cfg(feature = "toml")]
pub use config::{Document, DocumentError, DocumentErrors, FileError, Supposed};
pub use context::{Context, FutureExt, InContext, Scope};
#[cfg(feature = "toml")]
pub use engine::Watch;
pub use engine::{
    ActiveOverride, Decider, Explanation, Guard, Handle, OverrideId, Probe, RouteAnswer,
    ShutdownReport, flush, stats,
};
pub use error::{ConfigError, FlushError, StartError};
#[cfg(feature = "tracing")]
pub use facade::tracing;
pub use facade::{builder, init};
pub use image::{Recovery, RecoveryError};
pub use lane::{Attached, HeadSampling, Overflow};
pub use meta::{Align, Kind, Level, LevelError, LevelFilter, Metadata, Piece, Spec};
pub use ripsaw_macros::{timed, traced};
pub use stats::{DropCause, ProcessorStats, RouteStats, SinkState, Stats};
pub use streams::{Arrival, EventStream, GapDetector};
pub use timing::{
    Histogram, HistogramSnapshot, HistogramTimer, Observer, Outcome, Span, Timed, timed,
};

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the macros expand to. Not for use by hand; may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::callsite::{
        Callsite, Logger, compiled_in, emit, emit_with, logger_enabled, logger_verdict,
    };
    pub use crate::codec::{
        Capture, Debugged, Displayed, ErrorArg, RenderedArgs, Value, ViaDisplay, ViaEncode,
    };
    pub use crate::context::Context;
    pub use crate::meta::{Align, Kind, Level, Metadata, Piece, Spec};
    pub use crate::scope;
    pub use crate::testing::Expect;
    pub use crate::timing::{
        Failure, JudgeAny, JudgeResult, JudgeShown, Judged, Work, argument, function, future, once,
        timed,
    };
    pub use crate::{__ripsaw_expected, timed_block};
    pub use ripsaw_macros::*;
}

/// The samples of the README are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
