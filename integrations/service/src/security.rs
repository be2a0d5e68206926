//! Alerts when something happens too often to one subject.

use ripsaw::process::{Draft, Flow, Processor};
use ripsaw::{Level, Value, ValueRef};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Watches records for too many of one kind in a span of time, by subject, and adds a warning `security_alert` (spec \[116\]).
///
/// By default: 5 records whose message has `login_failed`, of one `username` in less than 300 s (`brute_force_detected`,
/// `attempts`); 10 with `rate_limit_exceeded`, of one `ip` in less than 60 s (`rate_limit_abuse`, `violations`). A subject that
/// has caused an alert causes the next one a window later at the soonest. Times are those of the records.
///
/// It works on the writer's thread. Of each rule it remembers 10 000 subjects, and forgets the one that was quiet for longest:
/// somebody who varies the subject may hide behind that, so let a rule count something that costs, as an address. Of a subject
/// it counts up to 64 records, or as many as the rule needs.
///
/// ```
/// use ripsaw_service::{SecurityMonitor, SecurityRule};
/// use std::time::Duration;
///
/// let theft = SecurityRule::new("card_testing", "card.declined", "ip").at_least(3, Duration::from_secs(60));
/// let memory = ripsaw::sink::Memory::new();
/// let builder = ripsaw::builder().processor(SecurityMonitor::new().rule(theft)).sink(memory.clone());
/// let guard = builder.start_local()?;
/// let attached = guard.attach();
/// for _ in 0..4 {
///     ripsaw::info!(ip = "10.0.0.1", "card.declined");
/// }
/// guard.handle().flush(Duration::from_secs(5)).unwrap();
/// assert_eq!(memory.text().matches("security_alert alert_type=card_testing ip=10.0.0.1 count=3").count(), 1);
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Debug)]
pub struct SecurityMonitor {
    rules: Vec<(SecurityRule, Subjects)>,
    repeats: bool,
    most: usize,
    target: String,
}

/// What a [`SecurityMonitor`] counts.
#[derive(Clone, Debug)]
pub struct SecurityRule {
    alert_type: String,
    contains: String,
    key: String,
    at_least: usize,
    within_ns: u64,
    counted_as: String,
}

impl SecurityRule {
    /// An alert of this type, for records whose message contains a text, by subject: the field of this name, or `unknown`
    /// where there is none. By default from 10 records within 60 seconds on, and with their number as `count`.
    pub fn new(
        alert_type: impl Into<String>,
        contains: impl Into<String>,
        key: impl Into<String>,
    ) -> SecurityRule {
        SecurityRule {
            alert_type: alert_type.into(),
            contains: contains.into(),
            key: key.into(),
            at_least: 10,
            within_ns: 60_000_000_000,
            counted_as: "count".to_owned(),
        }
    }
    /// From so many records on (0 is taken for 1), the first of which is less than this older than the last.
    pub fn at_least(mut self, records: usize, within: Duration) -> SecurityRule {
        self.at_least = records.max(1);
        self.within_ns = u64::try_from(within.as_nanos()).unwrap_or(u64::MAX);
        self
    }
    /// The field of the alert that has their number.
    pub fn counted_as(mut self, field: impl Into<String>) -> SecurityRule {
        self.counted_as = field.into();
        self
    }
}

impl SecurityMonitor {
    /// With the two rules above.
    pub fn new() -> SecurityMonitor {
        let logins = SecurityRule::new("brute_force_detected", "login_failed", "username")
            .at_least(5, Duration::from_secs(300))
            .counted_as("attempts");
        let limits = SecurityRule::new("rate_limit_abuse", "rate_limit_exceeded", "ip")
            .at_least(10, Duration::from_secs(60))
            .counted_as("violations");
        SecurityMonitor::none().rule(logins).rule(limits)
    }
    /// Without any rule.
    pub fn none() -> SecurityMonitor {
        let target = "security".to_owned();
        SecurityMonitor { rules: Vec::new(), repeats: false, most: 10_000, target }
    }
    /// One more rule.
    pub fn rule(mut self, rule: SecurityRule) -> SecurityMonitor {
        self.rules.push((rule, Subjects::default()));
        self
    }
    /// Whether each further record of a subject is an alert as long as there are enough in the window. False by default.
    pub fn repeats(mut self, repeats: bool) -> SecurityMonitor {
        self.repeats = repeats;
        self
    }
    /// So many subjects are remembered by each rule; 0 is taken for 1.
    pub fn max_subjects(mut self, subjects: usize) -> SecurityMonitor {
        self.most = subjects.max(1);
        self
    }
    /// The target of its alerts. `security` by default.
    pub fn target(mut self, target: impl Into<String>) -> SecurityMonitor {
        self.target = target.into();
        self
    }
}

impl Default for SecurityMonitor {
    fn default() -> Self {
        SecurityMonitor::new()
    }
}

impl Processor for SecurityMonitor {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        for (rule, subjects) in &mut self.rules {
            if !draft.message().contains(&rule.contains) {
                continue;
            }
            let subject = subject(draft.get(&rule.key));
            let now = draft.unix_ns();
            let seen = subjects.seen(&subject, self.most);
            let count = seen.count(now, rule.within_ns, rule.at_least.max(MOST_COUNTED));
            let quiet = |alerted: u64| now.saturating_sub(alerted) >= rule.within_ns;
            if count < rule.at_least || !(self.repeats || seen.alerted.is_none_or(quiet)) {
                continue;
            }
            seen.alerted = Some(now);
            let fields = [
                ("alert_type", Value::from(rule.alert_type.as_str())),
                (rule.key.as_str(), Value::from(subject)),
                (rule.counted_as.as_str(), Value::from(count)),
            ];
            draft.say(Level::Warning, &self.target, "security_alert", &fields);
        }
        Flow::Keep
    }
}

/// Most records of a subject that are counted, unless a rule needs more.
const MOST_COUNTED: usize = 64;

/// A field as the name of a subject.
fn subject(value: Option<ValueRef<'_>>) -> String {
    match value {
        None | Some(ValueRef::Null) => "unknown".to_owned(),
        Some(ValueRef::Str(text) | ValueRef::Text(text) | ValueRef::Debug(text)) => text.to_owned(),
        Some(ValueRef::Ip(ip)) => ip.to_string(),
        Some(ValueRef::I64(n)) => n.to_string(),
        Some(ValueRef::U64(n)) => n.to_string(),
        Some(other) => format!("{other:?}"),
    }
}

/// The subjects of a rule, in the order in which they were last seen.
#[derive(Debug, Default)]
struct Subjects {
    seen: HashMap<Arc<str>, Seen>,
    /// By the number of their last record.
    order: BTreeMap<u64, Arc<str>>,
    records: u64,
}

#[derive(Debug, Default)]
struct Seen {
    /// The records in the window, oldest first.
    times: VecDeque<u64>,
    alerted: Option<u64>,
    /// Its key in `order`.
    last: u64,
}

impl Subjects {
    fn seen(&mut self, name: &str, most: usize) -> &mut Seen {
        self.records += 1;
        let known = self.seen.get(name).and_then(|seen| self.order.remove(&seen.last));
        let name = match known {
            Some(name) => name,
            None => {
                if self.seen.len() >= most
                    && let Some((_, quiet)) = self.order.pop_first()
                {
                    self.seen.remove(&quiet);
                }
                Arc::from(name)
            }
        };
        self.order.insert(self.records, name.clone());
        let seen = self.seen.entry(name).or_default();
        seen.last = self.records;
        seen
    }
}

impl Seen {
    /// Adds a record, and counts those in the window.
    fn count(&mut self, now: u64, within: u64, most: usize) -> usize {
        if self.times.len() >= most {
            self.times.pop_front();
        }
        self.times.push_back(now);
        // Records come in the order of their times, but for those of two threads at once.
        while self.times.front().is_some_and(|then| now.saturating_sub(*then) >= within.max(1)) {
            self.times.pop_front();
        }
        self.times.len()
    }
}
