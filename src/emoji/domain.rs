//! Emoji by what happened and how it ended, for the loggers of one domain.

/// Emoji for the records of the logger whose name is the domain.
///
/// The event is the message, or the name of a record without one: what stands behind its last `_` is the status, the rest
/// the action. A field `status` takes the place of that status. The emoji stands where that of the name would.
///
/// ```
/// use ripsaw::emoji::{DomainEmoji, DomainSet};
///
/// struct Backups;
/// impl DomainEmoji for Backups {
///     fn domain(&self) -> &str {
///         "backup"
///     }
///     fn emoji(&self, _action: &str, status: &str) -> Option<&str> {
///         (status == "failed").then_some("❌")
///     }
/// }
/// assert_eq!(Backups.emoji("copy", "failed"), Some("❌"));
/// assert_eq!(DomainSet::k8s().emoji("deploy", "success"), Some("🚀"));
/// assert_eq!(DomainSet::web().emoji("request", "404"), Some("❌"));
/// ```
pub trait DomainEmoji: Send + Sync {
    /// The name of the logger.
    fn domain(&self) -> &str;
    /// The emoji of a record, if it has one. Asked on the writer's thread.
    fn emoji(&self, action: &str, status: &str) -> Option<&str>;
}

/// A set by rules: the first whose action fits decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainSet {
    domain: String,
    rules: Vec<Rule>,
    fallback: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    action: String,
    statuses: Vec<(String, String)>,
    otherwise: String,
}

impl DomainSet {
    /// A set without rules: all records of the domain have the fallback.
    pub fn new(domain: impl Into<String>, fallback: impl Into<String>) -> DomainSet {
        DomainSet { domain: domain.into(), rules: Vec::new(), fallback: fallback.into() }
    }
    /// One more rule, for actions that begin with `action`: emoji by status, and one for every other status. A status of the
    /// form `4xx` stands for all that begin with its digit.
    pub fn rule(mut self, action: &str, statuses: &[(&str, &str)], otherwise: &str) -> DomainSet {
        let owned = |(status, emoji): &(&str, &str)| ((*status).to_owned(), (*emoji).to_owned());
        self.rules.push(Rule {
            action: action.to_owned(),
            statuses: statuses.iter().map(owned).collect(),
            otherwise: otherwise.to_owned(),
        });
        self
    }
    /// Domain `k8s`: deploy, scale, rollback, pod and service.
    pub fn k8s() -> DomainSet {
        DomainSet::new("k8s", "⚙️")
            .rule("deploy", &[("success", "🚀")], "💥")
            .rule("scale", &[("success", "📏")], "⚠️")
            .rule("rollback", &[("success", "⏪")], "🔄")
            .rule("pod", &[("running", "📦")], "⏹️")
            .rule("service", &[("ready", "🔗")], "🔌")
    }
    /// Domain `web`: request, cache and auth.
    pub fn web() -> DomainSet {
        DomainSet::new("web", "🌐")
            .rule("request", &[("2xx", "✅"), ("4xx", "❌"), ("5xx", "💥")], "🌐")
            .rule("cache", &[("hit", "⚡")], "💾")
            .rule("auth", &[("success", "🔐")], "🚫")
    }
    /// Domain `db`: query, connection, migration and backup.
    pub fn db() -> DomainSet {
        DomainSet::new("db", "🗄️")
            .rule("query", &[("success", "🔍")], "❗")
            .rule("connection", &[("connected", "🔗")], "🔌")
            .rule("migration", &[("success", "🔄")], "⚠️")
            .rule("backup", &[("success", "💾")], "❌")
    }
}

impl DomainEmoji for DomainSet {
    fn domain(&self) -> &str {
        &self.domain
    }
    fn emoji(&self, action: &str, status: &str) -> Option<&str> {
        let rule = self.rules.iter().find(|rule| action.starts_with(&rule.action));
        let Some(rule) = rule else { return Some(&self.fallback) };
        let fits = |(pattern, _): &&(String, String)| match pattern.strip_suffix("xx") {
            Some(digit) if digit.len() == 1 => status.starts_with(digit),
            _ => status == pattern,
        };
        Some(rule.statuses.iter().find(fits).map_or(&rule.otherwise, |(_, emoji)| emoji))
    }
}

/// Action and status of an event.
pub(super) fn split(event: &str) -> (&str, &str) {
    event.rsplit_once('_').unwrap_or((event, ""))
}
