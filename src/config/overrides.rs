//! Levels that are set while an engine runs, for some calls and for some time.

use crate::codec::{Value, ValueRef};
use crate::error::ConfigError;
use crate::lane::{ContextFields, Subject};
use crate::meta::{LevelFilter, covers};
use crate::process::{Shown, is_equal};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most overrides at a time: each costs some nanoseconds where calls have to ask.
const MOST: usize = u64::BITS as usize;

/// A threshold for the calls that meet all of its conditions, whatever the configuration says of their levels.
///
/// It is put in force by [`Handle::override_level`](crate::Handle::override_level); of several that apply to a call, the one that
/// was set last decides. Head sampling ([`Builder::sample`](crate::Builder::sample)) leaves alone what an override lets through;
/// routes with a level or a filter of their own, and processors, see such records like all others. What features removed
/// at compile time (`max-level-*`) no override brings back.
///
/// ```
/// use ripsaw::{Level, LevelOverride};
/// use std::time::Duration;
///
/// // All that is done for one customer, for a quarter of an hour.
/// let rule = LevelOverride::new(Level::Debug).field("customer", 4711).lasting(Duration::from_secs(900));
/// assert_eq!(rule.to_string(), "debug if customer = 4711");
/// // One statement that talks too much.
/// let rule = LevelOverride::new(ripsaw::LevelFilter::Off).place("src/pool.rs:81");
/// assert_eq!(rule.to_string(), "off if at src/pool.rs:81");
/// ```
#[derive(Clone, PartialEq, Debug)]
#[must_use = "an override is put in force by `Handle::override_level`"]
pub struct LevelOverride {
    pub(crate) level: LevelFilter,
    target: Option<String>,
    place: Option<String>,
    fields: Vec<(String, Value)>,
    pub(crate) lasting: Option<Duration>,
}

impl LevelOverride {
    /// Lets records of at least this level pass, and no others. Without a condition it concerns all calls.
    pub fn new(level: impl Into<LevelFilter>) -> LevelOverride {
        let level = level.into();
        LevelOverride { level, target: None, place: None, fields: Vec::new(), lasting: None }
    }

    /// Only calls of this target, or logger, and of everything below it. An empty one is refused.
    pub fn target(mut self, target: impl Into<String>) -> LevelOverride {
        self.target = Some(target.into());
        self
    }

    /// Only the statement at `file:line`, or those of `file`. The path is the end of what the compiler calls the file: `db.rs:42`
    /// and `src/db.rs:42` are both found in `shop/src/db.rs`.
    pub fn place(mut self, place: impl Into<String>) -> LevelOverride {
        self.place = Some(place.into());
        self
    }

    /// Only calls in whose context a field has this value: of a bound logger, of a [`Context`](crate::Context) or of a span of
    /// `tracing`. The fields of the call itself do not count. Values are compared as by
    /// [`Filter::field`](crate::process::Filter::field); besides, a text equals the number or the truth value that it reads as.
    pub fn field(mut self, key: impl Into<String>, value: impl Into<Value>) -> LevelOverride {
        self.fields.push((key.into(), value.into()));
        self
    }

    /// Ends by itself after this time. Without it, the override stays until it is removed.
    pub fn lasting(mut self, time: Duration) -> LevelOverride {
        self.lasting = Some(time);
        self
    }
}

impl fmt::Display for LevelOverride {
    /// The level and the conditions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.level)?;
        let mut word = "if";
        let mut and = |f: &mut fmt::Formatter<'_>| {
            let word = std::mem::replace(&mut word, "and");
            write!(f, " {word} ")
        };
        if let Some(target) = &self.target {
            and(f)?;
            write!(f, "target {target}")?;
        }
        if let Some(place) = &self.place {
            and(f)?;
            write!(f, "at {place}")?;
        }
        self.fields.iter().try_for_each(|(key, value)| {
            and(f)?;
            write!(f, "{key} = {}", Shown(value))
        })
    }
}

/// An override in force.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) asked: LevelOverride,
    pub(crate) until: Option<Instant>,
    place: Option<Place>,
}

/// Which statements: the end of a path, and perhaps a line.
#[derive(Debug)]
pub(crate) struct Place {
    file: String,
    line: Option<u32>,
}

impl Rule {
    /// An override that begins now.
    pub(crate) fn new(id: u64, asked: LevelOverride) -> Result<Rule, ConfigError> {
        let place = asked.place.as_deref().map(Place::parse).transpose()?;
        if let Some((_, value)) = asked.fields.iter().find(|(key, _)| key.is_empty()) {
            let value = Shown(value).to_string();
            return Err(ConfigError::new("override.field", value, "name the field"));
        }
        if asked.target.as_deref() == Some("") {
            let remedy = "name the target, or leave it out for all calls";
            return Err(ConfigError::new("override.target", "", remedy));
        }
        // A time that the clock cannot tell never comes.
        let until = asked.lasting.and_then(|time| Instant::now().checked_add(time));
        Ok(Rule { id, asked, until, place })
    }

    fn is_of_target(&self, target: &str) -> bool {
        self.asked.target.as_ref().is_none_or(|prefix| covers(prefix, target))
    }

    fn is_of_fields(&self, fields: ContextFields<'_>) -> bool {
        self.asked
            .fields
            .iter()
            .all(|(key, wanted)| fields.get(key).is_some_and(|value| is_meant(value, wanted)))
    }
}

impl Place {
    pub(crate) fn parse(text: &str) -> Result<Place, ConfigError> {
        let (file, line) = match text.rsplit_once(':') {
            Some((file, line)) => (file, Some(line.parse().ok().filter(|line| *line > 0))),
            None => (text, None),
        };
        match line {
            Some(None) => Err(ConfigError::new("override.place", text, "write it as src/db.rs:42")),
            _ if file.trim_matches('/').is_empty() => {
                Err(ConfigError::new("override.place", text, "name a file, as src/db.rs:42"))
            }
            line => Ok(Place { file: file.to_owned(), line: line.flatten() }),
        }
    }

    pub(crate) fn is_at(&self, (file, line): (&str, u32)) -> bool {
        let before = file.strip_suffix(&self.file);
        let is_file = before.is_some_and(|before| {
            before.is_empty() || before.ends_with(['/', '\\']) || self.file.starts_with('/')
        });
        is_file && self.line.is_none_or(|wanted| wanted == line)
    }
}

/// Whether a field has the value that somebody means, who may have no way to say its type.
fn is_meant(value: ValueRef<'_>, wanted: &Value) -> bool {
    if is_equal(value, wanted) {
        return true;
    }
    let Value::Str(text) = wanted else { return false };
    match value {
        ValueRef::Bool(value) => text.parse() == Ok(value),
        ValueRef::F64(_) | ValueRef::F32(_) => {
            text.parse::<f64>().is_ok_and(|wanted| is_equal(value, &wanted.into()))
        }
        ValueRef::I64(_) | ValueRef::U64(_) | ValueRef::I128(_) | ValueRef::U128(_) => {
            let signed = || text.parse::<i128>().is_ok_and(|n| is_equal(value, &n.into()));
            signed() || text.parse::<u128>().is_ok_and(|n| is_equal(value, &n.into()))
        }
        _ => false,
    }
}

/// All overrides in force. Immutable, as the pipeline that it belongs to.
#[derive(Clone, Default, Debug)]
pub(crate) struct Overrides {
    /// The last one that was set is the last.
    rules: Vec<Arc<Rule>>,
}

/// Which overrides concern a call.
pub(crate) struct Found<'r> {
    /// The one that decides, as far as is known.
    pub(crate) rule: Option<&'r Rule>,
    /// Those that would decide instead, if the fields of the context are what they ask for: one bit each, by their order.
    perhaps: u64,
    /// One names the call's place, or any if it is not known.
    pub(crate) by_place: bool,
}

impl Overrides {
    pub(crate) fn find(&self, subject: &Subject<'_>) -> Found<'_> {
        let mut found = Found { rule: None, perhaps: 0, by_place: false };
        for (i, rule) in self.rules.iter().enumerate().rev() {
            let is_there = match (&rule.place, subject.place) {
                (None, _) => true,
                (Some(wanted), Some(place)) => wanted.is_at(place),
                (Some(_), None) => {
                    found.by_place = true;
                    false
                }
            };
            found.by_place |= is_there && rule.place.is_some();
            if found.rule.is_some() || !is_there || !rule.is_of_target(subject.target) {
                continue;
            }
            match subject.met {
                _ if rule.asked.fields.is_empty() => found.rule = Some(rule),
                None => found.perhaps |= 1 << i,
                Some(met) if met >> i & 1 == 1 => found.rule = Some(rule),
                Some(_) => {}
            }
        }
        found
    }

    /// Those whose conditions on fields are met, one bit each by their order.
    pub(crate) fn met(&self, fields: ContextFields<'_>) -> u64 {
        let rules = self.rules.iter().enumerate();
        rules.fold(0, |met, (i, rule)| met | u64::from(rule.is_of_fields(fields)) << i)
    }

    /// Whether one of those that might decide has such a level.
    pub(crate) fn any_perhaps(
        &self,
        found: &Found<'_>,
        is_so: impl Fn(LevelFilter) -> bool,
    ) -> bool {
        let mut rules = self.rules.iter().enumerate();
        found.perhaps != 0
            && rules.any(|(i, rule)| found.perhaps >> i & 1 == 1 && is_so(rule.asked.level))
    }

    pub(crate) fn lowest(&self) -> LevelFilter {
        self.rules.iter().map(|rule| rule.asked.level).min().unwrap_or(LevelFilter::Off)
    }

    /// When the first of them ends.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.rules.iter().filter_map(|rule| rule.until).min()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter()
    }

    /// The same with one more, if there is room.
    pub(crate) fn with(&self, rule: Arc<Rule>) -> Result<Overrides, ConfigError> {
        if self.rules.len() >= MOST {
            let value = (MOST + 1).to_string();
            return Err(ConfigError::new("override", value, "remove one of the others first"));
        }
        Ok(Overrides { rules: self.rules.iter().cloned().chain([rule]).collect() })
    }

    /// The same without some.
    pub(crate) fn without(&self, is_gone: impl Fn(&Rule) -> bool) -> Overrides {
        Overrides { rules: self.rules.iter().filter(|rule| !is_gone(rule)).cloned().collect() }
    }
}
