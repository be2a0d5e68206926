//! The pipeline in force, and its replacement while producers run.
//!
//! The only file that names `arc_swap`. Loading costs some 15 ns, so no caller of a logging macro ever loads: the writer
//! does, once a batch, and whoever changes something does, for the verdicts that follow from it.

use super::verdicts::Verdicts;
use super::{Levels, Output, Overrides, Samplers};
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
    /// What was set while the engine runs: a reload takes it over.
    pub(crate) overrides: Arc<Overrides>,
}

impl Pipeline {
    /// What is wanted, without the routes that want it. Records of `after` are followed by a call of the engine.
    pub(crate) fn verdicts(&self, after: impl Fn(Level) -> bool) -> Verdicts {
        let wanted = |level: Level| self.outputs.iter().any(|output| output.wants(level));
        Verdicts {
            levels: self.levels.clone(),
            overrides: self.overrides.clone(),
            samplers: self.samplers.clone(),
            wanted: Level::ALL.map(wanted),
            after: Level::ALL.map(after),
        }
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
        #[cfg(test)]
        tests::LOADS.set(tests::LOADS.get() + 1);
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

#[cfg(test)]
mod tests {
    use crate::{Level, LevelOverride, Logger};
    use std::cell::Cell;

    thread_local! {
        /// Loads by this thread.
        pub(super) static LOADS: Cell<u64> = const { Cell::new(0) };
    }

    /// Neither a statement that is reached for the first time, nor one that has to ask.
    #[test]
    fn no_caller_loads() {
        // Two engines, so that verdicts are checked.
        let start = || crate::builder().sink(crate::sink::Null::new()).start_local().unwrap();
        let (one, _other) = (start(), start());
        let handle = one.handle();
        let rule = LevelOverride::new(Level::Trace).field("k", 1);
        handle.override_level(rule).unwrap();
        assert_ne!(LOADS.get(), 0, "loads are counted");
        let caller = std::thread::spawn(move || {
            let attached = handle.attach();
            let logger = Logger::new("new").with("k", 1);
            for i in 0..10 {
                crate::info!(i, "first and later");
                crate::debug!(logger: &logger, i, "asks");
                crate::Event::new(Level::Info, "without a statement").emit();
            }
            drop(attached);
            LOADS.get()
        });
        assert_eq!(caller.join().unwrap(), 0);
    }
}
