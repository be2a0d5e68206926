//! What a pipeline says of a call before it is made.

use super::{Levels, Overrides, Samplers};
use crate::lane::{ContextFields, Judgement, Policy, Subject};
use crate::meta::{Level, LevelFilter};
use std::sync::Arc;

/// Levels, overrides and sampling of a pipeline. It holds no sink, so that it does no harm where it is kept for long.
pub(crate) struct Verdicts {
    pub(super) levels: Arc<Levels>,
    pub(super) overrides: Arc<Overrides>,
    pub(super) samplers: Arc<Samplers>,
    /// Whether any route takes records of a level.
    pub(super) wanted: [bool; Level::ALL.len()],
    /// Whether the engine is called after records of a level.
    pub(super) after: [bool; Level::ALL.len()],
}

impl Policy for Verdicts {
    fn judge(&self, subject: &Subject<'_>) -> Judgement {
        let Subject { level, target, .. } = *subject;
        let found = self.overrides.find(subject);
        let threshold = found.rule.map(|rule| rule.asked.level);
        let allows = threshold.unwrap_or_else(|| self.levels.threshold(target)).allows(level);
        // Whoever is singled out is not thinned out.
        let sampling = match threshold {
            Some(_) => None,
            None => self.samplers.of(level, target),
        };
        let is_wanted = self.wanted[level.index()];
        let changes = |other: LevelFilter| other.allows(level) != allows || sampling.is_some();
        Judgement {
            enabled: allows && is_wanted,
            after: self.after[level.index()],
            sampling,
            by_field: is_wanted && self.overrides.any_perhaps(&found, changes),
            by_place: found.by_place,
        }
    }

    fn met(&self, fields: ContextFields<'_>) -> u64 {
        self.overrides.met(fields)
    }

    fn lowest(&self) -> LevelFilter {
        self.levels.lowest().min(self.overrides.lowest())
    }
}
