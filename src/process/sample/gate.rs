//! What samplers have in common: whom they concern, what they count, and what they say of it.

use crate::codec::Value;
use crate::error::ConfigError;
use crate::meta::{Level, LevelFilter};
use crate::process::draft::Draft;
use crate::process::statistics::event_of;
use crate::process::table::{Keys, Table};
use crate::process::{Filter, Flow, Moment};
use crate::stats::Count;
use std::sync::Arc;
use std::time::Duration;

/// What a sampler or a limit has let pass and held back. Clones count the same.
#[derive(Clone, Debug, Default)]
pub struct SampleCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    kept: Count,
    suppressed: Count,
}

impl SampleCounts {
    /// Records that it has let pass, those that did not concern it included.
    pub fn kept(&self) -> u64 {
        self.0.kept.get()
    }
    /// Records that it has dropped, or joined to an earlier one.
    pub fn suppressed(&self) -> u64 {
        self.0.suppressed.get()
    }
    pub(super) fn keep(&self) {
        self.0.kept.add(1);
    }
    pub(super) fn suppress(&self) {
        self.0.suppressed.add(1);
    }
}

/// Whether at least `ns` lie between two times, in either order: a clock that was set back must not stop anything.
pub(super) fn is_over(now: u64, since: u64, ns: u64) -> bool {
    now.abs_diff(since) >= ns
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// So many keys are told apart in reports.
const REPORTED_KEYS: usize = 256;

/// Lets records past that are not concerned, and gives account of those that are dropped.
#[derive(Debug)]
pub(super) struct Gate {
    /// The event of the reports.
    name: &'static str,
    pub(super) exempt: LevelFilter,
    only: Option<Filter>,
    report_every: Duration,
    pub(super) keys: Keys,
    /// What was not reported yet. Made with the first record that is dropped.
    open: Option<Table<Account>>,
    /// The same of keys that had to give way.
    others: u64,
    pub(super) counts: SampleCounts,
}

/// What was dropped of one key.
#[derive(Debug)]
struct Account {
    target: Box<str>,
    /// The statement's message without its arguments, where statements are told apart.
    event: Option<Box<str>>,
    count: u64,
    since: u64,
    last: u64,
}

impl Gate {
    pub(super) fn new(name: &'static str) -> Gate {
        Gate {
            name,
            exempt: LevelFilter::Error,
            only: None,
            report_every: Duration::from_secs(10),
            keys: Keys::default(),
            open: None,
            others: 0,
            counts: SampleCounts::default(),
        }
    }

    pub(super) fn concern(&mut self, filter: Filter) {
        self.only = Some(match self.only.take() {
            Some(first) => first.and(filter),
            None => filter,
        });
    }

    pub(super) fn report_every(&mut self, interval: Duration) {
        self.report_every = interval;
    }

    pub(super) fn check(&self, field: &'static str) -> Result<(), ConfigError> {
        if self.report_every.is_zero() {
            let remedy = "use an interval above zero; Duration::MAX reports at the end alone";
            return Err(ConfigError::new(field, "0", remedy));
        }
        Ok(())
    }

    /// Whether a record can be dropped at all.
    #[inline]
    pub(super) fn concerns(&self, draft: &Draft<'_>) -> bool {
        !self.exempt.allows(draft.level())
            && self
                .only
                .as_ref()
                .is_none_or(|only| draft.with_record(|record, tools| only.matches(record, tools)))
    }

    #[inline]
    pub(super) fn keep(&self) -> Flow {
        self.counts.keep();
        Flow::Keep
    }

    /// Drops a record, on account of its statement or of its target.
    pub(super) fn drop(&mut self, draft: &Draft<'_>, by_statement: bool) -> Flow {
        self.counts.suppress();
        let (now, target) = (draft.unix_ns(), draft.target());
        let key = match by_statement {
            true => self.keys.statement(draft),
            false => self.keys.text(target),
        };
        let open = self.open.get_or_insert_with(|| Table::new(REPORTED_KEYS));
        let (account, gone) = open.entry(key, || Account {
            target: target.into(),
            event: by_statement.then(|| event_of(draft).into()),
            count: 0,
            since: now,
            last: now,
        });
        if account.count == 0 {
            account.since = now;
        }
        account.count += 1;
        account.last = now;
        self.others += gone.map_or(0, |account| account.count);
        Flow::Drop
    }

    /// Reports what has waited long enough, and all at the end.
    pub(super) fn tick(&mut self, moment: &mut Moment<'_>) {
        let (now, every) = (moment.unix_ns(), nanos(self.report_every));
        let mut due = moment.is_end();
        for account in self.open.iter_mut().flat_map(Table::values) {
            if account.count == 0 || !(moment.is_end() || is_over(now, account.since, every)) {
                continue;
            }
            due = true;
            let span = Duration::from_nanos(account.last.saturating_sub(account.since));
            let mut fields = vec![("count", Value::from(account.count)), ("over", span.into())];
            if let Some(event) = &account.event {
                fields.insert(0, ("of", Value::from(&**event)));
            }
            moment.say(Level::Info, &account.target, self.name, &fields);
            account.count = 0;
        }
        if due && self.others > 0 {
            let count = std::mem::take(&mut self.others);
            moment.say(Level::Info, "ripsaw", self.name, &[("count", count.into())]);
        }
    }
}
