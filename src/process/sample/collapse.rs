//! One record for many equal ones.

use super::gate::{SampleCounts, is_over, nanos};
use crate::codec::{OwnedRecord, TreeWriter};
use crate::error::ConfigError;
use crate::process::draft::{Draft, Tools};
use crate::process::said::Said;
use crate::process::{Flow, Moment, Processor};
use std::time::Duration;

/// Joins records that repeat the one before them: of the same level, target and message, with the same fields.
///
/// The first one passes. A summary `repeated N times: ...` stands for the others: with the level and target of
/// the record, the `count`, and `first_ns` and `last_ns`, when the first and the last repeat was logged, in nanoseconds
/// since 1970. It comes before the next record that is not a repeat, at a flush, at the end, and each
/// [`within`](Collapse::within). Threads are not told apart. What is joined counts as [`Stats::filtered`](crate::Stats::filtered).
///
/// Records of an unchanged statement are compared by the bytes of their frames; others, and all if a field is ignored, are
/// rendered for it, on the writer.
///
/// ```
/// use ripsaw::{info, process::Collapse};
/// let memory = ripsaw::sink::Memory::new();
/// let guard = ripsaw::builder()
///     .processor(Collapse::repeats())
///     .format(ripsaw::format::Text::new().timestamp(false).target(false))
///     .sink(memory.clone())
///     .start_local()?;
/// let attached = guard.attach();
/// (0..1000).for_each(|_| info!(disk = "sda", "disk is full"));
/// info!("another");
/// guard.handle().flush(std::time::Duration::from_secs(5)).unwrap();
/// let lines = memory.lines();
/// assert_eq!((lines.len(), &*lines[0]), (3, "INFO     disk is full disk=sda"));
/// assert!(lines[1].starts_with("INFO     repeated 999 times: disk is full count=999 first_ns="));
/// # drop(attached);
/// # Ok::<(), ripsaw::StartError>(())
/// ```
#[derive(Debug)]
pub struct Collapse {
    within: Duration,
    /// Fields that may differ.
    ignored: Vec<Box<str>>,
    /// What the last record was made of, and where that is written for the present one.
    last: Vec<u8>,
    present: Vec<u8>,
    repeats: Option<Repeats>,
    counts: SampleCounts,
}

/// The last record, and what has come after it.
#[derive(Debug)]
struct Repeats {
    /// The first of them as it came: its message is put together behind the processors that may hide parts of it.
    first: Option<OwnedRecord>,
    count: u64,
    first_ns: u64,
    last_ns: u64,
}

impl Collapse {
    /// Joins what follows the same record directly; a summary each ten seconds.
    pub fn repeats() -> Collapse {
        Collapse {
            within: Duration::from_secs(10),
            ignored: Vec::new(),
            last: Vec::new(),
            present: Vec::new(),
            repeats: None,
            counts: SampleCounts::default(),
        }
    }
    /// How long repeats are gathered before a summary is due. Default ten seconds; above zero.
    pub fn within(mut self, time: Duration) -> Collapse {
        self.within = time;
        self
    }
    /// Takes records for the same that differ in this field, as a duration or a sequence number.
    pub fn ignore(mut self, key: impl Into<Box<str>>) -> Collapse {
        self.ignored.push(key.into());
        self
    }
    /// What passes and what is joined; to be asked for before this is handed over.
    pub fn counts(&self) -> SampleCounts {
        self.counts.clone()
    }

    /// Writes down what makes the record what it is: two that are not the same differ.
    fn describe(&mut self, draft: &Draft<'_>) {
        let out = &mut self.present;
        out.clear();
        if self.ignored.is_empty() && draft.describe_frame(out) {
            return;
        }
        out.push(draft.level() as u8);
        out.key(draft.target());
        out.key(draft.prefix());
        out.key(draft.message());
        for (key, value) in draft.fields() {
            if !self.ignored.iter().any(|ignored| **ignored == *key) {
                out.key(key);
                out.leaf(value);
            }
        }
    }
}

impl Repeats {
    /// The summary of what has gathered.
    fn sum_up(&mut self, tools: &Tools, before: bool, unix_ns: u64) {
        let Some(first) = self.first.take().filter(|_| self.count > 0) else { return };
        let times =
            if self.count == 1 { "once".to_owned() } else { format!("{} times", self.count) };
        first.with(&mut |record| {
            let mut copy = *record;
            let mut draft = Draft::new(&mut copy, tools);
            draft.clear_fields();
            draft.set("count", self.count);
            draft.set("first_ns", self.first_ns);
            draft.set("last_ns", self.last_ns);
            draft.set_prefix(&format!("repeated {times}: {}", record.prefix()));
            tools.say(Said::made(draft.own().at(unix_ns), before));
        });
        self.count = 0;
    }
}

impl Processor for Collapse {
    fn process(&mut self, draft: &mut Draft<'_>) -> Flow {
        self.describe(draft);
        let now = draft.unix_ns();
        if self.present == self.last
            && let Some(repeats) = &mut self.repeats
        {
            if repeats.count > 0 && is_over(now, repeats.first_ns, nanos(self.within)) {
                let last_ns = repeats.last_ns;
                repeats.sum_up(draft.tools(), true, last_ns);
            }
            if repeats.count == 0 {
                repeats.first_ns = now;
                repeats.first = Some(draft.own());
            }
            repeats.count += 1;
            repeats.last_ns = now;
            self.counts.suppress();
            return Flow::Drop;
        }
        if let Some(repeats) = &mut self.repeats {
            let last_ns = repeats.last_ns;
            repeats.sum_up(draft.tools(), true, last_ns);
        }
        std::mem::swap(&mut self.present, &mut self.last);
        self.repeats = Some(Repeats { first: None, count: 0, first_ns: now, last_ns: now });
        self.counts.keep();
        Flow::Keep
    }

    fn tick(&mut self, moment: &mut Moment<'_>) {
        let due = |repeats: &Repeats| is_over(moment.unix_ns, repeats.first_ns, nanos(self.within));
        if let Some(repeats) = &mut self.repeats
            && (moment.is_flush() || due(repeats))
        {
            repeats.sum_up(moment.tools, false, moment.unix_ns);
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.within.is_zero() {
            return Err(ConfigError::new("collapse.within", "0", "use a time above zero"));
        }
        Ok(())
    }
}
