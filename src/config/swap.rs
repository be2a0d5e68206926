//! The pipeline in force, and its replacement while producers run.
//!
//! The only file that names `arc_swap`. Loading costs some 15 ns, so no caller of a logging macro ever loads: the writer
//! does, once a batch, and the registry of callsites does when verdicts are computed.

use super::{Levels, Output, Samplers};
use crate::meta::Level;
use crate::process::Steps;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// What a configuration compiles to. Immutable; the parts that a later one leaves alone are shared.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) levels: Arc<Levels>,
    pub(crate) outputs: Arc<[Arc<Output>]>,
    /// The processors that all records pass.
    pub(crate) steps: Arc<Steps>,
    pub(crate) samplers: Arc<Samplers>,
}

impl Pipeline {
    /// Whether a record of this level and target would go anywhere.
    pub(crate) fn allows(&self, level: Level, target: &str) -> bool {
        self.outputs.iter().any(|output| output.wants(level)) && self.levels.allows(level, target)
    }
}

/// The pipeline in force.
#[derive(Debug)]
pub(crate) struct Current(ArcSwap<Pipeline>);

impl Current {
    pub(crate) fn new(pipeline: Pipeline) -> Current {
        Current(ArcSwap::from_pointee(pipeline))
    }
    /// The pipeline in force.
    pub(crate) fn load(&self) -> Arc<Pipeline> {
        self.0.load_full()
    }
    /// Whether `known` is still in force; cheaper than [`Current::load`].
    pub(crate) fn is(&self, known: &Arc<Pipeline>) -> bool {
        Arc::ptr_eq(&self.0.load(), known)
    }
    /// Puts another pipeline in force, made from the one that is.
    pub(crate) fn update(&self, make: impl Fn(&Pipeline) -> Pipeline) {
        self.0.rcu(|old| make(old));
    }
}
