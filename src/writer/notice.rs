//! Records of the engine itself that say what is missing from the stream.

use super::NoticeSink;
use crate::clock::unix_ns;
use crate::codec::{Args, Nested, Record, Site, ThreadInfo, TreeWriter, ValueRef, read_tree};
use crate::format::rfc3339;
use crate::meta::Level;
use crate::stats::{DropCause, DropTable, Ledger};
use std::sync::Arc;

/// The target of notices.
const TARGET: &str = "ripsaw";

/// When the ledgers were looked at, and what was reported of the one that belongs to no lane.
#[derive(Debug, Default)]
pub(super) struct Notices {
    looked_at: u64,
    reported: DropTable,
    /// What the notices of single routes had told when this was looked at.
    told: DropTable,
    noticed_at: u64,
}

impl Notices {
    /// Writes a notice for each lane that has dropped something since its last one, but at most one a second a lane unless it
    /// is the `last` chance.
    ///
    /// After an `outage` of the only sink there is one notice for all lanes, at once.
    pub(super) fn look(
        &mut self,
        now: u64,
        last: bool,
        outage: Option<Why<'_>>,
        sink: &mut NoticeSink<'_>,
    ) {
        let tenth = sink.calibration.ticks_in(100_000_000);
        if !last && outage.is_none() && now.wrapping_sub(self.looked_at) < tenth {
            return;
        }
        self.looked_at = now;
        let second = sink.calibration.ticks_in(1_000_000_000);
        let due =
            |noticed_at: u64| last || noticed_at == 0 || now.wrapping_sub(noticed_at) >= second;

        let NoticeSink { drain, front, calibration, outlets, books } = sink;
        let told = difference(books.told(), &self.told);
        self.told = *books.told();
        add(&mut self.reported, &told);
        let mut say =
            |new: &DropTable, (first, last): (u64, u64), why: Option<Why<'_>>, thread: &_| {
                let times = (calibration.unix_ns(first), calibration.unix_ns(last));
                let total: u64 = new.iter().flatten().sum();
                let fields = describe(new, times, why);
                let Some((ValueRef::Map(fields), _)) = read_tree(&fields) else { return };
                let message = format!("{total} records dropped");
                let record = record(&message, Some(fields), times.1, thread);
                // To the routes that take warnings; if none does, to all: somebody must hear it.
                let heard = outlets.iter().any(|outlet| outlet.wants(Level::Warning));
                outlets
                    .iter_mut()
                    .filter(|outlet| !heard || outlet.wants(Level::Warning))
                    .for_each(|outlet| {
                        outlet.push_notice(&record);
                    });
                books.counters.notices.add(1);
            };

        if let Some(why) = outage {
            let mut sum = DropTable::default();
            let (mut first, mut last) = (u64::MAX, 0);
            let mut merge = |ledger: &Ledger, reported: &mut DropTable| {
                if let Some((new, times)) = unreported(ledger, reported) {
                    add(&mut sum, &new);
                    (first, last) = (first.min(times.0), last.max(times.1));
                }
            };
            for reader in drain.readers() {
                let mut reported = reader.reported;
                merge(&reader.lane().ledger, &mut reported);
                reader.reported = reported;
            }
            merge(&front.ledger, &mut self.reported);
            if sum != DropTable::default() {
                say(&sum, (first, last), Some(why), &ThreadInfo::default());
            }
            return;
        }
        for reader in drain.readers() {
            if !due(reader.noticed_at) {
                continue;
            }
            let thread: Arc<ThreadInfo> = reader.lane().thread();
            let mut reported = reader.reported;
            if let Some((new, times)) = unreported(&reader.lane().ledger, &mut reported) {
                reader.reported = reported;
                reader.noticed_at = now.max(1);
                say(&new, times, None, &thread);
            }
        }
        if due(self.noticed_at)
            && let Some((new, times)) = unreported(&front.ledger, &mut self.reported)
        {
            self.noticed_at = now.max(1);
            say(&new, times, None, &ThreadInfo::default());
        }
    }
}

/// What a ledger has that was not reported, with the times of the first and the last drop. From now on it is reported.
fn unreported(ledger: &Ledger, reported: &mut DropTable) -> Option<(DropTable, (u64, u64))> {
    let table = ledger.table();
    if table == *reported {
        return None;
    }
    let new = difference(&table, reported);
    *reported = table;
    Some((new, ledger.take_times()))
}

/// Whose failure it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Why<'a> {
    pub(super) route: &'a str,
    pub(super) error: Option<&'a str>,
}

/// What one route has dropped since its last notice.
#[derive(Debug, Default)]
pub(super) struct Gap {
    table: DropTable,
    /// Time stamps of the first and the last of them, in nanoseconds since 1970.
    times: Option<(u64, u64)>,
    error: Option<String>,
}

impl Gap {
    /// Counts a record.
    pub(super) fn add(&mut self, level: Level, cause: DropCause, unix_ns: u64) {
        self.table[level.index()][cause as usize] += 1;
        let (first, last) = self.times.get_or_insert((unix_ns, unix_ns));
        (*first, *last) = ((*first).min(unix_ns), (*last).max(unix_ns));
    }
    /// What the sink said.
    pub(super) fn set_error(&mut self, error: &str) {
        if self.error.as_deref() != Some(error) {
            self.error = Some(error.to_owned());
        }
    }
}

/// Says what is missing from the stream of one route.
pub(super) fn gap(gap: &Gap, route: &str, say: &mut dyn FnMut(&Record<'_>)) {
    let total: u64 = gap.table.iter().flatten().sum();
    let times = gap.times.unwrap_or_default();
    let why = Why { route, error: gap.error.as_deref() };
    let fields = describe(&gap.table, times, Some(why));
    let Some((ValueRef::Map(fields), _)) = read_tree(&fields) else { return };
    let message = format!("{total} records dropped by this route");
    say(&record(&message, Some(fields), times.1, &ThreadInfo::default()));
}

/// Says what has happened to a sink.
pub(super) fn event(what: &str, say: &mut dyn FnMut(&Record<'_>)) {
    say(&record(what, None, unix_ns(), &ThreadInfo::default()));
}

fn add(sum: &mut DropTable, more: &DropTable) {
    for (row, more) in sum.iter_mut().zip(more) {
        row.iter_mut().zip(more).for_each(|(n, more)| *n += more);
    }
}

fn difference(now: &DropTable, before: &DropTable) -> DropTable {
    let mut new = *now;
    for (row, old) in new.iter_mut().zip(before) {
        for (n, old) in row.iter_mut().zip(old) {
            *n -= old;
        }
    }
    new
}

/// The fields: how many, of which levels, for which causes, first and last time, and whose failure it was.
fn describe(new: &DropTable, (first, last): (u64, u64), why: Option<Why<'_>>) -> Vec<u8> {
    let total: u64 = new.iter().flatten().sum();
    let mut fields = Vec::with_capacity(256);
    let at = fields.open_map();
    let mut count = 0;
    let mut put = |key: &str, value: ValueRef<'_>| {
        fields.key(key);
        fields.leaf(value);
        count += 1;
    };
    put("dropped", ValueRef::U64(total));
    for level in Level::ALL {
        match new[level.index()].iter().sum() {
            0 => {}
            n => put(level.as_str(), ValueRef::U64(n)),
        }
    }
    for cause in DropCause::ALL {
        match new.iter().map(|row| row[cause as usize]).sum() {
            0 => {}
            n => put(cause.as_str(), ValueRef::U64(n)),
        }
    }
    put("first", ValueRef::Str(&rfc3339(first)));
    put("last", ValueRef::Str(&rfc3339(last)));
    if let Some(Why { route, error }) = why {
        put("route", ValueRef::Str(route));
        error.into_iter().for_each(|error| put("error", ValueRef::Str(error)));
    }
    fields.patch(at, count);
    fields
}

fn record<'a>(
    message: &'a str,
    fields: Option<Nested<'a>>,
    unix_ns: u64,
    thread: &'a ThreadInfo,
) -> Record<'a> {
    let site = Site::Dynamic {
        level: Level::Warning,
        target: TARGET,
        module: None,
        file: None,
        line: 0,
        name: "",
        message,
        fields,
    };
    Record::new(site, unix_ns, 0, thread, None, Args::default())
}
