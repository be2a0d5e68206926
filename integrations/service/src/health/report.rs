//! What comes of checks.

use super::OVERALL;
use ripsaw::{Context, Value};
use std::time::Duration;

/// One run of checks.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct HealthReport {
    /// Name and result of each check, in the order in which they were registered.
    pub checks: Vec<(String, CheckResult)>,
    /// When it was complete, since 1970.
    pub at: Duration,
    /// Whether the service takes requests: see [`HealthChecks::set_ready`](crate::HealthChecks::set_ready).
    pub ready: bool,
}

/// What came of a check.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct CheckResult {
    /// What it says of its health, or why it has none.
    pub outcome: Result<Value, String>,
    /// How long it took.
    pub took: Duration,
    /// When it ended, since 1970.
    pub at: Duration,
}

/// What a check found: an entry, or a value of any kind.
pub trait Finding {
    /// As a value.
    fn into_value(self) -> Value;
}

impl HealthReport {
    /// Whether all checks passed, of which there may be none, and the service takes requests.
    pub fn is_healthy(&self) -> bool {
        self.ready && self.healthy_checks() == self.checks.len()
    }
    /// How many passed.
    pub fn healthy_checks(&self) -> usize {
        self.checks.iter().filter(|(_, result)| result.outcome.is_ok()).count()
    }
    /// What came of one check.
    pub fn get(&self, name: &str) -> Option<&CheckResult> {
        self.checks.iter().find(|(known, _)| known == name).map(|(_, result)| result)
    }
    /// 200 or 503.
    pub fn http_status(&self) -> u16 {
        if self.is_healthy() { 200 } else { 503 }
    }
    /// An entry for each check with `status`, `result` or `error`, `duration_seconds` and `timestamp` (seconds since 1970), and
    /// one named `overall`, with `ready` if that is false.
    pub fn to_value(&self) -> Value {
        let map = |entries: Vec<(&'static str, Value)>| {
            Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
        };
        let checks = self.checks.iter().map(|(name, result)| {
            let (status, found) = match &result.outcome {
                Ok(value) => ("healthy", ("result", value.clone())),
                Err(error) => ("unhealthy", ("error", error.as_str().into())),
            };
            let took = ("duration_seconds", result.took.as_secs_f64().into());
            let at = ("timestamp", result.at.as_secs_f64().into());
            (name.clone().into(), map(vec![("status", status.into()), found, took, at]))
        });
        let at = ("timestamp", self.at.as_secs_f64().into());
        let mut overall = vec![("status", self.status().into()), at];
        if !self.ready {
            overall.push(("ready", false.into()));
        }
        let overall = map(overall);
        Value::Map(checks.chain([(OVERALL.into(), overall)]).collect())
    }
    /// The same as JSON, in one line, for the body of an answer.
    ///
    /// ```
    /// let health = ripsaw_service::HealthChecks::new();
    /// health.register("cache", || Ok::<_, String>(("hit_rate", 0.95)))?;
    /// let text = health.run().to_json();
    /// assert!(text.starts_with(r#"{"cache":{"status":"healthy","result":{"hit_rate":0.95},"duration_seconds":"#));
    /// # Ok::<(), ripsaw_service::HealthError>(())
    /// ```
    pub fn to_json(&self) -> String {
        // What borrows its parts out of an encoding is a context's field.
        let whole = Context::new().with("report", self.to_value());
        let mut text = Vec::new();
        if let Some(value) = whole.get("report") {
            ripsaw::format::write_json(value, &mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
    pub(super) fn status(&self) -> &'static str {
        if self.is_healthy() { "healthy" } else { "unhealthy" }
    }
}

impl Finding for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl Finding for () {
    fn into_value(self) -> Value {
        Value::Null
    }
}

impl<V: Into<Value>> Finding for (&'static str, V) {
    fn into_value(self) -> Value {
        Value::from([(self.0, self.1.into())])
    }
}
