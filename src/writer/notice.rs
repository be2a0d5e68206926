//! Records of the engine itself that say what is missing from the stream.

use super::NoticeSink;
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
    noticed_at: u64,
}

impl Notices {
    /// Writes a notice for each lane that has dropped something since its last one, but at most one a second a lane unless it
    /// is the `last` chance.
    pub(super) fn look(&mut self, now: u64, last: bool, sink: &mut NoticeSink<'_>) {
        let tenth = sink.calibration.ticks_in(100_000_000);
        if !last && now.wrapping_sub(self.looked_at) < tenth {
            return;
        }
        self.looked_at = now;
        let second = sink.calibration.ticks_in(1_000_000_000);
        let due =
            |noticed_at: u64| last || noticed_at == 0 || now.wrapping_sub(noticed_at) >= second;

        let NoticeSink { drain, front, calibration, outlets, counters } = sink;
        let mut say = |ledger: &Ledger, reported: &mut DropTable, thread: &ThreadInfo| {
            let table = ledger.table();
            if table == *reported {
                return false;
            }
            let new = difference(&table, reported);
            *reported = table;
            let (first, latest) = ledger.take_times();
            let times = (calibration.unix_ns(first), calibration.unix_ns(latest));
            let (message, fields) = describe(&new, times);
            let Some((ValueRef::Map(fields), _)) = read_tree(&fields) else { return false };
            let record = record(&message, fields, times.1, thread);
            // To the routes that take warnings; if none does, to all: somebody must hear it.
            let heard = outlets.iter().any(|outlet| outlet.wants(Level::Warning));
            outlets
                .iter_mut()
                .filter(|outlet| !heard || outlet.wants(Level::Warning))
                .for_each(|outlet| outlet.push_notice(&record));
            counters.notices.add(1);
            true
        };

        for reader in drain.readers() {
            if !due(reader.noticed_at) {
                continue;
            }
            let thread: Arc<ThreadInfo> = reader.lane().thread();
            let mut reported = reader.reported;
            if say(&reader.lane().ledger, &mut reported, &thread) {
                reader.reported = reported;
                reader.noticed_at = now.max(1);
            }
        }
        if due(self.noticed_at) && say(&front.ledger, &mut self.reported, &ThreadInfo::default()) {
            self.noticed_at = now.max(1);
        }
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

/// The message and the fields: how many, of which levels, for which causes, first and last time.
fn describe(new: &DropTable, (first, last): (u64, u64)) -> (String, Vec<u8>) {
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
    fields.patch(at, count);
    (format!("{total} records dropped"), fields)
}

fn record<'a>(
    message: &'a str,
    fields: Nested<'a>,
    unix_ns: u64,
    thread: &'a ThreadInfo,
) -> Record<'a> {
    let site = Site::Dynamic {
        level: Level::Warning,
        target: TARGET,
        module: None,
        file: None,
        line: 0,
        message,
        fields: Some(fields),
    };
    Record::new(site, unix_ns, 0, thread, None, Args::default())
}
