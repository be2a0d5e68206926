//! Why a call is made or not, and where its record goes.

use super::{Handle, OverrideId};
use crate::callsite::{self, compiled_in};
use crate::codec::{Bound, TreeWriter, Value};
use crate::config::{LevelOverride, Pipeline, Place};
use crate::error::ConfigError;
use crate::lane::{ContextFields, Policy as _, Subject};
use crate::meta::{Level, LevelFilter, Metadata};
use std::fmt;

/// A call that is asked about: one that there is, or one that there may be.
///
/// ```
/// use ripsaw::{Level, Probe};
/// let probe = Probe::new(Level::Debug, "shop::db").at("src/db.rs", 42).field("customer", 4711);
/// # let _ = probe;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a probe is answered by `Handle::explain`"]
pub struct Probe {
    level: Level,
    target: String,
    place: Option<(String, u32)>,
    fields: Vec<(String, Value)>,
}

impl Probe {
    /// A call of this level and target; a logger's name counts for the target.
    pub fn new(level: Level, target: impl Into<String>) -> Probe {
        Probe { level, target: target.into(), place: None, fields: Vec::new() }
    }
    /// At this place: what `file!()` and `line!()` say there.
    pub fn at(mut self, file: impl Into<String>, line: u32) -> Probe {
        self.place = Some((file.into(), line));
        self
    }
    /// In a context with this field.
    pub fn field(mut self, key: impl Into<String>, value: impl Into<Value>) -> Probe {
        self.fields.push((key.into(), value.into()));
        self
    }
}

/// What decides whether a call is made.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Decider {
    /// The level is not compiled in: a feature `max-level-*` of this build says so.
    CompiledOut,
    /// An override that was set while the engine ran.
    Override(OverrideId, LevelOverride),
    /// A directive for a target, and its threshold.
    Target(String, LevelFilter),
    /// The threshold of all targets that have none of their own.
    Default(LevelFilter),
}

/// What a route does with a record.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RouteAnswer {
    /// The sink's name.
    pub name: String,
    /// Its level lets the record pass.
    pub takes: bool,
    /// The least level that it takes.
    pub level: LevelFilter,
    /// What the record must be besides, as the filter shows itself.
    pub filter: Option<String>,
}

/// Why a call is made or not, and where its record goes. `Display` says it in a few lines.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The call.
    pub level: Level,
    /// The target that decides.
    pub target: String,
    /// Its place, if it was given.
    pub place: Option<(String, u32)>,
    /// Whether the call is made.
    pub enabled: bool,
    /// What decides about its level.
    pub decider: Decider,
    /// Only some of a statement's calls are made, see [`Builder::sample`](crate::Builder::sample).
    pub sampled: bool,
    /// Processors stand before the routes, which may drop the record.
    pub processors: Vec<String>,
    /// All routes.
    pub routes: Vec<RouteAnswer>,
}

impl Handle {
    /// Says what would become of a call, and what decides it: as of now, without making it.
    ///
    /// ```
    /// use ripsaw::{Level, Probe};
    /// let guard = ripsaw::builder().filter("info,shop::db=debug").sink(ripsaw::sink::Null::new()).start_local()?;
    /// let said = guard.handle().explain(&Probe::new(Level::Debug, "shop::db::pool"));
    /// assert!(said.enabled);
    /// assert_eq!(said.to_string(), "debug of shop::db::pool is on: shop::db=debug\nnull takes it");
    /// let said = guard.handle().explain(&Probe::new(Level::Debug, "shop::web"));
    /// assert_eq!(said.to_string(), "debug of shop::web is off: the default level is info");
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    pub fn explain(&self, probe: &Probe) -> Explanation {
        let mut fields = Vec::new();
        let at = fields.open_map();
        for (key, value) in &probe.fields {
            fields.key(key);
            fields.value(value);
        }
        fields.patch(at, probe.fields.len() as u32);
        let fields = Bound::new(None, fields);
        let place = probe.place.as_ref().map(|(file, line)| (file.as_str(), *line));
        let subject = Subject::new(probe.level, &probe.target, place);
        explain(&self.engine.current.load(), ContextFields([Some(&fields), None]), subject)
    }

    /// The same for the statements at `file:line`, or of `file`, that were reached at least once; the path is the end of what
    /// the compiler calls the file. They are asked outside all contexts.
    ///
    /// ```
    /// let guard = ripsaw::builder().level(ripsaw::Level::Info).sink(ripsaw::sink::Null::new()).start_local()?;
    /// let attached = guard.attach();
    /// let line = line!() + 1;
    /// ripsaw::debug!("off");
    /// let said = guard.handle().explain_place(&format!("{}:{line}", file!()))?;
    /// assert_eq!((said.len(), said[0].enabled), (1, false));
    /// # drop(attached);
    /// # Ok::<(), ripsaw::StartError>(())
    /// ```
    ///
    /// # Errors
    /// If the place cannot be understood.
    pub fn explain_place(&self, place: &str) -> Result<Vec<Explanation>, ConfigError> {
        let place = Place::parse(place)?;
        let is_there = |meta: &Metadata| place.is_at((meta.file, meta.line));
        let pipeline = self.engine.current.load();
        let said = callsite::statements(is_there).into_iter().map(|meta| {
            let subject = Subject::new(meta.level, meta.target, Some((meta.file, meta.line)));
            explain(&pipeline, ContextFields([None, None]), subject)
        });
        Ok(said.collect())
    }
}

fn explain(pipeline: &Pipeline, fields: ContextFields<'_>, subject: Subject<'_>) -> Explanation {
    let Subject { level, target, .. } = subject;
    let subject = Subject { met: Some(pipeline.overrides.met(fields)), ..subject };
    let judgement = pipeline.verdicts(|_| false).judge(&subject);
    let decider = match (pipeline.overrides.find(&subject).rule, pipeline.levels.directive(target))
    {
        _ if !compiled_in(level) => Decider::CompiledOut,
        (Some(rule), _) => Decider::Override(OverrideId::from_number(rule.id), rule.asked.clone()),
        (None, Some((target, level))) => Decider::Target(target.to_owned(), level),
        (None, None) => Decider::Default(pipeline.levels.default_threshold()),
    };
    let enabled = judgement.enabled && compiled_in(level);
    let routes = pipeline.outputs.iter().map(|output| RouteAnswer {
        name: output.name.clone(),
        takes: output.wants(level),
        level: output.level,
        filter: output.filter.as_ref().map(ToString::to_string),
    });
    Explanation {
        level,
        target: target.to_owned(),
        place: subject.place.map(|(file, line)| (file.to_owned(), line)),
        enabled,
        decider,
        sampled: enabled && judgement.sampling.is_some(),
        processors: pipeline.steps.stats().map(|step| step.name).collect(),
        routes: routes.collect(),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.level, self.target)?;
        if let Some((file, line)) = &self.place {
            write!(f, " at {file}:{line}")?;
        }
        let on = if self.enabled { "on" } else { "off" };
        write!(f, " is {on}: {}", self.decider)?;
        let passes =
            !matches!(&self.decider, Decider::CompiledOut) && self.decider.allows(self.level);
        if !passes {
            return Ok(());
        }
        if self.sampled {
            f.write_str("\nonly some of the statement's calls are made: it is sampled")?;
        }
        if !self.processors.is_empty() {
            write!(f, "\nthese may change or drop it: {}", self.processors.join(", "))?;
        }
        self.routes.iter().try_for_each(|route| write!(f, "\n{route}"))
    }
}

impl Decider {
    fn allows(&self, level: Level) -> bool {
        match self {
            Decider::CompiledOut => false,
            Decider::Override(_, rule) => rule.level.allows(level),
            Decider::Target(_, threshold) | Decider::Default(threshold) => threshold.allows(level),
        }
    }
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decider::CompiledOut => f.write_str("a max-level feature of this build removed it"),
            Decider::Override(id, rule) => write!(f, "override {id}: {rule}"),
            Decider::Target(target, level) => write!(f, "{target}={level}"),
            Decider::Default(level) => write!(f, "the default level is {level}"),
        }
    }
}

impl fmt::Display for RouteAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.takes, &self.filter) {
            (false, _) => write!(f, "{} does not take it: its level is {}", self.name, self.level),
            (true, None) => write!(f, "{} takes it", self.name),
            (true, Some(filter)) => write!(f, "{} takes it if {filter}", self.name),
        }
    }
}
